#pragma once
// All duty rosters and chains of the clinic: one immutable snapshot, swapped when one of them is set.
#include "rules/clinic.hpp"
#include "rules/escalation.hpp"
#include "rules/roster.hpp"

namespace wardline::rules {

struct duty_plan {
  std::map<party_id, roster> rosters; ///< by role
  std::map<party_id, chain> chains;   ///< by role, completed

  /// Nothing: no roster was made for it, so duty is everybody's.
  [[nodiscard]] std::optional<std::vector<user_id>> on_duty(const party_id& role, time_ms now) const;
  [[nodiscard]] bool is_on_duty(const party_id& role, const user_id& who, time_ms now) const;
};

/// The chain of an item: of all parties it was written to, together. Its author is nobody to wake as long as
/// there is anybody else; patients and services are not woken as long as there is staff.
chain chain_of_item(const duty_plan& plan, const clinic& known, const std::vector<party_id>& parties,
                    const user_id& author);

/// The viewer's parties are in the conversation by roles alone, and for none of them is it the viewer's duty
/// now. `parties` ascending, as the viewer's are.
bool is_off_duty(const duty_plan& plan, const clinic& known, const std::vector<party_id>& parties,
                 const std::vector<party_id>& of_viewer, const user_id& viewer, time_ms now);

/// Where the newest plan hangs. The `admin` actor swaps it after the commit; everybody else loads it once per
/// request.
class duty_board {
public:
  [[nodiscard]] std::shared_ptr<const duty_plan> now() const { return current_.load(); }
  void swap(std::shared_ptr<const duty_plan> next) { current_.store(std::move(next)); }

private:
  std::atomic<std::shared_ptr<const duty_plan>> current_{std::make_shared<const duty_plan>()};
};

} // namespace wardline::rules
