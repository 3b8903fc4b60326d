// V1 of e2ee 12, chains: the whole log of the scripted clinic is accepted in order, everything in it is read
// to the bytes, and every negative of identity, rosters and conversations gives its refusal.
#include "../wire/scripted_random.hpp"
#include "vectors_world.hpp"

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::tests;

namespace {

void check_expected(const json& x, refusal why) {
  INFO(x.at("number") << ": " << x.at("name"));
  CHECK(spoken(why) == x.at("expect"));
}

/// none, or why these bytes are no object of the kind they claim.
refusal decoded(bytes_view raw, const clinic_id& clinic) {
  auto claimed = peek_kind(raw);
  if (!claimed)
    return claimed.why();
  switch (*claimed) {
  case kind::root:
    return root_certificate::decode(raw, clinic).why();
  case kind::server:
    return server_certificate::decode(raw, clinic).why();
  case kind::registrar:
    return registrar_certificate::decode(raw, clinic).why();
  case kind::invitation:
    return signed_invitation::decode(raw, clinic).why();
  case kind::device:
    return device_certificate::decode(raw, clinic).why();
  case kind::grant:
    return role_grant::decode(raw, clinic).why();
  case kind::revocation:
    return signed_revocation::decode(raw, clinic).why();
  case kind::link:
    return link_core::decode(raw, clinic).why();
  case kind::pack:
    return history_pack::decode(raw, clinic).why();
  case kind::keylist:
    return key_list::decode(raw, clinic).why();
  case kind::conversation:
    return conversation_link::decode(raw, clinic).why();
  case kind::slip:
    return slip::decode(raw, clinic).why();
  case kind::act:
    return act::decode(raw, clinic).why();
  default:
    FAIL("a negative of a kind that this test does not know");
    return refusal::unknown_kind;
  }
}

std::vector<sealed_member> members_of(const json& x, const roster_link& link) {
  auto keys = pieces_at(x, "sealing_keys");
  REQUIRE(keys.size() == link.members.size());
  std::vector<sealed_member> out;
  for (std::size_t i = 0; i < keys.size(); ++i)
    out.push_back({link.members[i], fixed<32>(keys[i]).value()});
  return out;
}

/// The link the vector holds, made again from its inputs; the seals of the largest stand in it as a hash.
roster_link made_again(const json& x, const party_chain& before) {
  const auto& f = x.at("fields");
  auto clinic = at<clinic_id>(x, "clinic");
  auto core = link_core::decode(bytes_at(x, "object"), clinic);
  REQUIRE(core);
  CHECK(hex(core->hash()) == x.at("hash"));
  auto members = bytes_at(x, "members");
  reader in{members};
  roster_link listed;
  listed.members = in.set16(party_members_max, device_id::size, [](reader& r) {
    return party_member{r.id<device_id>(), r.b32(), r.b32()};
  });
  auto script = bytes_at(x, "seed");
  auto ephemerals = bytes_at(x, "ephemerals");
  script.insert(script.end(), ephemerals.begin(), ephemerals.end());
  auto key = signing_key::from_seed(secret_at(x.at("signers")[0], "seed"));
  auto fields = fields_of<link_fields>(f);
  scripted_random random{script};
  auto made = make_link(clinic, before, members_of(x, listed), fields.reason,
                        {fields.signer_device, fields.signer_certificate, key, fields.role}, fields.time);
  REQUIRE(made);
  CHECK(hex(made->core) == x.at("object"));
  CHECK(hex(made->members) == x.at("members"));
  if (x.contains("seals"))
    CHECK(hex(made->seals) == x.at("seals"));
  CHECK(hex(made->hash) == x.at("hash"));
  auto link = roster_link::decode(made->core, made->members, made->seals, clinic);
  REQUIRE(link);
  return *link;
}

} // namespace

TEST_CASE("vectors: the log of a clinic is accepted entry by entry") {
  const auto& world = vector_world::whole();
  CHECK(world.chains.size() == 5);
  CHECK(world.conversations.size() == 2);
}

TEST_CASE("vectors: every seed of the clinic opens for its members alone") {
  const auto& all = vector_cases("chain").at(0);
  auto clinic = clinic_of_vectors();
  std::size_t opened = 0;
  for (const auto& entry : all.at("entries")) {
    if (entry.at("kind") != "link")
      continue;
    INFO(entry.at("name"));
    auto link = link_of(entry, clinic);
    for (const auto& who : all.at("devices")) {
      auto device = at<device_id>(who, "device");
      auto sealing = x25519_pair::from_secret(secret_at(who, "sealing_secret"));
      auto seed = open_own_seed(clinic, link, device, sealing);
      if (link.member(device) == nullptr) {
        CHECK(seed.why() == refusal::not_for_me);
        continue;
      }
      REQUIRE(seed);
      CHECK(hex(seed->view()) == entry.at("seed"));
      ++opened;
    }
  }
  CHECK(opened == 12);
}

TEST_CASE("vectors: revocations by every possible signer, a link by a registrar") {
  std::size_t accepted = 0;
  for (const auto& entry : vector_cases("chain").at(0).at("after")) {
    INFO(entry.at("name"));
    auto world = vector_world::whole();
    CHECK(world.accept(entry) == refusal::none);
    ++accepted;
  }
  CHECK(accepted == 7);
}

