// A message whose seal does not open: reported as an act, answered with its key by whoever can read it, and
// judged by the slip's own commitment (e2ee 5.7, 5.9, 6.10). The author is a device that seals as it likes.
#include "client/reports.hpp"
#include "e2ee/hpke.hpp"
#include "e2ee/keylist_seal.hpp"
#include "e2ee/slip_seals.hpp"
#include "handmade_device.hpp"
#include <algorithm>
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::test;

namespace {

/// nurse1, physician1 and a consultant talk; the consultant's seals for nurse1 are garbage.
struct torn_talk : little_clinic {
  torn_talk() {
    REQUIRE(found().why() == refusal::none);
    REQUIRE(enrol("nurse1", {"nurses"}).why() == refusal::none);
    REQUIRE(enrol("physician1", {}).why() == refusal::none);
    consultant = std::make_unique<handmade_device>(*this, "consultant");
    auto sent = send("nurse1", "consultant", "one");
    REQUIRE(sent.why() == refusal::none);
    where = sent->conversation;
    REQUIRE(act<conversation_id>([&](client::done<conversation_id> then) {
              at("nurse1").add_to(where, "physician1", std::move(then));
            }).why() == refusal::none);
    settle();
  }
  client::device& at(const std::string& name) { return *(*this)[name].device; }
  party_id party_of(const std::string& name) {
    for (const auto& [id, p] : daemon.people)
      if (p.name == name)
        return p.party;
    return {};
  }
  /// A message of the consultant; the seal to `torn` goes to a key that nobody holds.
  message_id posts(const std::string& torn) {
    auto link = *e2ee::conversation_link::decode(daemon.conversations.at(where).link, daemon.clinic);
    e2ee::draft m;
    m.header.message.value.fill(++number);
    m.header.conversation = where;
    m.header.conversation_link = link.n;
    m.header.author_user = daemon.certificate_of(consultant->id).user;
    m.header.author_device = consultant->id;
    m.header.author_certificate = consultant->certificate;
    m.header.time = now;
    m.header.envelope = e2ee::encode(e2ee::envelope{});
    wire::content said;
    said.text = "two";
    auto content = *wire::encode(said);
    m.content = content;
    for (const auto& p : link.parties) {
      const auto& held = daemon.parties.at(p.party);
      auto core = e2ee::link_core::decode(daemon.objects.at(held.cores.back()).raw, daemon.clinic);
      bool tear = p.party == party_of(torn);
      m.recipients.push_back(
          {p.party, core->n, tear ? e2ee::x25519_pair::random().public_part : core->inbox});
    }
    auto id = m.header.message;
    auto sealed = e2ee::seal_message(daemon.clinic, std::move(m), consultant->signing);
    REQUIRE(sealed);
    key = sealed->key.copy();
    auto posted = daemon.on(d::post{sealed->slip, sealed->body}, now);
    REQUIRE(std::holds_alternative<d::posted>(posted));
    return id;
  }
  refusal unreadable(const std::string& who, const message_id& m) {
    for (const auto& row : at(who).messages(where))
      if (row.message == m)
        return row.unreadable;
    return refusal::not_found;
  }
  refusal opens(const std::string& who, const message_id& m) {
    auto row = at(who).find(m);
    if (!row)
      return refusal::not_found;
    auto opened =
        act<std::vector<client::opened_message>>([&](client::done<std::vector<client::opened_message>> then) {
          at(who).open(where, {row->seq}, d::purpose::treatment, std::move(then));
        });
    return !opened ? opened.why() : opened->front().why;
  }
  void start_again(const std::string& name) {
    restart(name);
    REQUIRE(run([&] { return at(name).settled(); }));
  }
  std::unique_ptr<handmade_device> consultant;
  conversation_id where;
  std::uint8_t number = 0xa0;
  secret32 key;
};

constexpr std::uint64_t answered_within = 10'000;

} // namespace

TEST_CASE("84: what one reader cannot open is reported, and another gives the one key") {
  torn_talk clinic;
  auto m = clinic.posts("nurse1");
  clinic.settle();
  REQUIRE(clinic.unreadable("physician1", m) == refusal::none);
  REQUIRE(clinic.run([&] { return clinic.unreadable("nurse1", m) == refusal::none; }, answered_within));
  CHECK(clinic.opens("nurse1", m) == refusal::none);
  CHECK(clinic.daemon.reports.empty());
  clinic.start_again("nurse1"); // from its own disk
  CHECK(clinic.unreadable("nurse1", m) == refusal::none);
}

TEST_CASE("a report waits for a reader who comes later, and the answer for a reporter who comes later") {
  torn_talk clinic;
  clinic["physician1"].wire.dead = true;
  auto m = clinic.posts("nurse1");
  clinic.settle();
  CHECK(clinic.unreadable("nurse1", m) == refusal::seal_not_openable);
  REQUIRE(clinic.daemon.reports.size() == 1);
  clinic["nurse1"].wire.dead = true;
  clinic["physician1"].wire.dead = false;
  clinic.start_again("physician1");
  REQUIRE(clinic.run([&] { return clinic.daemon.reports.empty(); }, answered_within));
  CHECK(clinic.unreadable("nurse1", m) == refusal::seal_not_openable);
  clinic["nurse1"].wire.dead = false;
  clinic.start_again("nurse1");
  REQUIRE(clinic.run([&] { return clinic.unreadable("nurse1", m) == refusal::none; }, answered_within));
  CHECK(clinic.opens("nurse1", m) == refusal::none);
}

