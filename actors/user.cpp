#include "user.hpp"
#include "life_rows.hpp"
#include "stored.hpp"
#include "timeouts.hpp"

namespace wardline {

act act_of(rules::audit_kind kind, const caller& who, const user_id& user, time_ms now) {
  act a;
  a.entry.kind = kind;
  a.entry.time = now;
  a.entry.user = user;
  a.entry.device = who.device;
  return a;
}

caf::result<outcome> user_state::on(const sign_in& m) {
  if (m.second_factor.empty())
    return refused(refusal::second_factor_needed);
  auto& t = tries_of(*m.who);
  if (auto at = next_try_at(t); at > m.now)
    return refused_until(refusal::too_many_tries, at);
  auto own = line->take();
  auto of_house = with.line->take();
  if (!own || !of_house)
    return refused(refusal::overloaded);
  // Wrong until proved right: tries sent all at once are throttled like any others.
  ++t.wrong;
  t.last = m.now;
  auto row = read_row<rows::user>(*with.rows, ports::table::user, user.view());
  // An unknown person costs the same work: the empty string is checked against a fixed hash.
  check_password work{
      row ? row->row.password : std::string{}, m.password, {std::move(own), std::move(of_house)}};
  auto answer = self->make_response_promise<outcome>();
  self->request(with.passwords, password_timeout, std::move(work))
      .then([this, asked = m, answer, known = row.has_value()](
                const password_checked& checked) { judge(asked, checked.right && known, answer); },
            [this, device = m.who->device, answer](const caf::error& e) mutable {
              // After a timeout the password may still be checked: the try stays counted. Without a worker it
              // is never checked.
              if (e != caf::sec::request_timeout)
                take_back(device);
              answer.deliver(refused(refusal::overloaded));
            });
  return answer;
}

/// Counted in memory and, once refused, in a row: neither parking nor a restart gives free tries.
rules::tries& user_state::tries_of(const caller& who) {
  const auto& d = who.device;
  auto found = tries.find(d);
  if (found != tries.end())
    return found->second;
  if (tries.size() >= tries_kept_max)
    tries.erase(tries.begin());
  auto row = read_row<rows::wrong_passwords>(*with.rows, ports::table::device,
                                             rows::key_of_wrong_passwords(d, user));
  auto& out = tries[d];
  if (row)
    out = {row->row.in_a_row, row->row.last, row->row.known};
  // A device of her own knows her from its certificate on.
  out.known = out.known || who.kind != rules::device_class::station;
  return out;
}

/// A device that knows her looks at its own tries alone: nobody elsewhere locks her out of it.
time_ms user_state::next_try_at(const rules::tries& t) const {
  auto here = rules::next_try_at(t);
  if (t.known || !user)
    return here;
  auto row = read_row<rows::strange_tries>(*with.rows, ports::table::user, rows::key_of_strange_tries(user));
  return row ? std::max(here, rules::next_strange_try_at({row->row.in_a_row, row->row.last})) : here;
}

/// The try was neither right nor wrong.
void user_state::take_back(const device_id& d) {
  if (auto found = tries.find(d); found != tries.end() && found->second.wrong > 0)
    --found->second.wrong;
}

/// Both are always looked at: which of them was wrong shows nowhere.
void user_state::judge(const sign_in& m, bool right_password, promise answer) {
  auto factor = check_factor(m.second_factor, m.now);
  if (right_password && factor.right)
    admit(m, factor, answer);
  else
    refuse(m, answer);
}

void user_state::admit(const sign_in& m, const checked_factor& factor, promise answer) {
  const auto& device = m.who->device;
  auto limits = rules::limits_of(m.who->kind);
  auto until = m.now + limits.whole_ms;
  auto a = act_of(rules::audit_kind::logged_in, *m.who, user, m.now);
  // A device that is turned out meanwhile gets neither session nor share.
  if (gated_on_disk(*with.rows, device))
    return deliver(answer, refused(refusal::device_revoked));
  a.only_if.push_back(not_gated(device));
  a.changes.push_back(put_row(ports::table::session, to_bytes(device.view()),
                              rows::session{user, m.now, until, m.now, m.handshake}));
  a.changes.push_back(put_row(ports::table::device, rows::key_of_wrong_passwords(device, user),
                              rows::wrong_passwords{0, 0, true}));
  a.changes.push_back({ports::del(ports::table::user, rows::key_of_strange_tries(user)), false});
  put_factor(a, user, factor);
  // The same pair until the device has confirmed the new half (e2ee 5.13).
  auto key = rows::key_of_share(device);
  auto kept = read_row<rows::lock_share>(*with.rows, ports::table::device, key);
  rows::lock_share share{1, bytes(secret32::size), {}};
  if (kept)
    share = kept->row;
  else
    with.random->fill(share.share);
  // Until a backup holds the half in force, the one before stays, and no further one is made.
  bool covered = kept && kept->at.leaf < safe_leaves(*with.rows);
  if (covered && !share.earlier.empty()) {
    wipe(share.earlier);
    share.earlier.clear();
  }
  if (share.next.empty() && share.earlier.empty()) {
    share.next.resize(secret32::size);
    with.random->fill(share.next);
    // Another person may be logging in on this station right now; a damaged share can only be replaced.
    if (kept)
      a.only_if.push_back(unchanged(ports::table::device, key, kept->stored));
    else if (with.rows->read(ports::table::device, key).status == ports::read_status::absent)
      a.only_if.push_back(absent(ports::table::device, key));
    a.changes.push_back(put_row(ports::table::device, key, share));
  }
  auto halves = std::make_shared<lock_shares>();
  halves->number = share.number;
  halves->share = secret32{share.share};
  if (!share.next.empty())
    halves->next.emplace(bytes_view{share.next});
  halves->earlier_kept = !share.earlier.empty();
  wipe(share.share);
  wipe(share.next);
  wipe(share.earlier);
  outcome in{wire::device::logged_in{user, until, {}, limits.idle_ms}, m.now, std::move(halves)};
  self->request(with.store, store_timeout, write{{std::move(a)}})
      .then(
          [this, device, in, answer](const committed&) mutable {
            tries[device] = {0, 0, true};
            answer.deliver(std::move(in));
          },
          [this, m, answer](const caf::error& e) mutable {
            if (refusal_of(e) == refusal::precondition_failed)
              return judge(m, true, answer); // the share stands there now, or the code was just used
            take_back(m.who->device);
            answer.deliver(refused(refusal_of(e)));
          });
}

void user_state::count(act& a, const caller& who, const rules::tries& t, time_ms now) const {
  a.changes.push_back(put_row(ports::table::device, rows::key_of_wrong_passwords(who.device, user),
                              rows::wrong_passwords{t.wrong, t.last, t.known}));
  if (t.known || !user)
    return;
  auto key = rows::key_of_strange_tries(user);
  auto all = read_row<rows::strange_tries>(*with.rows, ports::table::user, key);
  auto before = all ? all->row.in_a_row : 0;
  a.changes.push_back(
      put_row(ports::table::user, key, rows::strange_tries{before == UINT32_MAX ? before : before + 1, now}));
}

void user_state::refuse(const sign_in& m, promise answer) {
  auto& t = tries_of(*m.who);
  if (t.wrong == 0) { // a right one came in between
    t.wrong = 1;
    t.last = m.now;
  }
  auto a = act_of(rules::audit_kind::log_in_refused, *m.who, user, m.now);
  count(a, *m.who, t, m.now);
  // The refusal goes out only after its leaf is durable: nobody tries passwords unseen.
  self->request(with.store, store_timeout, write{{std::move(a)}})
      .then([answer](const committed&) mutable { answer.deliver(refused(refusal::wrong_password)); },
            [answer](const caf::error& e) mutable { answer.deliver(refused(refusal_of(e))); });
}

/// The half in force, and no new one: nobody has just logged in.
outcome user_state::on(const resume& m) const {
  auto session = read_row<rows::session>(*with.rows, ports::table::session, m.who->device.view());
  auto limits = rules::limits_of(m.who->kind);
  auto left = session && session->row.user == user
                  ? std::min(rules::left_by_wall(session->row.until, m.now, limits), m.left_ms)
                  : 0;
  auto share =
      read_row<rows::lock_share>(*with.rows, ports::table::device, rows::key_of_share(m.who->device));
  if (left == 0 || !share)
    return {wire::device::welcome{}};
  wire::device::welcome w;
  w.user = user;
  w.session_until = m.now + left;
  w.idle = limits.idle_ms;
  w.safe_leaves = safe_leaves(*with.rows);
  auto half = std::make_shared<lock_shares>();
  half->number = share->row.number;
  half->share = secret32{share->row.share};
  half->earlier_kept = !share->row.earlier.empty();
  wipe(share->row.share);
  wipe(share->row.next);
  wipe(share->row.earlier);
  wipe(share->stored);
  return {std::move(w), session->row.proved, std::move(half), m.quiet_ms};
}

caf::result<outcome> user_state::on(const sign_off& m) {
  auto answer = self->make_response_promise<outcome>();
  sign_off_again(m, answer);
  return answer;
}

void user_state::sign_off_again(const sign_off& m, promise answer) {
  auto device = m.device ? m.device : m.who->device;
  auto a = act_of(rules::audit_kind::logged_off, *m.who, user, m.now);
  a.entry.object = device.value;
  if (m.why != refusal::none)
    a.entry.detail = to_bytes(view(name_of(m.why)));
  // On a station somebody else may be logged in by now: her session stays.
  auto session = read_row<rows::session>(*with.rows, ports::table::session, device.view());
  if (session && session->row.user == user) {
    a.changes.push_back({ports::del(ports::table::session, to_bytes(device.view())), false});
    a.only_if.push_back(unchanged(ports::table::session, to_bytes(device.view()), session->stored));
  } else if (device != m.who->device) {
    return deliver(answer, refused(refusal::not_found));
  }
  self->request(with.store, store_timeout, write{{std::move(a)}})
      .then(
          [answer](const committed& c) mutable {
            answer.deliver(outcome{wire::device::done{c.stamps.front().leaf}});
          },
          [this, m, answer](const caf::error& e) mutable {
            if (refusal_of(e) == refusal::precondition_failed)
              return sign_off_again(m, answer);
            answer.deliver(refused(refusal_of(e)));
          });
}

user_actor::behavior_type user(user_actor::stateful_pointer<user_state> self, const user_id& id,
                               user_parts with) {
  auto& st = self->state;
  st.self = self;
  st.user = id;
  st.with = std::move(with);
  return {
      [&st](const sign_in& m) { return st.on(m); },
      [&st](const resume& m) { return st.on(m); },
      [&st](const sign_off& m) { return st.on(m); },
      [&st](const ask_user& m) { return st.on(m); },
  };
}

} // namespace wardline
