// The second factor of one person, tries on strange devices, lock shares, sessions elsewhere.
#include "person_fixture.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

const std::string wrong = "wrong horse";

std::vector<std::string> new_codes(person& p) {
  p.proved = p.now;
  return as<ask::recovery_codes>(p.asks(make_codes{})).codes;
}

} // namespace

TEST_CASE("without a second factor nothing is checked, and a wrong one of either is the same answer") {
  person p;
  auto leaves = p.leaves();
  CHECK(why(p.signs_in_with("")) == refusal::second_factor_needed);
  CHECK(p.passwords.verified == 0);
  CHECK(p.leaves() == leaves);
  auto bad_factor = p.signs_in_with("000000");
  auto bad_password = p.signs_in(wrong);
  CHECK(ask::encode(ask::from_daemon{ask::answer{{}, bad_factor.result}}) ==
        ask::encode(ask::from_daemon{ask::answer{{}, bad_password.result}}));
  CHECK(why(bad_factor) == refusal::wrong_password);
  CHECK(p.passwords.verified == 2);
  CHECK(p.leaves() == leaves + 2);
  // Wrong second factors are counted with the wrong passwords.
  for (std::uint32_t i = 2; i < rules::free_tries_max; ++i)
    CHECK(why(p.signs_in_with("000000")) == refusal::wrong_password);
  CHECK(why(p.signs_in(password)) == refusal::too_many_tries);
}

TEST_CASE("a code is good once, also for two log-ins at once and after a restart") {
  person p;
  auto code = p.hers.shows(p.now);
  auto one = p.tries(password, p.pc, code);
  auto two = p.tries(password, p.phone, code);
  p.w.run();
  auto in = [](const auto& a) { return std::holds_alternative<ask::logged_in>(a->answer->result); };
  CHECK(in(one) != in(two));
  p.park();
  CHECK(why(p.signs_in_with(code)) == refusal::wrong_password);
  CHECK(p.factor_row().used.last() == rules::step_at(p.now));
  p.now += rules::totp_step_ms;
  CHECK(why(p.signs_in_with(code)) == refusal::wrong_password); // still in the window
  as<ask::logged_in>(p.signs_in_with(p.hers.shows(p.now)));
}

TEST_CASE("a clock that is set back lets unused codes in with an alarm, and used ones never") {
  person p;
  auto first = p.hers.shows(p.now);
  as<ask::logged_in>(p.signs_in_with(first));
  auto right = p.now;
  p.now += rules::hour_ms; // the clock was ahead
  auto ahead = p.hers.shows(p.now);
  as<ask::logged_in>(p.signs_in_with(ahead));
  CHECK(p.s.journal.count("clock_behind_second_factor") == 0);
  p.now = right; // and is right again
  CHECK(why(p.signs_in_with(first)) == refusal::wrong_password);
  p.now = right + 2 * rules::totp_step_ms;
  as<ask::logged_in>(p.signs_in_with(p.hers.shows(p.now)));
  CHECK(p.s.journal.count("clock_behind_second_factor") == 2);
  CHECK(why(p.signs_in_with(p.hers.shows(p.now))) == refusal::wrong_password);
  p.now = right + rules::hour_ms;
  CHECK(why(p.signs_in_with(ahead)) == refusal::wrong_password);
}

TEST_CASE("ten recovery codes, each good once, however it is typed") {
  person p;
  as<ask::logged_in>(p.signs_in(password));
  p.proved = 0;
  CHECK(why(p.asks(make_codes{})) == refusal::second_factor_too_old);
  p.proved = p.now - rules::proved_ms_max - 1;
  CHECK(why(p.asks(make_codes{})) == refusal::second_factor_too_old);
  p.proved = p.now + 1; // of a clock that was set back since
  CHECK(why(p.asks(make_codes{})) == refusal::second_factor_too_old);
  auto old = new_codes(p);
  auto codes = new_codes(p);
  REQUIRE(codes.size() == wire::recovery_codes_made);
  CHECK(std::set<std::string>(codes.begin(), codes.end()).size() == codes.size());
  CHECK(p.factor_row().recovery.size() == codes.size());
  CHECK(p.last_entry().kind == rules::audit_kind::factor_changed);
  CHECK(why(p.signs_in_with(old.front())) == refusal::wrong_password);
  std::string typed;
  for (char c : codes[3])
    typed += c == '-' ? ' ' : static_cast<char>(std::tolower(c));
  as<ask::logged_in>(p.signs_in_with(typed));
  CHECK(p.factor_row().recovery.size() == codes.size() - 1);
  CHECK(why(p.signs_in_with(codes[3])) == refusal::wrong_password);
  for (const auto& code : codes)
    if (code != codes[3])
      as<ask::logged_in>(p.signs_in_with(code));
  CHECK(p.factor_row().recovery.empty());
  CHECK(why(p.signs_in_with(codes[0])) == refusal::wrong_password);
  CHECK(why(p.signs_in_with("AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AA")) == refusal::wrong_password);
}

