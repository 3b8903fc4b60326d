// Who has a message: the first entitled one wins, by log position; a later one is kept as a leaf (e2ee 5.12).
// Its owner gives it back, and somebody who has looked may take it over.
#include "audit_rows.hpp"
#include "conversation.hpp"
#include "roster_rows.hpp"
#include "submission.hpp"
#include "timeouts.hpp"

namespace wardline {

namespace {

enum class effect : std::uint8_t { took = 1, too_late = 2 };

/// u8 act | u8 effect.
bytes detail_of(const e2ee::act& a, effect what) {
  return {static_cast<std::uint8_t>(a.act), static_cast<std::uint8_t>(what)};
}

/// The leaf by which this very object was accepted before, and what it did then.
struct heard_before {
  std::uint64_t leaf = 0;
  bool took = false;
};
std::optional<heard_before> heard(const ports::reader& rows, const hash32& object) {
  auto known = read_object(rows, object);
  if (!known)
    return std::nullopt;
  auto entry = read_entry(rows, known->leaf);
  auto said = entry ? rules::decode_audit_entry(entry->entry) : std::nullopt;
  if (!said || said->detail.size() != 2)
    return std::nullopt;
  return heard_before{known->leaf, said->detail[1] == static_cast<std::uint8_t>(effect::took)};
}

/// Who has it, with the refusal that says so.
outcome refused_by_owner(refusal why, const rules::item_state& s) {
  wire::device::refused r;
  r.why = why;
  r.user = s.owner;
  r.time = s.owner ? s.since : 0;
  return {r};
}

rules::item_event event_of(const apply_act& m, const e2ee::act& a) {
  if (a.act == e2ee::act_kind::unacknowledge)
    return rules::given_back{a.user};
  if (m.claims_version)
    return rules::taken_over{a.user, *m.claims_version};
  return rules::acknowledged_now{a.user};
}

std::optional<hash32> root_at(std::uint64_t size, const ports::reader& rows) {
  auto tree = rules::frontier_from(size, tree_rows_of(rows));
  return tree ? std::optional{rules::root(*tree)} : std::nullopt;
}

} // namespace

/// The leaf of a device's signed word, with the object itself; not once the device is gated.
act conversation_state::act_by(const apply_act& m, const e2ee::act& a, rules::audit_kind kind) const {
  act out;
  out.entry.kind = kind;
  out.entry.time = m.now;
  out.entry.user = m.who->user;
  out.entry.device = m.who->device;
  out.entry.conversation = id;
  out.entry.object = a.target;
  out.entry.hash = a.hash();
  out.changes.push_back(put_object(a.hash(), a.raw()));
  out.only_if.push_back(not_gated(m.who->device));
  return out;
}

caf::result<outcome> conversation_state::on(const apply_act& m) {
  if (m.destroys)
    return destroy(m);
  if (auto why = standing(*m.who); why != refusal::none)
    return refused(why);
  auto a = e2ee::act::decode(m.act->object, parts.board->now()->id);
  if (!a)
    return refused(a.why());
  auto message = read_row<rows::accepted>(*parts.rows, ports::table::idempotency, a->message().view());
  if (!message || message->row.conversation != id)
    return refused(refusal::not_found);
  if (auto why = judge(*a, message->row); why != refusal::none)
    return refused(why);
  if (leaves_waiting >= leaves_waiting_max)
    return refused(refusal::overloaded);
  auto answer = self->make_response_promise<outcome>();
  if (a->act == e2ee::act_kind::report)
    report(m, *a, answer);
  else if (a->act == e2ee::act_kind::recall)
    recall({m, std::move(*a)}, message->row, answer);
  else
    settle({m, std::move(*a)}, answer);
  return answer;
}

/// Having, giving back, a report and a recall take effect here; the other words of a device are refused as
/// unknown_value. A target of the first two is whoever the message was written to: its author cannot take it
/// off their hands. A recall is the author's alone, on any of her devices.
refusal conversation_state::judge(const e2ee::act& a, const rows::accepted& message) const {
  if (auto why = e2ee::check_act_target(a, a.message(), message.h); why != refusal::none)
    return why;
  auto tree = [&] {
    return e2ee::check_act_tree(a, a.tree_size == 0 ? std::nullopt : root_at(a.tree_size, *parts.rows));
  };
  if (a.act == e2ee::act_kind::report)
    return a.reason == 0 ? refusal::reason_missing : tree();
  const bool recalls = a.act == e2ee::act_kind::recall;
  if (!recalls && a.act != e2ee::act_kind::acknowledge && a.act != e2ee::act_kind::unacknowledge)
    return refusal::unknown_value;
  auto item = read_item(*parts.rows, a.message());
  if (!item)
    return refusal::value_not_openable;
  if ((item->row.author == a.user) != recalls)
    return refusal::not_entitled_to_act;
  return tree();
}

/// The same object again gets the same answer. Otherwise the state of the item decides, and the commit says
/// whether it still was so.
void conversation_state::settle(asked_act a, promise answer) {
  auto item = read_item(*parts.rows, a.word.message());
  if (!item) {
    answer.deliver(refused(refusal::value_not_openable));
    return;
  }
  auto before = heard(*parts.rows, a.word.hash());
  if (before && before->took) {
    answer.deliver(outcome{wire::device::done{before->leaf}});
    return;
  }
  auto done = rules::after(item->row.state, event_of(a.request, a.word), a.request.now);
  if (done.why == refusal::none)
    return commit_word(std::move(a), *item, std::move(done.next), answer);
  auto said = refused_by_owner(done.why, item->row.state);
  bool late = a.word.act == e2ee::act_kind::acknowledge && !a.request.claims_version && !before;
  if (late)
    commit_late(a, std::move(said), answer);
  else
    answer.deliver(std::move(said));
}

void conversation_state::commit_word(asked_act a, const stamped_row<rows::item>& before,
                                     rules::item_state next, promise answer) {
  auto out = act_by(a.request, a.word, rules::audit_kind::acted);
  out.entry.detail = detail_of(a.word, effect::took);
  auto after = before.row;
  after.state = std::move(next);
  after.act = a.word.raw();
  change_item(out, a.word.message(), before, after);
  ++leaves_waiting;
  self->request(parts.store, store_timeout, write{{std::move(out)}})
      .then(
          [this, answer, message = a.word.message()](const committed& c) mutable {
            --leaves_waiting;
            answer.deliver(outcome{wire::device::done{c.stamps.front().leaf}});
            spread_word(message);
          },
          [this, answer, a](const caf::error& e) mutable {
            --leaves_waiting;
            // Somebody was first, a person or a step of the chain: one more look.
            if (gated_on_disk(*parts.rows, a.request.who->device))
              answer.deliver(refused(refusal::device_revoked));
            else if (refusal_of(e) == refusal::precondition_failed && ++a.looks < act_tries_max)
              settle(std::move(a), answer);
            else
              answer.deliver(refused(refusal_of(e)));
          });
}

/// The loser's word is kept, once: the same object again finds its leaf and gets the same answer.
void conversation_state::commit_late(const asked_act& a, outcome said, promise answer) {
  auto out = act_by(a.request, a.word, rules::audit_kind::acted);
  out.entry.detail = detail_of(a.word, effect::too_late);
  out.only_if.push_back(absent(ports::table::object, to_bytes(a.word.hash())));
  ++leaves_waiting;
  self->request(parts.store, store_timeout, write{{std::move(out)}})
      .then(
          [this, answer, said](const committed&) mutable {
            --leaves_waiting;
            answer.deliver(said);
          },
          [this, answer, said, device = a.request.who->device](const caf::error& e) mutable {
            --leaves_waiting;
            auto why = refusal_of(e);
            if (gated_on_disk(*parts.rows, device))
              answer.deliver(refused(refusal::device_revoked));
            else
              answer.deliver(why == refusal::precondition_failed ? said : refused(why));
          });
}

/// The slip goes out once more, with the words about it: every reader sees who has it, that nobody has, or
/// that it was recalled.
void conversation_state::spread_word(const message_id& message) {
  self->send(parts.triage, item_changed{message});
  auto known = read_row<rows::accepted>(*parts.rows, ports::table::idempotency, message.view());
  if (!known)
    return;
  auto place = parts.rows->read(ports::table::index, rows::key_of_place(id, known->row.seq));
  auto slip = place ? slip_at(known->row.seq, *place) : expected<wire::device::slip>{refusal::not_found};
  if (!slip || !now_head)
    return;
  auto news = std::make_shared<const bytes>(wire::device::encode(wire::device::from_daemon{*slip}));
  self->send(directory, fan_out{now_head->parties, std::move(news)});
}

/// Kept until somebody has given the key, and told to everybody in the conversation. The same device's second
/// word about the same message, while the first one waits, gets the first one's answer.
void conversation_state::report(const apply_act& m, const e2ee::act& a, promise answer) {
  auto key = rows::key_of_report(id, m.who->device, a.message());
  if (auto waits = read_row<rows::report>(*parts.rows, ports::table::meta, key)) {
    answer.deliver(outcome{wire::device::done{waits->at.leaf}});
    return;
  }
  auto open =
      parts.rows->scan(ports::table::meta, rows::prefix_of_reports(id, m.who->device), {}, reports_open_max);
  if (open.size() >= reports_open_max) {
    answer.deliver(refused(refusal::count_too_large));
    return;
  }
  auto out = act_by(m, a, rules::audit_kind::acted);
  out.entry.detail = detail_of(a, effect::took);
  out.only_if.push_back(absent(ports::table::meta, key));
  out.changes.push_back(put_row(ports::table::meta, std::move(key), rows::report{a.raw()}));
  ++leaves_waiting;
  self->request(parts.store, store_timeout, write{{std::move(out)}})
      .then(
          [this, answer, device = m.who->device, raw = a.raw()](const committed& c) mutable {
            --leaves_waiting;
            answer.deliver(outcome{wire::device::done{c.stamps.front().leaf}});
            if (!now_head)
              return;
            wire::device::pending news;
            news.key_lists.push_back({id, device, 0, std::move(raw)});
            auto encoded_news = std::make_shared<const bytes>(
                wire::device::encode(wire::device::from_daemon{std::move(news)}));
            self->send(directory, fan_out{now_head->parties, std::move(encoded_news)});
          },
          [this, answer](const caf::error& e) mutable {
            --leaves_waiting;
            answer.deliver(refused(refusal_of(e)));
          });
}

} // namespace wardline
