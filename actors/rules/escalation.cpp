#include "rules/escalation.hpp"
#include <algorithm>
#include <limits>

namespace wardline::rules {

namespace {

using targets = std::vector<wake_target>;

void unite(targets& all, const targets& more) {
  targets out;
  std::set_union(all.begin(), all.end(), more.begin(), more.end(), std::back_inserter(out));
  all = std::move(out);
}

bool knows(const targets& all, const wake_target& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

/// Lanes without a clock of their own wait as long as today does: only a timed item asks.
std::uint32_t seconds_for(const lane_seconds& s, lane level) {
  return s[std::min<std::size_t>(static_cast<std::size_t>(level), s.size()) - 1];
}

due_time in_seconds(std::uint32_t s, time_ms now) {
  return {now + time_ms{s} * 1'000, now};
}

std::size_t last_step(const chain& c) {
  return c.steps.empty() ? 0 : c.steps.size() - 1;
}

/// A change of phase; the version moves on.
item_state turned(const item_state& s, phase to, const user_id& owner, time_ms now) {
  auto out = s;
  out.at = to;
  out.owner = owner;
  out.since = now;
  ++out.version;
  out.clock.reset();
  return out;
}

/// Nobody has it: the next step is due at once, behind the ones that were run.
item_state waiting_again(const item_state& s, time_ms now) {
  auto out = turned(s, s.timed ? phase::climbing : phase::resting, {}, now);
  if (s.timed)
    out.clock = due_time{now, now};
  return out;
}

item_state had_by(const item_state& s, const user_id& who, time_ms now) {
  auto out = turned(s, phase::owned, who, now);
  auto lapse = seconds_for(s.steps.lapse_s, s.level);
  if (s.timed && lapse != 0)
    out.clock = in_seconds(lapse, now);
  return out;
}

moved refused(refusal why, const item_state& s) {
  return {why, s};
}

bool waits(const item_state& s) {
  return s.at == phase::resting || s.at == phase::climbing;
}

struct mover {
  const item_state& s;
  time_ms now;

  moved operator()(const acknowledged_now& m) const {
    return waits(s) ? moved{refusal::none, had_by(s, m.by, now)} : refused(refusal::already_acknowledged, s);
  }

  moved operator()(const taken_over& m) const {
    if (s.at == phase::answered)
      return refused(refusal::item_answered, s);
    if (s.version != m.version)
      return refused(refusal::item_changed, s);
    if (s.at == phase::owned && s.owner == m.by)
      return refused(refusal::already_acknowledged, s);
    return {refusal::none, had_by(s, m.by, now)};
  }

  moved operator()(const given_back& m) const {
    if (s.at == phase::answered)
      return refused(refusal::item_answered, s);
    if (s.at != phase::owned || s.owner != m.by)
      return refused(refusal::item_not_yours, s);
    return {refusal::none, waiting_again(s, now)};
  }

  /// Only an acknowledgement stops the clock of a climbing item: a message of somebody is none.
  moved operator()(const written_behind& m) const {
    bool by_owner = s.at == phase::owned && s.owner == m.by;
    if (!by_owner && s.at != phase::resting)
      return refused(refusal::precondition_failed, s);
    return {refusal::none, turned(s, phase::answered, m.by, now)};
  }

  moved operator()(const taken_back& m) const {
    if (s.at == phase::answered)
      return refused(refusal::precondition_failed, s);
    return {refusal::none, turned(s, phase::answered, m.by, now)};
  }

  moved operator()(const woke& m) const {
    if (s.at != phase::climbing)
      return refused(refusal::precondition_failed, s);
    auto out = s;
    const auto last = last_step(s.steps);
    const auto step = std::min<std::size_t>(s.next_step, last);
    ++out.version;
    out.next_step = static_cast<std::uint8_t>(std::min(step + 1, last));
    if (step == last && out.rounds < std::numeric_limits<std::uint32_t>::max())
      ++out.rounds;
    // Nobody heard it: no use in waiting for an answer. The last step has nobody behind it and repeats.
    const bool at_once = m.reached == 0 && step < last;
    const auto wait = s.steps.steps.empty() ? default_wait_s : s.steps.steps[step].wait_s;
    out.clock = at_once ? due_time{now, now} : in_seconds(seconds_for(wait, s.level), now);
    return {refusal::none, std::move(out)};
  }

  moved operator()(const lapsed&) const {
    if (s.at != phase::owned || !s.clock)
      return refused(refusal::precondition_failed, s);
    return {refusal::none, waiting_again(s, now)};
  }
};

refusal problem_of(const chain_step& step, const targets& before) {
  if (step.targets.empty())
    return refusal::chain_step_empty;
  if (step.targets.size() > step_targets_max)
    return refusal::count_too_large;
  for (auto s : step.wait_s)
    if (s < step_wait_s_min || s > step_wait_s_max)
      return refusal::chain_wait;
  bool adds =
      std::any_of(step.targets.begin(), step.targets.end(), [&](const auto& t) { return !knows(before, t); });
  return adds ? refusal::none : refusal::chain_adds_nobody;
}

} // namespace

std::vector<chain_problem> problems_of(const chain& c) {
  std::vector<chain_problem> out;
  if (c.steps.empty())
    out.push_back({refusal::chain_empty});
  if (c.steps.size() > chain_steps_max)
    out.push_back({refusal::count_too_large});
  if (std::any_of(c.lapse_s.begin(), c.lapse_s.end(),
                  [](auto s) { return s != 0 && (s < step_wait_s_min || s > step_wait_s_max); }))
    out.push_back({refusal::chain_wait});
  targets before;
  for (std::size_t i = 0; i < std::min(c.steps.size(), chain_steps_max); ++i) {
    if (auto why = problem_of(c.steps[i], before); why != refusal::none)
      out.push_back({why, i});
    before.insert(before.end(), c.steps[i].targets.begin(), c.steps[i].targets.end());
  }
  return out;
}

chain default_chain(const party_id& role) {
  chain out;
  out.steps.push_back({{{wake_target::kind::on_duty, role}}, default_wait_s});
  out.lapse_s = default_lapse_s;
  return completed(std::move(out), role);
}

chain completed(chain c, const party_id& role) {
  for (auto& step : c.steps) {
    std::sort(step.targets.begin(), step.targets.end());
    step.targets.erase(std::unique(step.targets.begin(), step.targets.end()), step.targets.end());
  }
  const wake_target everyone{wake_target::kind::everyone, role};
  if (c.steps.empty() || !knows(targets_of(c, last_step(c)), everyone))
    c.steps.push_back({{everyone}, c.steps.empty() ? default_wait_s : c.steps.back().wait_s});
  return c;
}

chain merged(std::span<const chain> all) {
  chain out;
  std::size_t length = 0;
  for (const auto& c : all)
    length = std::max(length, c.steps.size());
  for (std::size_t i = 0; i < length; ++i) {
    chain_step step;
    step.wait_s.fill(step_wait_s_max);
    for (const auto& c : all) {
      if (c.steps.empty())
        continue;
      const auto& theirs = c.steps[std::min(i, last_step(c))];
      unite(step.targets, theirs.targets);
      for (std::size_t l = 0; l < step.wait_s.size(); ++l)
        step.wait_s[l] = std::min(step.wait_s[l], theirs.wait_s[l]);
    }
    out.steps.push_back(std::move(step));
  }
  for (const auto& c : all)
    for (std::size_t l = 0; l < out.lapse_s.size(); ++l)
      if (c.lapse_s[l] != 0)
        out.lapse_s[l] = out.lapse_s[l] == 0 ? c.lapse_s[l] : std::min(out.lapse_s[l], c.lapse_s[l]);
  return out;
}

std::vector<wake_target> targets_of(const chain& c, std::size_t step) {
  targets out;
  for (std::size_t i = 0; i <= step && i < c.steps.size(); ++i)
    unite(out, c.steps[i].targets);
  return out;
}

bool is_timed(lane level, bool needs_ack) {
  return level <= lane::urgent || (level == lane::today && needs_ack);
}

item_state begin(lane level, bool needs_ack, chain steps, time_ms now) {
  item_state out;
  out.level = level;
  out.timed = is_timed(level, needs_ack);
  out.since = now;
  if (out.timed) {
    out.at = phase::climbing;
    // Two hours are the first answer time of today's messages: most are answered before anybody is woken.
    auto first = steps.steps.empty() ? default_wait_s : steps.steps.front().wait_s;
    out.clock = level == lane::today ? in_seconds(seconds_for(first, level), now) : due_time{now, now};
    out.steps = std::move(steps);
  }
  return out;
}

bool is_due(const due_time& due, time_ms now) {
  return due.at <= now || now + clock_back_ms_max < due.set;
}

moved after(const item_state& s, const item_event& what, time_ms now) {
  return std::visit(mover{s, now}, what);
}

} // namespace wardline::rules
