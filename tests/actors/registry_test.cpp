// Founding, and what a second start makes of a store: the same registry, or none.
#include "people_fixture.hpp"
#include "role_links.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

struct bare_house : people_fixture {
  refusal founding_of(const founding& f) {
    auto v = decide_founding(f, build::named<incarnation_id>("first life"), {}, now);
    const auto* no = std::get_if<outcome>(&v);
    return no == nullptr ? refusal::none : why(*no);
  }
  bool serves() {
    return why(knocks({}, ask::show_invitation{c.admin().invited.invitation, code})) == refusal::none;
  }
};

/// A clinic with people, a station, a role at its second link and a conversation.
struct busy_house : people_fixture {
  build::enrolled* nurse1 = nullptr;

  busy_house() {
    open();
    nurse1 = &nurse("nurse1", {"triage"});
    auto& desk = bring_in(c.station("front desk", {c.party("triage")}), {});
    role_links triage{*this, c.party("triage"), e2ee::party_kind::role};
    triage.accepted(*nurse1, {nurse1}, e2ee::link_reason::genesis);
    triage.accepted(*nurse1, {nurse1, &desk}, e2ee::link_reason::add);
  }
  std::uint64_t object_leaf(const hash32& hash) { return read_object(s.disk, hash).value().leaf; }
  static bytes key(const hash32& h) { return {h.begin(), h.end()}; }
  refusal load() const { return registry::load(s.disk).why(); }
};

} // namespace

TEST_CASE("founding is four leaves in one commit, and the first device can come in") {
  bare_house f;
  f.start(f.first());
  CHECK(f.s.disk.commits == 1);
  REQUIRE(f.leaves() == 4);
  CHECK(f.entry_at(0).kind == rules::audit_kind::incarnation_opened);
  CHECK(f.entry_at(1).hash == e2ee::root_certificate::decode(f.c.log[0].raw, f.c.id)->hash());
  CHECK(f.entry_at(2).kind == rules::audit_kind::object_accepted);
  CHECK(f.entry_at(3).kind == rules::audit_kind::invited);
  CHECK(f.board->now()->id == f.c.id);
  CHECK(f.link.allowed.size() == 1);
  CHECK(f.s.journal.count("clinic_founded") == 1);
  CHECK(f.serves());
}

TEST_CASE("a founding that does not verify is refused by name and leaves nothing") {
  bare_house f;
  auto with = [&](auto change) {
    auto x = f.first();
    change(x);
    return f.founding_of(x);
  };
  CHECK(with([](founding&) {}) == refusal::none);
  CHECK(with([](founding& x) { x.root.back() ^= 1; }) == refusal::bad_signature);
  CHECK(with([](founding& x) { x.server.back() ^= 1; }) == refusal::bad_signature);
  CHECK(with([](founding& x) { x.invitation.back() ^= 1; }) == refusal::bad_signature);
  CHECK(with([](founding& x) { x.root.clear(); }) == refusal::truncated);
  CHECK(with([](founding& x) { std::swap(x.root, x.server); }) == refusal::unknown_kind);
  CHECK(with([](founding& x) { x.clinic = build::named<clinic_id>("another"); }) == refusal::other_clinic);
  CHECK(with([](founding& x) { x.names.clear(); }) == refusal::not_found);
  CHECK(with([](founding& x) { x.names.front().kind = 0; }) == refusal::malformed_request);
  build::clinic other{"Clinic at the Hill"};
  CHECK(with([&](founding& x) { x.invitation = other.admin().invited.raw(); }) == refusal::other_clinic);
  auto& nurse = f.c.person("nurse1", {f.c.party("nurse1")});
  CHECK(with([&](founding& x) { x.invitation = nurse.invited.raw(); }) == refusal::needs);

  auto bad = f.first();
  bad.invitation.back() ^= 1;
  f.start(bad);
  CHECK(f.s.disk.commits == 0);
  CHECK(f.s.journal.count("founding_refused") == 1);
  auto asked = f.ask(resume{f.caller_of(f.c.admin()), f.now});
  f.w.run();
  CHECK(asked->why); // the directory is gone
}

TEST_CASE("a founded clinic is not founded again") {
  bare_house f;
  f.start(f.first());
  f.stop_house();
  auto before = f.s.disk.rows;
  f.start(f.first()); // what set-up left may still lie there
  CHECK(f.s.disk.rows == before);
  CHECK(f.serves());
  auto known = registry::load(f.s.disk);
  auto v = decide_founding(f.first(), {}, *known, f.now);
  CHECK(why(std::get<outcome>(v)) == refusal::already_exists);
}

TEST_CASE("a crash at founding leaves no clinic or the whole one") {
  bool persisted = GENERATE(false, true);
  bare_house f;
  f.s.disk.faults.push_back(persisted ? storage_fault::fail_but_persist
                                      : storage_fault::unknown_and_not_persist);
  f.start(f.first());
  CHECK(f.s.deaths.size() == 1); // nobody was told anything
  CHECK_FALSE(f.board->now()->id);
  f.stop_house();
  f.start(f.first());
  CHECK(f.leaves() == 4);
  CHECK(f.serves());
  as<ask::enrolled>(f.enrols(f.c.admin()));
}

