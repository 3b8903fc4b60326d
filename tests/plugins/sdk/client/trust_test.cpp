// What the client refuses to believe: forged links, certificates without proof, a log that forks or forgets.
#include "scripted_daemon.hpp"
#include <algorithm>
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::test;

namespace {

struct two_people : little_clinic {
  two_people() {
    REQUIRE(found().why() == refusal::none);
    REQUIRE(enrol("nurse1", {}).why() == refusal::none);
    REQUIRE(enrol("physician1", {}).why() == refusal::none);
  }
  party_id party_of(const std::string& name) { return daemon.people.at((*this)[name].device->user()).party; }
};

/// The daemon's own link of a party, made with keys of its own but naming the right devices.
e2ee::staged_turn forged_link(two_people& clinic, const std::string& whose) {
  auto device = clinic.daemon.certificate_of(clinic[whose].device->id());
  auto key = e2ee::signing_key::random();
  auto inbox = e2ee::x25519_pair::random();
  e2ee::party_chain empty;
  empty.party = clinic.party_of(whose);
  empty.kind = e2ee::party_kind::user;
  e2ee::link_maker maker{device.device, device.hash(), key};
  return std::move(*e2ee::make_link(clinic.daemon.clinic, empty,
                                    {{{device.device, device.hash(), {}}, inbox.public_part}},
                                    e2ee::link_reason::genesis, maker, 1));
}

bool said_about(const ward_user& who, client::notice::about what, refusal why) {
  return std::any_of(who.said.begin(), who.said.end(),
                     [&](const client::notice& n) { return n.what == what && n.why == why; });
}

} // namespace

TEST_CASE("a party link that the daemon forged is refused, and nothing is sealed to it") {
  two_people clinic;
  auto forged = forged_link(clinic, "physician1");
  auto& party = clinic.daemon.parties.at(clinic.party_of("physician1"));
  clinic.daemon.objects[forged.hash] = {forged.core, clinic.daemon.append(2, forged.hash)};
  party.cores = {forged.hash};
  party.members = forged.members;
  party.seals = forged.seals;
  auto sent = clinic.send("nurse1", "physician1", "text");
  CHECK(sent.why() == refusal::bad_signature);
  CHECK(clinic["nurse1"].device->outbox().empty());
}

TEST_CASE("another history of a party that is held is a fork") {
  two_people clinic;
  REQUIRE(clinic.send("nurse1", "physician1", "text").why() == refusal::none);
  auto forged = forged_link(clinic, "physician1");
  clinic.daemon.objects[forged.hash] = {forged.core, clinic.daemon.append(2, forged.hash)};
  auto& party = clinic.daemon.parties.at(clinic.party_of("physician1"));
  party.cores = {forged.hash};
  CHECK(clinic.send("nurse1", "physician1", "more").why() == refusal::roster_fork);
  party.cores.clear(); // withheld is no better
  CHECK(clinic.send("nurse1", "physician1", "more").why() == refusal::roster_fork);
}

TEST_CASE("a certificate without its place in the log is not believed") {
  two_people clinic;
  clinic.daemon.tamper = [](const d::request&, d::answer_body& a) {
    if (auto* party = std::get_if<d::party>(&a))
      for (auto& c : party->certificates)
        if (!c.proof.empty())
          c.proof.front()[0] ^= 1;
  };
  auto sent = clinic.send("nurse1", "physician1", "text");
  CHECK(sent.why() == refusal::not_in_log);
}

TEST_CASE("an entry that says refused, or names another object, proves nothing") {
  two_people clinic;
  for (bool other_kind : {true, false}) {
    clinic.daemon.tamper = [&](const d::request&, d::answer_body& a) {
      if (auto* party = std::get_if<d::party>(&a))
        for (auto& c : party->cores)
          c.entry.at(other_kind ? 1 : 80) ^= 8;
    };
    CHECK(clinic.send("nurse1", "physician1", "text").why() == refusal::not_in_log);
  }
}

