// Who is on duty: tables over zones that change their clocks, rotations, overrides, and every named problem.
// The cases E1-E29 are those of the clinical guide.
#include "rules/roster.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::rules;

namespace {

constexpr std::int64_t minute = 60'000, hour = 60 * minute, day = 24 * hour;

user_id person(std::uint8_t n) {
  user_id out;
  out.value[0] = n;
  return out;
}

const user_id ann = person(1), bea = person(2), cid = person(3), dan = person(4);
using people = std::vector<user_id>;

/// Days since 1970-01-01 (Howard Hinnant's days_from_civil).
std::int64_t date(std::int64_t y, int m, int d) {
  y -= m <= 2;
  const auto era = y / 400;
  const auto yoe = y - era * 400;
  const auto doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  return (era * 146'097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719'468) * day;
}

wall_ms wall(std::int64_t y, int m, int d, int h = 0, int min = 0) {
  return date(y, m, d) + h * hour + min * minute;
}
time_ms utc(std::int64_t y, int m, int d, int h = 0, int min = 0) {
  return static_cast<time_ms>(wall(y, m, d, h, min));
}

/// 2026: summer time from 29 March 01:00 UTC to 25 October 01:00 UTC.
const zone vienna{"Europe/Vienna", {{0, 3'600}, {utc(2026, 3, 29, 1), 7'200}, {utc(2026, 10, 25, 1), 3'600}}};
/// Half an hour of summer time: until 5 April 2026 02:00 wall time (15:00 UTC the day before), and from 4
/// October 02:00 wall time (15:30 UTC the day before).
const zone lord_howe{"Australia/Lord_Howe",
                     {{0, 39'600}, {utc(2026, 4, 4, 15), 37'800}, {utc(2026, 10, 3, 15, 30), 39'600}}};
/// The clocks change at midnight: 23:59:59 on 5 September is followed by 01:00 on the 6th.
const zone santiago{"America/Santiago", {{0, -14'400}, {utc(2026, 9, 6, 4), -10'800}}};
const zone phoenix{"America/Phoenix", {{0, -25'200}}};

roster turns(const zone& z, wall_ms start, std::uint32_t hours, people who) {
  return {z, {start, hours, std::move(who)}, {}};
}

} // namespace

TEST_CASE("a wall clock and back") {
  struct row {
    const char* what;
    const zone* z;
    wall_ms shown;
    time_ms first, last;
  };
  const row rows[] = {
      {"winter", &vienna, wall(2026, 1, 10, 8), utc(2026, 1, 10, 7), utc(2026, 1, 10, 7)},
      {"summer", &vienna, wall(2026, 7, 10, 8), utc(2026, 7, 10, 6), utc(2026, 7, 10, 6)},
      {"E1 never shown", &vienna, wall(2026, 3, 29, 2, 30), utc(2026, 3, 29, 1), utc(2026, 3, 29, 1)},
      {"the first one behind the gap", &vienna, wall(2026, 3, 29, 3), utc(2026, 3, 29, 1),
       utc(2026, 3, 29, 1)},
      {"E2 shown twice", &vienna, wall(2026, 10, 25, 2, 30), utc(2026, 10, 25, 0, 30),
       utc(2026, 10, 25, 1, 30)},
      {"behind the fold", &vienna, wall(2026, 10, 25, 3), utc(2026, 10, 25, 2), utc(2026, 10, 25, 2)},
      {"E3 half an hour twice", &lord_howe, wall(2026, 4, 5, 1, 45), utc(2026, 4, 4, 14, 45),
       utc(2026, 4, 4, 15, 15)},
      {"E3 half an hour never", &lord_howe, wall(2026, 10, 4, 2, 15), utc(2026, 10, 3, 15, 30),
       utc(2026, 10, 3, 15, 30)},
      {"E4 midnight never", &santiago, wall(2026, 9, 6, 0, 0), utc(2026, 9, 6, 4), utc(2026, 9, 6, 4)},
      {"E5 no summer time", &phoenix, wall(2026, 7, 1, 8), utc(2026, 7, 1, 15), utc(2026, 7, 1, 15)},
  };
  for (const auto& r : rows) {
    INFO(r.what);
    CHECK(instant_of(*r.z, r.shown, occurrence::first) == r.first);
    CHECK(instant_of(*r.z, r.shown, occurrence::last) == r.last);
  }
  CHECK(wall_of(vienna, utc(2026, 10, 25, 0, 30)) == wall(2026, 10, 25, 2, 30));
  CHECK(wall_of(vienna, utc(2026, 10, 25, 1, 30)) == wall(2026, 10, 25, 2, 30));
  CHECK(wall_of(zone{}, utc(2026, 1, 1)) == wall(2026, 1, 1));
  CHECK(instant_of(zone{}, wall(2026, 1, 1), occurrence::first) == utc(2026, 1, 1));
}

TEST_CASE("who has the shift") {
  const auto weekly = turns(vienna, wall(2026, 3, 2, 8), 7 * 24, {ann, bea, cid}); // a Monday, 08:00
  const auto nights = turns(vienna, wall(2026, 10, 24, 14, 30), 12, {ann, bea});   // hands over at 02:30
  struct row {
    const char* what;
    const roster* r;
    time_ms at;
    people duty;
  };
  const row rows[] = {
      {"E7 before the start", &weekly, utc(2026, 3, 2, 6, 59), {}},
      {"from the start on", &weekly, utc(2026, 3, 2, 7), {ann}},
      {"to the last moment", &weekly, utc(2026, 3, 9, 7) - 1, {ann}},
      {"handed over", &weekly, utc(2026, 3, 9, 7), {bea}},
      {"Monday 08:00 in winter time", &weekly, utc(2026, 3, 23, 7) - 1, {cid}},
      {"comes round", &weekly, utc(2026, 3, 23, 7), {ann}},
      {"Monday 08:00 stays 08:00 in summer time", &weekly, utc(2026, 3, 30, 6) - 1, {ann}},
      {"a week of 167 hours is over", &weekly, utc(2026, 3, 30, 6), {bea}},
      {"E2 before the handover of the night with 25 hours", &nights, utc(2026, 10, 25, 0, 29), {ann}},
      {"E2 the first 02:30", &nights, utc(2026, 10, 25, 0, 30), {bea}},
      {"E2 the second 02:10 hands nothing back", &nights, utc(2026, 10, 25, 1, 10), {bea}},
      {"E2 the second 02:30 hands nothing over", &nights, utc(2026, 10, 25, 1, 30), {bea}},
      {"the next one", &nights, utc(2026, 10, 25, 13, 30), {ann}},
  };
  for (const auto& r : rows) {
    INFO(r.what);
    CHECK(on_duty(*r.r, r.at) == r.duty);
  }
  const auto gap = turns(vienna, wall(2026, 3, 28, 14, 30), 12, {ann, bea}); // E1: 02:30 is never shown
  CHECK(on_duty(gap, utc(2026, 3, 29, 1) - 1) == people{ann});
  CHECK(on_duty(gap, utc(2026, 3, 29, 1)) == people{bea});
  CHECK(on_duty(turns(vienna, wall(2026, 1, 1), 24, {}), utc(2026, 2, 1)).empty()); // E9
  auto shrunk = weekly; // E8: the next one takes over, the order stays, the count goes round
  shrunk.rotation.people = {ann, cid};
  CHECK(on_duty(shrunk, utc(2026, 3, 10)) == people{cid});
  CHECK(on_duty(shrunk, utc(2026, 3, 17)) == people{ann});
}

TEST_CASE("overrides change it for a while") {
  using kind = duty_override::kind;
  const auto from = utc(2026, 1, 5, 10), until = utc(2026, 1, 5, 14);
  struct row {
    const char* what;
    std::vector<duty_override> overrides;
    people within;
  };
  const row rows[] = {
      {"none", {}, {ann}},
      {"one more", {{kind::add, from, until, {bea}}}, {ann, bea}},
      {"E11 one who is on duty already", {{kind::add, from, until, {ann}}}, {ann}},
      {"E12 nobody", {{kind::remove, from, until, {ann}}}, {}},
      {"somebody else", {{kind::replace, from, until, {cid, bea}}}, {bea, cid}},
      {"E11 the later one wins",
       {{kind::replace, from, until, {bea}}, {kind::replace, from, until, {cid}}},
       {cid}},
      {"E11 removed and put back",
       {{kind::remove, from, until, {ann}}, {kind::add, from, until, {ann}}},
       {ann}},
      {"a swap", {{kind::remove, from, until, {ann}}, {kind::add, from, until, {dan}}}, {dan}},
  };
  for (const auto& r : rows) {
    INFO(r.what);
    auto duty = turns(vienna, wall(2026, 1, 5), 24, {ann});
    duty.overrides = r.overrides;
    CHECK(on_duty(duty, from - 1) == people{ann});
    CHECK(on_duty(duty, from) == r.within);
    CHECK(on_duty(duty, until - 1) == r.within);
    CHECK(on_duty(duty, until) == people{ann}); // half-open
  }
  auto one_after_the_other = turns(vienna, wall(2026, 1, 5), 24, {ann});
  one_after_the_other.overrides = {{kind::replace, from, until, {bea}},
                                   {kind::replace, until, until + 1, {cid}}};
  CHECK(on_duty(one_after_the_other, until - 1) == people{bea});
  CHECK(on_duty(one_after_the_other, until) == people{cid});
}

TEST_CASE("gaps are found before anybody falls into them") {
  auto r = turns(vienna, wall(2026, 1, 5, 8), 12, {ann, bea});
  const auto now = utc(2026, 1, 6);
  const auto horizon = now + 60ull * static_cast<time_ms>(day);
  CHECK_FALSE(first_gap(r, now, horizon));
  CHECK(first_gap(r, utc(2026, 1, 1), horizon) == utc(2026, 1, 1)); // it has not begun
  CHECK(next_change(r, now, horizon) == utc(2026, 1, 6, 7));
  CHECK_FALSE(next_change(r, now, utc(2026, 1, 6, 7)));
  // Ann is away for two days: whenever it would be her turn there is nobody.
  r.overrides = {{duty_override::kind::remove, utc(2026, 2, 1), utc(2026, 2, 3), {ann}}};
  CHECK(first_gap(r, now, horizon) == utc(2026, 2, 1, 7));
  r.overrides.push_back({duty_override::kind::add, utc(2026, 2, 1), utc(2026, 2, 3), {cid}});
  CHECK_FALSE(first_gap(r, now, horizon));
  // Two years of one-hour shifts are looked at, and no more.
  auto hourly = turns(phoenix, wall(2026, 1, 1), 1, {ann});
  hourly.overrides = {
      {duty_override::kind::remove, now + roster_horizon_ms - 1, now + roster_horizon_ms, {ann}}};
  CHECK(first_gap(hourly, now, now + roster_horizon_ms) == now + roster_horizon_ms - 1);
  hourly.overrides = {
      {duty_override::kind::remove, now + 3 * roster_horizon_ms, now + 4 * roster_horizon_ms, {ann}}};
  CHECK_FALSE(first_gap(hourly, now, now + 5 * roster_horizon_ms));
}

TEST_CASE("each problem of a roster has a name") {
  const auto now = utc(2026, 1, 1);
  const auto good = turns(vienna, wall(2026, 1, 5), 24, {ann, bea});
  CHECK(problems_of(good, now).empty());
  auto only = [&](const roster& r, std::size_t number = roster_problem::of_rotation) {
    auto all = problems_of(r, now);
    return all.size() == 1 && all[0].override_number == number ? all[0].why : refusal::none;
  };
  auto with = [&](auto change) {
    auto out = good;
    change(out);
    return out;
  };
  CHECK(only(with([](auto& r) { r.rotation.people.clear(); })) == refusal::roster_empty);
  CHECK(only(with([](auto& r) { r.rotation.people = {ann, bea, ann}; })) == refusal::roster_person_twice);
  CHECK(only(with([](auto& r) { r.rotation.shift_hours = 0; })) == refusal::roster_shift_length);
  CHECK(only(with([](auto& r) { r.rotation.shift_hours = shift_hours_max + 1; })) ==
        refusal::roster_shift_length);
  CHECK(only(with([](auto& r) { r.rotation.start = wall(2028, 2, 1); })) == refusal::roster_beyond_horizon);
  CHECK(only(with([](auto& r) {
          r.rotation.people.clear();
          for (std::size_t i = 0; i <= rotation_people_max; ++i)
            r.rotation.people.push_back(person(static_cast<std::uint8_t>(i)));
        })) == refusal::count_too_large);
  CHECK(only(with([&](auto& r) {
          r.overrides.assign(overrides_max + 1, {duty_override::kind::add, now, now + 1, {ann}});
        })) == refusal::count_too_large);
  CHECK(only(with([](auto& r) { r.zone.changes.resize(zone_changes_max + 1); })) == refusal::count_too_large);
  auto overridden = [&](duty_override o) {
    return with([&](auto& r) {
      r.overrides = {{duty_override::kind::add, now, now + 1, {cid}}, std::move(o)};
    });
  };
  CHECK(only(overridden({duty_override::kind::add, now, now + 1, {}}), 1) == refusal::roster_override_empty);
  CHECK(only(overridden({duty_override::kind::add, now, now, {ann}}), 1) ==
        refusal::roster_override_time); // zero length
  CHECK(only(overridden({duty_override::kind::add, now + 2, now, {ann}}), 1) ==
        refusal::roster_override_time);
  CHECK(only(overridden({duty_override::kind::add, now, now + roster_horizon_ms + 1, {ann}}), 1) ==
        refusal::roster_beyond_horizon);
  CHECK(only(overridden({duty_override::kind::add, now, now + 1, {ann, ann}}), 1) ==
        refusal::roster_person_twice);
  CHECK(only(overridden({duty_override::kind::add, now, now + 1, people(override_people_max + 1)}), 1) ==
        refusal::count_too_large);
  auto everything = good;
  everything.rotation = {wall(2026, 1, 5), 0, {}};
  everything.overrides = {{duty_override::kind::add, now, now, {ann}}};
  CHECK(problems_of(everything, now).size() == 3);
}
