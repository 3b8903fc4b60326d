// Rosters and chains as an administrator sets them: looked at whole, committed with a leaf, then shown.
#include "admin.hpp"
#include "life_rows.hpp"
#include "small_clinic.hpp"

using namespace wardline;
using admin::placed_name;
using admin::problem;

namespace {

const auto role = id_of<party_id>(0x70), other = id_of<party_id>(0x71);

struct admin_fixture {
  world w;
  small_clinic c;
  store_fixture s;
  rules::duty_board duty;
  store_actor store = s.spawn(w);
  admin_actor acts = w.sys.spawn(admin_acts, admin_parts{&s.disk, &c.board, &duty, store, {}});
  time_ms now = small_clinic::now;

  admin_fixture() {
    c.change([&](rules::clinic& known) {
      for (auto [id, name] : {std::pair{role, "nurses"}, std::pair{other, "charge nurses"}}) {
        rules::party_record p;
        p.party = id;
        p.kind = rules::party_kind::role;
        p.name = name;
        known.parties.emplace(id, p);
      }
      known.by_name = {{"ann", c.nurse.user}, {"bea", c.physician.user}};
      for (const auto* who : {&c.nurse, &c.physician})
        known.devices.at(who->device).parties.insert(known.devices.at(who->device).parties.begin(), role);
    });
  }
  ~admin_fixture() {
    for (const auto& h : {caf::actor_cast<caf::actor>(acts), caf::actor_cast<caf::actor>(store)}) {
      caf::anon_send_exit(h, caf::exit_reason::user_shutdown);
      w.run();
    }
  }
  admin_fixture(const admin_fixture&) = delete;
  admin_fixture& operator=(const admin_fixture&) = delete;

  admin::answer says(admin::act_body what) {
    auto a = w.ask<admin_answer>(acts, admin_act{std::move(what), now});
    w.run();
    REQUIRE(a->answer);
    return a->answer->said;
  }
  rules::audit_entry last_entry() const {
    auto leaves = s.disk.rows[static_cast<std::size_t>(ports::table::leaf)].size();
    return rules::decode_audit_entry(read_entry(s.disk, leaves - 1)->entry).value();
  }
  std::size_t rows() const { return s.disk.rows[static_cast<std::size_t>(ports::table::plan)].size(); }
};

admin::set_roster roster_of(std::vector<placed_name> people) {
  admin::set_roster out;
  out.role = {"nurses", {1, 7}};
  out.roster.rotation.shift_hours = 24;
  out.rotation_at = {3, 8};
  out.people = std::move(people);
  return out;
}

admin::set_chain chain_of(std::vector<admin::set_chain::step> steps) {
  admin::set_chain out;
  out.role = {"nurses", {1, 7}};
  out.steps = std::move(steps);
  out.lapse_s = rules::default_lapse_s;
  return out;
}

using target_kind = admin::set_chain::target_kind;

} // namespace

TEST_CASE("a roster is in force when it is durable") {
  admin_fixture f;
  auto said = f.says(roster_of({{"ann", {5, 10}}, {"bea", {5, 15}}}));
  CHECK(said.problems.empty());
  CHECK(said.warnings.empty());
  auto entry = f.last_entry();
  CHECK(entry.kind == rules::audit_kind::plan_changed);
  CHECK(entry.object == role.value);
  CHECK(entry.detail == bytes{1});
  auto plan = f.duty.now();
  CHECK(plan->rosters.at(role).rotation.people == std::vector{f.c.nurse.user, f.c.physician.user});
  CHECK(load_plan(f.s.disk, f.s.journal).rosters == plan->rosters);
  f.s.disk.faults = {storage_fault::fail_and_not_persist};
  said = f.says(roster_of({{"bea", {5, 10}}}));
  CHECK(said.problems == std::vector<problem>{{refusal::storage_refused, {}, {}}});
  CHECK(f.duty.now() == plan);
}

TEST_CASE("every problem is said, with its place and its name") {
  admin_fixture f;
  auto m = roster_of({{"ann", {5, 10}}, {"zoe", {5, 15}}});
  m.role = {"porters", {1, 7}};
  CHECK(f.says(m).problems == std::vector<problem>{{refusal::unknown_role, {1, 7}, "porters"},
                                                   {refusal::unknown_person, {5, 15}, "zoe"}});
  CHECK(f.says(roster_of({})).problems == std::vector<problem>{{refusal::roster_empty, {3, 8}, {}}});
  m = roster_of({{"ann", {5, 10}}});
  m.roster.overrides = {{rules::duty_override::kind::add, 5, 5, {}}};
  m.overrides = {{{7, 5}, {{"bea", {7, 12}}}}};
  CHECK(f.says(m).problems == std::vector<problem>{{refusal::roster_override_time, {7, 5}, {}}});
  CHECK(f.says(chain_of({})).problems == std::vector<problem>{{refusal::chain_empty, {1, 7}, {}}});
  CHECK(f.says(chain_of({{{4, 5}, {}, rules::default_wait_s}})).problems ==
        std::vector<problem>{{refusal::chain_step_empty, {4, 5}, {}}});
  CHECK(f.says(chain_of({{{4, 5}, {{target_kind::person, {"zoe", {4, 9}}}}, rules::default_wait_s}}))
            .problems == std::vector<problem>{{refusal::unknown_person, {4, 9}, "zoe"}});
  CHECK(f.rows() == 0);
}

