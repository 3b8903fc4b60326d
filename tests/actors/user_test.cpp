// One person's log-ins: the real user actor over the real store.
#include "life_rows.hpp"
#include "person_fixture.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

const std::string wrong = "wrong horse";

} // namespace

TEST_CASE("a right password is a session, a share and one leaf") {
  person p;
  auto leaves = p.leaves();
  auto in = as<ask::logged_in>(p.signs_in(password));
  CHECK(in.user == p.id);
  CHECK(in.session_until == p.now + 12 * rules::hour_ms);
  CHECK(in.idle == 15 * rules::minute_ms);
  CHECK(in.share.value.empty()); // only the channel's end puts halves into an answer
  CHECK(p.halves.number == 1);
  CHECK(p.halves.share.size() == 32);
  CHECK(p.leaves() == leaves + 1);
  CHECK(p.last_entry().kind == rules::audit_kind::logged_in);
  CHECK(p.last_entry().user == p.id);
  CHECK(p.last_entry().device == p.pc);
  auto row = read_row<rows::session>(p.s.disk, ports::table::session, p.pc.view());
  REQUIRE(row);
  CHECK(row->row.user == p.id);
  CHECK(row->row.handshake == p.handshake);

  // The share is the device's: it stays, whoever logs in, until it is replaced on purpose.
  auto first = p.halves;
  as<ask::logged_in>(p.signs_in(password));
  CHECK(p.halves.share == first.share);
  p.park();
  as<ask::logged_in>(p.signs_in(password));
  CHECK(p.halves.share == first.share);
  as<ask::logged_in>(p.signs_in(password, p.phone));
  CHECK(p.halves.share != first.share);
}

TEST_CASE("a session is taken up again until its end, by nobody else, and not after log-off") {
  person p;
  CHECK_FALSE(p.back(p.pc).user);
  auto in = as<ask::logged_in>(p.signs_in(password));
  auto w = p.back(p.pc);
  CHECK(w.user == p.id);
  CHECK(w.session_until == in.session_until);
  CHECK(w.idle == in.idle);
  CHECK_FALSE(p.back(p.phone).user);
  auto other = p.spawn(build::named<user_id>("somebody"));
  auto theirs = p.w.ask<outcome>(other, resume{p.on_device(p.pc), p.now});
  p.w.run();
  CHECK_FALSE(as<ask::welcome>(*theirs->answer).user);
  // Who logs off elsewhere ends no session but her own.
  auto off = p.w.ask<outcome>(other, sign_off{p.on_device(p.pc), p.now});
  p.w.run();
  as<ask::done>(*off->answer);
  CHECK(p.back(p.pc).user == p.id);
  p.stop(other);

  p.now = in.session_until - 1;
  CHECK(p.back(p.pc).user == p.id);
  p.now = in.session_until;
  CHECK_FALSE(p.back(p.pc).user);
  CHECK(p.back(p.pc).share.number == 0);

  p.signs_in(password);
  auto leaves = p.leaves();
  CHECK(as<ask::done>(p.signs_off()).leaf == leaves);
  CHECK(p.last_entry().kind == rules::audit_kind::logged_off);
  CHECK_FALSE(p.back(p.pc).user);
}

TEST_CASE("the delays after wrong passwords are those of the table") {
  using rules::next_try_at;
  CHECK(next_try_at({0, 5}) == 0);
  CHECK(next_try_at({rules::free_tries_max - 1, 5}) == 0);
  time_ms delays[] = {30'000, 60'000, 120'000, 240'000, 480'000, 960'000, 1'920'000, 3'600'000};
  for (std::uint32_t i = 0; i < 8; ++i)
    CHECK(next_try_at({rules::free_tries_max + i, 5}) == 5 + delays[i]);
  CHECK(next_try_at({UINT32_MAX, 5}) == 5 + rules::delay_ms_max);
}

