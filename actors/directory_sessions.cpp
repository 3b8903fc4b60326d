// People and the devices they are logged in on: whose user actor is asked, and how long a session goes on
// without a request. What is idle is counted here, by the steady clock and in memory: after a restart it
// counts from the start.
#include "directory.hpp"
#include "life_rows.hpp"
#include "timeouts.hpp"

namespace wardline {

namespace {

namespace ask = wire::device;

caller_ref as_person(const caller& who, const user_id& user) {
  auto out = std::make_shared<caller>(who);
  out->user = user;
  return out;
}

ask::welcome nobody_here(const ports::reader& rows) {
  ask::welcome out;
  out.safe_leaves = safe_leaves(rows);
  return out;
}

} // namespace

caf::result<outcome> directory_state::on(sign_in& m) {
  // A personal device knows its person; on a station the person names herself, and must exist.
  auto board = with.board->now();
  const auto* device = board->device(m.who->device);
  if (device == nullptr || device->gated)
    return refused(refusal::device_revoked);
  m.user = device->user ? device->user : m.user;
  // Whom nobody knows has a user actor as well, nobody's: the same work, throttling, leaf and answer.
  if (known.person(m.user) == nullptr)
    m.user = {};
  return self->delegate(user(m.user), std::move(m));
}

caf::result<outcome> directory_state::on(resume& m) {
  auto session = read_row<rows::session>(*with.rows, ports::table::session, m.who->device.view());
  if (!session || known.person(session->row.user) == nullptr)
    return outcome{nobody_here(*with.rows)};
  const auto& person = session->row.user;
  auto limits = rules::limits_of(m.who->kind);
  auto& use = used[m.who->device];
  if (use.user != person)
    use = {person, steady, steady + rules::left_by_wall(session->row.until, m.now, limits)};
  if (rules::idle_over(use, steady, limits.idle_ms) || steady >= use.ends) {
    auto why = steady >= use.ends ? refusal::not_logged_in : refusal::logged_off_idle;
    self->request(user(person), answer_timeout, sign_off{as_person(*m.who, person), m.now, {}, why})
        .then([](const outcome&) {}, [](const caf::error&) {});
    return outcome{nobody_here(*with.rows)};
  }
  m.left_ms = use.ends - steady;
  m.quiet_ms = steady - std::min(steady, use.last);
  return self->delegate(user(person), std::move(m));
}

caf::result<outcome> directory_state::on(const sign_off& m) {
  if (known.person(m.who->user) == nullptr)
    return refused(refusal::not_logged_in);
  auto device = m.device ? m.device : m.who->device;
  auto answer = self->make_response_promise<outcome>();
  self->request(user(m.who->user), answer_timeout, m)
      .then(
          [this, device, own = m.who->device, person = m.who->user, answer](outcome& o) mutable {
            bool ended = std::holds_alternative<ask::done>(o.result);
            if (auto held = used.find(device); ended && held != used.end() && held->second.user == person)
              used.erase(held);
            if (auto live = online.find(device); ended && device != own && live != online.end())
              self->send(live->second.session, end_session{refusal::not_logged_in, person});
            answer.deliver(std::move(o));
          },
          [answer](const caf::error& e) mutable { answer.deliver(refused(refusal_of(e))); });
  return answer;
}

caf::result<outcome> directory_state::on(const ask_user& m) {
  if (known.person(m.who->user) == nullptr)
    return refused(refusal::not_logged_in);
  return self->delegate(user(m.who->user), m);
}

void directory_state::on(const session_used& m) {
  auto& use = used[m.device];
  bool same = use.user == m.use.user && !m.logged_in;
  auto ends = same ? std::min(use.ends, m.use.ends) : m.use.ends;
  use = {m.use.user, same ? std::max(use.last, m.use.last) : m.use.last, ends};
}

} // namespace wardline
