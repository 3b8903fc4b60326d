// A daemon may delay. What else it may try with parties, changes and the log is named here, and changes
// nothing.
#include "client/turns.hpp"
#include "handmade_device.hpp"
#include <algorithm>
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::test;

namespace {

/// A person with a hand-made device, whose links the daemon of the test forges or hides.
struct liar_clinic : little_clinic {
  liar_clinic() {
    REQUIRE(found().why() == refusal::none);
    REQUIRE(enrol("nurse1", {"nurses"}).why() == refusal::none);
    consultant = std::make_unique<handmade_device>(*this, "consultant");
    REQUIRE(send("nurse1", "consultant", "one").why() == refusal::none);
    settle();
  }
  client::device& nurse() { return *(*this)["nurse1"].device; }
  scripted_daemon::party& party() { return daemon.parties.at(consultant->party); }

  /// A link the daemon puts at the end of the party, whoever made it.
  void put(const e2ee::staged_turn& link) {
    daemon.objects[link.hash] = {link.core, daemon.append(2, link.hash)};
    party().cores.push_back(link.hash);
    party().members = link.members;
    party().seals = link.seals;
  }
  e2ee::staged_turn made(const e2ee::party_chain& chain, std::vector<e2ee::sealed_member> members,
                         const e2ee::link_maker& maker) {
    return std::move(
        *e2ee::make_link(daemon.clinic, chain, std::move(members), e2ee::link_reason::refresh, maker, 1));
  }
  e2ee::sealed_member self() {
    return {{consultant->id, consultant->certificate, {}}, consultant->sealing.public_part};
  }
  e2ee::link_maker maker() { return {consultant->id, consultant->certificate, consultant->signing}; }
  /// What the nurse says of it when she next writes to them, and that nothing was sealed to what was forged.
  refusal next_send() {
    auto before = daemon.conversations.begin()->second.messages.size();
    auto why = send("nurse1", "consultant", "two").why();
    if (why != refusal::none)
      CHECK(daemon.conversations.begin()->second.messages.size() == before);
    return why;
  }
  std::unique_ptr<handmade_device> consultant;
};

} // namespace

TEST_CASE("49: another link under a number that is held is a fork") {
  liar_clinic clinic;
  auto before = clinic.consultant->chain;
  clinic.consultant->turn(clinic, e2ee::link_reason::refresh);
  REQUIRE(clinic.next_send() == refusal::none);
  auto other =
      clinic.made(before, {clinic.self()}, clinic.maker()); // by the true maker: two heads with number 2
  clinic.party().cores.pop_back();
  clinic.put(other);
  CHECK(clinic.next_send() == refusal::roster_fork);
}

TEST_CASE("50, 51: a gap and a link behind another chain are refused") {
  liar_clinic clinic;
  auto chain = clinic.consultant->chain;
  auto why = refusal::chain_broken;
  SECTION("the link between is withheld") {
    auto hidden = clinic.made(chain, {clinic.self()}, clinic.maker());
    auto link = e2ee::roster_link::decode(hidden.core, hidden.members, hidden.seals, clinic.daemon.clinic);
    clinic.put(clinic.made(e2ee::extended(chain, *link), {clinic.self()}, clinic.maker()));
    why = refusal::needs;
  }
  SECTION("previous names another link") {
    chain.epochs.back().hash[0] ^= 1;
    clinic.put(clinic.made(chain, {clinic.self()}, clinic.maker()));
  }
  CHECK(clinic.next_send() == why);
}

TEST_CASE("52: an older head is refused, also after a start") {
  liar_clinic clinic;
  clinic.consultant->turn(clinic, e2ee::link_reason::refresh);
  REQUIRE(clinic.next_send() == refusal::none);
  auto old_head = clinic.party().cores.front();
  clinic.daemon.tamper = [&](const d::request& r, d::answer_body& a) {
    auto* found = std::get_if<d::party>(&a);
    if (found != nullptr && found->id == clinic.consultant->party)
      found->cores = {clinic.daemon.logged(old_head)};
    (void)r;
  };
  CHECK(clinic.next_send() == refusal::epoch_taken);
  clinic.restart("nurse1");
  REQUIRE(clinic.run([&] { return clinic.nurse().settled(); }));
  CHECK(clinic.next_send() == refusal::epoch_taken);
}

TEST_CASE("53, 56: a link by a stranger, and one that lets a stranger in") {
  liar_clinic clinic;
  REQUIRE(clinic.enrol("physician1", {}).why() == refusal::none);
  REQUIRE(clinic.send("nurse1", "physician1", "known to each other").why() == refusal::none);
  auto stranger = clinic.daemon.certificate_of(clinic["physician1"].device->id());
  SECTION("the device of another person is put in") {
    clinic.put(clinic.made(clinic.consultant->chain,
                           {clinic.self(), {{stranger.device, stranger.hash(), {}}, stranger.sealing_key}},
                           clinic.maker()));
    CHECK(clinic.next_send() == refusal::member_not_entitled);
  }
  SECTION("a device that is no member makes the link") {
    handmade_device second{clinic, "locum", 0x78};
    REQUIRE(clinic.send("nurse1", "locum", "known").why() == refusal::none);
    clinic.put(clinic.made(clinic.consultant->chain, {clinic.self()},
                           {second.id, second.certificate, second.signing}));
    CHECK(clinic.next_send() == refusal::signer_not_member);
  }
}

