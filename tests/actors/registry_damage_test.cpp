// Rows that cannot be read: the house starts, says so without a name, and refuses only what hangs on them.
#include "invited_devices.hpp"
#include "role_links.hpp"
#include "roster_rows.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

using e2ee::link_reason;

struct damaged_house : people_fixture {
  build::enrolled* nurse1 = nullptr;
  build::enrolled* nurse2 = nullptr;
  party_id role = c.party("triage");
  party_id other_role = c.party("surgery");
  role_links triage{*this, role, e2ee::party_kind::role};
  conversation_links talk{*this, "talk"};

  damaged_house() {
    open();
    nurse1 = &nurse("nurse1", {"triage", "surgery"});
    nurse2 = &nurse("nurse2", {"triage"});
    triage.accepted(*nurse1, {nurse1}, link_reason::genesis);
    triage.accepted(*nurse1, {nurse1, nurse2}, link_reason::add);
    talk.accepted(*nurse1, {{role, e2ee::party_kind::role}});
  }
  static bytes key(const hash32& h) { return to_bytes(h); }
  void starts_with(ports::table where, const bytes& damaged) {
    stop_house();
    REQUIRE(s.disk.read(where, damaged).status == ports::read_status::found);
    s.disk.poison(where, damaged);
    REQUIRE(registry::load(s.disk, &s.journal)); // as the house does, with its journal
    start();
  }
  const rules::device_record* device(const build::enrolled& e) const {
    return board->now()->device(e.device);
  }
  bool belongs(const build::enrolled& e, const party_id& p) const {
    const auto& parties = device(e)->parties;
    return std::binary_search(parties.begin(), parties.end(), p);
  }
  refusal takes_next_link() {
    return why(says(*nurse1, triage.link(*nurse1, {nurse1, nurse2}, link_reason::refresh)));
  }
  std::size_t left_out() const { return s.journal.count("row_left_out"); }
};

} // namespace

TEST_CASE("a poisoned act or conversation link costs no start") {
  damaged_house f;
  auto act = build::drawn("an act");
  auto& objects = f.s.disk.rows[static_cast<std::size_t>(ports::table::object)];
  objects[f.key(act)] = bytes(60, 13);
  f.s.disk.poison(ports::table::object, f.key(act));
  f.starts_with(ports::table::object, f.key(f.talk.head.hash));
  CHECK(f.left_out() == 2);
  CHECK(f.takes_next_link() == refusal::none);
  CHECK(why(f.says(*f.nurse1, f.talk.link(*f.nurse1, {{f.role, e2ee::party_kind::role}}))) ==
        refusal::value_not_openable);
}

TEST_CASE("a poisoned certificate costs its device, and nobody else") {
  damaged_house f;
  f.starts_with(ports::table::object, f.key(f.nurse2->certificate.hash()));
  CHECK(f.left_out() >= 1);
  CHECK(f.device(*f.nurse2) == nullptr);
  CHECK(f.device(*f.nurse1) != nullptr);
  as<ask::person>(f.says(*f.nurse1, ask::find_person{"nurse1"}));
  CHECK(f.takes_next_link() == refusal::needs); // a link that names the device cannot be judged
}

TEST_CASE("an older certificate does not speak for a device whose newest one is poisoned") {
  damaged_house f;
  auto raw = e2ee::sign_object(
      f.c.id, f.c.renewal_for(*f.nurse2, f.c.admin()),
      {{f.c.admin().signing, e2ee::labels::device}, {f.nurse2->signing, e2ee::labels::device_possession}});
  auto done = as<ask::submitted>(f.says(f.c.admin(), ask::submit{raw, {}, {}}));
  f.starts_with(ports::table::object, f.key(done.hash));
  REQUIRE(f.device(*f.nurse2) != nullptr);
  CHECK(f.device(*f.nurse2)->gated);
}

TEST_CASE("a device whose own row is poisoned counts as gated") {
  damaged_house f;
  f.starts_with(ports::table::device, to_bytes(f.nurse2->device.view()));
  CHECK(f.device(*f.nurse2)->gated);
  CHECK_FALSE(f.device(*f.nurse1)->gated);
}

TEST_CASE("a poisoned revocation lets nobody back in") {
  damaged_house f;
  turn_out(f, *f.nurse2);
  auto revocation = f.last_entry().hash;
  f.starts_with(ports::table::object, f.key(revocation));
  CHECK(f.device(*f.nurse2)->gated);
  f.triage.grants.clear();
  CHECK(f.takes_next_link() == refusal::link_keeps_revoked_device);
}

