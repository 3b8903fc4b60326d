// Links and conversations as the third judge made and spoilt them (e2ee 12, e2ee 10: 49-65, 71, 73, 156-159).
#include "e2ee/party_keys.hpp"
#include "judge.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::test;

namespace {

expected<roster_link> link_of(const json& c, const clinic_id& id) {
  return roster_link::decode(raw(c.at("object")), raw(c.at("members")), raw(c.at("seals")), id);
}

std::string judge_link(const judged_clinic& clinic, const json& c, viewpoint who) {
  auto link = link_of(c, clinic.id);
  if (!link)
    return verdict(link.why());
  auto why = check_link(clinic.chain(link->core.party), *link, clinic.standing(c), who);
  if (why == refusal::none)
    CHECK(is_foreign_seed(*link) == c.value("foreign_seed", false));
  return verdict(why);
}

std::string judge_member(const judged_clinic& clinic, const json& c) {
  auto link = link_of(c, clinic.id);
  REQUIRE(link);
  auto me = judged_device_named(c.at("member"));
  return verdict(open_own_seed(clinic.id, *link, me.device, me.sealing).why());
}

std::string judge_conversation(const judged_clinic& clinic, const json& c) {
  auto link = conversation_link::decode(raw(c.at("object")), clinic.id);
  if (!link)
    return verdict(link.why());
  return verdict(check_conversation_link(clinic.conversation(link->conversation), *link, clinic.standing(c)));
}

} // namespace

TEST_CASE("the judge's whole clinic is accepted, link by link") {
  judged_clinic clinic;
  auto entries = judged("chain").at(0);
  std::map<party_id, std::uint32_t> heads;
  for (const auto& e : entries.at("entries"))
    if (e.at("kind") == "link")
      ++heads[link_of(e, clinic.id)->core.party];
  REQUIRE(heads.size() == 5);
  for (const auto& [party, n] : heads)
    CHECK(clinic.chain(party).head() == n);
  for (const auto& after : entries.at("after")) {
    auto copy = clinic;
    INFO(after.at("name"));
    CHECK(verdict(copy.accept(after)) == "accepted");
  }
}

TEST_CASE("every seed of the judge's clinic opens for its members and gives the inbox") {
  judged_clinic clinic;
  auto entries = judged("chain").at(0);
  std::map<device_id, std::string> names;
  for (const auto& d : entries.at("devices"))
    names[as<device_id>(d.at("device"))] = d.at("name");
  std::size_t opened = 0;
  for (const auto& e : entries.at("entries")) {
    if (e.at("kind") != "link")
      continue;
    auto link = link_of(e, clinic.id);
    for (const auto& m : link->members) {
      auto me = judged_device_named(names.at(m.device));
      auto seed = open_own_seed(clinic.id, *link, me.device, me.sealing);
      REQUIRE(seed);
      CHECK(to_bytes(seed->view()) == raw(e.at("seed")));
      ++opened;
    }
    auto stranger = judged_device_named("second");
    CHECK(open_own_seed(clinic.id, *link, stranger.device, stranger.sealing).why() == refusal::not_for_me);
  }
  CHECK(opened == 12);
}

TEST_CASE("the judge's spoilt links and conversations are refused by the same names") {
  const judged_clinic whole;
  std::size_t judgements = 0;
  for (const auto& c : judged("negative")) {
    auto check = c.value("check", "");
    bool link = check == "link";
    if (!link && check != "link_client" && check != "link_daemon" && check != "link_member" &&
        check != "conversation")
      continue;
    INFO(c.at("number") << " " << c.at("name"));
    auto clinic = whole;
    clinic.prepare(c);
    auto expect = c.at("expect").get<std::string>();
    if (link || check == "link_client")
      CHECK(judge_link(clinic, c, viewpoint::client) == expect);
    if (link || check == "link_daemon")
      CHECK(judge_link(clinic, c, viewpoint::daemon) == expect);
    if (check == "link_member")
      CHECK(judge_member(clinic, c) == expect);
    if (check == "conversation")
      CHECK(judge_conversation(clinic, c) == expect);
    ++judgements;
  }
  CHECK(judgements == 41);
}