TEST_CASE("nothing is given to a device that did not report, or that the message was not for") {
  torn_talk clinic;
  REQUIRE(clinic.enrol("stranger", {}).why() == refusal::none);
  auto m = clinic.posts("nurse1");
  clinic.run([&] { return clinic.unreadable("nurse1", m) == refusal::none; }, answered_within);
  std::size_t given = 0;
  clinic.daemon.swallow = [&](const d::request& r) {
    const auto* s = std::get_if<d::submit>(&r.what);
    auto k = s == nullptr ? expected<e2ee::kind>{refusal::truncated} : e2ee::peek_kind(s->object);
    given += k && *k == e2ee::kind::keylist ? 1 : 0;
    return false;
  };
  auto slip = *e2ee::slip::decode(clinic.daemon.conversations.at(clinic.where).messages.back().slip,
                                  clinic.daemon.clinic);
  e2ee::act_fields x;
  x.act = e2ee::act_kind::report;
  x.target = m.value;
  x.h = slip.h;
  x.device = clinic.consultant->id;
  x.certificate = clinic.consultant->certificate;
  auto signing = &clinic.consultant->signing;
  auto key = e2ee::signing_key::random();
  SECTION("signed by somebody else") {
    x.device = clinic.at("nurse1").id();
    x.certificate = clinic.daemon.devices.at(x.device);
    signing = &key;
  }
  SECTION("of a device that is in no party of the message") {
    handmade_device other{clinic, "locum", 0x79};
    x.device = other.id;
    x.certificate = other.certificate;
    key = e2ee::signing_key::from_seed(other.signing.seed().copy());
    signing = &key;
  }
  SECTION("about another version of the message") {
    x.h[0] ^= 1;
  }
  SECTION("another word than a report") {
    x.act = e2ee::act_kind::acknowledge;
  }
  auto raw = e2ee::sign_object(clinic.daemon.clinic, x, {{*signing, e2ee::labels::act}});
  d::pending lie;
  lie.key_lists.push_back({clinic.where, x.device, 0, raw});
  clinic.daemon.news_for_all(lie);
  clinic.run([] { return false; }, answered_within);
  CHECK(given == 0);
}

TEST_CASE("70: a wrong key, and the key of another message, make nothing readable") {
  torn_talk clinic;
  clinic["physician1"].wire.dead = true;
  auto first = clinic.posts("nurse1");
  auto right = clinic.key.copy();
  clinic.settle();
  REQUIRE(clinic.unreadable("nurse1", first) == refusal::seal_not_openable);
  auto nurse = clinic.daemon.certificate_of(clinic.at("nurse1").id());
  auto given = [&](const message_id& of, const secret32& k) {
    e2ee::keylist_fields x;
    x.conversation = clinic.where;
    x.receiver = nurse.device;
    x.receiver_certificate = nurse.hash();
    x.parts = 1;
    bytes plain = to_bytes(of.view());
    plain.insert(plain.end(), k.view().begin(), k.view().end());
    auto sealed = e2ee::hpke_seal(nurse.sealing_key, e2ee::keylist_info(clinic.daemon.clinic, x), plain);
    std::copy_n(sealed->begin(), x.enc.size(), x.enc.begin());
    x.ct.assign(sealed->begin() + e2ee::hpke_enc_size, sealed->end());
    return e2ee::sign_object(clinic.daemon.clinic, x, {{clinic.consultant->signing, e2ee::labels::keylist}});
  };
  auto& answers = clinic.daemon.answers[{clinic.where, nurse.device}];
  SECTION("a wrong key") {
    answers = {given(first, secret32::random())};
  }
  SECTION("of a message that was not reported") {
    message_id other;
    other.value.fill(1);
    answers = {given(other, right)};
  }
  clinic.start_again("nurse1");
  clinic.settle();
  CHECK(clinic.unreadable("nurse1", first) == refusal::seal_not_openable);
  answers = {given(first, right)}; // neither needs trust in its maker
  clinic.start_again("nurse1");
  clinic.settle();
  CHECK(clinic.unreadable("nurse1", first) == refusal::none);
}

TEST_CASE("a run reports so many messages of one conversation, and no more") {
  torn_talk clinic;
  clinic["physician1"].wire.dead = true;
  std::size_t reports = 0;
  clinic.daemon.swallow = [&](const d::request& r) {
    const auto* m = std::get_if<d::act>(&r.what);
    auto a = m == nullptr ? expected<e2ee::act>{refusal::truncated}
                          : e2ee::act::decode(m->object, clinic.daemon.clinic);
    reports += a && a->act == e2ee::act_kind::report ? 1 : 0;
    return false;
  };
  clinic.number = 1;
  for (std::size_t i = 0; i < client::reports_made_max + 3; ++i)
    clinic.posts("nurse1");
  clinic.settle();
  CHECK(reports == client::reports_made_max);
  clinic.start_again("nurse1");
  clinic.settle();
  CHECK(reports == 2 * client::reports_made_max);
}

TEST_CASE("answers that never end are asked for key_list_pages_max times") {
  torn_talk clinic;
  clinic["physician1"].wire.dead = true;
  clinic.posts("nurse1");
  clinic.settle();
  std::size_t asked = 0;
  clinic.daemon.tamper = [&](const d::request& r, d::answer_body& a) {
    if (std::get_if<d::get_key_lists>(&r.what) == nullptr)
      return;
    ++asked;
    a = d::key_lists{{bytes{1}}, true};
  };
  clinic.start_again("nurse1");
  clinic.run([&] { return asked > client::key_list_pages_max; });
  CHECK(asked == client::key_list_pages_max);
}
