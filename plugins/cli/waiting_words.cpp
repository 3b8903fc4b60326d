#include "waiting_words.hpp"
#include <algorithm>
#include <fmt/format.h>

namespace wardline::cli {

using client::waiting_item;

std::string named(const std::string& name) {
  return name.empty() ? "somebody" : name;
}

std::string state_of(const client::message_row& m, const waiting_item* w, const client::device& d) {
  if (m.recalled != 0)
    return "recalled";
  if (m.unreadable != refusal::none)
    return "cannot be read: " + std::string{sentence_of(m.unreadable)};
  auto who = w != nullptr ? w->item.owner : m.acknowledged_by;
  auto me = d.who() ? d.who()->user : user_id{};
  std::string out = who            ? who == me ? "you have it" : named(d.name_of(who)) + " has it"
                    : w != nullptr ? "waits"
                                   : "answered";
  if (w != nullptr && w->item.off_duty)
    out += ", not your duty now";
  if (w != nullptr && !who && w->item.steps > 0)
    out += fmt::format(", {} step{} up its chain", w->item.steps, w->item.steps == 1 ? "" : "s");
  return out;
}

std::string sent_state_of(const client::message_row& m, const client::device& d) {
  if (m.recalled != 0)
    return "recalled";
  if (!m.acknowledged_by)
    return "nobody has said anything yet";
  return named(d.name_of(m.acknowledged_by)) + " has it";
}

std::vector<shown_row> rows_of(const client::waiting_list& list, const client::device& d,
                               bool with_answered) {
  std::vector<shown_row> out;
  for (const auto& w : list.items)
    if (w.here)
      out.push_back({*w.here, &w});
  if (!with_answered)
    return out;
  auto rest = d.inbox();
  std::stable_sort(rest.begin(), rest.end(),
                   [](const auto& a, const auto& b) { return a.accepted > b.accepted; });
  for (auto& m : rest) {
    bool shown = std::any_of(list.items.begin(), list.items.end(),
                             [&](const waiting_item& w) { return w.here && w.item.message == m.message; });
    if (!shown)
      out.push_back({std::move(m), nullptr});
  }
  return out;
}

std::string listed_line(std::uint32_t number, const shown_row& r, const client::device& d) {
  return fmt::format("{:3}  {:8} {:24} {}  {}", number, show_level(r.row.level),
                     r.row.author_name.empty() ? "unknown" : r.row.author_name, show_time(r.row.accepted),
                     state_of(r.row, r.waits, d));
}

std::string owner_of(const client::refused& no, const client::device& d) {
  auto name = no.user ? d.name_of(no.user) : std::string{};
  return name.empty() ? name : fmt::format("It is {}'s, since {}.", name, show_time(no.time));
}

refusal shut_out(const client::device& d) {
  auto why = d.turned_away();
  return why != refusal::none                       ? why
         : d.last_loss() == refusal::device_revoked ? refusal::device_revoked
                                                    : refusal::none;
}

} // namespace wardline::cli
