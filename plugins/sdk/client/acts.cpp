#include "client/acts.hpp"
#include "e2ee/signing.hpp"
#include <sodium.h>

namespace wardline::client {

expected<bytes> acts::word(e2ee::act_kind what, const message_id& message) const {
  const auto* known = messages_.find(message);
  if (known == nullptr)
    return refusal::not_found;
  if (!core_.who)
    return refusal::not_logged_in;
  if (known->unreadable != refusal::none)
    return known->unreadable;
  e2ee::act_fields act;
  act.act = what;
  act.target = message.value;
  act.h = messages_.h_of(message);
  return sign(act);
}

bytes acts::sign(e2ee::act_fields act) const {
  act.user = core_.who->user;
  act.device = core_.inner->certificate.device;
  act.certificate = core_.inner->certificate.hash();
  act.time = core_.now();
  if (core_.pin) {
    act.tree_size = core_.pin->head.size;
    act.tree_root = core_.pin->head.root;
  }
  return e2ee::sign_object(core_.me->clinic, act, {{core_.inner->signing, e2ee::labels::act}});
}

void acts::acknowledge(const message_id& message, done<acknowledged_message> then) {
  stage(e2ee::act_kind::acknowledge, message, std::move(then));
}

void acts::recall(const message_id& message, done<acknowledged_message> then) {
  const auto* known = messages_.find(message);
  if (known != nullptr && core_.who && known->author != core_.who->user) {
    then(refusal::not_entitled_to_act);
    return;
  }
  stage(e2ee::act_kind::recall, message, std::move(then));
}

void acts::stage(e2ee::act_kind what, const message_id& message, done<acknowledged_message> then) {
  auto said = word(what, message);
  if (!said) {
    then(said.why());
    return;
  }
  if (on_way_.contains(message)) {
    then(refusal::overloaded);
    return;
  }
  if (auto raw = core_.rows.get(table::acts, rows::key_of_id(message))) {
    auto staged = rows::decode<rows::staged_act>(raw->value);
    auto before = staged ? e2ee::act::decode(staged->object, core_.me->clinic)
                         : expected<e2ee::act>{refusal::not_found};
    if (before && before->act == what) {
      send(message, std::move(*staged), std::move(then)); // the same act as before: same answer
      return;
    }
  }
  rows::staged_act staged;
  randombytes_buf(staged.request.value.data(), staged.request.value.size());
  staged.object = std::move(*said);
  store_changes changes;
  core_.rows.put(changes, table::acts, rows::key_of_id(message), rows::encode(staged));
  if (auto why = core_.commit(std::move(changes)); why != refusal::none)
    then(why);
  else
    send(message, std::move(staged), std::move(then));
}

void acts::destroy(const e2ee::conversation_head& head, e2ee::destroy_reason reason,
                   done<std::uint64_t> then) {
  if (!core_.who) {
    then(refusal::not_logged_in);
    return;
  }
  e2ee::act_fields act;
  act.act = e2ee::act_kind::destroy;
  act.target = head.conversation.value;
  act.h = head.hash;
  act.reason = static_cast<std::uint8_t>(reason);
  core_.link.ask_for<wire::device::done>(wire::device::act{sign(act)},
                                         [then](const result<wire::device::done>& answer) {
                                           if (answer)
                                             then(std::uint64_t{answer->leaf});
                                           else
                                             then(answer.no);
                                         });
}

void acts::claim(const message_id& message, std::uint32_t version, done<acknowledged_message> then) {
  auto said = word(e2ee::act_kind::acknowledge, message);
  if (said)
    ask_now(message, wire::device::claim{std::move(*said), version}, core_.who->user, std::move(then));
  else
    then(said.why());
}

void acts::release(const message_id& message, done<acknowledged_message> then) {
  // An acknowledgement that is on its way may be answered behind this.
  if (core_.rows.get(table::acts, rows::key_of_id(message))) {
    then(refusal::overloaded);
    return;
  }
  auto said = word(e2ee::act_kind::unacknowledge, message);
  if (said)
    ask_now(message, wire::device::act{std::move(*said)}, {}, std::move(then));
  else
    then(said.why());
}

void acts::ask_now(const message_id& message, wire::device::request_body what, const user_id& owner,
                   done<acknowledged_message> then) {
  core_.link.ask_for<wire::device::done>(
      std::move(what), [this, message, owner, then](const result<wire::device::done>& answer) {
        if (!core_.inner || !answer) {
          then(core_.inner ? answer.no : refused{refusal::not_logged_in});
          return;
        }
        auto kept = messages_.note_acknowledgement(message, owner, owner ? core_.now() : 0, {});
        if (kept == refusal::none)
          then(acknowledged_message{message, answer->leaf});
        else
          then(kept);
      });
}

void acts::send_all() {
  std::vector<std::pair<message_id, rows::staged_act>> all;
  (void)core_.rows.scan(table::acts, {}, [&](bytes_view key, bytes_view value) {
    auto message = message_id::from(key);
    auto staged = rows::decode<rows::staged_act>(value);
    if (message && staged && !on_way_.contains(*message))
      all.emplace_back(*message, std::move(*staged));
    return refusal::none;
  });
  for (auto& [message, staged] : all)
    send(message, std::move(staged), [](const result<acknowledged_message>&) {});
}

void acts::send(const message_id& message, rows::staged_act staged, done<acknowledged_message> then) {
  // One that was signed before this device's certificate was renewed: the same act, under the new one.
  auto act = e2ee::act::decode(staged.object, core_.me->clinic);
  if (act && act->certificate != core_.inner->certificate.hash()) {
    e2ee::act_fields fields = *act;
    fields.certificate = core_.inner->certificate.hash();
    staged.object = e2ee::sign_object(core_.me->clinic, fields, {{core_.inner->signing, e2ee::labels::act}});
  }
  on_way_.insert(message);
  auto what = act ? act->act : e2ee::act_kind::acknowledge;
  core_.link.ask_for_as<wire::device::done>(staged.request, wire::device::act{std::move(staged.object)},
                                            [this, message, what, then](result<wire::device::done> answer) {
                                              on_way_.erase(message);
                                              take_answer(message, what, answer, then);
                                            });
}

void acts::take_answer(const message_id& message, e2ee::act_kind what,
                       const result<wire::device::done>& answer, const done<acknowledged_message>& then) {
  if (!core_.inner || (!answer && passes(answer.why()))) {
    then(core_.inner ? answer.no.why : refusal::not_logged_in);
    return;
  }
  // That it is answered and what was answered: one commit. What is refused stays staged and is asked again.
  store_changes changes;
  vault::erase(changes, table::acts, rows::key_of_id(message));
  refusal kept = refusal::none;
  if (answer && what == e2ee::act_kind::recall)
    kept = messages_.note_recall(message, core_.now(), std::move(changes));
  else if (answer)
    kept = messages_.note_acknowledgement(message, core_.who ? core_.who->user : user_id{}, core_.now(),
                                          std::move(changes));
  else if (answer.why() == refusal::already_acknowledged)
    kept = messages_.note_acknowledgement(message, answer.no.user, answer.no.time, std::move(changes));
  else
    kept = core_.commit(std::move(changes));
  if (!answer)
    then(answer.no);
  else if (kept != refusal::none)
    then(kept);
  else
    then(acknowledged_message{message, answer->leaf});
}

} // namespace wardline::client