TEST_CASE("the second factor again: the session has it, wrong ones count") {
  person p;
  as<ask::logged_in>(p.signs_in(password));
  p.now += rules::minute_ms;
  auto leaves = p.leaves();
  auto given = p.asks(prove_again{p.hers.shows(p.now), build::drawn("another channel")});
  CHECK(as<ask::done>(given).leaf == leaves);
  CHECK(given.proved == p.now);
  CHECK(p.last_entry().kind == rules::audit_kind::factor_given);
  auto session = read_row<rows::session>(p.s.disk, ports::table::session, p.pc.view());
  CHECK(session->row.proved == p.now);
  CHECK(session->row.handshake == build::drawn("another channel"));
  CHECK(why(p.asks(prove_again{p.hers.shows(p.now), {}})) == refusal::wrong_second_factor); // used
  CHECK(why(p.asks(prove_again{"", {}})) == refusal::second_factor_needed);
  auto again = p.answer_to(resume{p.on_device(p.pc), p.now});
  CHECK(again.proved == session->row.proved);
  for (std::uint32_t i = 1; i < rules::free_tries_max; ++i)
    CHECK(why(p.asks(prove_again{"000000", {}})) == refusal::wrong_second_factor);
  CHECK(why(p.asks(prove_again{p.hers.shows(p.now), {}})) == refusal::too_many_tries);
  p.park();
  CHECK(why(p.asks(prove_again{p.hers.shows(p.now), {}})) == refusal::too_many_tries);
}

TEST_CASE("who is not logged in proves nothing, and it is a try") {
  person p;
  for (std::uint32_t i = 0; i < rules::free_tries_max; ++i) {
    p.now += rules::totp_step_ms;
    CHECK(why(p.asks(prove_again{p.hers.shows(p.now), {}})) == refusal::not_logged_in);
    CHECK(p.last_entry().kind == rules::audit_kind::factor_refused);
  }
  CHECK(why(p.asks(prove_again{p.hers.shows(p.now), {}})) == refusal::too_many_tries);
}

TEST_CASE("another authenticator takes the place of the one before") {
  person p;
  as<ask::logged_in>(p.signs_in(password));
  authenticator other{"her new phone"};
  auto set = [&](bytes secret, const std::string& code) {
    return p.asks(set_factor{std::make_shared<const wiped_bytes>(std::move(secret)), code});
  };
  p.proved = 0;
  CHECK(why(set(other.secret, other.shows(p.now))) == refusal::second_factor_too_old);
  p.proved = p.now;
  CHECK(why(set(other.secret, "000000")) == refusal::wrong_second_factor);
  CHECK(why(set(bytes(19, 1), other.shows(p.now))) == refusal::malformed_request);
  as<ask::done>(set(other.secret, other.shows(p.now)));
  CHECK(why(p.signs_in_with(other.shows(p.now))) == refusal::wrong_password); // used by setting it
  p.now += rules::totp_step_ms;
  CHECK(why(p.signs_in_with(p.hers.shows(p.now))) == refusal::wrong_password);
  as<ask::logged_in>(p.signs_in_with(other.shows(p.now)));
}

TEST_CASE("tries on strange stations lock nobody out of a device that knows her") {
  person p;
  p.kind = rules::device_class::station;
  as<ask::logged_in>(p.signs_in(password)); // from here on the pc knows her
  auto station = [](std::uint32_t i) { return build::named<device_id>("station " + std::to_string(i)); };
  for (std::uint32_t i = 0; i < rules::strange_tries_max; ++i)
    REQUIRE(why(p.signs_in(wrong, station(i / 4))) == refusal::wrong_password);
  auto locked = as<ask::refused>(p.signs_in(password, station(77)));
  CHECK(locked.why == refusal::too_many_tries);
  CHECK(locked.time == p.now + rules::delay_ms_max);
  p.park();
  CHECK(why(p.signs_in(password, station(77))) == refusal::too_many_tries);
  as<ask::logged_in>(p.signs_in(password)); // hers; and it ends the lock
  as<ask::logged_in>(p.signs_in(password, station(77)));
  // A personal device knows its person from its certificate on.
  for (std::uint32_t i = 0; i < rules::strange_tries_max; ++i)
    REQUIRE(why(p.signs_in(wrong, station(100 + i / 4))) == refusal::wrong_password);
  p.kind = rules::device_class::personal_staff;
  as<ask::logged_in>(p.signs_in(password, p.phone));
}

