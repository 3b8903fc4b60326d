// Recall of a message by its author, destruction of a conversation by a registrar: release is denied by the
// same transaction that orders the destruction; `wipe` does the rest. A body sealed to the records key before
// it goes (e2ee 8) is missing: no clinic has such a key yet.
#include "audit_rows.hpp"
#include "conversation.hpp"
#include "timeouts.hpp"
#include "wipe_rows.hpp"

namespace wardline {

namespace {

act act_by(const apply_act& m, const conversation_id& id, const e2ee::act& a, rules::audit_kind kind) {
  act out;
  out.entry.kind = kind;
  out.entry.time = m.now;
  out.entry.user = m.who->user;
  out.entry.device = m.who->device;
  out.entry.conversation = id;
  out.entry.object = a.target;
  out.entry.hash = a.hash();
  out.changes.push_back(put_object(a.hash(), a.raw()));
  return out;
}

stamped_change put_order(const rows::wipe_order& o) {
  return put_row(ports::table::meta, rows::key_of_order(o.id), o);
}

} // namespace

bool conversation_state::is_recalled(const message_id& message) const {
  return parts.rows->read(ports::table::idempotency, rows::key_of_recall(message)).status !=
         ports::read_status::absent;
}

/// Whatever was read before keeps standing on screens: nobody can take it from there. Once more, by this or
/// another device of the author: the answer of the first time.
void conversation_state::recall(const apply_act& m, const e2ee::act& a, const rows::accepted& message,
                                promise answer) {
  auto key = rows::key_of_recall(a.message());
  if (auto before = read_row<rows::recalled>(*parts.rows, ports::table::idempotency, key)) {
    answer.deliver(outcome{wire::device::done{before->at.leaf}});
    return;
  }
  if (is_recalled(a.message())) {
    answer.deliver(refused(refusal::value_not_openable));
    return;
  }
  auto place = read_row<rows::place>(*parts.rows, ports::table::index, rows::key_of_place(id, message.seq));
  if (!place) {
    answer.deliver(refused(refusal::value_not_openable));
    return;
  }
  auto out = act_by(m, id, a, rules::audit_kind::recalled);
  out.only_if.push_back(absent(ports::table::idempotency, key));
  out.changes.push_back(put_row(ports::table::idempotency, std::move(key), rows::recalled{m.now, a.raw()}));
  out.changes.push_back(put_order({rows::wipe_kind::message, a.target, id, place->at.log + 1, m.now}));
  auto again = [this, m, a, message, answer] { recall(m, a, message, answer); };
  commit_end(
      std::move(out), answer, [this, message = a.message()] { spread_slip(message); }, again);
}

/// detail: u8 reason. Its registrar need not be a member: whoever keeps the records is not one of those who
/// talk.
caf::result<outcome> conversation_state::destroy(const apply_act& m) {
  if (!now_head)
    load();
  auto a = e2ee::act::decode(m.act->object, parts.board->now()->id);
  if (!a || !now_head)
    return refused(a ? refusal::not_found : a.why());
  auto key = rows::key_of_destruction(id);
  if (auto before = read_row<rows::destroyed>(*parts.rows, ports::table::conversation, key))
    return outcome{wire::device::done{before->at.leaf}};
  if (destroyed)
    return refused(refusal::value_not_openable);
  if (a->h != now_head->link.hash())
    return refused(refusal::act_on_other_message);
  if (a->reason == 0)
    return refused(refusal::reason_missing);
  if (a->reason > static_cast<std::uint8_t>(e2ee::destroy_reason::other))
    return refused(refusal::unknown_value);
  if (leaves_waiting >= leaves_waiting_max)
    return refused(refusal::overloaded);
  auto out = act_by(m, id, *a, rules::audit_kind::destruction_ordered);
  out.entry.detail = {a->reason};
  out.only_if = {absent(ports::table::conversation, key),
                 unchanged(ports::table::conversation, to_bytes(id.view()), now_head->stored)};
  out.changes.push_back(
      put_row(ports::table::conversation, std::move(key), rows::destroyed{m.now, a->raw()}));
  out.changes.push_back(put_order({rows::wipe_kind::conversation, id.value, {}, 0, m.now}));
  destroyed = true; // before the commit: no post is decided behind it
  auto answer = self->make_response_promise<outcome>();
  commit_end(
      std::move(out), answer, [] {},
      [this, answer]() mutable {
        load();
        answer.deliver(refused(refusal::precondition_failed));
      });
  return answer;
}

/// One leaf; then the answer and what follows. `overtaken`: somebody else wrote first.
void conversation_state::commit_end(act what, promise answer, const std::function<void()>& then,
                                    const std::function<void()>& overtaken) {
  ++leaves_waiting;
  self->request(parts.store, store_timeout, write{{std::move(what)}})
      .then(
          [this, answer, then](const committed& c) mutable {
            --leaves_waiting;
            answer.deliver(outcome{wire::device::done{c.stamps.front().leaf}});
            then();
          },
          [this, answer, overtaken](const caf::error& e) mutable {
            --leaves_waiting;
            if (refusal_of(e) == refusal::precondition_failed)
              return overtaken();
            load(); // what is so now, the disk says
            answer.deliver(refused(refusal_of(e)));
          });
}

} // namespace wardline
