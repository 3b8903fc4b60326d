// Who is logged in on a channel, and for how long: by the wall clock and by the steady one, whichever ends
// first, so that nobody stays longer because a clock was set back.
#include "device_session.hpp"
#include "timeouts.hpp"

namespace wardline {

namespace {

namespace asked = wire::device;

/// What devices ask by themselves is no sign that somebody is there.
bool asked_by_itself(const asked::request_body& what) {
  return std::holds_alternative<asked::hello>(what) || std::holds_alternative<asked::get_checkpoint>(what) ||
         std::holds_alternative<asked::get_party>(what) || std::holds_alternative<asked::get_objects>(what) ||
         std::holds_alternative<asked::get_changes>(what) || std::holds_alternative<asked::get_packs>(what) ||
         std::holds_alternative<asked::list_pending>(what) ||
         std::holds_alternative<asked::want_pack>(what) ||
         std::holds_alternative<asked::get_key_lists>(what) || std::holds_alternative<asked::submit>(what) ||
         std::holds_alternative<asked::meet_life>(what);
}

void put_shares(asked::share& out, const lock_shares& held) {
  out.number = held.number;
  out.value = to_bytes(held.share.view());
  if (held.next) {
    out.next_number = held.number + 1;
    out.next = to_bytes(held.next->view());
  }
  out.oldest = held.earlier_kept ? held.number - 1 : 0;
}

} // namespace

void device_session_state::adopt(const user_id& person, time_ms until, std::uint64_t idle, const outcome& o,
                                 bool just_now) {
  user = person;
  user_until = until;
  idle_ms = idle;
  use = {person, steady - std::min(steady, o.quiet_ms), steady + (until > now ? until - now : 0)};
  proved = o.proved <= now ? o.proved : 0;
  proved_steady = steady - std::min<std::uint64_t>(steady, now - proved);
  last_clinic.reset();
  if (just_now)
    self->send(parts.directory, session_used{device, use, true});
  told_used = steady;
}

/// Also what is still on its way to a log-in: it comes too late.
void device_session_state::forget_user() {
  user = {};
  user_until = 0;
  proved = 0;
  use = {};
  logging_in.clear();
  last_clinic.reset();
}

/// Whatever comes of it, this channel has forgotten the person.
void device_session_state::sign_off_now(const user_id& person, refusal why) {
  auto whose = std::make_shared<caller>();
  whose->device = device;
  whose->user = person;
  self->request(parts.directory, answer_timeout, sign_off{std::move(whose), now, {}, why})
      .then([](const outcome&) {}, [](const caf::error&) {});
}

/// By a limit: the device is told, and the session's row goes.
void device_session_state::end_person(refusal why) {
  auto last = user;
  forget_user();
  send(asked::encode(asked::from_daemon{asked::session_ended{why}}));
  sign_off_now(last, why);
}

void device_session_state::check_limits() {
  if (!user)
    return;
  if (now >= user_until || steady >= use.ends)
    return end_person(refusal::not_logged_in);
  if (rules::idle_over(use, steady, idle_ms))
    return end_person(refusal::logged_off_idle);
  if (proved != 0 && steady - proved_steady > rules::proved_ms_max) {
    proved = 0;
    last_clinic.reset();
  }
}

void device_session_state::count_as_used(const asked::request_body& what) {
  if (!user || asked_by_itself(what))
    return;
  use.last = steady;
  if (told_used == steady)
    return; // once a tick is often enough
  told_used = steady;
  self->send(parts.directory, session_used{device, use, false});
}

/// False: the log-in came too late, and is undone.
bool device_session_state::take_log_in(const request_id& id, outcome& o) {
  bool waited_for = logging_in.erase(id) > 0;
  auto* w = std::get_if<asked::welcome>(&o.result);
  auto* l = std::get_if<asked::logged_in>(&o.result);
  auto person = w != nullptr ? w->user : l != nullptr ? l->user : user_id{};
  if (!person)
    return true;
  if (!waited_for) {
    sign_off_now(person, refusal::none);
    return false;
  }
  adopt(person, w != nullptr ? w->session_until : l->session_until, w != nullptr ? w->idle : l->idle, o,
        l != nullptr);
  if (o.shares)
    put_shares(w != nullptr ? w->share : l->share, *o.shares);
  return true;
}

} // namespace wardline
