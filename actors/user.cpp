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

caf::result<outcome> user_state::on(const sign_in& m) {
  auto now_allowed_at = rules::next_try_at(tries[m.who->device]);
  if (now_allowed_at > m.now)
    return refused_until(refusal::too_many_tries, now_allowed_at);
  if (waiting >= rules::sign_ins_waiting_max)
    return refused(refusal::overloaded);
  auto row = read_row<rows::user>(*rows, ports::table::user, user.view());
  auto answer = self->make_response_promise<outcome>();
  ++waiting;
  // An unknown person costs the same work: the empty string is checked against a fixed hash.
  auto stored = row ? row->row.password : std::string{};
  sign_in asked = m;
  wipe({reinterpret_cast<std::uint8_t*>(asked.password.data()), asked.password.size()});
  self->request(passwords, password_timeout, check_password{stored, m.password})
      .then(
          [this, asked, answer](const password_checked& checked) {
            --waiting;
            if (checked.right)
              admit(asked, answer);
            else
              refuse(asked, answer);
          },
          [this, answer](const caf::error&) mutable {
            --waiting;
            answer.deliver(refused(refusal::overloaded));
          });
  return answer;
}

void user_state::admit(const sign_in& m, caf::typed_response_promise<outcome> answer) {
  auto until = m.now + rules::session_ms_max;
  auto a = act_of(rules::audit_kind::logged_in, *m.who, user, m.now);
  a.changes.push_back(put_row(ports::table::session, to_bytes(m.who->device.view()),
                              rows::session{user, m.now, until, m.handshake}));
  auto key = rows::key_of_share(m.who->device);
  auto kept = read_row<rows::lock_share>(*rows, ports::table::device, key);
  rows::lock_share share{1, bytes(32)};
  if (kept) {
    share = kept->row;
  } else {
    random->fill(share.share);
    a.changes.push_back(put_row(ports::table::device, key, share));
  }
  tries.erase(m.who->device);
  self->request(store, store_timeout, write{{std::move(a)}})
      .then(
          [this, until, share, answer](const committed&) mutable {
            answer.deliver(outcome{wire::device::logged_in{user, until, {share.number, share.share}}});
          },
          [answer](const caf::error& e) mutable { answer.deliver(refused(refusal_of(e))); });
}

void user_state::refuse(const sign_in& m, caf::typed_response_promise<outcome> answer) {
  if (tries.size() < tries_kept_max || tries.contains(m.who->device)) {
    auto& t = tries[m.who->device];
    ++t.wrong;
    t.last = m.now;
  }
  auto a = act_of(rules::audit_kind::log_in_refused, *m.who, user, m.now);
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
      [&st](const sign_in& m) { return st.on(m); },
      [&st](const resume& m) { return st.on(m); },
      [&st](const sign_off& m) { return st.on(m); },
  };
}

} // namespace wardline