TEST_CASE("founding on a full disk ends the house, and the next start founds") {
  bare_house f;
  f.s.disk.faults.push_back(storage_fault::fail_and_not_persist);
  f.start(f.first());
  CHECK(f.leaves() == 0);
  f.stop_house();
  f.start(f.first());
  CHECK(f.serves());
}

TEST_CASE("before founding nobody is answered") {
  bare_house f;
  f.start();
  CHECK_FALSE(f.serves());
  CHECK(why(f.knocks({}, f.enrol(f.c.admin()))) == refusal::not_found);
  CHECK(why(f.answer_to(sign_in{f.caller_of(f.c.admin()), {}, password, "123456", {}, f.now})) ==
        refusal::device_revoked);
}

TEST_CASE("a second start replays to the same snapshot, trust, chains and link keys") {
  busy_house f;
  auto& late = f.c.person("late", {f.c.party("late")});
  auto m = f.invite(late, {f.name_of("late", 1)});
  m.link_key = build::drawn("late's link");
  f.says(f.c.admin(), m);
  auto before = said(*f.board->now());
  auto commits = f.s.disk.commits;
  f.restart();
  CHECK(said(*f.board->now()) == before);
  CHECK(f.s.disk.commits == commits); // looking changes nothing
  CHECK(f.link.allowed.size() == 2);
  auto known = registry::load(f.s.disk);
  REQUIRE(known);
  for (const auto* e : {&f.c.admin(), f.nurse1}) {
    const auto* held = known->trust().newest(e->device);
    REQUIRE(held != nullptr);
    CHECK(held->what.raw() == e->certificate.raw());
    CHECK(held->where.position == f.object_leaf(e->certificate.hash()));
    CHECK(held->where.time == f.now);
  }
  CHECK(known->chain(f.c.party("triage"))->head() == 2);
  CHECK(known->chain(f.c.party("triage"))->members.size() == 2);
  as<ask::enrolled>(f.enrols(late)); // and goes on from there
}

TEST_CASE("identity that is damaged on disk is no registry") {
  busy_house f;
  REQUIRE(f.load() == refusal::none);
  auto damage = [&](ports::table where, bytes key) {
    memory_storage disk{f.s.disk.rows};
    REQUIRE(disk.read(where, key).status == ports::read_status::found);
    disk.poison(where, std::move(key));
    return registry::load(disk).why();
  };
  auto certificate = f.nurse1->certificate.hash();
  auto triage = f.c.party("triage");
  CHECK(damage(ports::table::object, f.key(certificate)) == refusal::value_not_openable);
  CHECK(damage(ports::table::meta, to_bytes(view(rows::clinic_key))) == refusal::value_not_openable);
  CHECK(damage(ports::table::party, to_bytes(triage.view())) == refusal::value_not_openable);
  CHECK(damage(ports::table::party, rows::key_of_head(triage)) == refusal::value_not_openable);
  CHECK(damage(ports::table::user, to_bytes(f.nurse1->user.view())) == refusal::value_not_openable);
  CHECK(damage(ports::table::entry, ports::row_key(f.object_leaf(certificate))) == refusal::log_corrupt);
  CHECK(damage(ports::table::object, f.key(f.board->now()->party(triage)->head)) ==
        refusal::value_not_openable);
}

TEST_CASE("a damaged lock share is its device's trouble, not the house's") {
  busy_house f;
  auto& disk = f.s.disk;
  bytes key = rows::key_of_share(f.nurse1->device);
  disk.rows[static_cast<std::size_t>(ports::table::device)][key] = bytes(51, 1);
  disk.poison(ports::table::device, key);
  CHECK(f.load() == refusal::none);
}

TEST_CASE("every byte of a stored row may be wrong, and loading says so or not, but never crashes") {
  busy_house f;
  for (auto where : {ports::table::meta, ports::table::party, ports::table::user, ports::table::object})
    for (const auto& [key, value] : f.s.disk.rows[static_cast<std::size_t>(where)]) {
      if (text(key).starts_with("store/"))
        continue;
      // Enough to meet every field, cheap enough for each start to be whole.
      for (std::size_t i = 0; i < value.size(); i += 1 + value.size() / 8) {
        memory_storage disk{f.s.disk.rows};
        auto& stored = disk.rows[static_cast<std::size_t>(where)][key];
        stored[i] ^= 0x81;
        (void)registry::load(disk).why();
        stored.resize(i);
        bool own = where == ports::table::user && key.size() != user_id{}.value.size();
        if (own) // a damaged second factor is its person's trouble, not the house's
          CHECK(registry::load(disk).why() == refusal::none);
        else
          CHECK(registry::load(disk).why() != refusal::none);
      }
    }
}