TEST_CASE("58: a revocation that was seen stays, whatever is shown later") {
  liar_clinic clinic;
  REQUIRE(clinic
              .act<client::nothing>([&](client::done<client::nothing> then) {
                clinic["admin"].device->revoke(clinic.consultant->id, e2ee::revocation_reason::lost,
                                               std::move(then));
              })
              .why() == refusal::none);
  clinic.restart("nurse1");
  REQUIRE(clinic.run([&] { return clinic.nurse().settled(); }));
  clinic.daemon.changes.clear(); // hidden from now on
  clinic.restart("nurse1");
  REQUIRE(clinic.run([&] { return clinic.nurse().settled(); }));
  clinic.put(clinic.made(clinic.consultant->chain, {clinic.self()}, clinic.maker()));
  auto why = clinic.next_send();
  CHECK((why == refusal::link_keeps_revoked_device || why == refusal::signer_not_member));
}

TEST_CASE("63: an inbox that was used before is refused") {
  liar_clinic clinic;
  clinic.consultant->turn(clinic, e2ee::link_reason::refresh);
  REQUIRE(clinic.next_send() == refusal::none);
  auto first = e2ee::link_core::decode(clinic.daemon.objects.at(clinic.party().cores.front()).raw,
                                       clinic.daemon.clinic);
  auto honest = clinic.made(clinic.consultant->chain, {clinic.self()}, clinic.maker());
  auto core = *e2ee::link_core::decode(honest.core, clinic.daemon.clinic);
  e2ee::link_fields fields = core;
  fields.inbox = first->inbox;
  honest.core =
      e2ee::sign_object(clinic.daemon.clinic, fields, {{clinic.consultant->signing, e2ee::labels::link}});
  honest.hash = e2ee::link_core::decode(honest.core, clinic.daemon.clinic)->hash();
  clinic.put(honest);
  CHECK(clinic.next_send() == refusal::inbox_reused);
}

TEST_CASE("60: seals and members that are not the link's are refused") {
  liar_clinic clinic;
  clinic.consultant->turn(clinic, e2ee::link_reason::refresh);
  bool members = GENERATE(true, false);
  clinic.daemon.tamper = [&](const d::request&, d::answer_body& a) {
    auto* found = std::get_if<d::party>(&a);
    if (found != nullptr && found->id == clinic.consultant->party && !found->members.empty())
      (members ? found->members : found->seals).back() ^= 1;
  };
  CHECK(clinic.next_send() == (members ? refusal::members_hash_mismatch : refusal::seals_hash_mismatch));
}

TEST_CASE(
    "80: an inbox that stands in no link gets nothing; the message waits and goes when the links are shown") {
  liar_clinic clinic;
  auto foreign = e2ee::x25519_pair::random().public_part;
  std::vector<bytes> posts;
  bool lies = true;
  auto why = GENERATE(std::uint32_t{1}, std::uint32_t{2}); // the epoch that is held, and one that nobody made
  clinic.daemon.swallow = [&](const d::request& r) {
    if (const auto* m = std::get_if<d::post>(&r.what))
      posts.push_back(m->slip);
    return false;
  };
  clinic.daemon.tamper = [&](const d::request& r, d::answer_body& a) {
    if (!lies || std::get_if<d::post>(&r.what) == nullptr)
      return;
    if (std::get_if<d::posted>(&a) != nullptr)
      clinic.daemon.conversations.begin()->second.messages.pop_back();
    d::refused no;
    no.why = refusal::stale_party;
    no.party = clinic.consultant->party;
    no.epoch = why;
    no.inbox = foreign;
    a = no;
  };
  client::draft what;
  what.text = "two";
  auto sent = clinic.act<client::sent_message>([&](client::done<client::sent_message> then) {
    clinic.nurse().send("consultant", what, nullptr, std::move(then));
  });
  CHECK(sent.why() == refusal::needs);
  CHECK(clinic.nurse().outbox().back().state == client::outbox_state::sent); // it waits
  lies = false;
  REQUIRE(clinic.run([&] { return clinic.nurse().outbox().back().state == client::outbox_state::acked; }));
  for (const auto& slip : posts)
    CHECK(slip == posts.front()); // nothing was sealed to it
}

