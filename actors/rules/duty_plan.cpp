#include "rules/duty_plan.hpp"
#include <algorithm>

namespace wardline::rules {

namespace {

bool is_staff(const clinic& known, const party_id& p) {
  const auto* party = known.party(p);
  return party != nullptr && (party->kind == party_kind::user || party->kind == party_kind::role);
}

std::optional<party_id> own_party(const clinic& known, const user_id& who) {
  auto person = known.people.find(who);
  return person == known.people.end() ? std::nullopt : std::optional{person->second.party};
}

} // namespace

std::optional<std::vector<user_id>> duty_plan::on_duty(const party_id& role, time_ms now) const {
  auto found = rosters.find(role);
  return found == rosters.end() ? std::nullopt : std::optional{rules::on_duty(found->second, now)};
}

bool duty_plan::is_on_duty(const party_id& role, const user_id& who, time_ms now) const {
  auto people = on_duty(role, now);
  return !people || std::binary_search(people->begin(), people->end(), who);
}

chain chain_of_item(const duty_plan& plan, const clinic& known, const std::vector<party_id>& parties,
                    const user_id& author) {
  auto to = parties;
  // What would leave nobody is left undone: a level 1 is never without a step.
  auto without = [&](auto unwanted) {
    auto fewer = to;
    std::erase_if(fewer, unwanted);
    if (!fewer.empty())
      to = std::move(fewer);
  };
  without([own = own_party(known, author)](const party_id& p) { return p == own; });
  without([&](const party_id& p) { return !is_staff(known, p); });
  std::vector<chain> all;
  for (const auto& p : to) {
    auto made = plan.chains.find(p);
    all.push_back(made == plan.chains.end() ? default_chain(p) : made->second);
  }
  return merged(all);
}

bool is_off_duty(const duty_plan& plan, const clinic& known, const std::vector<party_id>& parties,
                 const std::vector<party_id>& of_viewer, const user_id& viewer, time_ms now) {
  bool by_any = false;
  for (const auto& p : parties) {
    if (!std::binary_search(of_viewer.begin(), of_viewer.end(), p))
      continue;
    const auto* party = known.party(p);
    if (party == nullptr || party->kind != party_kind::role || plan.is_on_duty(p, viewer, now))
      return false;
    by_any = true;
  }
  return by_any;
}

} // namespace wardline::rules
