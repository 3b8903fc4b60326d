// Bodies behind their leaf, and pages of slips.
#include "conversation.hpp"
#include "log_row.hpp"
#include "timeouts.hpp"
#include "wire/limits.hpp"
#include <algorithm>

namespace wardline {

namespace {

/// Opened: u8 purpose | u64 seq each. Off duty: u8 purpose | u8 reason | u64 seq each.
bytes detail_of(const wire::device::open& what, bool off_duty,
                const std::vector<conversation_state::released>& bodies) {
  bytes out{static_cast<std::uint8_t>(what.purpose)};
  if (off_duty)
    out.push_back(static_cast<std::uint8_t>(what.reason));
  for (const auto& b : bodies) {
    auto seq = ports::row_key(b.seq);
    out.insert(out.end(), seq.begin(), seq.end());
  }
  return out;
}

/// Members ask for treatment or off duty; the other purposes are for people outside the conversation and have
/// ways of their own (break-glass, records, restore).
bool is_members_purpose(wire::device::purpose p) {
  return p == wire::device::purpose::treatment || p == wire::device::purpose::off_duty;
}

} // namespace

caf::result<outcome> conversation_state::on(const open_bodies& m) {
  if (auto why = standing(*m.who); why != refusal::none)
    return refused(why);
  auto page = plan(m.what);
  if (!page)
    return refused(page.why());
  if (leaves_waiting >= leaves_waiting_max)
    return refused(refusal::overloaded);
  // Membership entitles, duty routes: nobody is refused for a roster, but the log says it, whatever the
  // device thought of it.
  bool off_duty = m.what.purpose == wire::device::purpose::off_duty ||
                  rules::is_off_duty(*parts.duty->now(), *parts.board->now(), now_head->parties,
                                     m.who->parties, m.who->user, m.now);
  act a;
  a.entry.kind = off_duty ? rules::audit_kind::opened_off_duty : rules::audit_kind::opened;
  a.entry.time = m.now;
  a.entry.user = m.who->user;
  a.entry.device = m.who->device;
  a.entry.conversation = id;
  a.entry.detail = detail_of(m.what, off_duty, page->bodies);
  a.only_if.push_back(not_gated(m.who->device));
  ++leaves_waiting;
  auto answer = self->make_response_promise<outcome>();
  self->request(parts.store, store_timeout, write{{std::move(a)}})
      .then(
          [this, answer, page = std::move(*page), who = m.who, now = m.now](const committed& c) mutable {
            --leaves_waiting;
            answer.deliver(release(durable_leaf{c}, page, *who, now));
          },
          [this, answer, device = m.who->device](const caf::error& e) mutable {
            --leaves_waiting;
            bool gated = gated_on_disk(*parts.rows, device);
            answer.deliver(refused(gated ? refusal::device_revoked : refusal_of(e)));
          });
  return answer;
}

/// Which of the bodies asked for fit one answer. Reads no body: sizes stand in the index.
expected<conversation_state::page_plan> conversation_state::plan(const wire::device::open& what) const {
  if (what.seqs.empty())
    return refusal::malformed_request;
  if (what.seqs.size() > wire::open_bodies_max)
    return refusal::open_too_many;
  if (std::adjacent_find(what.seqs.begin(), what.seqs.end(), std::greater_equal<>{}) != what.seqs.end())
    return refusal::not_sorted;
  if (!is_members_purpose(what.purpose))
    return refusal::unknown_value;
  page_plan out;
  std::size_t size = 0;
  std::size_t held_back = 0;
  auto why = refusal::none;
  for (auto seq : what.seqs) {
    auto place = read_row<rows::place>(*parts.rows, ports::table::index, rows::key_of_place(id, seq));
    if (!place)
      return refusal::not_found;
    if (auto no = withheld(seq, place->row.message); no != refusal::none) {
      ++held_back; // the others are not withheld for it
      why = no;
      continue;
    }
    if (out.left_off == 0 && size + place->row.body_bytes <= wire::open_bytes_max) {
      size += place->row.body_bytes;
      out.bodies.push_back({seq, place->at.log + 1, place->row.message});
    } else {
      ++out.left_off;
    }
  }
  if (held_back == what.seqs.size())
    return why;
  return out;
}

/// A body that cannot be opened is missing from the answer: the others are not withheld for it. Asked for
/// alone it is refused by name.
outcome conversation_state::release(const durable_leaf& leaf, const page_plan& page, const caller& who,
                                    time_ms asked) {
  // Between the question and the leaf the device may have been turned out (e2ee 10, 104).
  if (auto why = standing(who); why != refusal::none)
    return refused(why);
  wire::device::opened out;
  out.leaf = leaf.index();
  out.left_off = page.left_off;
  auto why = refusal::value_not_openable;
  for (const auto& b : page.bodies) {
    auto row = log_row<rows::body>(*parts.rows, b.log_row, id, b.seq);
    if (is_recalled(*parts.rows, b.message))
      why = refusal::message_destroyed; // between the question and the leaf
    else if (row)
      out.bodies.push_back({b.seq, std::move(row->sealed)});
    else
      met(b.seq, rows::poison::body, asked);
  }
  return out.bodies.empty() ? refused(why) : outcome{std::move(out)};
}

outcome conversation_state::on(const read_slips& m) {
  if (auto why = standing(*m.who); why != refusal::none)
    return refused(why);
  if (m.what.incarnation != parts.board->now()->incarnation)
    return refused(refusal::other_incarnation);
  auto count = std::clamp<std::size_t>(m.what.slips_max, 1, ports::scan_rows_max);
  auto places =
      parts.rows->scan(ports::table::index, id.view(), rows::key_of_place(id, m.what.after_seq), count);
  wire::device::slips out;
  out.more = places.size() == count;
  std::size_t size = 0;
  for (const auto& row : places) {
    auto seq = rows::seq_of_place(row.key);
    if (!seq || is_quarantined(*seq, rows::poison::slip))
      continue;
    auto slip = slip_at(*seq, row.value);
    if (!slip) { // the rest of the page is not withheld for one poison row
      met(*seq, rows::poison::slip, m.now);
      continue;
    }
    constexpr std::size_t row_overhead = 64; // ids, numbers and lengths around the objects
    size += slip->object.size() + slip->acknowledgement.size() + slip->recall.size() + row_overhead;
    if (size > slips_bytes_max) {
      out.more = true;
      break;
    }
    out.rows.push_back(std::move(*slip));
  }
  return {std::move(out)};
}

expected<wire::device::slip> conversation_state::slip_at(std::uint64_t seq, bytes_view stored_place) const {
  auto stamped = split_stamp(stored_place);
  auto place = stamped ? rows::decode<rows::place>(stamped->value) : std::optional<rows::place>{};
  if (!place)
    return refusal::value_not_openable;
  auto row = log_row<rows::slip>(*parts.rows, stamped->at.log, id, seq);
  if (!row)
    return row.why();
  wire::device::slip out{id, seq, stamped->at.leaf, std::move(row->object), {}, row->time};
  auto item = read_row<rows::item>(*parts.rows, ports::table::item, place->message.view());
  if (item) {
    out.acknowledgement = std::move(item->row.act);
    // Not the row's own stamp: a step or an answer may have changed it since.
    auto word = e2ee::act::decode(out.acknowledgement, parts.board->now()->id);
    auto heard = word ? read_object(*parts.rows, word->hash()) : std::nullopt;
    out.acknowledgement_leaf = heard ? heard->leaf : 0;
  }
  auto gone =
      read_row<rows::recalled>(*parts.rows, ports::table::idempotency, rows::key_of_recall(place->message));
  if (gone) {
    out.recall = std::move(gone->row.act);
    out.recall_leaf = gone->at.leaf;
  }
  return out;
}

} // namespace wardline
