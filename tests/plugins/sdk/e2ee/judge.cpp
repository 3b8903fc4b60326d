#include "judge.hpp"
#include <fstream>

namespace wardline::test {

namespace {

const json& chain_file() {
  static const json file = judged("chain").at(0);
  return file;
}

const json& entries_before() {
  static const json entries = judged("negative").at(0).at("entries");
  return entries;
}

template <class Object>
refusal why_of(const expected<Object>& x) {
  return x.why();
}

} // namespace

json judged(const std::string& group) {
  std::ifstream in{std::string{WARDLINE_SOURCE_DIR "/tests/plugins/sdk/e2ee/vectors/"} + group + ".json"};
  return json::parse(in).at("cases");
}

bytes raw(const json& hex_text) {
  return *from_hex(hex_text.get<std::string>());
}

std::vector<hash32> hashes(const json& list) {
  std::vector<hash32> out;
  for (const auto& h : list)
    out.push_back(as<hash32>(h));
  return out;
}

judged_clinic::judged_clinic()
    : id{as<clinic_id>(chain_file().at("clinic"))}, known{id,
                                                          as<public_key>(chain_file().at("identity_key"))} {
  for (const auto& entry : chain_file().at("entries"))
    if (auto why = accept(entry); why != refusal::none)
      throw std::runtime_error{entry.at("name").get<std::string>() + ": " + to_string(why)};
}

e2ee::log_place judged_clinic::place(const json& at) {
  return {at.at("position").get<std::uint64_t>(), at.at("log_time").get<time_ms>()};
}

e2ee::trust_standing judged_clinic::standing(const json& at) const {
  e2ee::trust_standing::gates gates;
  for (const auto& d : at.value("gated", json::array()))
    gates.gated.insert(as<device_id>(d));
  return {known, place(at), gates};
}

refusal judged_clinic::accept(const json& entry) {
  auto kind = entry.at("kind").get<std::string>();
  auto object = raw(entry.at("object"));
  e2ee::evidence with{place(entry)};
  if (entry.contains("cosign"))
    with.cosigned = *e2ee::cosignature::decode(raw(entry.at("cosign")), id);
  if (kind == "root")
    return why_of(e2ee::admit_root(object, known));
  if (kind == "server")
    return why_of(e2ee::admit_server(object, known));
  if (kind == "registrar")
    return why_of(e2ee::admit_registrar(object, known, with));
  if (kind == "invitation")
    return why_of(e2ee::admit_invitation(object, known, with));
  if (kind == "device")
    return why_of(e2ee::admit_device(object, known, with));
  if (kind == "grant")
    return why_of(e2ee::admit_grant(object, known, with));
  if (kind == "revocation")
    return why_of(e2ee::admit_revocation(object, known, place(entry)));
  return kind == "link" ? accept_link(entry) : accept_conversation(entry);
}

refusal judged_clinic::accept_link(const json& entry) {
  auto link = e2ee::roster_link::decode(raw(entry.at("object")), raw(entry.at("members")),
                                        raw(entry.at("seals")), id);
  if (!link)
    return link.why();
  auto before = chain(link->core.party);
  for (auto who : {e2ee::viewpoint::client, e2ee::viewpoint::daemon})
    if (auto why = check_link(before, *link, standing(entry), who); why != refusal::none)
      return why;
  chains_[link->core.party] = extended(before, *link);
  known.learn(link->core.party, link->core.party_is);
  return refusal::none;
}

refusal judged_clinic::accept_conversation(const json& entry) {
  auto link = e2ee::conversation_link::decode(raw(entry.at("object")), id);
  if (!link)
    return link.why();
  auto why = check_conversation_link(conversation(link->conversation), *link, standing(entry));
  if (why == refusal::none)
    conversations_[link->conversation] = head_of(*link);
  return why;
}

void judged_clinic::prepare(const json& negative) {
  for (const auto& name : negative.value("before", json::array()))
    for (const auto& entry : entries_before())
      if (entry.at("name") == name)
        if (auto why = accept(entry); why != refusal::none)
          throw std::runtime_error{name.get<std::string>() + ": " + to_string(why)};
}

e2ee::party_chain judged_clinic::chain(const party_id& party) const {
  auto found = chains_.find(party);
  return found == chains_.end() ? e2ee::party_chain{} : found->second;
}

e2ee::conversation_head judged_clinic::conversation(const conversation_id& which) const {
  auto found = conversations_.find(which);
  return found == conversations_.end() ? e2ee::conversation_head{} : found->second;
}

judged_device judged_device_named(const std::string& name) {
  for (const auto& d : chain_file().at("devices"))
    if (d.at("name") == name)
      return {as<device_id>(d.at("device")), as<user_id>(d.at("user")),
              e2ee::signing_key::from_seed(secret32{raw(d.at("signing_seed"))}),
              e2ee::x25519_pair::from_secret(secret32{raw(d.at("sealing_secret"))})};
  throw std::runtime_error{"no device " + name};
}

std::string verdict(refusal why) {
  return why == refusal::none ? "accepted" : to_string(why);
}

} // namespace wardline::test
