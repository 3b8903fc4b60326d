// What `ward thread` shows, and what comes in by itself.
#include "characters.hpp"
#include "message_words.hpp"
#include "thread.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <iostream>

namespace wardline::cli {

namespace {

/// Messages of a conversation that are shown when it is taken up.
constexpr std::size_t shown_before = 10;

bool is_urgent(client::urgency level) {
  return level == client::urgency::now || level == client::urgency::urgent;
}

std::string_view colour_of(client::urgency level) {
  return level == client::urgency::now ? "\033[1;31m" : level == client::urgency::urgent ? "\033[33m" : "";
}

void ring(client::urgency level) {
  if (is_urgent(level))
    std::cout << '\a' << std::flush;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names)
    out += (out.empty() ? "" : ", ") + named(name);
  return out;
}

} // namespace

void thread::say(const std::string& text, std::string_view colour) {
  auto shown = harmless(text);
  if (!colour.empty() && colours_wanted())
    shown = fmt::format("{}{}\033[0m", colour, shown);
  if (editor_)
    editor_->print(shown);
  else
    std::cout << shown << std::endl;
}

void thread::show_prompt() {
  editor_->prompt(fmt::format("{}{}>", with_, level_.empty() ? "" : fmt::format(" [{}]", level_)));
}

std::vector<std::string> thread::others_in(const conversation_id& where) const {
  std::vector<std::string> out;
  for (const auto& row : e_.device().conversations())
    if (row.conversation == where)
      for (const auto& name : row.names)
        if (name != e_.device().display_name())
          out.push_back(name);
  return out;
}

std::vector<std::string> thread::known_names() const {
  std::vector<std::string> out;
  for (const auto& row : e_.device().conversations())
    for (const auto& name : row.names)
      if (!name.empty() && name != e_.device().display_name())
        out.push_back(name);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

bool thread::is_me(const user_id& user) const {
  auto me = e_.device().who();
  return me && me->user == user;
}

std::string thread::mention(const client::message_row& m) {
  return is_me(m.author) ? "your message of " + show_time(m.accepted)
                         : fmt::format("message {}", number_of(m));
}

/// Its newest messages.
void thread::show_conversation(const client::waiting_list& list) {
  const auto& d = e_.device();
  auto rows = d.messages(where_);
  if (rows.empty())
    return say(fmt::format("With {}: no messages yet.", with_));
  if (rows.size() > shown_before)
    rows.erase(rows.begin(), rows.end() - static_cast<std::ptrdiff_t>(shown_before));
  std::string text = fmt::format("With {}, the newest last:", with_);
  for (const auto& m : rows) {
    if (is_me(m.author)) {
      text += fmt::format("\n     {:8} {:24} {}  {}", show_level(m.level), "you", show_time(m.accepted),
                          sent_state_of(m, d));
      continue;
    }
    auto waits = std::find_if(list.items.begin(), list.items.end(),
                              [&](const auto& w) { return w.item.message == m.message; });
    text += "\n" + listed_line(number_of(m), {m, waits == list.items.end() ? nullptr : &*waits}, d);
  }
  say(text);
}

void thread::show_waiting(const client::waiting_list& list) {
  auto rows = rows_of(list, device(), false);
  if (rows.empty())
    return say("Nothing waits for you.");
  std::string text = fmt::format("{} of {} wait for you:", list.waiting, rows.size());
  for (const auto& r : rows)
    text += "\n" + listed_line(number_of(r.row), r, device());
  say(text);
}

void thread::show_opened(std::uint32_t number, const client::opened_message& one) {
  if (one.why != refusal::none)
    return say(std::string{sentence_of(one.why)});
  opened_ = number;
  say(fmt::format("{} from {}, {}, {} (audit leaf {})", number, named(one.row.author_name),
                  show_time(one.row.written), show_level(one.row.level), one.leaf),
      colour_of(one.row.level));
  say("    " + [&] {
    std::string indented;
    for (auto c : one.content.text + lines_of_files(one.content))
      indented += c == '\n' ? "\n    " : std::string(1, c);
    return indented;
  }());
}

void thread::listen() {
  auto& line = *e_.line;
  line.on_arrived = [this](const client::message_row& m) { arrived(m); };
  line.on_acknowledged = [this](const client::message_row& m) { acknowledged(m); };
  line.on_recalled = [this](const client::message_row& m) { recalled(m); };
  line.on_wake = [this](const message_id& message, client::urgency level) { woken(message, level); };
}

void thread::arrived(const client::message_row& m) {
  auto others = others_in(m.conversation);
  std::erase(others, m.author_name);
  auto to = others.empty() ? std::string{} : " to " + joined(others);
  if (is_me(m.author)) {
    if (!m.mine)
      say(fmt::format("You wrote{} on another device ({}).", to, show_level(m.level)));
    return;
  }
  newest_ = number_of(m);
  say(fmt::format("{}  {} wrote{} ({}): /open {}", show_time(m.accepted), named(m.author_name), to,
                  show_level(m.level), newest_),
      colour_of(m.level));
  ring(m.level);
}

void thread::acknowledged(const client::message_row& m) {
  if (!m.acknowledged_by)
    say(fmt::format("Nobody has {} any more.", mention(m)));
  else if (!is_me(m.acknowledged_by))
    say(fmt::format("{} has {}.", named(device().name_of(m.acknowledged_by)), mention(m)));
}

void thread::recalled(const client::message_row& m) {
  if (!is_me(m.author))
    say(fmt::format("{} took back {}: nobody can open it any more.", named(m.author_name), mention(m)));
}

void thread::woken(const message_id& message, client::urgency level) {
  auto m = device().find(message);
  say(m ? fmt::format("Nobody has {} yet ({}).", mention(*m), show_level(level))
        : fmt::format("A message waits ({}), and nobody has it.", show_level(level)),
      colour_of(level));
  ring(level);
}

std::uint32_t thread::number_of(const client::message_row& m) {
  auto at = std::find_if(numbers_.begin(), numbers_.end(),
                         [&](const auto& known) { return known.message == m.message; });
  auto number = static_cast<std::uint32_t>(at - numbers_.begin() + 1);
  if (at == numbers_.end()) {
    numbers_.push_back(m);
    numbers_kept_ = false;
  }
  return number;
}

std::optional<client::message_row> thread::numbered(std::uint32_t number) const {
  if (number == 0 || number > numbers_.size())
    return std::nullopt;
  return e_.device().find(numbers_[number - 1].message);
}

} // namespace wardline::cli
