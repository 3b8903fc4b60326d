#include "user.hpp"
#include "stored.hpp"
#include "timeouts.hpp"
#include "wire/secret.hpp"

namespace wardline {

namespace {

act act_of(rules::audit_kind kind, const caller& who, const user_id& user, time_ms now) {
  act a;
  a.entry.kind = kind;
  a.entry.time = now;
  a.entry.user = user;
  a.entry.device = who.device;
  return a;
}

} // namespace

caf::result<outcome> user_state::on(sign_in& m) {
  auto& t = tries_of(m.who->device);
  if (auto at = rules::next_try_at(t); at > m.now)
    return refused_until(refusal::too_many_tries, at);
  if (waiting >= rules::sign_ins_waiting_max)
    return refused(refusal::overloaded);
  // Wrong until proved right: tries sent all at once are throttled like any others.
  ++t.wrong;
  t.last = m.now;
  ++waiting;
  auto row = read_row<rows::user>(*rows, ports::table::user, user.view());
  // An unknown person costs the same work: the empty string is checked against a fixed hash.
  check_password work{row ? row->row.password : std::string{}, std::move(m.password)};
  wipe_text(m.password);
  auto answer = self->make_response_promise<outcome>();
  auto checking = self->request(passwords, password_timeout, std::move(work));
  wipe_text(work.password);
  checking.then(
      [this, asked = m, answer, known = row.has_value()](const password_checked& checked) {
        --waiting;
        if (checked.right && known)
          admit(asked, answer);
        else
          refuse(asked, answer);
      },
      [this, device = m.who->device, answer](const caf::error&) mutable {
        --waiting;
        take_back(device);
        answer.deliver(refused(refusal::overloaded));
      });
  return answer;
}

/// Counted in memory and, once refused, in a row: neither parking nor a restart gives free tries.
rules::tries& user_state::tries_of(const device_id& d) {
  auto found = tries.find(d);
  if (found != tries.end())
    return found->second;
  if (tries.size() >= tries_kept_max)
    tries.erase(tries.begin());
  auto row =
      read_row<rows::wrong_passwords>(*rows, ports::table::device, rows::key_of_wrong_passwords(d, user));
  return tries[d] = row ? rules::tries{row->row.in_a_row, row->row.last} : rules::tries{};
}

/// The try was neither right nor wrong.
void user_state::take_back(const device_id& d) {
  if (auto found = tries.find(d); found != tries.end() && found->second.wrong > 0)
    --found->second.wrong;
}

void user_state::admit(const sign_in& m, caf::typed_response_promise<outcome> answer) {
  const auto& device = m.who->device;
  auto until = m.now + rules::session_ms_max;
  auto a = act_of(rules::audit_kind::logged_in, *m.who, user, m.now);
  a.changes.push_back(put_row(ports::table::session, to_bytes(device.view()),
                              rows::session{user, m.now, until, m.handshake}));
  a.changes.push_back({ports::del(ports::table::device, rows::key_of_wrong_passwords(device, user)), false});
  auto key = rows::key_of_share(device);
  auto kept = read_row<rows::lock_share>(*rows, ports::table::device, key);
  rows::lock_share share{1, bytes(32)};
  if (kept) {
    share = kept->row;
  } else {
    random->fill(share.share);
    // Another person may be logging in on this station right now; a damaged share can only be replaced.
    if (rows->read(ports::table::device, key).status == ports::read_status::absent)
      a.only_if.push_back(absent(ports::table::device, key));
    a.changes.push_back(put_row(ports::table::device, key, share));
  }
  self->request(store, store_timeout, write{{std::move(a)}})
      .then(
          [this, device, until, share, answer](const committed&) mutable {
            tries.erase(device);
            answer.deliver(outcome{wire::device::logged_in{user, until, {share.number, share.share}}});
          },
          [this, m, answer](const caf::error& e) mutable {
            if (refusal_of(e) == refusal::precondition_failed)
              return admit(m, answer); // the share stands there now
            take_back(m.who->device);
            answer.deliver(refused(refusal_of(e)));
          });
}

void user_state::refuse(const sign_in& m, caf::typed_response_promise<outcome> answer) {
  auto& t = tries_of(m.who->device);
  if (t.wrong == 0) // a right one came in between
    t = {1, m.now};
  auto a = act_of(rules::audit_kind::log_in_refused, *m.who, user, m.now);
  a.changes.push_back(put_row(ports::table::device, rows::key_of_wrong_passwords(m.who->device, user),
                              rows::wrong_passwords{t.wrong, t.last}));
  // The refusal goes out only after its leaf is durable: nobody tries passwords unseen.
  self->request(store, store_timeout, write{{std::move(a)}})
      .then([answer](const committed&) mutable { answer.deliver(refused(refusal::wrong_password)); },
            [answer](const caf::error& e) mutable { answer.deliver(refused(refusal_of(e))); });
}

outcome user_state::on(const resume& m) const {
  auto session = read_row<rows::session>(*rows, ports::table::session, m.who->device.view());
  if (!session || session->row.user != user || session->row.until <= m.now)
    return {wire::device::welcome{}};
  auto share = read_row<rows::lock_share>(*rows, ports::table::device, rows::key_of_share(m.who->device));
  if (!share)
    return {wire::device::welcome{}};
  wire::device::welcome w;
  w.user = user;
  w.session_until = session->row.until;
  w.share = {share->row.number, share->row.share};
  return {w};
}

caf::result<outcome> user_state::on(const sign_off& m) {
  auto a = act_of(rules::audit_kind::logged_off, *m.who, user, m.now);
  // On a station somebody else may be logged in by now.
  auto session = read_row<rows::session>(*rows, ports::table::session, m.who->device.view());
  if (session && session->row.user == user)
    a.changes.push_back({ports::del(ports::table::session, to_bytes(m.who->device.view())), false});
  auto answer = self->make_response_promise<outcome>();
  self->request(store, store_timeout, write{{std::move(a)}})
      .then(
          [answer](const committed& c) mutable {
            answer.deliver(outcome{wire::device::done{c.stamps.front().leaf}});
          },
          [answer](const caf::error& e) mutable { answer.deliver(refused(refusal_of(e))); });
  return answer;
}

user_actor::behavior_type user(user_actor::stateful_pointer<user_state> self, const user_id& id,
                               const ports::reader* rows, ports::random* random, store_actor store,
                               password_actor passwords) {
  auto& st = self->state;
  st.self = self;
  st.user = id;
  st.rows = rows;
  st.random = random;
  st.store = std::move(store);
  st.passwords = std::move(passwords);
  return {
      // By mutable reference: the password is moved on, and wiped here.
      [&st](sign_in& m) { return st.on(m); },
      [&st](const resume& m) { return st.on(m); },
      [&st](const sign_off& m) { return st.on(m); },
  };
}

} // namespace wardline
