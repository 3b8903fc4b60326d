// History packs: with a link or after it, who waits for one, what is kept and for whom (e2ee 5.7, 6.4).
#include "e2ee/pack.hpp"
#include "fake_session.hpp"
#include "invited_devices.hpp"
#include "role_links.hpp"
#include "roster_rows.hpp"
#include "submission.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

using e2ee::link_reason;

struct late_house : people_fixture {
  build::enrolled* nurse1 = nullptr;
  build::enrolled* late = nullptr; ///< may read from a day ago on
  build::enrolled* stranger = nullptr;
  party_id role = c.party("triage");
  role_links triage{*this, role, e2ee::party_kind::role};
  time_ms from = now - build::day;

  late_house() {
    open();
    nurse1 = &nurse("nurse1", {"triage"});
    stranger = &nurse("stranger");
    late = &bring_in(device_with_history(c, "late", {c.party("late"), role}, from), {name_of("late", 1)});
    triage.accepted(*nurse1, {nurse1}, link_reason::genesis);
    triage.accepted(*nurse1, {nurse1}, link_reason::refresh);
  }
  e2ee::pack_fields fields(const build::enrolled& to, std::uint32_t first, std::uint32_t last) const {
    e2ee::pack_fields x;
    x.party = role;
    x.receiver = to.device;
    x.receiver_certificate = to.certificate.hash();
    x.first = first;
    x.last = last;
    x.last_core = triage.chain.at(last)->hash;
    x.enc = build::pair_of("somebody").public_part;
    x.ct = bytes(x.epochs() * 32 + 16, 3);
    return x;
  }
  bytes signed_by(const e2ee::pack_fields& x, const build::enrolled& by) const {
    return e2ee::sign_object(c.id, x, {{by.signing, e2ee::labels::pack}});
  }
  bytes pack(std::uint32_t number = 1) const {
    auto x = fields(*late, 1, 2);
    x.ct[0] = static_cast<std::uint8_t>(number);
    return signed_by(x, *nurse1);
  }
  ask::submit adding() const { return triage.link(*nurse1, {nurse1, late}, link_reason::add); }
  void added() { triage.accepted(*nurse1, {nurse1, late}, link_reason::add); }
  std::vector<ask::pack_wanted> wanted(const build::enrolled& who) {
    return as<ask::pending>(says(who, ask::list_pending{})).packs;
  }
  std::vector<bytes> packs_of(const build::enrolled& who) {
    return as<ask::packs>(says(who, ask::get_packs{role})).objects;
  }
  void refused_as(const build::enrolled& who, const ask::submit& m, refusal expected) {
    auto before = s.disk.rows;
    CHECK(to_string(why(says(who, m))) == to_string(expected));
    CHECK(s.disk.rows == before);
  }
};

} // namespace

TEST_CASE("a joiner without a pack is shown to the other members until one gives it") {
  late_house f;
  f.added();
  REQUIRE(f.wanted(*f.nurse1).size() == 1);
  CHECK(f.wanted(*f.nurse1).front().party == f.role);
  CHECK(f.wanted(*f.nurse1).front().device == f.late->device);
  CHECK(f.wanted(*f.nurse1).front().history_from == f.from);
  CHECK(f.wanted(*f.late).empty()); // nobody gives herself
  CHECK(f.wanted(*f.stranger).empty());
  f.restart();
  CHECK(f.wanted(*f.nurse1).size() == 1);

  auto leaves = f.leaves();
  auto done = as<ask::submitted>(f.says(*f.nurse1, ask::submit{f.pack(), {}, {}}));
  CHECK(done.leaf == leaves);
  CHECK(f.leaves() == leaves + 1);
  CHECK(f.wanted(*f.nurse1).empty());
  CHECK(f.packs_of(*f.late) == std::vector<bytes>{f.pack()});
  CHECK(f.packs_of(*f.nurse1).empty());
  CHECK(why(f.says(*f.stranger, ask::get_packs{f.role})) == refusal::not_found);
  CHECK(as<ask::submitted>(f.says(*f.nurse1, ask::submit{f.pack(), {}, {}})).leaf == done.leaf);
  f.restart();
  CHECK(f.wanted(*f.nurse1).empty());
  CHECK(f.packs_of(*f.late) == std::vector<bytes>{f.pack()});
}