TEST_CASE("wrong passwords are leaves, then delays, and neither parking nor a restart forgets them") {
  person p;
  for (std::uint32_t i = 0; i < rules::free_tries_max; ++i) {
    auto leaves = p.leaves();
    CHECK(why(p.signs_in(wrong)) == refusal::wrong_password);
    CHECK(p.leaves() == leaves + 1);
    CHECK(p.last_entry().kind == rules::audit_kind::log_in_refused);
  }
  bool parked = GENERATE(false, true);
  if (parked)
    p.park();
  auto verified = p.passwords.verified;
  auto leaves = p.leaves();
  auto later = as<ask::refused>(p.signs_in(password));
  CHECK(later.why == refusal::too_many_tries);
  CHECK(later.time == p.now + rules::first_delay_ms);
  CHECK(p.passwords.verified == verified); // no work either
  CHECK(p.leaves() == leaves);
  // A stranger's tries do not lock her out of her own device.
  as<ask::logged_in>(p.signs_in(password, p.phone));
  p.now += rules::first_delay_ms - 1;
  CHECK(why(p.signs_in(password)) == refusal::too_many_tries);
  p.now += 1;
  CHECK(why(p.signs_in(wrong)) == refusal::wrong_password);
  CHECK(as<ask::refused>(p.signs_in(password)).time == p.now + 2 * rules::first_delay_ms);
  p.now += 2 * rules::first_delay_ms;
  as<ask::logged_in>(p.signs_in(password));
  p.park();
  for (std::uint32_t i = 0; i < rules::free_tries_max; ++i) // counted from the beginning
    CHECK(why(p.signs_in(wrong)) == refusal::wrong_password);
  CHECK(why(p.signs_in(wrong)) == refusal::too_many_tries);
}

TEST_CASE("tries sent all at once are throttled like any others, and few wait at a time") {
  person p;
  std::vector<std::shared_ptr<asked<outcome>>> answers;
  for (std::uint32_t i = 0; i < rules::free_tries_max + 3; ++i)
    answers.push_back(p.tries(wrong, p.pc));
  p.w.run();
  std::size_t checked = 0;
  std::size_t throttled = 0;
  for (const auto& a : answers) {
    checked += why(*a->answer) == refusal::wrong_password ? 1 : 0;
    throttled += why(*a->answer) == refusal::too_many_tries ? 1 : 0;
  }
  CHECK(checked == rules::free_tries_max);
  CHECK(throttled == 3);

  answers.clear();
  for (std::size_t i = 0; i < rules::sign_ins_waiting_max + 2; ++i)
    answers.push_back(p.tries(password, build::named<device_id>("station " + std::to_string(i))));
  p.w.run();
  std::size_t overloaded = 0;
  for (const auto& a : answers)
    overloaded += why(*a->answer) == refusal::overloaded ? 1 : 0;
  CHECK(overloaded == 2);
}

TEST_CASE("more devices than are remembered cost no memory and no count") {
  person p;
  CHECK(why(p.signs_in(wrong)) == refusal::wrong_password);
  auto device = [](std::size_t i) { return build::named<device_id>("device " + std::to_string(i)); };
  for (std::size_t i = 0; i < tries_kept_max + 1; ++i)
    CHECK(why(p.signs_in(wrong, device(i))) == refusal::wrong_password);
  auto* actor = caf::actor_cast<caf::abstract_actor*>(p.actor);
  auto& state = dynamic_cast<user_actor::stateful_base<user_state>*>(actor)->state;
  CHECK(state.tries.size() == tries_kept_max);
  for (std::uint32_t i = 1; i < rules::free_tries_max; ++i)
    p.signs_in(wrong);
  CHECK(why(p.signs_in(password)) == refusal::too_many_tries);
}

TEST_CASE("nobody's actor does the same work and never lets anybody in") {
  person p;
  p.stop(p.actor);
  p.actor = p.spawn({});
  p.id = {};
  CHECK(why(p.signs_in(password)) == refusal::wrong_password);
  CHECK(p.passwords.verified == 1);
  CHECK(p.last_entry().kind == rules::audit_kind::log_in_refused);
}

TEST_CASE("a store that refuses lets nobody in, and the next try works") {
  person p;
  auto before = p.s.disk.rows;
  p.s.disk.faults.push_back(storage_fault::fail_and_not_persist);
  CHECK(why(p.signs_in(password)) == refusal::storage_refused);
  CHECK_FALSE(p.back(p.pc).user);
  p.s.disk.faults.push_back(storage_fault::fail_and_not_persist);
  CHECK(why(p.signs_in(wrong)) == refusal::storage_refused); // no leaf, no word about the password
  CHECK(p.s.disk.rows == before);
  as<ask::logged_in>(p.signs_in(password));
  p.s.disk.faults.push_back(storage_fault::fail_and_not_persist);
  CHECK(why(p.signs_off()) == refusal::storage_refused);
  CHECK(p.back(p.pc).user == p.id);
}

