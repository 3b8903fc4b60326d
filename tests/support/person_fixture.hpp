#pragma once
// A person with a password and an authenticator, on a disk without a clinic: a user asks nobody else.
#include "people_fixture.hpp"
#include "timeouts.hpp"

namespace wardline {

struct person {
  world w;
  store_fixture s;
  cheap_passwords passwords;
  daemon::oath_factor factors;
  std::shared_ptr<waiting_line> line = std::make_shared<waiting_line>(rules::passwords_waiting_max);
  store_actor store = s.spawn(w);
  password_actor worker = w.sys.spawn(password_worker, &passwords);
  user_id id = build::named<user_id>("nurse1");
  device_id pc = build::named<device_id>("pc");
  device_id phone = build::named<device_id>("phone");
  rules::device_class kind = rules::device_class::personal_staff;
  hash32 handshake = build::drawn("handshake");
  time_ms now = build::founded;
  time_ms proved = 0;
  authenticator hers{"nurse1"};
  user_actor actor;
  /// What the last answer gave to the channel's end.
  struct {
    std::uint32_t number = 0;
    bytes share;
    bytes next;
  } halves;

  person() {
    act a;
    a.entry.kind = rules::audit_kind::enrolled;
    a.changes.push_back(
        put_row(ports::table::user, to_bytes(id.view()),
                rows::user{build::named<party_id>("nurse1"), "nurse1", "phc of " + password}));
    a.changes.push_back(
        put_row(ports::table::user, rows::key_of_factor(id), rows::second_factor{hers.secret, {}, {}, {}}));
    w.ask<committed>(store, write_of({a}));
    w.run();
    actor = spawn(id);
  }
  ~person() {
    stop(actor);
    stop(worker);
    stop(store);
  }
  person(const person&) = delete;
  person& operator=(const person&) = delete;

  user_actor spawn(const user_id& u) {
    return w.sys.spawn(user, u, user_parts{&s.disk, &s.dice, &s.journal, &factors, store, worker, line});
  }
  template <class Handle>
  void stop(Handle& h) {
    caf::anon_send_exit(h, caf::exit_reason::user_shutdown);
    h = Handle{};
    w.run();
  }
  /// As idle ones are let go, and as after a restart.
  void park() {
    stop(actor);
    actor = spawn(id);
  }

  caller_ref on_device(const device_id& d) const {
    auto out = std::make_shared<caller>();
    out->device = d;
    out->user = id;
    out->kind = kind;
    out->proved = proved;
    return out;
  }
  std::shared_ptr<asked<outcome>> tries(const std::string& word, const device_id& d,
                                        const std::string& factor) {
    return w.ask<outcome>(actor, sign_in{on_device(d), id, word, factor, handshake, now});
  }
  std::shared_ptr<asked<outcome>> tries(const std::string& word, const device_id& d) {
    return tries(word, d, hers.shows(now));
  }
  template <class Message>
  outcome answer_to(Message m) {
    auto a = w.ask<outcome>(actor, std::move(m));
    w.run();
    REQUIRE(a->answer);
    if (const auto& got = a->answer->shares) {
      halves.number = got->number;
      halves.share = to_bytes(got->share.view());
      halves.next = got->next ? to_bytes(got->next->view()) : bytes{};
    }
    return *a->answer;
  }
  /// With the right second factor, not used before. A right one that was not needed is not used up.
  outcome signs_in(const std::string& word, const device_id& d) {
    auto before = hers;
    auto at = now;
    auto factor = hers.fresh(at);
    if (word == password)
      now = at;
    auto out = answer_to(sign_in{on_device(d), id, word, factor, handshake, now});
    if (!std::holds_alternative<wire::device::logged_in>(out.result))
      hers = before;
    return out;
  }
  outcome signs_in(const std::string& word) { return signs_in(word, pc); }
  outcome signs_in_with(const std::string& factor) {
    return answer_to(sign_in{on_device(pc), id, password, factor, handshake, now});
  }
  wire::device::welcome back(const device_id& d) {
    return as<wire::device::welcome>(answer_to(resume{on_device(d), now}));
  }
  outcome signs_off() { return answer_to(sign_off{on_device(pc), now}); }
  template <class What>
  outcome asks(What what) {
    return answer_to(ask_user{on_device(pc), std::move(what), now});
  }
  rows::second_factor factor_row() const {
    auto row = read_row<rows::second_factor>(s.disk, ports::table::user, rows::key_of_factor(id));
    REQUIRE(row);
    return row->row;
  }

  std::size_t leaves() const { return s.disk.rows[static_cast<std::size_t>(ports::table::leaf)].size(); }
  rules::audit_entry last_entry() const {
    return rules::decode_audit_entry(read_entry(s.disk, leaves() - 1)->entry).value();
  }
};

} // namespace wardline
