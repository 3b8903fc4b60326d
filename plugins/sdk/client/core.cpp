#include "client/core.hpp"

namespace wardline::client {

refusal core::commit(store_changes changes) {
  bool with_pin = pin_moved && rows.open() && pin;
  if (with_pin) {
    auto row = rows::encode(
        rows::pin{pin->incarnation, pin->head.origin, pin->head.size, pin->head.root, pin->shared});
    rows.put(changes, table::pin, rows::key_of("pin"), row);
    rows.put(changes, table::keys, rows::key_of("pin"), row);
  }
  auto why = rows.commit(changes);
  if (why == refusal::none && with_pin)
    pin_moved = false;
  if (why != refusal::none)
    say({notice::about::store, why, {}, {}, {}, {}});
  return why;
}

void core::run_timers() {
  // What a timer starts may set further ones; those wait for the next tick.
  std::vector<std::function<void()>> due;
  while (!timers.empty() && timers.begin()->first <= now()) {
    due.push_back(std::move(timers.begin()->second));
    timers.erase(timers.begin());
  }
  for (auto& run : due)
    run();
}

std::vector<party_id> inner_part::own_parties() const {
  std::set<party_id> all{certificate.parties.begin(), certificate.parties.end()};
  all.insert(granted.begin(), granted.end());
  return {all.begin(), all.end()};
}

std::vector<party_id> inner_part::entitled_parties(time_ms now) const {
  auto all = own_parties();
  std::erase_if(all,
                [&](const party_id& p) { return !e2ee::entitled(trust, certificate, p, core::at_end(now)); });
  return all;
}

bool impossible(refusal why) {
  bool routine = why == refusal::none || why == refusal::epoch_taken || why == refusal::needs;
  return !routine && !passes(why);
}

bool passes(refusal why) {
  switch (why) {
  case refusal::overloaded:
  case refusal::timed_out:
  case refusal::too_many_unanswered:
  case refusal::storage_refused:
  case refusal::only_urgent_now:
  case refusal::not_logged_in:
  case refusal::link_down:
  case refusal::store_not_openable:
    return true;
  default:
    return false;
  }
}

std::string name_of_user(const e2ee::trust& t, const user_id& user) {
  for (const auto* held : t.newest_certificates())
    if (user && held->what.user == user)
      return held->what.display_name;
  return {};
}

} // namespace wardline::client
