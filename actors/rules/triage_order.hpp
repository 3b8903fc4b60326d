#pragma once
// In which order waiting messages are shown (DESIGN 8): lanes by urgency, and within a lane what nobody has
// before what somebody has, one's own duty before others', the oldest first.
#include "wire/ids.hpp"
#include <compare>

namespace wardline::rules {

/// One scale of action time; smaller is more urgent.
enum class lane : std::uint8_t { now = 1, urgent, today, routine, info };

/// The lane of a level as an envelope carries it (0 = unscored): unscored, and what no version of the scale
/// knows, is shown and timed as today.
constexpr lane lane_of(std::uint8_t level) {
  return level >= 1 && level <= 5 ? static_cast<lane>(level) : lane::today;
}

/// Who has it, as the viewer sees it. In the order in which they are shown within a lane.
enum class holder : std::uint8_t { nobody = 0, viewer, other };

/// Where an item stands in one viewer's inbox; smaller comes first. Total: no two items are equal.
struct inbox_place {
  rules::lane lane = rules::lane::today;
  holder has = holder::nobody;
  bool off_duty = false; ///< comes by roles alone that the viewer has no duty for now
  time_ms time = 0;      ///< when it was accepted
  message_id message;

  auto operator<=>(const inbox_place&) const = default;
};

/// What an inbox may be narrowed to.
enum class inbox_view : std::uint8_t { all = 0, unassigned, mine, role };

/// `by_role`: it came by the role that was asked for.
constexpr bool shows(inbox_view view, holder has, bool by_role) {
  switch (view) {
  case inbox_view::all:
    return true;
  case inbox_view::unassigned:
    return has == holder::nobody;
  case inbox_view::mine:
    return has == holder::viewer;
  case inbox_view::role:
    return by_role;
  }
  return false;
}

} // namespace wardline::rules