TEST_CASE("who cannot be woken, and when nobody is on duty, is a warning") {
  admin_fixture f;
  auto m = roster_of({{"ann", {5, 10}}});
  m.role.name = "charge nurses"; // she has no device in it
  CHECK(f.says(m).warnings == std::vector<problem>{{refusal::roster_person_unreachable, {5, 10}, "ann"}});
  m = roster_of({{"ann", {5, 10}}});
  m.roster.overrides = {{rules::duty_override::kind::remove, f.now + 1, f.now + 10, {}}};
  m.overrides = {{{7, 5}, {{"ann", {7, 14}}}}};
  auto said = f.says(m);
  CHECK(said.problems.empty());
  CHECK(said.warnings == std::vector<problem>{{refusal::roster_gap, {3, 8}, "nurses"}});
}

TEST_CASE("a chain names roles and people, and ends with everybody") {
  admin_fixture f;
  auto said = f.says(
      chain_of({{{3, 5}, {{target_kind::on_duty, {}}}, {60, 300, 3'600}},
                {{5, 5},
                 {{target_kind::everyone, {"charge nurses", {6, 9}}}, {target_kind::person, {"bea", {7, 9}}}},
                 {60, 300, 3'600}}}));
  CHECK(said.problems.empty());
  auto chain = f.duty.now()->chains.at(role);
  REQUIRE(chain.steps.size() == 3);
  using kind = rules::wake_target::kind;
  CHECK(chain.steps[0].targets == std::vector<rules::wake_target>{{kind::on_duty, role}});
  CHECK(chain.steps[1].targets ==
        std::vector<rules::wake_target>{{kind::everyone, other}, {kind::everyone, f.c.physician.party}});
  CHECK(chain.steps[2].targets == std::vector<rules::wake_target>{{kind::everyone, role}});
}

TEST_CASE("what wardctl says travels whole, and nothing else is taken for it") {
  auto m = roster_of({{"ann", {5, 10}}});
  m.roster.zone = {"Europe/Vienna", {{0, 3'600}}};
  m.roster.overrides = {{rules::duty_override::kind::remove, 1, 10, {}}};
  m.overrides = {{{7, 5}, {{"ann", {7, 14}}}}};
  auto c = chain_of({{{3, 5}, {{target_kind::person, {"bea", {1, 2}}}}, {60, 300, 3'600}}});
  const admin::answer a{{{refusal::unknown_role, {1, 7}, "porters"}}, {{refusal::roster_gap, {2, 3}, {}}}, 7};
  for (const admin::act_body& what : {admin::act_body{m}, admin::act_body{c}}) {
    auto raw = admin::encode(what);
    auto back = admin::decode_act(raw);
    REQUIRE(back);
    CHECK(*back == what);
    for (std::size_t n = 0; n < raw.size(); ++n)
      CHECK_FALSE(admin::decode_act(bytes_view{raw}.first(n)));
    raw.push_back(0);
    CHECK(admin::decode_act(raw).why() == refusal::trailing_bytes);
    raw[0] = 9;
    CHECK(admin::decode_act(raw).why() == refusal::protocol_not_supported);
  }
  CHECK(*admin::decode_answer(admin::encode(a)) == a);
  CHECK(admin::decode_act(bytes(admin::frame_bytes_max + 1)).why() == refusal::message_too_large);
  CHECK(admin::decode_answer(bytes(admin::frame_bytes_max + 1)).why() == refusal::message_too_large);
  m.overrides.clear();
  CHECK(admin::decode_act(admin::encode(m)).why() == refusal::count_mismatch);
}

TEST_CASE("a backup is noted once, with its leaf, and never goes back") {
  admin_fixture f;
  CHECK_FALSE(has_backups(f.s.disk));
  CHECK(f.says(admin::note_backup{}).problems.empty());
  CHECK(has_backups(f.s.disk));
  CHECK(safe_leaves(f.s.disk) == 0);
  hash32 manifest{7};
  auto noted = f.says(admin::note_backup{40, 5, manifest});
  CHECK(f.last_entry().kind == rules::audit_kind::backup_made);
  CHECK(f.last_entry().hash == manifest);
  CHECK(safe_leaves(f.s.disk) == 40);
  CHECK(f.says(admin::note_backup{39, 6, {}}).leaf == noted.leaf);
  CHECK(safe_leaves(f.s.disk) == 40);
}
