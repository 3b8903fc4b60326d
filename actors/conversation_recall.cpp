// Recall of a message by its author, destruction of a conversation by a registrar: release is denied by the
// same transaction that orders the destruction; `wipe` does the rest. A body sealed to the records key before
// it goes (e2ee 8) is missing: no clinic has such a key yet.
#include "audit_rows.hpp"
#include "conversation.hpp"
#include "timeouts.hpp"
#include "wipe_rows.hpp"

namespace wardline {

namespace {

stamped_change put_order(const rows::wipe_order& o) {
  return put_row(ports::table::meta, rows::key_of_order(o.id), o);
}

} // namespace

/// Whatever was read before keeps standing on screens: nobody can take it from there. Once more, by this or
/// another device of the author: the answer of the first time. Nobody is woken for it any more, in the same
/// transaction: whoever acted on it hears of it with the slip.
void conversation_state::recall(asked_act a, const rows::accepted& message, promise answer) {
  const auto target = a.word.message();
  auto key = rows::key_of_recall(target);
  if (auto before = read_row<rows::recalled>(*parts.rows, ports::table::idempotency, key)) {
    answer.deliver(outcome{wire::device::done{before->at.leaf}});
    return;
  }
  auto place = read_row<rows::place>(*parts.rows, ports::table::index, rows::key_of_place(id, message.seq));
  auto item = read_item(*parts.rows, target);
  if (is_recalled(*parts.rows, target) || !place || !item) {
    answer.deliver(refused(refusal::value_not_openable));
    return;
  }
  auto out = act_by(a.request, a.word, rules::audit_kind::recalled);
  out.only_if.push_back(absent(ports::table::idempotency, key));
  out.changes.push_back(
      put_row(ports::table::idempotency, std::move(key), rows::recalled{a.request.now, a.word.raw()}));
  out.changes.push_back(
      put_order({rows::wipe_kind::message, a.word.target, id, place->at.log + 1, a.request.now}));
  auto done = rules::after(item->row.state, rules::taken_back{a.word.user}, a.request.now);
  if (done.why == refusal::none) {
    auto after = item->row;
    after.state = std::move(done.next);
    change_item(out, target, *item, after);
  }
  close_item(target);
  auto again = [this, a, message, answer]() mutable {
    if (++a.looks < act_tries_max)
      recall(std::move(a), message, answer);
    else
      answer.deliver(refused(refusal::overloaded));
  };
  commit_end(
      std::move(out), answer, [this, target] { spread_word(target); }, std::move(again));
}

/// An item with a clock, stored or on its way to be: somebody is woken for it, or is asked to get on with it.
bool conversation_state::somebody_is_due() const {
  for (const auto& p : in_flight)
    if (item_of(p.slip, 0, p.post.what.now).state.clock)
      return true;
  bool due = false;
  each_waiting([&](std::uint64_t, const message_id&, const rows::item& item) {
    due = item.state.clock.has_value();
    return !due;
  });
  return due;
}

/// detail: u8 reason. Refused while somebody is woken for a message in it, or has one to get on with: a clock
/// that runs means that a person is waited for. What only rests in a lane goes with the rest. Its registrar
/// need not be a member: whoever keeps the records is not one of those who talk.
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
  if (somebody_is_due())
    return refused(refusal::items_due);
  if (leaves_waiting >= leaves_waiting_max)
    return refused(refusal::overloaded);
  auto out = act_by(m, *a, rules::audit_kind::destruction_ordered);
  out.entry.detail = {a->reason};
  out.only_if.push_back(absent(ports::table::conversation, key));
  out.only_if.push_back(unchanged(ports::table::conversation, to_bytes(id.view()), now_head->stored));
  out.changes.push_back(
      put_row(ports::table::conversation, std::move(key), rows::destroyed{m.now, a->raw()}));
  out.changes.push_back(put_order({rows::wipe_kind::conversation, id.value, {}, 0, m.now}));
  destroyed = true; // before the commit: no post is decided behind it
  auto answer = self->make_response_promise<outcome>();
  commit_end(
      std::move(out), answer, [this] { self->send(parts.triage, conversation_gone{id}); },
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