TEST_CASE("vectors: links of 1, 3 and 300 members") {
  for (const auto& x : vector_cases("link")) {
    if (x.at("name").get<std::string>().find("members") == std::string::npos)
      continue;
    INFO(x.at("name"));
    party_chain before;
    before.party = at<party_id>(x.at("fields"), "party");
    before.kind = party_kind::role;
    made_again(x, before);
  }
}

TEST_CASE("vectors: five epochs, and a member opens each") {
  party_chain chain;
  chain.kind = party_kind::role;
  auto nurse = device_named("nurse");
  auto sealing = x25519_pair::from_secret(secret_at(nurse, "sealing_secret"));
  for (const auto& x : vector_cases("link")) {
    if (!x.contains("inbox_secret"))
      continue;
    INFO(x.at("name"));
    chain.party = at<party_id>(x.at("fields"), "party");
    auto link = made_again(x, chain);
    auto clinic = at<clinic_id>(x, "clinic");
    auto seed = open_own_seed(clinic, link, at<device_id>(nurse, "device"), sealing);
    REQUIRE(seed);
    CHECK(hex(seed->view()) == x.at("seed"));
    CHECK(hex(inbox_of(clinic, chain.party, link.core.n, *seed).secret.view()) == x.at("inbox_secret"));
    chain = extended(chain, link);
  }
  CHECK(chain.head() == 5);
}

TEST_CASE("vectors: a link for every reason, by every role of signer") {
  party_chain chain;
  chain.kind = party_kind::user;
  std::set<link_reason> reasons;
  std::set<signer_role> roles;
  for (const auto& x : vector_cases("link")) {
    if (x.at("name").get<std::string>().find("signer role") == std::string::npos)
      continue;
    INFO(x.at("name"));
    chain.party = at<party_id>(x.at("fields"), "party");
    auto link = made_again(x, chain);
    reasons.insert(link.core.reason);
    roles.insert(link.core.role);
    CHECK(is_foreign_seed(link) == (link.core.role == signer_role::registrar));
    chain = extended(chain, link);
  }
  CHECK(chain.head() == 9);
  CHECK(reasons.size() == 8);
  CHECK(roles.size() == 3);
}

TEST_CASE("vectors: no negative case is left unjudged") {
  const std::set<std::string> judged{
      "decode",      "root",        "server",      "registrar",    "invitation",
      "device",      "grant",       "revocation",  "unlogged",     "link",
      "link_client", "link_daemon", "link_member", "conversation", // here
      "pack",        "keylist",                                    // vectors_test_history.cpp
      "slip_daemon", "slip_reader", "body",        "act",          // vectors_test_messages.cpp
      "inclusion",   "checkpoint",                                 // vectors_test_log.cpp
      "responder",   "initiator",   "frames",                      // vectors_test_channel.cpp
  };
  for (const auto& x : vector_cases("negative"))
    if (x.at("name") != "entries")
      CHECK(judged.count(x.at("check")) == 1);
}

TEST_CASE("vectors: refusals of decoding") {
  for (const auto& x : negatives_of({"decode"}))
    check_expected(x, decoded(bytes_at(x, "object"), at<clinic_id>(x, "clinic")));
}

TEST_CASE("vectors: refusals of certificates, invitations, grants and revocations") {
  for (const auto& x : negatives_of(
           {"root", "server", "registrar", "invitation", "device", "grant", "revocation", "unlogged"})) {
    auto world = vector_world::before(x);
    check_expected(x, world.judge(x.value("kind", x.at("check").get<std::string>()), x));
    if (x.value("alarm", false)) {
      auto certificate = device_certificate::decode(bytes_at(x, "object"), world.known.clinic());
      REQUIRE(certificate);
      CHECK(expiry_of(certificate->until, x.at("now").get<time_ms>()) == expiry::expired);
    }
  }
}

TEST_CASE("vectors: refusals of links") {
  for (const auto& x : negatives_of({"link", "link_client", "link_daemon"})) {
    auto world = vector_world::before(x);
    if (x.at("check") != "link_daemon")
      check_expected(x, world.judge_link(x, viewpoint::client));
    if (x.at("check") != "link_client")
      check_expected(x, world.judge_link(x, viewpoint::daemon));
    if (x.value("foreign_seed", false))
      CHECK(is_foreign_seed(link_of(x, world.known.clinic())));
  }
}

TEST_CASE("vectors: refusals of a member that opens its seal") {
  for (const auto& x : negatives_of({"link_member"})) {
    auto world = vector_world::before(x);
    CHECK(world.judge_link(x, viewpoint::client) == refusal::none);
    auto who = device_named(x.at("member"));
    auto seed =
        open_own_seed(world.known.clinic(), link_of(x, world.known.clinic()), at<device_id>(who, "device"),
                      x25519_pair::from_secret(secret_at(who, "sealing_secret")));
    check_expected(x, seed.why());
  }
}

TEST_CASE("vectors: refusals of conversation links") {
  for (const auto& x : negatives_of({"conversation"}))
    check_expected(x, vector_world::before(x).judge_conversation(x));
}