TEST_CASE("the same pair of halves is offered until the device has confirmed it") {
  person p;
  as<ask::logged_in>(p.signs_in(password));
  auto first = p.halves;
  CHECK(first.number == 1);
  CHECK(first.next.size() == 32);
  p.park();
  as<ask::logged_in>(p.signs_in(password));
  CHECK(p.halves.next == first.next);
  p.back(p.pc);
  CHECK(p.halves.share == first.share);
  CHECK(p.halves.next.empty()); // nobody has just logged in
  CHECK(why(p.asks(share_stored{3, {}})) == refusal::not_found);
  CHECK(why(p.asks(share_stored{0, {}})) == refusal::not_found);
  auto leaves = p.leaves();
  CHECK(as<ask::done>(p.asks(share_stored{2, build::drawn("act")})).leaf == leaves);
  CHECK(p.last_entry().kind == rules::audit_kind::share_replaced);
  CHECK(p.last_entry().hash == build::drawn("act"));
  CHECK(as<ask::done>(p.asks(share_stored{2, build::drawn("act")})).leaf == leaves); // the answer got lost
  CHECK(p.leaves() == leaves + 1);
  p.back(p.pc);
  CHECK(p.halves.number == 2);
  CHECK(p.halves.share == first.next);
  CHECK(why(p.asks(share_stored{3, {}})) == refusal::not_found); // not offered yet
  as<ask::logged_in>(p.signs_in(password));
  CHECK(p.halves.number == 2);
  CHECK(p.halves.next != first.next);
  auto row = read_row<rows::lock_share>(p.s.disk, ports::table::device, rows::key_of_share(p.pc));
  CHECK(row->row.share == first.next); // and half 1 stands nowhere any more
}

TEST_CASE("she ends her session on another device, and nobody else's") {
  person p;
  as<ask::logged_in>(p.signs_in(password));
  as<ask::logged_in>(p.signs_in(password, p.phone));
  auto off = [&](const device_id& d) { return p.answer_to(sign_off{p.on_device(p.pc), p.now, d}); };
  as<ask::done>(off(p.phone));
  CHECK(p.last_entry().object == p.phone.value);
  CHECK_FALSE(p.back(p.phone).user);
  CHECK(p.back(p.pc).user == p.id);
  CHECK(why(off(p.phone)) == refusal::not_found);
  CHECK(why(off(build::named<device_id>("unknown"))) == refusal::not_found);
}

TEST_CASE("a log-off never takes another person's new session along") {
  person p;
  as<ask::logged_in>(p.signs_in(password));
  auto second = build::named<user_id>("nurse2");
  act a;
  a.entry.kind = rules::audit_kind::logged_in;
  a.changes.push_back(put_row(ports::table::session, to_bytes(p.pc.view()),
                              rows::session{second, p.now, p.now + 1000, p.now, {}}));
  // The log-off has read the row before the other one's log-in is committed.
  auto theirs = p.w.ask<committed>(p.store, write_of({a}));
  auto off = p.w.ask<outcome>(p.actor, sign_off{p.on_device(p.pc), p.now});
  p.w.run();
  CHECK(theirs->answer);
  as<ask::done>(*off->answer);
  auto row = read_row<rows::session>(p.s.disk, ports::table::session, p.pc.view());
  REQUIRE(row);
  CHECK(row->row.user == second);
}

TEST_CASE("a worker that hangs gives no free tries and no endless queue") {
  person p;
  struct hung {
    std::vector<check_password> jobs;
    std::vector<caf::typed_response_promise<password_checked>> answers;
  } h;
  p.stop(p.worker);
  p.worker = p.w.sys.spawn([&h](password_actor::pointer self) -> password_actor::behavior_type {
    return {[&h, self](const check_password& m) -> caf::result<password_checked> {
              h.jobs.push_back(m);
              h.answers.push_back(self->make_response_promise<password_checked>());
              return h.answers.back();
            },
            [](const make_password_hash&) { return password_hash{}; }};
  });
  p.park();
  std::vector<std::shared_ptr<asked<outcome>>> asked_for;
  for (std::uint32_t i = 0; i < rules::free_tries_max; ++i)
    asked_for.push_back(p.tries(password, p.pc));
  p.w.run();
  p.w.advance(password_timeout + std::chrono::seconds{1});
  for (const auto& a : asked_for)
    CHECK(why(*a->answer) == refusal::overloaded);
  CHECK(p.line->taken() == rules::free_tries_max); // the jobs still stand there
  CHECK(why(p.signs_in(password)) == refusal::too_many_tries);
  // Of one person, and of the house.
  std::vector<user_actor> others;
  std::size_t let_in = rules::free_tries_max;
  for (std::size_t u = 0; u < 6; ++u) {
    others.push_back(p.spawn(build::named<user_id>("person " + std::to_string(u))));
    for (std::size_t i = 0; i < rules::sign_ins_waiting_max + 1; ++i) {
      auto d = build::named<device_id>("device " + std::to_string(i));
      auto a = p.w.ask<outcome>(others.back(), sign_in{p.on_device(d), {}, "x", "123456", {}, p.now});
      p.w.run();
      let_in += a->answer ? 0 : 1;
    }
  }
  CHECK(let_in == rules::passwords_waiting_max);
  CHECK(h.jobs.size() == rules::passwords_waiting_max);
  h.jobs.clear(); // done: the places are free
  CHECK(p.line->taken() == 0);
  h.answers.clear();
  p.w.run();
  for (auto& o : others)
    p.stop(o);
}
