// What became of a message: acknowledged, given back, recalled. Acts are verified as of their place in the
// log.
#include "client/messages.hpp"
#include <algorithm>

namespace wardline::client {

refusal messages::check_act(const e2ee::act& a, std::uint64_t leaf, const known& message,
                            const e2ee::conversation_head& head) const {
  const auto& trust = core_.inner->trust;
  const auto* held = trust.certificate(a.certificate);
  if (held == nullptr)
    return refusal::needs;
  const auto& by = held->what;
  // Whose channel it came through the daemon has checked; a reader asks the certificate that the act names.
  e2ee::act_author author{by.device, by.hash(), by.user ? by.user : a.user, by.signing_key};
  if (auto why = e2ee::check_act_author(a, author); why != refusal::none)
    return why;
  if (auto why = e2ee::check_act_target(a, message.shown.message, message.h); why != refusal::none)
    return why;
  // Who has left since has acknowledged all the same.
  auto then = leaf == 0 ? core::at_end(core_.now()) : e2ee::log_place{leaf, a.time};
  bool member = std::any_of(head.parties.begin(), head.parties.end(),
                            [&](const auto& p) { return e2ee::entitled(trust, by, p.party, then); });
  return member ? refusal::none : refusal::not_entitled_to_act;
}

refusal messages::take_acknowledgement(const e2ee::conversation_head& head, std::uint64_t seq,
                                       const placed_act& act) {
  place at{head.conversation, seq};
  auto found = all_.find(at);
  if (found == all_.end())
    return refusal::not_found;
  auto a = e2ee::act::decode(act.object, core_.me->clinic);
  if (!a)
    return a.why();
  const auto& shown = found->second.shown;
  bool gives_back = a->act == e2ee::act_kind::unacknowledge;
  if (!gives_back && a->act != e2ee::act_kind::acknowledge)
    return refusal::unknown_value;
  // Told before; or given back by somebody who, as far as is known here, does not have it.
  if (gives_back ? shown.acknowledged_by != a->user
                 : shown.acknowledged_by == a->user && shown.acknowledged == a->time)
    return refusal::none;
  if (auto why = check_act(*a, act.leaf, found->second, head); why != refusal::none)
    return why;
  auto why = change(at, [&](rows::message& row) {
    row.acknowledged_by = gives_back ? user_id{} : a->user;
    row.acknowledged = gives_back ? 0 : a->time;
  });
  if (why == refusal::none && core_.events.acknowledged)
    core_.events.acknowledged(all_.at(at).shown);
  return why;
}

refusal messages::take_recall(const e2ee::conversation_head& head, std::uint64_t seq, const placed_act& act) {
  place at{head.conversation, seq};
  auto found = all_.find(at);
  if (found == all_.end())
    return refusal::not_found;
  if (found->second.shown.recalled != 0)
    return refusal::none; // told before
  auto a = e2ee::act::decode(act.object, core_.me->clinic);
  if (!a)
    return a.why();
  if (a->act != e2ee::act_kind::recall)
    return refusal::unknown_value;
  if (!found->second.shown.author)
    return refusal::needs; // whose it is nobody knows here yet
  if (auto why = check_act(*a, act.leaf, found->second, head); why != refusal::none)
    return why;
  if (a->user != found->second.shown.author)
    return refusal::not_entitled_to_act;
  auto why = change(at, [&](rows::message& row) { row.recalled = std::max<time_ms>(a->time, 1); });
  if (why == refusal::none && core_.events.recalled)
    core_.events.recalled(all_.at(at).shown);
  return why;
}

refusal messages::note_recall(const message_id& message, time_ms at, store_changes with) {
  auto found = by_id_.find(message);
  if (found == by_id_.end()) {
    auto why = core_.commit(std::move(with));
    return why == refusal::none ? refusal::not_found : why;
  }
  return change(
      found->second, [&](rows::message& row) { row.recalled = std::max<time_ms>(at, 1); }, std::move(with));
}

refusal messages::note_acknowledgement(const message_id& message, const user_id& by, time_ms at,
                                       store_changes with) {
  auto found = by_id_.find(message);
  if (found == by_id_.end()) {
    auto why = core_.commit(std::move(with));
    return why == refusal::none ? refusal::not_found : why;
  }
  return change(
      found->second,
      [&](rows::message& row) {
        row.acknowledged_by = by;
        row.acknowledged = at;
      },
      std::move(with));
}

} // namespace wardline::client
