#include "thread_line.hpp"
#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace wardline::cli {

namespace {

constexpr std::string_view blanks = " \t\n";

std::string_view trimmed(std::string_view text) {
  auto first = text.find_first_not_of(blanks);
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// The first word, which `rest` loses.
std::string_view take_word(std::string_view& rest) {
  rest = trimmed(rest);
  auto word = rest.substr(0, rest.find_first_of(blanks));
  rest = trimmed(rest.substr(word.size()));
  return word;
}

thread_line wrong(const thread_command& c) {
  return {thread_act::wrong, fmt::format("It is /{} {}", c.name, c.arguments), 0, {}};
}

bool is_number(std::string_view word, std::uint32_t& out) {
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
  return error == std::errc{} && end == word.data() + word.size() && out > 0;
}

/// `rest`: what stands behind the command.
thread_line with_arguments(const thread_command& c, std::string_view rest) {
  thread_line out{c.act, {}, 0, {}};
  switch (c.act) {
  case thread_act::with:
  case thread_act::send:
    out.word = rest; // names have spaces
    return rest.empty() ? wrong(c) : out;
  case thread_act::level:
    out.word = take_word(rest);
    return out.word.empty() || !rest.empty() ? wrong(c) : out;
  case thread_act::open:
  case thread_act::ack:
  case thread_act::claim:
  case thread_act::release:
    if (auto word = take_word(rest); !word.empty() && !is_number(word, out.number))
      return wrong(c);
    if (c.act == thread_act::open)
      out.reason = take_word(rest);
    break;
  default:
    break;
  }
  return rest.empty() ? out : wrong(c);
}

} // namespace

const std::vector<thread_command>& thread_commands() {
  static const std::vector<thread_command> all{
      {thread_act::open, "open", "[N] [REASON]",
       "show message N, or the newest one; that you opened it is recorded first. Off duty: covering, asked, "
       "roster-wrong, finishing or other"},
      {thread_act::ack, "ack", "[N]", "say that you have it: message N, or the one you opened last"},
      {thread_act::claim, "claim", "[N]", "take it over, whoever has it"},
      {thread_act::release, "release", "[N]", "give back what you have"},
      {thread_act::send, "send", "FILE", "send a file of this machine, encrypted here"},
      {thread_act::level, "level", "LEVEL",
       "of your next message: now, urgent, today, routine or info; auto: the rules say"},
      {thread_act::with, "with", "NAME", "go on with another person or role"},
      {thread_act::inbox, "inbox", "", "what waits for you"},
      {thread_act::help, "help", "", "this"},
      {thread_act::quit, "quit", "", "leave; Ctrl-D and Ctrl-C do the same"},
  };
  return all;
}

thread_line read_thread_line(const std::string& typed) {
  auto line = trimmed(typed);
  if (line.empty())
    return {};
  if (line.starts_with("//"))
    return {thread_act::text, std::string{line.substr(1)}, 0, {}};
  if (!line.starts_with("/"))
    return {thread_act::text, std::string{line}, 0, {}};
  auto rest = line.substr(1);
  auto name = rest.empty() || blanks.find(rest.front()) != std::string_view::npos ? std::string_view{}
                                                                                  : take_word(rest);
  for (const auto& c : thread_commands())
    if (c.name == name)
      return with_arguments(c, rest);
  return {thread_act::wrong,
          fmt::format("There is no command /{}. Nothing was sent. /help lists the commands; a message that "
                      "begins with a slash takes two.",
                      name),
          0,
          {}};
}

std::string thread_help() {
  std::string out = "A line is a message, sent when you press Enter; the rules on this device score it.\n";
  for (const auto& c : thread_commands())
    out += fmt::format("  {:24} {}\n",
                       fmt::format("/{}{}{}", c.name, c.arguments.empty() ? "" : " ", c.arguments), c.about);
  out.pop_back();
  return out;
}

std::vector<std::string> thread_completions(const std::string& typed, const std::vector<std::string>& names) {
  std::vector<std::string> out;
  auto keep = [&](std::string one) {
    if (one.starts_with(typed))
      out.push_back(std::move(one));
  };
  if (!typed.starts_with("/"))
    return out;
  for (const auto& c : thread_commands())
    keep(fmt::format("/{}{}", c.name, c.arguments.empty() ? "" : " "));
  for (const auto& name : names)
    keep("/with " + name);
  return out;
}

} // namespace wardline::cli
