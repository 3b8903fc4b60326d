// Reports of messages that cannot be opened, and their answers: who is asked, who may answer, what is kept
// (e2ee 5.7, 5.9).
#include "e2ee/act.hpp"
#include "e2ee/keylist.hpp"
#include "fake_session.hpp"
#include "invited_devices.hpp"
#include "message_rows.hpp"
#include "role_links.hpp"
#include "roster_rows.hpp"
#include "submission.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

using e2ee::link_reason;

/// nurse1 talks with the triage role; she has reported a message.
struct torn_house : people_fixture {
  build::enrolled* nurse1 = nullptr;
  build::enrolled* giver = nullptr; ///< of the triage role
  build::enrolled* other = nullptr; ///< of the same role
  build::enrolled* outside = nullptr;
  party_id own = c.party("nurse1");
  party_id role = c.party("triage");
  role_links triage{*this, role, e2ee::party_kind::role};
  role_links hers{*this, own, e2ee::party_kind::user};
  conversation_links talk{*this, "talk"};

  torn_house() {
    open();
    nurse1 = &nurse("nurse1");
    giver = &nurse("giver", {"triage"});
    other = &nurse("other", {"triage"});
    outside = &nurse("outside");
    hers.accepted(*nurse1, {nurse1}, link_reason::genesis);
    triage.accepted(*giver, {giver, other}, link_reason::genesis);
    talk.accepted(*nurse1, {{own, e2ee::party_kind::user}, {role, e2ee::party_kind::role}});
  }
  /// As the conversation's actor keeps it.
  hash32 reports(const build::enrolled& who, std::uint8_t number) {
    e2ee::act_fields x;
    x.act = e2ee::act_kind::report;
    x.target.fill(number);
    x.user = who.user;
    x.device = who.device;
    x.certificate = who.certificate.hash();
    x.reason = static_cast<std::uint8_t>(refusal::seal_not_openable);
    auto raw = e2ee::sign_object(c.id, x, {{who.signing, e2ee::labels::act}});
    auto hash = e2ee::act::decode(raw, c.id)->hash();
    put(ports::table::meta, rows::key_of_report(talk.head.conversation, who.device, x.message()),
        rows::encode(rows::report{raw}));
    put(ports::table::object, to_bytes(hash), raw);
    return hash;
  }
  void put(ports::table where, bytes key, const bytes& value) {
    bytes stored(stamp_bytes);
    stored.insert(stored.end(), value.begin(), value.end());
    s.disk.rows[static_cast<std::size_t>(where)][std::move(key)] = stored;
  }
  e2ee::keylist_fields fields(std::uint8_t mark = 3) const {
    e2ee::keylist_fields x;
    x.conversation = talk.head.conversation;
    x.receiver = nurse1->device;
    x.receiver_certificate = nurse1->certificate.hash();
    x.parts = 1;
    x.enc = build::pair_of("somebody").public_part;
    x.ct = bytes(e2ee::keylist_entry_bytes + 16, mark);
    return x;
  }
  ask::submit list(const e2ee::keylist_fields& x, const build::enrolled& by, const hash32& report) const {
    ask::submit out{e2ee::sign_object(c.id, x, {{by.signing, e2ee::labels::keylist}}), {}, {}};
    out.report = report;
    return out;
  }
  std::vector<ask::keys_wanted> wanted(const build::enrolled& who) {
    return as<ask::pending>(says(who, ask::list_pending{})).key_lists;
  }
  ask::key_lists answers(const build::enrolled& who, std::uint32_t from = 0) {
    return as<ask::key_lists>(
        says(who, ask::get_key_lists{talk.head.conversation, e2ee::answers_from_part + from}));
  }
  void refused_as(const build::enrolled& who, const ask::submit& m, refusal expected) {
    auto before = s.disk.rows;
    CHECK(to_string(why(says(who, m))) == to_string(expected));
    CHECK(s.disk.rows == before);
  }
};

} // namespace

