#include "rules/roster.hpp"
#include <algorithm>
#include <set>

namespace wardline::rules {

namespace {

constexpr wall_ms hour_ms = 3'600'000;

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

std::int64_t offset_ms(const zone_change& c) {
  return std::int64_t{c.offset_s} * 1'000;
}

time_ms not_negative(std::int64_t t) {
  return t < 0 ? 0 : static_cast<time_ms>(t);
}

bool covers(const duty_override& o, time_ms now) {
  return o.from <= now && now < o.until;
}

/// Handover number k; the rotation begins with number 0. By instants, so that the hour that comes twice has
/// one handover, not three.
time_ms handover(const roster& r, std::int64_t k) {
  const auto length = std::int64_t{r.rotation.shift_hours} * hour_ms;
  return instant_of(r.zone, r.rotation.start + k * length, occurrence::first);
}

/// The shift that an instant lies in; negative before the start.
std::int64_t shift_at(const roster& r, time_ms now) {
  const auto length = std::int64_t{r.rotation.shift_hours} * hour_ms;
  auto k = floor_div(wall_of(r.zone, now) - r.rotation.start, length);
  while (handover(r, k + 1) <= now)
    ++k;
  while (k >= 0 && handover(r, k) > now)
    --k;
  return k;
}

bool can_turn(const rotation& r) {
  return !r.people.empty() && r.shift_hours >= shift_hours_min && r.shift_hours <= shift_hours_max;
}

void apply(const duty_override& o, std::set<user_id>& duty) {
  if (o.what == duty_override::kind::replace)
    duty.clear();
  for (const auto& person : o.people) {
    if (o.what == duty_override::kind::remove)
      duty.erase(person);
    else
      duty.insert(person);
  }
}

bool names_twice(std::vector<user_id> people) {
  std::sort(people.begin(), people.end());
  return std::adjacent_find(people.begin(), people.end()) != people.end();
}

refusal problem_of(const duty_override& o, time_ms now) {
  if (o.people.empty())
    return refusal::roster_override_empty;
  if (o.people.size() > override_people_max)
    return refusal::count_too_large;
  if (o.from >= o.until)
    return refusal::roster_override_time;
  if (o.until > now + roster_horizon_ms)
    return refusal::roster_beyond_horizon;
  return names_twice(o.people) ? refusal::roster_person_twice : refusal::none;
}

} // namespace

wall_ms wall_of(const zone& z, time_ms at) {
  auto after = std::upper_bound(z.changes.begin(), z.changes.end(), at,
                                [](time_ms t, const zone_change& c) { return t < c.at; });
  auto offset = after == z.changes.begin() ? 0 : offset_ms(*std::prev(after));
  return static_cast<wall_ms>(at) + offset;
}

time_ms instant_of(const zone& z, wall_ms wall, occurrence which) {
  if (z.changes.empty())
    return not_negative(wall);
  std::optional<time_ms> found;
  std::optional<time_ms> behind_gap;
  for (std::size_t i = 0; i < z.changes.size(); ++i) {
    const auto at = static_cast<std::int64_t>(z.changes[i].at);
    const auto instant = wall - offset_ms(z.changes[i]);
    const bool ended = i + 1 < z.changes.size() && instant >= static_cast<std::int64_t>(z.changes[i + 1].at);
    if ((i == 0 || instant >= at) && !ended && (!found || which == occurrence::last))
      found = not_negative(instant);
    if (i > 0 && instant < at && wall - offset_ms(z.changes[i - 1]) >= at)
      behind_gap = z.changes[i].at;
  }
  return found ? *found : behind_gap.value_or(not_negative(wall));
}

std::vector<user_id> on_duty(const roster& r, time_ms now) {
  std::set<user_id> duty;
  if (can_turn(r.rotation))
    if (auto k = shift_at(r, now); k >= 0)
      duty.insert(r.rotation.people[static_cast<std::size_t>(k) % r.rotation.people.size()]);
  for (const auto& o : r.overrides)
    if (covers(o, now))
      apply(o, duty);
  return {duty.begin(), duty.end()};
}

std::optional<time_ms> next_change(const roster& r, time_ms after, time_ms until) {
  auto next = until;
  if (can_turn(r.rotation))
    next = std::min(next, handover(r, std::max<std::int64_t>(shift_at(r, after) + 1, 0)));
  for (const auto& o : r.overrides)
    for (auto border : {o.from, o.until})
      if (border > after)
        next = std::min(next, border);
  return next < until ? std::optional{next} : std::nullopt;
}

std::optional<time_ms> first_gap(const roster& r, time_ms from, time_ms until) {
  std::optional<time_ms> at = from;
  for (std::size_t looked = 0; at && looked < duty_changes_looked_at_max; ++looked) {
    if (on_duty(r, *at).empty())
      return at;
    at = next_change(r, *at, until);
  }
  return std::nullopt;
}

std::vector<roster_problem> problems_of(const roster& r, time_ms now) {
  std::vector<roster_problem> out;
  auto complain = [&](refusal why) { out.push_back({why, roster_problem::of_rotation}); };
  const auto& turn = r.rotation;
  if (turn.people.empty())
    complain(refusal::roster_empty);
  if (turn.people.size() > rotation_people_max || r.overrides.size() > overrides_max ||
      r.zone.changes.size() > zone_changes_max)
    complain(refusal::count_too_large);
  if (names_twice(turn.people))
    complain(refusal::roster_person_twice);
  if (turn.shift_hours < shift_hours_min || turn.shift_hours > shift_hours_max)
    complain(refusal::roster_shift_length);
  if (instant_of(r.zone, turn.start, occurrence::first) > now + roster_horizon_ms)
    complain(refusal::roster_beyond_horizon);
  for (std::size_t i = 0; i < r.overrides.size() && i < overrides_max; ++i)
    if (auto why = problem_of(r.overrides[i], now); why != refusal::none)
      out.push_back({why, i});
  return out;
}

} // namespace wardline::rules