TEST_CASE("who was given a pack is told to fetch it") {
  late_house f;
  f.added();
  fake_session channel;
  channel.spawn(f.w.sys);
  caf::anon_send(f.house, session_online{f.caller_now(*f.late), channel.actor});
  f.w.run();
  (void)channel.take<ask::party_changed>();
  as<ask::submitted>(f.says(*f.nurse1, ask::submit{f.pack(), {}, {}}));
  auto told = channel.take<ask::party_changed>();
  REQUIRE(told.size() == 1);
  CHECK(told.front().party == f.role);
  f.stop(channel.actor);
}

TEST_CASE("a pack that comes with the link is committed with it, a leaf each") {
  late_house f;
  auto m = f.adding();
  m.packs = {f.pack()};
  auto leaves = f.leaves();
  auto commits = f.s.disk.commits;
  auto done = as<ask::submitted>(f.says(*f.nurse1, m));
  CHECK(done.leaf == leaves);
  CHECK(done.hash == f.triage.decoded(m).core.hash());
  CHECK(f.leaves() == leaves + 2);
  CHECK(f.s.disk.commits == commits + 1);
  CHECK(f.wanted(*f.nurse1).empty());
  CHECK(f.packs_of(*f.late) == std::vector<bytes>{f.pack()});
}

TEST_CASE("a link with a bad pack is refused whole") {
  late_house f;
  auto m = f.adding();
  auto x = f.fields(*f.late, 1, 2);
  x.ct.pop_back();
  m.packs = {f.pack(), f.signed_by(x, *f.nurse1)};
  f.refused_as(*f.nurse1, m, refusal::pack_length);
}

TEST_CASE("nobody waits for history that she may not have, or that does not exist") {
  late_house f;
  auto& plain = f.nurse("plain", {"triage"});
  f.triage.accepted(*f.nurse1, {f.nurse1, &plain}, link_reason::add);
  CHECK(f.wanted(*f.nurse1).empty());
  auto own = f.c.party("late");
  role_links first{f, own, e2ee::party_kind::user};
  first.accepted(*f.late, {f.late}, link_reason::genesis); // there is nothing before link 1
  CHECK(f.wanted(*f.late).empty());
}

TEST_CASE("who leaves the party waits no more") {
  late_house f;
  f.added();
  turn_out(f, *f.late);
  f.triage.accepted(*f.nurse1, {f.nurse1}, link_reason::revoke);
  CHECK(f.wanted(*f.nurse1).empty());
  f.restart();
  CHECK(f.wanted(*f.nurse1).empty());
}

TEST_CASE("who leaves the party leaves no pack behind") {
  late_house f;
  f.added();
  auto done = as<ask::submitted>(f.says(*f.nurse1, ask::submit{f.pack(), {}, {}}));
  turn_out(f, *f.late);
  f.triage.accepted(*f.nurse1, {f.nurse1}, link_reason::revoke);
  CHECK(f.s.disk.read(ports::table::object, done.hash).status == ports::read_status::absent);
  CHECK(f.s.disk.scan(ports::table::party, rows::prefix_of_packs(f.role, f.late->device), {}, 9).empty());
}

TEST_CASE("packs that are refused change nothing") {
  late_house f;
  auto one = [&](auto change, const build::enrolled& by) {
    auto x = f.fields(*f.late, 1, 2);
    change(x);
    return ask::submit{f.signed_by(x, by), {}, {}};
  };
  auto as_it_is = [](auto&) {};
  f.refused_as(*f.nurse1, one(as_it_is, *f.nurse1), refusal::key_list_not_allowed); // not in the head
  f.added();
  f.refused_as(*f.stranger, one(as_it_is, *f.nurse1), refusal::not_found);
  f.refused_as(*f.nurse1, one(as_it_is, *f.late), refusal::bad_signature);
  f.refused_as(*f.late, one(as_it_is, *f.nurse1), refusal::bad_signature);
  f.refused_as(*f.nurse1,
               one(
                   [](auto& x) {
                     x.last = 9;
                     x.ct.resize(9 * 32 + 16);
                   },
                   *f.nurse1),
               refusal::needs);
  f.refused_as(*f.nurse1, one([](auto& x) { x.last_core = {}; }, *f.nurse1), refusal::chain_broken);
  f.refused_as(*f.nurse1, one([](auto& x) { x.ct.push_back(1); }, *f.nurse1), refusal::pack_length);
  f.refused_as(*f.nurse1, one([](auto& x) { x.receiver_certificate = {}; }, *f.nurse1),
               refusal::stale_certificate);
  f.refused_as(*f.nurse1, one([&](auto& x) { x.receiver = f.stranger->device; }, *f.nurse1),
               refusal::key_list_not_allowed);
  f.refused_as(*f.nurse1, one([&](auto& x) { x.party = f.c.party("nowhere"); }, *f.nurse1),
               refusal::not_found);
}