TEST_CASE("without an answer from the worker nothing is counted, and it is said") {
  person p;
  p.stop(p.worker);
  for (int i = 0; i < 20; ++i)
    CHECK(why(p.signs_in(password)) == refusal::overloaded);
}

TEST_CASE("two people who log in on one station at once get the same share") {
  person p;
  auto second = build::named<user_id>("nurse2");
  act a;
  a.entry.kind = rules::audit_kind::enrolled;
  a.changes.push_back(
      put_row(ports::table::user, to_bytes(second.view()), rows::user{{}, "nurse2", "phc of " + password}));
  a.changes.push_back(put_row(ports::table::user, rows::key_of_factor(second),
                              rows::second_factor{p.hers.secret, {}, {}, {}}));
  p.w.ask<committed>(p.store, write_of({a}));
  p.w.run();
  auto other = p.spawn(second);
  auto one = p.tries(password, p.pc);
  auto two = p.w.ask<outcome>(
      other, sign_in{p.on_device(p.pc), second, password, p.hers.shows(p.now), p.handshake, p.now});
  p.w.run();
  auto share = to_bytes(one->answer->shares->share.view());
  CHECK(to_bytes(two->answer->shares->share.view()) == share);
  auto kept = read_row<rows::lock_share>(p.s.disk, ports::table::device, rows::key_of_share(p.pc));
  CHECK(kept->row.share == share);
  p.stop(other);
}

namespace {

/// Turns the device out in the middle of a log-in: between the look at its gate and the write.
struct revoking_dice : ports::random {
  person& p;
  explicit revoking_dice(person& who) : p{who} {}
  void fill(std::span<std::uint8_t> out) override {
    p.s.dice.fill(out);
    bytes stored(stamp_bytes);
    auto row = rows::encode(rows::gate{});
    stored.insert(stored.end(), row.begin(), row.end());
    p.s.disk.rows[static_cast<std::size_t>(ports::table::device)][rows::key_of_gate(p.pc)] = stored;
  }
};

} // namespace

TEST_CASE("a device that is turned out while somebody logs in on it gets no session and no share") {
  person p;
  revoking_dice dice{p};
  p.stop(p.actor);
  p.actor = p.w.sys.spawn(user, p.id,
                          user_parts{&p.s.disk, &dice, &p.s.journal, &p.factors, p.store, p.worker, p.line});
  auto leaves = p.leaves();
  CHECK(why(p.signs_in(password)) == refusal::device_revoked);
  CHECK(p.leaves() == leaves);
  CHECK(p.s.disk.read(ports::table::session, to_bytes(p.pc.view())).status == ports::read_status::absent);
  CHECK(p.s.disk.read(ports::table::device, rows::key_of_share(p.pc)).status == ports::read_status::absent);
}

TEST_CASE("with backups the half before stays until one of them holds the new one") {
  person p;
  auto backup = [&](std::uint64_t leaves) {
    act a;
    a.entry.kind = rules::audit_kind::backup_made;
    a.changes.push_back(
        put_row(ports::table::meta, to_bytes(view(rows::backup_key)), rows::backup{leaves, 0, p.now}));
    p.w.ask<committed>(p.store, write_of({a}));
    p.w.run();
  };
  auto held = [&] {
    return read_row<rows::lock_share>(p.s.disk, ports::table::device, rows::key_of_share(p.pc))->row;
  };
  auto confirms = [&](std::uint32_t number) {
    return p.answer_to(ask_user{p.on_device(p.pc), share_stored{number, {}}, p.now});
  };
  as<ask::logged_in>(p.signs_in(password));
  auto first = p.halves;
  SECTION("without one it goes at once") {
    CHECK_FALSE(confirms(2).earlier_kept);
    CHECK(held().earlier.empty());
  }
  SECTION("with one it stays, and no third is offered") {
    backup(0); // the first one is about to be begun
    CHECK(confirms(2).earlier_kept);
    CHECK(held().share == first.next);
    CHECK(held().earlier == first.share);
    as<ask::logged_in>(p.signs_in(password));
    CHECK(p.halves.number == 2);
    CHECK(p.halves.next.empty());
    backup(p.leaves());
    as<ask::logged_in>(p.signs_in(password));
    CHECK(held().earlier.empty());
    CHECK(p.halves.next.size() == 32);
  }
}