TEST_CASE("a leaf that is younger than the checkpoint is waited for") {
  two_people clinic;
  clinic.daemon.sealed_checkpoint_size = clinic.daemon.log_size();
  client::draft what;
  what.text = "text";
  auto sent = std::make_shared<std::optional<client::result<client::sent_message>>>();
  clinic["nurse1"].device->send("physician1", what, nullptr, [sent](client::result<client::sent_message> r) {
    sent->emplace(std::move(r));
  });
  clinic.run([&] { return sent->has_value(); }, 1'000);
  clinic.daemon.sealed_checkpoint_size = 0; // a second later the log is signed again
  REQUIRE(clinic.run([&] { return sent->has_value(); }));
  CHECK((*sent)->why() == refusal::none);
}

TEST_CASE("a log that forgets or forks is said, and messages go on") {
  two_people clinic;
  REQUIRE(clinic.send("nurse1", "physician1", "one").why() == refusal::none);
  clinic.restart("physician1");
  REQUIRE(clinic.run([&] { return clinic["physician1"].device->settled(); }));
  auto pinned = clinic["physician1"].device->pinned_size();
  REQUIRE(pinned > 3);
  clinic.daemon.sealed_checkpoint_size = pinned - 2;
  clinic.restart("physician1");
  REQUIRE(clinic.run([&] { return clinic["physician1"].device->settled(); }));
  CHECK(said_about(clinic["physician1"], client::notice::about::log, refusal::log_rolled_back));
  CHECK(clinic["physician1"].device->pinned_size() == pinned);
  CHECK(clinic["physician1"].device->inbox().size() == 1);

  clinic.daemon.sealed_checkpoint_size = 0;
  clinic.daemon.append(11, {});
  clinic.daemon.tamper = [](const d::request&, d::answer_body& a) {
    if (auto* welcome = std::get_if<d::welcome>(&a))
      if (!welcome->consistency.empty())
        welcome->consistency.front()[5] ^= 1;
  };
  clinic.restart("physician1");
  REQUIRE(clinic.run([&] { return clinic["physician1"].device->settled(); }));
  CHECK(said_about(clinic["physician1"], client::notice::about::log, refusal::log_forked));
}

TEST_CASE("two questions over a growing log are no fork") {
  two_people clinic;
  clinic.settle();
  clinic.daemon.append(11, {}); // the next answers come with a newer checkpoint
  unsigned asked = 0;
  clinic.daemon.swallow = [&](const d::request& r) {
    if (std::get_if<d::get_checkpoint>(&r.what) != nullptr) {
      ++asked;
      clinic.daemon.append(11, {});
    }
    return false;
  };
  auto& nurse = *clinic["nurse1"].device;
  clinic["nurse1"].said.clear();
  unsigned ended = 0;
  for (int i = 0; i < 2; ++i) // both ask for a proof from the same pin
    nurse.devices_of("nurse1", [&](const client::result<std::vector<client::member_row>>&) { ++ended; });
  REQUIRE(clinic.run([&] { return ended == 2; }));
  CHECK(asked >= 2);
  CHECK(clinic["nurse1"].said.empty());
}

TEST_CASE("a conversation link that nobody entitled signed is not taken") {
  two_people clinic;
  e2ee::conversation_fields link;
  link.conversation.value.fill(7);
  link.n = 1;
  link.parties = {{clinic.party_of("nurse1"), e2ee::party_kind::user}};
  link.signer_device = clinic["physician1"].device->id();
  link.signer_certificate = clinic.daemon.certificate_of(link.signer_device).hash();
  auto raw = e2ee::sign_object(clinic.daemon.clinic, link,
                               {{e2ee::signing_key::random(), e2ee::labels::conversation}});
  clinic.daemon.conversations[link.conversation].link = raw;
  clinic.restart("nurse1");
  REQUIRE(clinic.run([&] { return clinic["nurse1"].device->settled(); }));
  CHECK(clinic["nurse1"].device->conversations().empty());
  CHECK(said_about(clinic["nurse1"], client::notice::about::unreadable, refusal::bad_signature));
}