TEST_CASE("of one device's packs the oldest makes room") {
  late_house f;
  f.added();
  std::vector<bytes> all;
  for (std::uint32_t i = 0; i <= packs_kept_max; ++i) {
    all.push_back(f.pack(i));
    as<ask::submitted>(f.says(*f.nurse1, ask::submit{all.back(), {}, {}}));
  }
  auto kept = f.packs_of(*f.late);
  CHECK(kept.size() == packs_kept_max);
  CHECK(std::find(kept.begin(), kept.end(), all.front()) == kept.end());
  for (std::size_t i = 1; i < all.size(); ++i)
    CHECK(std::find(kept.begin(), kept.end(), all[i]) != kept.end());
  auto gone = e2ee::history_pack::decode(all.front(), f.c.id)->hash();
  CHECK(f.s.disk.read(ports::table::object, gone).status == ports::read_status::absent);
}

TEST_CASE("packs are nobody's to ask for by hash") {
  late_house f;
  f.added();
  auto done = as<ask::submitted>(f.says(*f.nurse1, ask::submit{f.pack(), {}, {}}));
  CHECK(as<ask::objects>(f.says(*f.late, ask::get_objects{{done.hash}})).found.empty());
}

TEST_CASE("a member gets its own seals of the links it may have been away for, and nobody else's") {
  late_house f;
  f.added();
  auto last = f.triage.accepted(*f.nurse1, {f.nurse1, f.late}, link_reason::refresh);
  auto seals_of = [&](const build::enrolled& who, std::uint32_t from) {
    return as<ask::party>(f.says(who, ask::get_party{f.role, from})).own_seals;
  };
  CHECK(seals_of(*f.nurse1, 1).size() == 4);
  auto own = seals_of(*f.late, 1);
  REQUIRE(own.size() == 2); // it was in links 3 and 4
  CHECK(own[0].n == 3);
  CHECK(own[1].n == 4);
  auto link = f.triage.decoded(last);
  auto at = static_cast<std::size_t>(link.member(f.late->device) - link.members.data());
  CHECK(std::equal(link.seals[at].enc.begin(), link.seals[at].enc.end(), own[1].seal.begin()));
  CHECK(std::equal(link.seals[at].ct.begin(), link.seals[at].ct.end(), own[1].seal.begin() + 32));
  CHECK(seals_of(*f.late, 4).size() == 1);
  CHECK(seals_of(*f.stranger, 1).empty());

  turn_out(f, *f.late);
  f.triage.accepted(*f.nurse1, {f.nurse1}, link_reason::revoke);
  CHECK(f.s.disk.scan(ports::table::seed_seal, rows::prefix_of_seals(f.role, f.late->device), {}, 9).empty());
  CHECK(seals_of(*f.nurse1, 1).size() == 5);
}

TEST_CASE("of a member's seals the newest seals_kept_max are kept") {
  late_house f;
  while (f.triage.chain.head() < rows::seals_kept_max + 2)
    f.triage.accepted(*f.nurse1, {f.nurse1}, link_reason::refresh);
  auto kept = f.s.disk.scan(ports::table::seed_seal, rows::prefix_of_seals(f.role, f.nurse1->device), {},
                            ports::scan_rows_max);
  REQUIRE(kept.size() == rows::seals_kept_max);
  CHECK(rows::link_of_seal_key(kept.front().key) == 3);
}

TEST_CASE("a member whose packs do not reach back far enough asks once more") {
  late_house f;
  f.added();
  as<ask::submitted>(f.says(*f.nurse1, ask::submit{f.pack(), {}, {}}));
  CHECK(f.wanted(*f.nurse1).empty());
  as<ask::done>(f.says(*f.late, ask::want_pack{f.role}));
  REQUIRE(f.wanted(*f.nurse1).size() == 1);
  CHECK(f.wanted(*f.nurse1).front().device == f.late->device);
  CHECK(f.wanted(*f.nurse1).front().history_from == f.from);
  as<ask::submitted>(f.says(*f.nurse1, ask::submit{f.pack(2), {}, {}}));
  CHECK(f.wanted(*f.nurse1).empty());
  CHECK(f.packs_of(*f.late).size() == 2);
  CHECK(why(f.says(*f.stranger, ask::want_pack{f.role})) == refusal::not_found);
  CHECK(why(f.says(*f.nurse1, ask::want_pack{f.c.party("nowhere")})) == refusal::not_found);
  CHECK(why(f.says(*f.nurse1, ask::want_pack{f.role})) == refusal::key_list_not_allowed);
}
