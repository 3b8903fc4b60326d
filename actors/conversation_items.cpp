// What waits for somebody: the item that each post makes, and those that it answers.
#include "conversation.hpp"
#include <algorithm>

namespace wardline {

/// In order, until told to stop. What cannot be read is left out: others have complained about it.
void conversation_state::each_waiting(const waiting_visit& goes_on) const {
  bytes after;
  for (;;) {
    auto page = parts.rows->scan(ports::table::waiting, id.view(), after, ports::scan_rows_max);
    for (const auto& row : page) {
      auto seq = rows::seq_of_place(row.key);
      auto message = rows::message_of_waiting(row.value);
      auto item = message ? read_item(*parts.rows, *message)
                          : expected<stamped_row<rows::item>>{refusal::value_not_openable};
      if (seq && item && !goes_on(*seq, *message, item->row))
        return;
    }
    if (page.size() < ports::scan_rows_max)
      return;
    after = page.back().key;
  }
}

void conversation_state::load_items() {
  open_items.clear();
  each_waiting([&](std::uint64_t seq, const message_id& message, const rows::item& item) {
    open_items.emplace(seq, open_item{message, item.author});
    return open_items.size() < open_items_max;
  });
}

rows::item conversation_state::item_of(const e2ee::slip& slip, std::uint64_t seq, time_ms now) const {
  const auto& header = slip.header;
  auto envelope = e2ee::read_envelope(header.envelope);
  rows::item out;
  out.conversation = id;
  out.seq = seq;
  out.author = header.author_user;
  out.parties = header.parties;
  out.level = static_cast<std::uint8_t>(envelope.level);
  out.type = static_cast<std::uint8_t>(envelope.type);
  out.needs_ack = envelope.needs_ack;
  out.time = now;
  auto chain = rules::chain_of_item(*parts.duty->now(), *parts.board->now(), header.parties, out.author);
  out.state = rules::begin(rules::lane_of(out.level), out.needs_ack, std::move(chain), now);
  return out;
}

/// What others wrote before, and this one answers. In one transaction with the post; whoever changed an item
/// meanwhile makes the write look again, and the last look leaves the items alone: no post fails for them.
void conversation_state::answer_items(written_post& p, act& with) const {
  if (p.post.tries + 1 >= post_tries_max)
    return;
  const auto& writer = p.slip.header.author_user;
  auto answered_already = [&](const message_id& message) {
    return std::any_of(in_flight.begin(), in_flight.end(), [&](const written_post& w) {
      return std::find(w.answers.begin(), w.answers.end(), message) != w.answers.end();
    });
  };
  std::size_t looked = 0;
  for (const auto& [seq, open] : open_items) {
    if (p.answers.size() >= answered_by_one_max || looked >= looked_at_by_one_max)
      return;
    if (open.author == writer || answered_already(open.message))
      continue;
    ++looked;
    auto item = read_item(*parts.rows, open.message);
    if (!item)
      continue; // damaged: a state that others have complained about
    auto done = rules::after(item->row.state, rules::written_behind{writer}, p.post.what.now);
    if (done.why != refusal::none)
      continue;
    auto after = item->row;
    after.state = std::move(done.next);
    change_item(with, open.message, *item, after);
    p.answers.push_back(open.message);
  }
}

void conversation_state::remember_items(const written_post& p, std::uint64_t seq) {
  const auto& message = p.post.what.message;
  for (const auto& answered : p.answers) {
    std::erase_if(open_items, [&](const auto& open) { return open.second.message == answered; });
    self->send(parts.triage, item_changed{answered});
  }
  if (open_items.size() < open_items_max)
    open_items.emplace(seq, open_item{message, p.slip.header.author_user});
  self->send(parts.triage, item_changed{message});
}

} // namespace wardline
