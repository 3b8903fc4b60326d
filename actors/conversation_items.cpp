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
  open_of.clear();
  each_waiting([&](std::uint64_t seq, const message_id& message, const rows::item& item) {
    keep_open(seq, message, item.author);
    return open_items.size() < open_items_max;
  });
}

void conversation_state::keep_open(std::uint64_t seq, const message_id& message, const user_id& author) {
  open_items.emplace(seq, open_item{message, author});
  open_of[author].insert(seq);
}

void conversation_state::close_item(const message_id& message) {
  auto found = std::find_if(open_items.begin(), open_items.end(),
                            [&](const auto& open) { return open.second.message == message; });
  if (found == open_items.end())
    return;
  auto of = open_of.find(found->second.author);
  of->second.erase(found->first);
  if (of->second.empty())
    open_of.erase(of);
  open_items.erase(found);
}

/// Oldest first. The writer's own are not even looked at: where one side alone writes, they are all there is.
void conversation_state::each_open_of_others(const user_id& writer, const open_visit& goes_on) const {
  using place = std::set<std::uint64_t>::const_iterator;
  std::vector<std::pair<place, place>> heads;
  for (const auto& [author, seqs] : open_of)
    if (author != writer)
      heads.emplace_back(seqs.begin(), seqs.end());
  while (!heads.empty()) {
    auto oldest = std::min_element(heads.begin(), heads.end(),
                                   [](const auto& a, const auto& b) { return *a.first < *b.first; });
    if (!goes_on(open_items.at(*oldest->first)))
      return;
    if (++oldest->first == oldest->second)
      heads.erase(oldest);
  }
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
  each_open_of_others(writer, [&](const open_item& open) {
    if (p.answers.size() >= answered_by_one_max || looked >= looked_at_by_one_max)
      return false;
    if (answered_already(open.message))
      return true;
    ++looked;
    auto item = read_item(*parts.rows, open.message);
    if (!item)
      return true; // damaged: a state that others have complained about
    auto done = rules::after(item->row.state, rules::written_behind{writer}, p.post.what.now);
    if (done.why != refusal::none)
      return true;
    auto after = item->row;
    after.state = std::move(done.next);
    change_item(with, open.message, *item, after);
    p.answers.push_back(open.message);
    return true;
  });
}

void conversation_state::remember_items(const written_post& p, std::uint64_t seq) {
  const auto& message = p.post.what.message;
  for (const auto& answered : p.answers) {
    close_item(answered);
    self->send(parts.triage, item_changed{answered});
  }
  if (open_items.size() < open_items_max)
    keep_open(seq, message, p.slip.header.author_user);
  self->send(parts.triage, item_changed{message});
}

} // namespace wardline
