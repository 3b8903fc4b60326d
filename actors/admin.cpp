#include "admin.hpp"
#include "life_rows.hpp"
#include "timeouts.hpp"
#include "wire/hash.hpp"
#include <algorithm>

namespace wardline {

namespace {

using admin::file_place;
using admin::placed_name;
using admin::problem;

std::optional<party_id> role_named(const rules::clinic& known, const std::string& name) {
  for (const auto& [id, party] : known.parties)
    if (party.kind == rules::party_kind::role && party.name == name)
      return id;
  return std::nullopt;
}

struct findings {
  const rules::clinic& known;
  std::vector<problem> problems{};
  std::vector<problem> warnings{};

  void complain(refusal why, file_place at, std::string about = {}) {
    if (problems.size() < admin::problems_max)
      problems.push_back({why, at, std::move(about)});
  }
  void warn(refusal why, file_place at, std::string about = {}) {
    if (warnings.size() < admin::problems_max)
      warnings.push_back({why, at, std::move(about)});
  }
  party_id role(const placed_name& n) {
    auto found = role_named(known, n.name);
    if (!found)
      complain(refusal::unknown_role, n.at, n.name);
    return found.value_or(party_id{});
  }
  /// Nobody for a name that nobody carries.
  std::vector<user_id> people(const std::vector<placed_name>& names, const party_id& of_role) {
    std::vector<user_id> out;
    for (const auto& n : names) {
      auto person = known.by_name.find(n.name);
      if (person == known.by_name.end()) {
        complain(refusal::unknown_person, n.at, n.name);
        continue;
      }
      out.push_back(person->second);
      if (of_role && !is_member(person->second, of_role))
        warn(refusal::roster_person_unreachable, n.at, n.name);
    }
    return out;
  }
  [[nodiscard]] bool is_member(const user_id& who, const party_id& role) const {
    return std::any_of(known.devices.begin(), known.devices.end(), [&](const auto& d) {
      const auto& device = d.second;
      return device.user == who && !device.gated &&
             std::binary_search(device.parties.begin(), device.parties.end(), role);
    });
  }
};

admin_answer refused_at(refusal why, file_place at = {}) {
  return {{{{why, at, {}}}, {}, 0}};
}

} // namespace

caf::result<admin_answer> admin_state::on(const admin_act& m) {
  if (on_way >= admin_acts_max)
    return refused_at(refusal::overloaded);
  if (const auto* roster = std::get_if<admin::set_roster>(&m.what))
    return set(*roster, m.now);
  if (const auto* gate = std::get_if<admin::set_gate>(&m.what))
    return set(*gate, m.now);
  if (const auto* backup = std::get_if<admin::note_backup>(&m.what))
    return set(*backup, m.now);
  return set(std::get<admin::set_chain>(m.what), m.now);
}

/// `directory` decides: what it knows of devices changes in one line.
caf::result<admin_answer> admin_state::set(const admin::set_gate& m, time_ms now) {
  ++on_way;
  auto answer = self->make_response_promise<admin_answer>();
  self->request(parts.directory, answer_timeout, gate_devices{m, now})
      .then(
          [this, answer](const outcome& o) mutable {
            --on_way;
            const auto* done = std::get_if<wire::device::done>(&o.result);
            const auto* no = std::get_if<wire::device::refused>(&o.result);
            answer.deliver(done != nullptr ? admin_answer{{{}, {}, done->leaf}}
                                           : refused_at(no != nullptr ? no->why : refusal::unknown_request));
          },
          [this, answer](const caf::error& e) mutable {
            --on_way;
            answer.deliver(refused_at(refusal_of(e)));
          });
  return answer;
}

/// detail: u64 leaves | u64 turn. One that says less than is known already changes nothing.
caf::result<admin_answer> admin_state::set(const admin::note_backup& m, time_ms now) {
  auto known = read_row<rows::backup>(*parts.rows, ports::table::meta, view(rows::backup_key));
  if (known && m.leaves <= known->row.leaves)
    return admin_answer{{{}, {}, known->at.leaf}};
  act a;
  a.entry.kind = rules::audit_kind::backup_made;
  a.entry.time = now;
  a.entry.hash = m.manifest;
  a.entry.detail = ports::row_key(m.leaves);
  auto turn = ports::row_key(m.turn);
  a.entry.detail.insert(a.entry.detail.end(), turn.begin(), turn.end());
  a.changes.push_back(
      put_row(ports::table::meta, to_bytes(view(rows::backup_key)), rows::backup{m.leaves, m.turn, now}));
  return commit(std::move(a), {}, [] {});
}

caf::result<admin_answer> admin_state::set(const admin::set_roster& m, time_ms now) {
  auto known = parts.board->now();
  findings f{*known};
  auto role = f.role(m.role);
  auto roster = m.roster;
  roster.rotation.people = f.people(m.people, role);
  for (std::size_t i = 0; i < roster.overrides.size(); ++i)
    roster.overrides[i].people = f.people(m.overrides[i].people, role);
  // Names that nobody carries are said; that they leave too few people behind is not said as well.
  if (f.problems.empty())
    for (const auto& p : rules::problems_of(roster, now))
      f.complain(p.why, p.override_number == rules::roster_problem::of_rotation
                            ? m.rotation_at
                            : m.overrides[p.override_number].at);
  if (!f.problems.empty())
    return admin_answer{{std::move(f.problems), std::move(f.warnings), 0}};
  if (rules::first_gap(roster, now, now + rules::roster_horizon_ms))
    f.warn(refusal::roster_gap, m.rotation_at, m.role.name);
  auto row = rows::encode(roster);
  return commit(rows::plan_kind::roster, role, std::move(row), now, std::move(f.warnings),
                [role, roster = std::move(roster)](rules::duty_plan& plan) { plan.rosters[role] = roster; });
}

caf::result<admin_answer> admin_state::set(const admin::set_chain& m, time_ms now) {
  using target_kind = admin::set_chain::target_kind;
  auto known = parts.board->now();
  findings f{*known};
  auto role = f.role(m.role);
  rules::chain chain;
  chain.lapse_s = m.lapse_s;
  for (const auto& step : m.steps) {
    rules::chain_step out;
    out.wait_s = step.wait_s;
    for (const auto& t : step.targets) {
      if (t.what == target_kind::person) {
        auto person = f.people({t.of}, {});
        if (auto found = known->people.find(person.empty() ? user_id{} : person[0]);
            found != known->people.end())
          out.targets.push_back({rules::wake_target::kind::everyone, found->second.party});
        continue;
      }
      auto kind = t.what == target_kind::on_duty ? rules::wake_target::kind::on_duty
                                                 : rules::wake_target::kind::everyone;
      out.targets.push_back({kind, t.of.name.empty() ? role : f.role(t.of)});
    }
    chain.steps.push_back(std::move(out));
  }
  if (f.problems.empty())
    for (const auto& p : rules::problems_of(chain))
      f.complain(p.why, p.step == rules::chain_problem::of_chain ? m.role.at : m.steps[p.step].at);
  if (!f.problems.empty())
    return admin_answer{{std::move(f.problems), std::move(f.warnings), 0}};
  chain = rules::completed(std::move(chain), role);
  auto row = rows::encode(chain);
  return commit(rows::plan_kind::chain, role, std::move(row), now, std::move(f.warnings),
                [role, chain = std::move(chain)](rules::duty_plan& plan) { plan.chains[role] = chain; });
}

/// detail: u8 kind of plan. Shown to the house only after it is durable; of two acts about one role the one
/// that is committed last is the one that stays, in the rows and here.
caf::result<admin_answer> admin_state::commit(rows::plan_kind kind, const party_id& role, bytes row,
                                              time_ms now, std::vector<problem> warnings,
                                              std::function<void(rules::duty_plan&)> adopt) {
  act a;
  a.entry.kind = rules::audit_kind::plan_changed;
  a.entry.time = now;
  a.entry.object = role.value;
  a.entry.hash = sha256(row);
  a.entry.detail = {static_cast<std::uint8_t>(kind)};
  a.changes.push_back({ports::put(ports::table::plan, rows::key_of_plan(kind, role), std::move(row)), true});
  return commit(std::move(a), std::move(warnings), [this, adopt = std::move(adopt)] {
    auto next = std::make_shared<rules::duty_plan>(*parts.duty->now());
    adopt(*next);
    parts.duty->swap(std::move(next));
  });
}

caf::result<admin_answer> admin_state::commit(act a, std::vector<problem> warnings,
                                              std::function<void()> then) {
  ++on_way;
  auto answer = self->make_response_promise<admin_answer>();
  self->request(parts.store, store_timeout, write{{std::move(a)}})
      .then(
          [this, answer, then = std::move(then), warnings = std::move(warnings)](const committed& c) mutable {
            --on_way;
            then();
            answer.deliver(admin_answer{{{}, std::move(warnings), c.stamps.front().leaf}});
          },
          [this, answer](const caf::error& e) mutable {
            --on_way;
            answer.deliver(refused_at(refusal_of(e)));
          });
  return answer;
}

admin_actor::behavior_type admin_acts(admin_actor::stateful_pointer<admin_state> self, admin_parts parts) {
  auto& st = self->state;
  st.self = self;
  st.parts = std::move(parts);
  return {[&st](const admin_act& m) { return st.on(m); }};
}

} // namespace wardline
