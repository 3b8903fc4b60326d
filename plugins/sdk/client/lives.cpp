#include "client/lives.hpp"
#include <algorithm>

namespace wardline::client {

void lives::meet(ended then) {
  tries_ = 0;
  ask(std::move(then));
}

void lives::ask(ended then) {
  const auto& pin = *core_.pin;
  wire::device::meet_life request{pin.incarnation, pin.head.size, pin.head.root};
  core_.link.ask_for<wire::device::exposure>(
      request, [this, then](const result<wire::device::exposure>& answer) {
        if (!core_.inner || !is_new())
          return then(core_.inner ? refusal::none : refusal::not_logged_in);
        if (!answer)
          return again(answer.why(), then);
        auto told = read(*answer);
        if (!told && told.why() == refusal::not_in_log)
          return again(told.why(), then); // a leaf younger than the checkpoint is proved a second later
        if (!told)
          return fail(told.why(), then);
        if (!told->admitted && e2ee::leaves_kept(*core_.pin, told->lives) == core_.pin->head.size)
          with_growth(*told, then);
        else
          adopt(*told, {}, then);
      });
}

expected<lives::story> lives::read(const wire::device::exposure& x) const {
  auto head = log_.of_later_life(x.checkpoint);
  if (!head)
    return head.why();
  story out{std::move(*head), {}, false};
  for (const auto& l : x.leaves) {
    auto entry = log_.prove_entry(l, out.head);
    if (!entry)
      return entry.why();
    if (entry->kind == e2ee::entry_life_opened) {
      auto what = e2ee::decode_opened_life(entry->detail);
      if (!what || what->restored != entry->leaf)
        return refusal::log_other_origin;
      out.lives.push_back({incarnation_id{entry->object}, std::move(*what)});
    } else {
      out.admitted = out.admitted || admits(*entry);
    }
  }
  return out;
}

bool lives::admits(const log_entry& e) const {
  const auto& pin = *core_.pin;
  e2ee::reader detail{e.detail};
  return e.kind == e2ee::entry_pin_shown && e.device == core_.me->id && e.object == pin.incarnation.value &&
         e.hash == pin.head.root && detail.u64() == pin.head.size && detail.left() == 0;
}

/// Everything this device saw came back: one proof from its pin says so.
void lives::with_growth(const story& s, ended then) {
  core_.link.ask_for<wire::device::checkpoint>(
      wire::device::get_checkpoint{core_.pin->head.size},
      [this, s, then](const result<wire::device::checkpoint>& answer) {
        if (!core_.inner || !is_new())
          return then(core_.inner ? refusal::none : refusal::not_logged_in);
        if (!answer)
          return again(answer.why(), then);
        auto head = log_.of_later_life(answer->note);
        if (!head)
          return fail(head.why(), then);
        if (*head != s.head) // the log moved on in between: both anew
          return again(refusal::needs, then);
        adopt(s, answer->consistency, then);
      });
}

void lives::adopt(const story& s, std::span<const hash32> consistency, const ended& then) {
  auto earlier = *core_.pin;
  auto next = e2ee::adopt_life(earlier, core_.incarnation, s.head, s.lives, consistency, s.admitted);
  if (!next)
    return fail(next.why(), then);
  auto kept = e2ee::leaves_kept(earlier, s.lives);
  store_changes all;
  auto why = objects_.forget_places_from(kept, all);
  if (why == refusal::none)
    why = outbox_.offer_again(all);
  if (why != refusal::none)
    return then(why);
  core_.pin = *next;
  core_.pin_moved = true;
  why = core_.commit(std::move(all));
  if (why != refusal::none) {
    core_.pin = earlier;
    core_.pin_moved = false;
    return then(why);
  }
  notice n;
  n.what = notice::about::restored;
  n.forgotten = earlier.head.size - kept;
  core_.say(n);
  then(refusal::none);
}

/// What passes is asked again for as long as it takes: before this nothing else can be learned from the
/// server.
void lives::again(refusal why, ended then) {
  bool later = why == refusal::needs || why == refusal::not_in_log;
  if (later ? ++tries_ > proof_tries_max : !passes(why) || why == refusal::not_logged_in)
    return fail(why, then);
  core_.after(proof_wait_ms, [this, then] {
    if (core_.inner && is_new())
      ask(then);
    else
      then(refusal::not_logged_in);
  });
}

void lives::fail(refusal why, const ended& then) const {
  if (!passes(why))
    core_.say({notice::about::log, why, {}, {}, {}, {}});
  then(why);
}

} // namespace wardline::client
