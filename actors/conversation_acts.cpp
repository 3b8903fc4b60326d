// Acknowledgement: the first entitled one wins, by log position; a later one is kept as a leaf (e2ee 5.12).
#include "audit_rows.hpp"
#include "conversation.hpp"
#include "timeouts.hpp"

namespace wardline {

namespace {

enum class effect : std::uint8_t { took = 1, too_late = 2 };

/// detail: u8 act | u8 effect.
act act_about(const apply_act& m, const conversation_id& id, const e2ee::act& a, effect what) {
  act out;
  out.entry.kind = rules::audit_kind::acted;
  out.entry.time = m.now;
  out.entry.user = m.who->user;
  out.entry.device = m.who->device;
  out.entry.conversation = id;
  out.entry.object = a.target;
  out.entry.hash = a.hash();
  out.entry.detail = {static_cast<std::uint8_t>(a.act), static_cast<std::uint8_t>(what)};
  out.changes.push_back(put_object(a.hash(), a.raw()));
  out.only_if.push_back(not_gated(m.who->device));
  return out;
}

bool is_same_act(const e2ee::act& a, const e2ee::act& b) {
  return a.act == b.act && a.target == b.target && a.device == b.device && a.time == b.time;
}

std::optional<hash32> root_at(std::uint64_t size, const ports::reader& rows) {
  auto tree = rules::frontier_from(size, tree_rows_of(rows));
  return tree ? std::optional{rules::root(*tree)} : std::nullopt;
}

} // namespace

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
  if (a->act == e2ee::act_kind::recall)
    recall(m, *a, message->row, answer);
  else
    settle(m, *a, answer);
  return answer;
}

/// Acknowledge and recall take effect here; the other words of a device are refused as unknown_value. A
/// target of the first is whoever the message was written to: its author cannot take it off their hands. The
/// second is the author's alone, on any of her devices.
refusal conversation_state::judge(const e2ee::act& a, const rows::accepted& message) const {
  if (auto why = e2ee::check_act_target(a, a.message(), message.h); why != refusal::none)
    return why;
  if (a.act != e2ee::act_kind::acknowledge && a.act != e2ee::act_kind::recall)
    return refusal::unknown_value;
  auto place = parts.rows->read(ports::table::index, rows::key_of_place(id, message.seq));
  auto row = place ? slip_at(message.seq, *place) : expected<wire::device::slip>{refusal::value_not_openable};
  auto slip = row ? e2ee::slip::decode(row->object, parts.board->now()->id) : expected<e2ee::slip>{row.why()};
  if (!slip)
    return refusal::value_not_openable;
  bool author = slip->header.author_user == a.user;
  if (author != (a.act == e2ee::act_kind::recall))
    return refusal::not_entitled_to_act;
  return e2ee::check_act_tree(a, a.tree_size == 0 ? std::nullopt : root_at(a.tree_size, *parts.rows));
}

void conversation_state::settle(const apply_act& m, const e2ee::act& a, promise answer) {
  auto first = parts.rows->read(ports::table::item, a.target);
  if (first.status == ports::read_status::absent)
    return commit_first(m, a, answer);
  auto item = read_row<rows::item>(*parts.rows, ports::table::item, a.target);
  auto won = item ? e2ee::act::decode(item->row.act, parts.board->now()->id)
                  : expected<e2ee::act>{refusal::value_not_openable};
  if (!won)
    answer.deliver(refused(refusal::value_not_openable));
  else if (is_same_act(*won, a))
    answer.deliver(outcome{wire::device::done{item->at.leaf}});
  else
    commit_late(m, a, item->row, answer);
}

outcome conversation_state::acknowledged_by(const rows::item& item) const {
  auto won = e2ee::act::decode(item.act, parts.board->now()->id);
  if (!won)
    return refused(refusal::value_not_openable);
  wire::device::refused r;
  r.why = refusal::already_acknowledged;
  r.user = won->user;
  r.time = item.time;
  return {r};
}

void conversation_state::commit_first(const apply_act& m, const e2ee::act& a, promise answer) {
  auto out = act_about(m, id, a, effect::took);
  auto key = to_bytes(a.target);
  out.only_if.push_back(absent(ports::table::item, key));
  out.changes.push_back(put_row(ports::table::item, std::move(key), rows::item{m.now, a.raw()}));
  ++leaves_waiting;
  self->request(parts.store, store_timeout, write{{std::move(out)}})
      .then(
          [this, answer, message = a.message()](const committed& c) mutable {
            --leaves_waiting;
            answer.deliver(outcome{wire::device::done{c.stamps.front().leaf}});
            spread_slip(message);
          },
          [this, answer, m, a](const caf::error& e) mutable {
            --leaves_waiting;
            // Somebody was first, so there is a row now: this ends, by one more look.
            auto overtaken =
                refusal_of(e) == refusal::precondition_failed &&
                parts.rows->read(ports::table::item, a.target).status != ports::read_status::absent;
            if (gated_on_disk(*parts.rows, m.who->device))
              answer.deliver(refused(refusal::device_revoked));
            else if (overtaken)
              settle(m, a, answer);
            else
              answer.deliver(refused(refusal_of(e)));
          });
}

/// The loser's word is kept, once: the same object again finds its leaf and gets the same answer.
void conversation_state::commit_late(const apply_act& m, const e2ee::act& a, const rows::item& first,
                                     promise answer) {
  auto said = acknowledged_by(first);
  if (parts.rows->read(ports::table::object, a.hash()).status != ports::read_status::absent) {
    answer.deliver(std::move(said));
    return;
  }
  auto out = act_about(m, id, a, effect::too_late);
  out.only_if.push_back(absent(ports::table::object, to_bytes(a.hash())));
  ++leaves_waiting;
  self->request(parts.store, store_timeout, write{{std::move(out)}})
      .then(
          [this, answer, said](const committed&) mutable {
            --leaves_waiting;
            answer.deliver(said);
          },
          [this, answer, said, device = m.who->device](const caf::error& e) mutable {
            --leaves_waiting;
            auto why = refusal_of(e);
            if (gated_on_disk(*parts.rows, device))
              answer.deliver(refused(refusal::device_revoked));
            else
              answer.deliver(why == refusal::precondition_failed ? said : refused(why));
          });
}

/// The slip goes out once more, with the act: every reader sees that somebody has it, or that it was
/// recalled.
void conversation_state::spread_slip(const message_id& message) {
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

} // namespace wardline