TEST_CASE("a poisoned withdrawal brings no grant back, and its number stays spent") {
  damaged_house f;
  bool object = GENERATE(true, false);
  auto withdrawal = f.c.withdraw(f.nurse2->user, f.role);
  as<ask::submitted>(f.says(f.c.admin(), ask::submit{withdrawal.raw(), {}, {}}));
  if (object) {
    f.starts_with(ports::table::object, f.key(withdrawal.hash()));
  } else {
    f.starts_with(ports::table::party,
                  rows::key_of_word({e2ee::subject_kind::user, e2ee::subject_of(f.nurse2->user), f.role}));
  }
  CHECK_FALSE(f.belongs(*f.nurse2, f.role));
  CHECK(f.belongs(*f.nurse1, f.role));
  CHECK(f.takes_next_link() == refusal::member_not_entitled);
  auto again = f.c.grant_of(e2ee::subject_kind::user, e2ee::subject_of(f.nurse2->user), f.role,
                            e2ee::grant_state::granted, 0);
  auto signed_again = [&] {
    return ask::submit{
        e2ee::sign_object(f.c.id, again, {{f.c.admin().signing, e2ee::labels::grant}}), {}, {}};
  };
  auto next = again.serial;
  again.serial = withdrawal.serial;
  CHECK(why(f.says(f.c.admin(), signed_again())) ==
        (object ? refusal::serial_went_back : refusal::serial_reused));
  again.serial = next;
  as<ask::submitted>(f.says(f.c.admin(), signed_again()));
  CHECK(f.belongs(*f.nurse2, f.role));
}

TEST_CASE("a party whose chain is poisoned takes no link, and is not begun anew") {
  damaged_house f;
  auto head = f.triage.chain.epochs.back().hash;
  auto first = f.triage.chain.epochs.front().hash;
  auto what = GENERATE(0, 1, 2);
  if (what == 2)
    f.starts_with(ports::table::party, rows::key_of_head(f.role));
  else
    f.starts_with(ports::table::object, f.key(what == 0 ? head : first));
  CHECK(f.takes_next_link() == refusal::value_not_openable);
  role_links anew{f, f.role, e2ee::party_kind::role};
  CHECK(why(f.says(*f.nurse1, anew.link(*f.nurse1, {f.nurse1}, link_reason::genesis))) ==
        refusal::value_not_openable);
  CHECK(why(f.says(*f.nurse1, ask::get_party{f.role, 1})) == refusal::value_not_openable);
  role_links surgery{f, f.other_role, e2ee::party_kind::role};
  surgery.accepted(*f.nurse1, {f.nurse1}, link_reason::genesis);
}

TEST_CASE("a party whose row is poisoned is not named anew") {
  damaged_house f;
  f.starts_with(ports::table::party, to_bytes(f.role.view()));
  CHECK(f.takes_next_link() == refusal::value_not_openable);
  auto& guest = f.c.person("guest", {f.c.party("guest"), f.role});
  CHECK(why(f.says(f.c.admin(), f.invite(guest, {f.name_of("guest", 1), f.name_of("triage", 2)}))) ==
        refusal::value_not_openable);
}

TEST_CASE("a person whose row is poisoned is unknown, her name is not free") {
  damaged_house f;
  f.starts_with(ports::table::user, to_bytes(f.nurse2->user.view()));
  CHECK(why(f.says(*f.nurse1, ask::find_person{"nurse2"})) == refusal::not_found);
  as<ask::person>(f.says(*f.nurse1, ask::find_person{"nurse1"}));
  auto x = f.c.invitation_for("impostor", e2ee::device_class::personal_staff, f.c.user("impostor"),
                              {f.c.party("impostor")}, &f.c.admin());
  x.display_name = "nurse2";
  ask::invite m{e2ee::sign_object(f.c.id, x, {{f.c.admin().signing, e2ee::labels::invitation}}),
                code,
                std::nullopt,
                {f.name_of("impostor", 1)}};
  CHECK(why(f.says(f.c.admin(), m)) == refusal::name_taken);
}

TEST_CASE("an object whose leaf has lost its entry is left out: nobody could verify it") {
  damaged_house f;
  auto leaf = read_object(f.s.disk, f.nurse2->certificate.hash())->leaf;
  f.starts_with(ports::table::entry, ports::row_key(leaf));
  CHECK(f.device(*f.nurse2) == nullptr);
  CHECK(f.left_out() >= 1);
}

TEST_CASE("much damage is counted, not listed to the end") {
  damaged_house f;
  auto& objects = f.s.disk.rows[static_cast<std::size_t>(ports::table::object)];
  for (std::size_t i = 0; i <= left_out_lines_max; ++i)
    objects[f.key(build::drawn("damage " + std::to_string(i)))] = {1};
  REQUIRE(registry::load(f.s.disk, &f.s.journal));
  CHECK(f.left_out() == left_out_lines_max);
  REQUIRE(f.s.journal.count("rows_left_out") == 1);
  auto said = std::find_if(f.s.journal.lines.begin(), f.s.journal.lines.end(),
                           [](const auto& l) { return l.event == "rows_left_out"; });
  CHECK(said->fields.front().second == std::to_string(left_out_lines_max + 1));
}

TEST_CASE("what is left out is journalled by key, never by name") {
  damaged_house f;
  f.starts_with(ports::table::user, to_bytes(f.nurse2->user.view()));
  for (const auto& line : f.s.journal.lines)
    for (const auto& [name, value] : line.fields)
      CHECK(value.find("nurse") == std::string::npos);
}
