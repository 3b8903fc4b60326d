#include "message_words.hpp"
#include "local_files.hpp"
#include <fmt/format.h>
#include <map>

namespace wardline::cli {

namespace {

std::optional<client::message_row> numbered(const client::device& d, std::uint32_t number) {
  if (auto listed = d.listed(number))
    return listed;
  if (d.listed(1)) // there was a listing, and it had no such number
    return std::nullopt;
  auto now = d.inbox();
  return number == 0 || number > now.size() ? std::nullopt : std::optional{now[number - 1]};
}

} // namespace

nlohmann::json json_of(const client::message_row& m, std::uint32_t number) {
  nlohmann::json out = {{"conversation", hex(m.conversation.view())},
                        {"seq", m.seq},
                        {"message", hex(m.message.view())},
                        {"from", m.author_name},
                        {"level", show_level(m.level)},
                        {"scored", m.level != client::urgency::unscored},
                        {"written_ms", m.written},
                        {"accepted_ms", m.accepted},
                        {"accepted_leaf", m.leaf},
                        {"opened_leaf", m.opened},
                        {"acknowledged", static_cast<bool>(m.acknowledged_by)},
                        {"recalled", m.recalled != 0}};
  if (number != 0)
    out["number"] = number;
  if (m.unreadable != refusal::none)
    out["unreadable"] = name_of(m.unreadable);
  return out;
}

std::string lines_of_files(const wire::content& content) {
  std::string out;
  std::size_t number = 0;
  for (const auto& f : content.attachments)
    out += fmt::format("\nFile {}: {} ({})", ++number, f.name, show_size(f.size));
  return out.empty() ? out : out + "\nSave them with `ward save` and the message's number.";
}

std::optional<std::pair<wire::device::purpose, wire::device::off_duty_reason>>
read_reason(const std::string& word) {
  using wire::device::off_duty_reason;
  using wire::device::purpose;
  static const std::map<std::string, off_duty_reason> reasons{{"covering", off_duty_reason::covering},
                                                              {"asked", off_duty_reason::asked_to_help},
                                                              {"roster-wrong", off_duty_reason::roster_wrong},
                                                              {"finishing", off_duty_reason::finishing},
                                                              {"other", off_duty_reason::other}};
  if (word.empty())
    return std::pair{purpose::treatment, off_duty_reason::none};
  auto found = reasons.find(word);
  return found == reasons.end() ? std::nullopt : std::optional{std::pair{purpose::off_duty, found->second}};
}

std::variant<client::message_row, int> numbered_message(errand& e, std::uint32_t number) {
  if (auto code = e.log_in())
    return *code;
  if (auto found = numbered(e.device(), number))
    return std::move(*found);
  return e.words.refuse(refusal::not_found, "Run `ward inbox` to see the numbers.", exit_bad_data);
}

std::optional<int> catch_up(errand& e) {
  auto done = e.line->act<client::nothing>(
      [&](client::done<client::nothing> then) { e.device().catch_up(std::move(then)); });
  if (!done)
    return e.silent();
  if (!*done)
    return e.words.refuse(done->no);
  return std::nullopt;
}

} // namespace wardline::cli
