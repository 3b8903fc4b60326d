// Commands about what waits: inbox, ack, claim, release, duty, watch.
#include "message_words.hpp"
#include "waiting_words.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <iostream>

namespace wardline::cli {

namespace {

/// Looks of one claim at a message that climbs meanwhile.
constexpr unsigned claim_looks_max = 4;

/// Wakes that `watch --json` lists.
constexpr std::size_t wakes_listed_max = 1'000;

using client::waiting_item;
using client::waiting_list;
using wire::device::inbox_view;

nlohmann::json json_of_row(const client::message_row& m, const waiting_item* w, std::uint32_t number) {
  auto out = json_of(m, number);
  out["waits"] = w != nullptr && !w->item.owner;
  if (w == nullptr)
    return out;
  out["acknowledged"] = static_cast<bool>(w->item.owner);
  out["owner"] = w->owner_name;
  out["version"] = w->item.version;
  out["off_duty"] = w->item.off_duty;
  out["steps"] = w->item.steps;
  out["due_ms"] = w->item.due;
  return out;
}

/// Nothing has been said if it is a list; else the exit code.
std::variant<waiting_list, int> list_waiting(errand& e, inbox_view view, const std::string& role) {
  auto done = e.line->act<waiting_list>(
      [&](client::done<waiting_list> then) { e.device().waiting(view, role, std::move(then)); });
  if (!done)
    return e.silent();
  if (!*done)
    return e.words.refuse(done->no);
  return std::move(**done);
}

using client::acknowledged_message;
using has_done = std::optional<client::result<acknowledged_message>>;

int say_done(errand& e, has_done done, const std::string& what, const std::string& if_silent) {
  if (!done)
    return e.silent(if_silent);
  if (!*done)
    return e.words.refuse(done->no, owner_of(done->no, e.device()));
  e.drain();
  return e.words.result(
      fmt::format("{} Everybody in the conversation sees that (audit leaf {}).", what, (*done)->leaf),
      {{"message", hex((*done)->message.view())}, {"leaf", (*done)->leaf}, {"already", false}});
}

} // namespace

int run_inbox(const choices& c, const inbox_words& order) {
  errand e{c};
  if (auto code = e.log_in())
    return *code;
  if (auto code = catch_up(e))
    return *code;
  auto view = !order.role.empty() ? inbox_view::role
              : order.mine        ? inbox_view::mine
              : order.unassigned  ? inbox_view::unassigned
                                  : inbox_view::all;
  auto listed = list_waiting(e, view, order.role);
  if (auto* code = std::get_if<int>(&listed))
    return *code;
  const auto& list = std::get<waiting_list>(listed);
  auto& d = e.device();
  auto rows = rows_of(list, d, view == inbox_view::all);
  std::vector<client::message_row> numbers;
  for (const auto& r : rows)
    numbers.push_back(r.row);
  if (auto kept = d.remember_listing(numbers); !kept)
    return e.words.refuse(kept.why());
  std::string said;
  auto all = nlohmann::json::array();
  std::uint32_t number = 0;
  for (const auto& [m, w] : rows) {
    ++number;
    said += listed_line(number, {m, w}, d) + "\n";
    all.push_back(json_of_row(m, w, number));
  }
  e.drain();
  auto head =
      rows.empty() ? "Nothing for you." : fmt::format("{} of {} wait for you.\n", list.waiting, rows.size());
  return e.words.result(head + said, {{"waiting", list.waiting}, {"messages", std::move(all)}});
}

int run_ack(const choices& c, std::uint32_t number) {
  errand e{c};
  auto chosen = numbered_message(e, number);
  if (auto* code = std::get_if<int>(&chosen))
    return *code;
  auto& d = e.device();
  const auto* message = std::get_if<client::message_row>(&chosen);
  auto me = d.who() ? d.who()->user : user_id{};
  if (message->acknowledged_by && message->acknowledged_by == me)
    return e.words.result("You have it already.",
                          {{"message", hex(message->message.view())}, {"leaf", 0}, {"already", true}});
  auto done = e.line->act<acknowledged_message>(
      [&](client::done<acknowledged_message> then) { d.acknowledge(message->message, std::move(then)); });
  return say_done(e, std::move(done), "You have it.",
                  "Your acknowledgement is kept on this device and is sent again the next time ward runs.");
}

/// A step of its chain changes a message as well: as long as its owner is the same, it is looked at once
/// more.
int run_claim(const choices& c, std::uint32_t number) {
  errand e{c};
  auto chosen = numbered_message(e, number);
  if (auto* code = std::get_if<int>(&chosen))
    return *code;
  auto& d = e.device();
  const auto* message = std::get_if<client::message_row>(&chosen);
  for (unsigned looks = 1;; ++looks) {
    auto listed = list_waiting(e, inbox_view::all, {});
    if (auto* code = std::get_if<int>(&listed))
      return *code;
    const auto& items = std::get<waiting_list>(listed).items;
    auto found = std::find_if(items.begin(), items.end(),
                              [&](const waiting_item& w) { return w.item.message == message->message; });
    if (found == items.end())
      return e.words.refuse(refusal::item_answered);
    const auto owner = found->item.owner;
    if (owner && d.who() && owner == d.who()->user)
      return e.words.result("You have it already.",
                            {{"message", hex(message->message.view())}, {"leaf", 0}, {"already", true}});
    auto done = e.line->act<acknowledged_message>([&](client::done<acknowledged_message> then) {
      d.claim(message->message, found->item.version, std::move(then));
    });
    bool climbed = done && done->why() == refusal::item_changed && done->no.user == owner;
    if (!climbed || looks == claim_looks_max)
      return say_done(e, std::move(done), "You have it now.",
                      "Look at the inbox again before you rely on it.");
  }
}

int run_release(const choices& c, std::uint32_t number) {
  errand e{c};
  auto chosen = numbered_message(e, number);
  if (auto* code = std::get_if<int>(&chosen))
    return *code;
  auto& d = e.device();
  const auto* message = std::get_if<client::message_row>(&chosen);
  auto done = e.line->act<acknowledged_message>(
      [&](client::done<acknowledged_message> then) { d.release(message->message, std::move(then)); });
  return say_done(e, std::move(done), "You have given it back; its chain goes on.",
                  "Look at the inbox again before you rely on it.");
}

int run_duty(const choices& c, const std::string& role) {
  errand e{c};
  if (auto code = e.log_in())
    return *code;
  using rows = std::vector<client::duty_row>;
  auto done = e.line->act<rows>([&](client::done<rows> then) { e.device().duty(role, 0, std::move(then)); });
  if (!done)
    return e.silent();
  if (!*done)
    return e.words.refuse(done->no);
  std::string said;
  auto all = nlohmann::json::array();
  for (const auto& row : **done) {
    std::string people;
    for (const auto& name : row.names)
      people += (people.empty() ? "" : ", ") + named(name);
    if (!row.rostered)
      people = "everybody; no roster was made";
    else if (people.empty())
      people = "nobody";
    auto until = row.until == 0 ? std::string{} : ", until " + show_time(row.until);
    said += fmt::format("{}: {}{}{}\n", row.role_name.empty() ? "a role" : row.role_name, people, until,
                        row.mine && row.rostered ? " (you)" : "");
    all.push_back({{"role", row.role_name},
                   {"party", hex(row.role.view())},
                   {"rostered", row.rostered},
                   {"people", row.names},
                   {"until_ms", row.until},
                   {"mine", row.mine}});
  }
  return e.words.result(said.empty() ? "You belong to no role." : said, {{"duties", std::move(all)}});
}

/// Rings until its time is over, or once. People hear the bell at once; programs get all of it at the end.
int run_watch(const choices& c, const watch_words& order) {
  errand e{c};
  if (auto code = e.log_in())
    return *code;
  auto all = nlohmann::json::array();
  std::size_t wakes = 0;
  e.line->on_wake = [&](const message_id& message, client::urgency level) {
    ++wakes;
    if (all.size() < wakes_listed_max)
      all.push_back({{"message", hex(message.view())}, {"level", show_level(level)}});
    if (!c.as_json)
      std::cout << (level <= client::urgency::urgent ? "\a" : "") << "A message waits (" << show_level(level)
                << "), and nobody has it. Run: ward inbox" << std::endl;
  };
  if (!c.as_json)
    e.words.remark("Listening. End with Ctrl-C.");
  e.line->wait([&] { return (order.once && wakes > 0) || shut_out(e.device()) != refusal::none; },
               std::uint64_t{order.seconds} * 1'000);
  if (auto why = shut_out(e.device()); why != refusal::none)
    return e.words.refuse(why);
  return e.words.result("", {{"count", wakes}, {"wakes", std::move(all)}});
}

} // namespace wardline::cli