TEST_CASE("a report is shown to whoever reads the conversation until one of them has answered") {
  torn_house f;
  fake_session channel;
  channel.spawn(f.w.sys);
  caf::anon_send(f.house, session_online{f.caller_now(*f.nurse1), channel.actor});
  f.w.run();
  auto report = f.reports(*f.nurse1, 1);
  bool again = GENERATE(false, true);
  if (again)
    f.restart();
  for (const auto* who : {f.giver, f.other}) {
    auto rows = f.wanted(*who);
    REQUIRE(rows.size() == 1);
    CHECK(rows.front().conversation == f.talk.head.conversation);
    CHECK(rows.front().device == f.nurse1->device);
    CHECK(e2ee::act::decode(rows.front().report, f.c.id)->hash() == report);
  }
  CHECK(f.wanted(*f.nurse1).empty());
  CHECK(f.wanted(*f.outside).empty());
  auto m = f.list(f.fields(), *f.giver, report);
  auto done = as<ask::submitted>(f.says(*f.giver, m));
  CHECK(f.last_entry().conversation == f.talk.head.conversation);
  CHECK(channel.got.empty() == again); // who is connected hears of it at once
  CHECK(f.wanted(*f.other).empty());
  CHECK(f.answers(*f.nurse1).objects == std::vector<bytes>{m.object});
  CHECK(f.answers(*f.other).objects.empty());
  CHECK(as<ask::submitted>(f.says(*f.giver, m)).leaf == done.leaf); // the answer got lost
  f.refused_as(*f.other, f.list(f.fields(4), *f.other, report), refusal::key_list_not_allowed); // too late
  f.stop(channel.actor);
}

TEST_CASE("answers that are refused change nothing") {
  torn_house f;
  auto report = f.reports(*f.nurse1, 1);
  auto with = [&](auto change) {
    auto x = f.fields();
    change(x);
    return f.list(x, *f.giver, report);
  };
  auto no_report = f.list(f.fields(), *f.giver, report);
  no_report.report.reset();
  f.refused_as(*f.giver, no_report, refusal::key_list_not_allowed);
  f.refused_as(*f.giver, f.list(f.fields(), *f.giver, build::drawn("nothing")),
               refusal::key_list_not_allowed);
  f.refused_as(*f.giver, with([](auto& x) { x.ct = bytes(2 * e2ee::keylist_entry_bytes + 16, 3); }),
               refusal::key_list_not_allowed); // more than the one
  f.refused_as(*f.giver, with([](auto& x) { x.parts = 2; }), refusal::key_list_not_allowed);
  f.refused_as(*f.giver, with([&](auto& x) { x.receiver = f.other->device; }), refusal::key_list_not_allowed);
  f.refused_as(*f.giver, with([](auto& x) { x.receiver_certificate = {}; }), refusal::stale_certificate);
  f.refused_as(*f.giver, with([](auto& x) { x.conversation = build::named<conversation_id>("nowhere"); }),
               refusal::not_found);
  f.refused_as(*f.outside, f.list(f.fields(), *f.outside, report), refusal::not_found);
  f.refused_as(*f.other, f.list(f.fields(), *f.giver, report), refusal::bad_signature);
  f.refused_as(*f.nurse1, f.list(f.fields(), *f.nurse1, report), refusal::key_list_not_allowed); // herself
  turn_out(f, *f.nurse1);
  f.refused_as(*f.giver, f.list(f.fields(), *f.giver, report), refusal::device_revoked);
  CHECK(f.wanted(*f.giver).empty());
}

TEST_CASE("answers come in pages, and the oldest makes room for one beyond answers_kept_max") {
  torn_house f;
  std::vector<bytes> given;
  for (std::size_t i = 0; i <= answers_kept_max; ++i) {
    auto number = static_cast<std::uint8_t>(i + 1);
    auto m = f.list(f.fields(number), *f.giver, f.reports(*f.nurse1, number));
    as<ask::submitted>(f.says(*f.giver, m));
    given.push_back(m.object);
  }
  std::vector<bytes> got;
  for (ask::key_lists page;;) {
    page = f.answers(*f.nurse1, static_cast<std::uint32_t>(got.size()));
    CHECK(page.objects.size() <= wire::packs_per_message_max);
    got.insert(got.end(), page.objects.begin(), page.objects.end());
    if (!page.more)
      break;
  }
  CHECK(got == std::vector(given.begin() + 1, given.end()));
}
