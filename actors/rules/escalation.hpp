#pragma once
// Who has a waiting message, and what happens as long as nobody has: the state machine of one item
// (DESIGN 8). decision = f(state, what happened, now); rows, actors and the wire carry it out.
//
// Invariant: a level 1 or 2 item has exactly one owner, or exactly one live due step. The same transitions
// stand in tests/spin/transitions.txt, which a model checker and a test of this file both read.
#include "rules/triage_order.hpp"
#include "wire/refusals.hpp"
#include <limits>
#include <span>
#include <variant>

namespace wardline::rules {

/// Steps of a chain as configured; the last one, everybody in the role, is added to them.
inline constexpr std::size_t chain_steps_max = 8;
/// Targets that one step of one role's chain names.
inline constexpr std::size_t step_targets_max = 8;
/// Targets of a step of an item: of all its parties' chains together (32 parties, e2ee 5.9).
inline constexpr std::size_t item_targets_max = 32 * step_targets_max;
/// Seconds to wait for somebody after a step.
inline constexpr std::uint32_t step_wait_s_min = 5;
inline constexpr std::uint32_t step_wait_s_max = 86'400;
/// A clock that was set back by more than this makes what is due later than that due at once.
inline constexpr time_ms clock_back_ms_max = 5'000;

/// Whom a step wakes: who is on duty for a role, or everybody in a party.
struct wake_target {
  enum class kind : std::uint8_t { on_duty = 1, everyone };
  kind who = kind::everyone;
  party_id party;

  auto operator<=>(const wake_target&) const = default;
};

/// Seconds for items that are timed as now, urgent and today.
using lane_seconds = std::array<std::uint32_t, 3>;

struct chain_step {
  std::vector<wake_target> targets; ///< ascending; beside those of the steps before it
  lane_seconds wait_s{};
  bool operator==(const chain_step&) const = default;
};

struct chain {
  std::vector<chain_step> steps; ///< the last one repeats
  lane_seconds lapse_s{};        ///< an owner who says nothing for so long has it no more; 0 = never
  bool operator==(const chain&) const = default;
};

/// Two minutes, ten minutes, two hours; an owner has ten and thirty minutes (clinical guide 5.1).
inline constexpr lane_seconds default_wait_s{120, 600, 7'200};
inline constexpr lane_seconds default_lapse_s{600, 1'800, 0};

/// One thing wrong with a chain as configured: in the step of this number, or in all of it.
struct chain_problem {
  static constexpr std::size_t of_chain = std::numeric_limits<std::size_t>::max();
  refusal why = refusal::none;
  std::size_t step = of_chain;
  bool operator==(const chain_problem&) const = default;
};
/// Everything that is wrong: chain_empty, count_too_large, chain_step_empty, chain_wait, chain_adds_nobody.
std::vector<chain_problem> problems_of(const chain& c);

/// For a role that nobody made a chain for: who is on duty, then everybody.
chain default_chain(const party_id& role);
/// With everybody in the role behind the last step, unless somebody put them there.
chain completed(chain c, const party_id& role);
/// One chain for an item with several parties: step by step whoever any of them wakes, as soon as any of them
/// would. A shorter one goes on with its last step. At most 32 chains: no step is longer than
/// item_targets_max.
chain merged(std::span<const chain> all);
/// Whom this step wakes, those of the steps before it included: a step adds, it never takes away.
std::vector<wake_target> targets_of(const chain& c, std::size_t step);

// ---- one item

enum class phase : std::uint8_t {
  resting = 1, ///< waits in its lane; no clock runs
  climbing,    ///< nobody has it; the next step is due
  owned,       ///< somebody has it
  answered, ///< its owner wrote, somebody answered a resting one, or it was recalled: nothing waits any more
};

/// When something is due by the wall clock, and when that was decided.
struct due_time {
  time_ms at = 0;
  time_ms set = 0;
  bool operator==(const due_time&) const = default;
};

struct item_state {
  phase at = phase::resting;
  lane level = lane::today;
  bool timed = false;            ///< climbs when nobody has it
  user_id owner;                 ///< of owned and answered
  time_ms since = 0;             ///< when the phase began
  std::uint32_t version = 1;     ///< one more with each change: what a claim compares
  std::uint8_t next_step = 0;    ///< of the chain; stays at the last one
  std::uint32_t rounds = 0;      ///< how often the last step was run
  std::optional<due_time> clock; ///< climbing: the next step; owned: the lapse
  chain steps;                   ///< as it was when the item began
  bool operator==(const item_state&) const = default;
};

/// Level 1 and 2 always climb; today climbs if its author asked for an acknowledgement.
bool is_timed(lane level, bool needs_ack);

/// The first step is due at once, that of today after its wait.
item_state begin(lane level, bool needs_ack, chain steps, time_ms now);

/// Its time has come, or the clock was set back behind the moment when it was set.
bool is_due(const due_time& due, time_ms now);

/// What may happen to an item.
struct acknowledged_now {
  user_id by;
};
/// Somebody takes it, whoever has it now, if it is still at this version.
struct taken_over {
  user_id by;
  std::uint32_t version = 0;
};
struct given_back {
  user_id by;
};
/// A message in the same conversation behind this one.
struct written_behind {
  user_id by;
};
/// Its author recalled it: nobody is waited for any more.
struct taken_back {
  user_id by;
};
/// The step that was due was run; so many devices were reached.
struct woke {
  std::size_t reached = 0;
};
/// The owner said nothing for too long.
struct lapsed {};
using item_event =
    std::variant<acknowledged_now, taken_over, given_back, written_behind, taken_back, woke, lapsed>;

/// The state after it, or why not: already_acknowledged, item_changed, item_answered, item_not_yours; of
/// written_behind, taken_back, woke and lapsed precondition_failed: they no longer apply, and nothing is to
/// be done.
struct moved {
  refusal why = refusal::none;
  item_state next;
};
moved after(const item_state& s, const item_event& what, time_ms now);

} // namespace wardline::rules
