#include "vectors_world.hpp"
#include <algorithm>

namespace wardline::tests {

using namespace e2ee;

namespace {

const json& chain_file() {
  return vector_cases("chain").at(0);
}

template <class Object>
refusal judged(const json& x, const trust& known, const evidence& e) {
  auto decoded = Object::decode(bytes_at(x, "object"), known.clinic());
  return decoded ? verify(*decoded, known, e) : decoded.why();
}

template <class Object>
refusal judged_without_place(const json& x, const trust& known) {
  auto decoded = Object::decode(bytes_at(x, "object"), known.clinic());
  return decoded ? verify(*decoded, known) : decoded.why();
}

const party_chain no_links{};

} // namespace

log_place place_of(const json& x) {
  return {x.at("position").get<std::uint64_t>(), x.at("log_time").get<time_ms>()};
}

evidence evidence_of(const json& x, const clinic_id& clinic) {
  evidence out;
  if (x.value("check", "") != "unlogged")
    out.in_log = place_of(x);
  if (x.contains("cosign")) {
    auto second = cosignature::decode(bytes_at(x, "cosign"), clinic);
    REQUIRE(second);
    out.cosigned = *second;
  }
  return out;
}

roster_link link_of(const json& x, const clinic_id& clinic) {
  auto link =
      roster_link::decode(bytes_at(x, "object"), bytes_at(x, "members"), bytes_at(x, "seals"), clinic);
  REQUIRE(link);
  return *link;
}

json device_named(const std::string& name) {
  return named(chain_file().at("devices"), name);
}

clinic_id clinic_of_vectors() {
  return at<clinic_id>(chain_file(), "clinic");
}

std::vector<json> negatives_of(const std::vector<std::string>& checks) {
  std::vector<json> out;
  for (const auto& x : vector_cases("negative"))
    if (std::find(checks.begin(), checks.end(), x.value("check", "")) != checks.end())
      out.push_back(x);
  REQUIRE_FALSE(out.empty());
  return out;
}

vector_world vector_world::empty() {
  return {trust{clinic_of_vectors(), at<public_key>(chain_file(), "identity_key")}, {}, {}, {}};
}

const vector_world& vector_world::whole() {
  static const vector_world all = [] {
    auto out = empty();
    for (const auto& entry : chain_file().at("entries")) {
      INFO("entry " << entry.at("name"));
      REQUIRE(out.accept(entry) == refusal::none);
    }
    return out;
  }();
  return all;
}

vector_world vector_world::before(const json& negative) {
  auto out = whole();
  const auto& entries = named(vector_cases("negative"), "entries").at("entries");
  for (const auto& name : negative.value("before", json::array())) {
    INFO("entry " << name << " before the case");
    REQUIRE(out.accept(named(entries, name)) == refusal::none);
  }
  for (const auto& device : negative.value("gated", json::array()))
    out.gates.gated.insert(fixed_of<device_id>(device));
  return out;
}

const party_chain& vector_world::chain(const party_id& p) const {
  auto found = chains.find(p);
  return found == chains.end() ? no_links : found->second;
}

refusal vector_world::judge_link(const json& x, viewpoint who) const {
  auto link = roster_link::decode(bytes_at(x, "object"), bytes_at(x, "members"), bytes_at(x, "seals"),
                                  known.clinic());
  if (!link)
    return link.why();
  return check_link(chain(link->core.party), *link, standing_at(place_of(x)), who);
}

refusal vector_world::judge_conversation(const json& x) const {
  auto link = conversation_link::decode(bytes_at(x, "object"), known.clinic());
  if (!link)
    return link.why();
  auto head = conversations.find(link->conversation);
  return check_conversation_link(head == conversations.end() ? conversation_head{} : head->second, *link,
                                 standing_at(place_of(x)));
}

refusal vector_world::judge(const std::string& kind, const json& x) const {
  if (kind == "root")
    return judged_without_place<root_certificate>(x, known);
  if (kind == "server")
    return judged_without_place<server_certificate>(x, known);
  if (kind == "link")
    return judge_link(x, viewpoint::client);
  if (kind == "conversation")
    return judge_conversation(x);
  if (kind == "revocation") {
    auto decoded = signed_revocation::decode(bytes_at(x, "object"), known.clinic());
    return decoded ? verify(*decoded, known, place_of(x)) : decoded.why();
  }
  auto e = evidence_of(x, known.clinic());
  if (kind == "registrar")
    return judged<registrar_certificate>(x, known, e);
  if (kind == "invitation")
    return judged<signed_invitation>(x, known, e);
  if (kind == "device")
    return judged<device_certificate>(x, known, e);
  REQUIRE(kind == "grant");
  return judged<role_grant>(x, known, e);
}

refusal vector_world::accept(const json& entry) {
  auto kind = entry.at("kind").get<std::string>();
  if (auto why = judge(kind, entry); why != refusal::none)
    return why;
  auto raw = bytes_at(entry, "object");
  auto clinic = known.clinic();
  if (kind == "root")
    known.adopt(*root_certificate::decode(raw, clinic));
  else if (kind == "server")
    known.adopt(*server_certificate::decode(raw, clinic));
  else if (kind == "registrar")
    known.adopt(*registrar_certificate::decode(raw, clinic), place_of(entry));
  else if (kind == "invitation")
    known.adopt(*signed_invitation::decode(raw, clinic), place_of(entry));
  else if (kind == "device")
    known.adopt(*device_certificate::decode(raw, clinic), place_of(entry));
  else if (kind == "grant")
    known.adopt(*role_grant::decode(raw, clinic), place_of(entry));
  else if (kind == "revocation")
    known.adopt(*signed_revocation::decode(raw, clinic), place_of(entry));
  else if (kind == "conversation") {
    auto head = head_of(*conversation_link::decode(raw, clinic));
    conversations[head.conversation] = head;
  } else {
    auto link = link_of(entry, clinic);
    chains[link.core.party] = extended(chain(link.core.party), link);
    known.learn(link.core.party, link.core.party_is);
  }
  return refusal::none;
}

} // namespace wardline::tests