TEST_CASE("44, 45: changes without their place in the log are not believed, and asked for again") {
  liar_clinic clinic;
  bool lies = true;
  clinic.daemon.tamper = [&](const d::request& r, d::answer_body& a) {
    auto* found = std::get_if<d::objects>(&a);
    if (lies && found != nullptr && std::get_if<d::get_changes>(&r.what) != nullptr)
      for (auto& x : found->found)
        if (!x.proof.empty())
          x.proof.front()[3] ^= 1;
  };
  REQUIRE(clinic.enrol("float1", {}).why() == refusal::none);
  auto granted = clinic.act<client::nothing>([&](client::done<client::nothing> then) {
    clinic["admin"].device->grant("float1", "nurses", 0, std::move(then));
  });
  REQUIRE(granted.why() == refusal::none);
  clinic.settle();
  auto nurses = clinic.role("nurses");
  CHECK(clinic.members(nurses).size() == 1); // nobody comes in by a grant that is not proved
  lies = false;
  clinic.restart("nurse1");
  REQUIRE(clinic.run([&] { return clinic.members(nurses).size() == 2; }));
}

TEST_CASE("a change under a wrong signature is said, kept, and asked for again until it is right") {
  liar_clinic clinic;
  bool lies = true;
  clinic.daemon.tamper = [&](const d::request&, d::answer_body& a) {
    auto* found = std::get_if<d::objects>(&a);
    if (lies && found != nullptr)
      for (auto& x : found->found)
        if (auto kind = e2ee::peek_kind(x.object); kind && *kind == e2ee::kind::grant)
          x.object.back() ^= 1;
  };
  REQUIRE(clinic.enrol("float1", {}).why() == refusal::none);
  REQUIRE(clinic
              .act<client::nothing>([&](client::done<client::nothing> then) {
                clinic["admin"].device->grant("float1", "nurses", 0, std::move(then));
              })
              .why() == refusal::none);
  clinic.settle();
  auto nurses = clinic.role("nurses");
  auto said_so = [&] {
    auto& said = clinic["nurse1"].said;
    return std::count_if(said.begin(), said.end(), [](const client::notice& n) {
      return n.what == client::notice::about::log && n.why == refusal::bad_signature;
    });
  };
  CHECK(clinic.members(nurses).size() == 1); // nobody comes in by it
  CHECK(said_so() >= 1);
  clinic.restart("nurse1"); // the lie goes on, and what is on the disk is as good as it was
  REQUIRE(clinic.run([&] { return clinic.nurse().settled(); }));
  CHECK(clinic.members(nurses).size() == 1);
  CHECK(said_so() >= 2);
  lies = false;
  clinic.restart("nurse1");
  REQUIRE(clinic.run([&] { return clinic.members(nurses).size() == 2; }));
}

TEST_CASE("an answer about a party that was overtaken is asked for again") {
  liar_clinic clinic;
  auto older = clinic.daemon.note();
  clinic.consultant->turn(clinic, e2ee::link_reason::refresh);
  int overtaken = 0;
  clinic.daemon.tamper = [&](const d::request&, d::answer_body& a) {
    auto* found = std::get_if<d::party>(&a);
    if (found != nullptr && found->id == clinic.consultant->party && overtaken++ == 0)
      found->checkpoint = older;
  };
  CHECK(clinic.next_send() == refusal::none);
  CHECK(overtaken > 1);
}

TEST_CASE("changes that do not ascend are refused") {
  liar_clinic clinic;
  REQUIRE(clinic.enrol("float1", {}).why() == refusal::none);
  for (int i = 0; i < 2; ++i)
    REQUIRE(clinic
                .act<client::nothing>([&](client::done<client::nothing> then) {
                  if (i == 0)
                    clinic["admin"].device->grant("float1", "nurses", 0, std::move(then));
                  else
                    clinic["admin"].device->withdraw("float1", "nurses", std::move(then));
                })
                .why() == refusal::none);
  REQUIRE(clinic.enrol("nurse9", {}).why() == refusal::none);
  clinic.daemon.tamper = [&](const d::request& r, d::answer_body& a) {
    auto* found = std::get_if<d::objects>(&a);
    if (found != nullptr && std::get_if<d::get_changes>(&r.what) != nullptr && found->found.empty())
      found->found = {clinic.daemon.logged(clinic.daemon.changes.front())}; // for ever
  };
  clinic.restart("nurse1");
  REQUIRE(clinic.run([&] { return clinic.nurse().settled(); }));
  auto& said = clinic["nurse1"].said;
  CHECK(std::any_of(said.begin(), said.end(), [](const client::notice& n) {
    return n.what == client::notice::about::log && n.why == refusal::chain_broken;
  }));
}

TEST_CASE("148: the log under another name is refused and said") {
  liar_clinic clinic;
  clinic.daemon.origin = "clinic.example/test/audit/2";
  clinic.restart("nurse1");
  REQUIRE(clinic.run([&] { return clinic.nurse().settled(); }));
  auto& said = clinic["nurse1"].said;
  CHECK(std::any_of(said.begin(), said.end(), [](const client::notice& n) {
    return n.what == client::notice::about::log && n.why == refusal::log_other_origin;
  }));
}
