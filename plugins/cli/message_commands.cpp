// Commands about messages: conversations, send, inbox, open, ack.
#include "commands.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace wardline::cli {

namespace {

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

std::string state_of(const client::message_row& m, const client::device& d) {
  if (m.recalled != 0)
    return "recalled";
  if (m.unreadable != refusal::none)
    return "cannot be read: " + std::string{sentence_of(m.unreadable)};
  if (!m.acknowledged_by)
    return "waits";
  if (m.acknowledged_by == d.user())
    return "you have it";
  auto name = d.name_of(m.acknowledged_by);
  return (name.empty() ? "somebody" : name) + " has it";
}

/// The message behind a number: of the last listing, or of the order now if there was none.
std::optional<client::message_row> numbered(const client::device& d, std::uint32_t number) {
  if (auto listed = d.listed(number))
    return listed;
  if (d.listed(1)) // there was a listing, and it had no such number
    return std::nullopt;
  auto now = d.inbox();
  return number == 0 || number > now.size() ? std::nullopt : std::optional{now[number - 1]};
}

int no_such_number(const errand& e) {
  return e.words.refuse(refusal::not_found, "Run `ward inbox` to see the numbers.", exit_bad_data);
}

} // namespace

int run_conversations(const choices& c) {
  errand e{c};
  if (auto code = e.log_in())
    return *code;
  // Roles' names are the directory's; people's come from their certificates.
  (void)e.line->act<std::vector<client::role_name>>(
      [&](client::done<std::vector<client::role_name>> then) { e.device().roles(std::move(then)); });
  std::string said;
  auto all = nlohmann::json::array();
  for (const auto& row : e.device().conversations()) {
    std::string names;
    for (const auto& name : row.names)
      names += (names.empty() ? "" : ", ") + (name.empty() ? std::string{"somebody not known here"} : name);
    said += fmt::format("{}  {} message{}\n", names, row.last_seq, row.last_seq == 1 ? "" : "s");
    all.push_back(
        {{"conversation", hex(row.conversation.view())}, {"names", row.names}, {"last_seq", row.last_seq}});
  }
  e.drain();
  return e.words.result(said.empty() ? "No conversations yet." : said, {{"conversations", std::move(all)}});
}

int run_send(const choices& c, const send_words& order) {
  errand e{c};
  client::draft what;
  what.text = order.text;
  if (!order.level.empty()) {
    auto level = read_level(order.level);
    if (!level)
      return e.words.refuse(refusal::unknown_value, "Levels are now, urgent, today, routine, info.",
                            exit_usage);
    what.level = *level;
  }
  if (auto code = e.log_in("Nothing was sent, and nothing is kept."))
    return *code;
  message_id kept;
  auto done = e.line->act<client::sent_message>([&](client::done<client::sent_message> then) {
    e.device().send(
        order.to, what, [&](message_id id) { kept = id; }, std::move(then));
  });
  wipe({reinterpret_cast<std::uint8_t*>(what.text.data()), what.text.size()});
  std::string later = "The message is kept on this device and is sent again the next time ward runs.";
  if (!done)
    return e.silent(kept ? later : "Nothing was sent or kept.");
  if (!*done) {
    auto rows = e.device().outbox();
    bool waits = std::any_of(rows.begin(), rows.end(), [&](const auto& row) {
      return kept && row.message == kept && row.state != client::outbox_state::stopped;
    });
    return e.words.refuse(done->no, waits ? later : std::string{}, waits ? exit_try_later : -1);
  }
  const auto& sent = **done;
  return e.words.result(
      fmt::format("Sent to {}. The server has it on disk (audit leaf {}).", order.to, sent.leaf),
      {{"message", hex(sent.message.view())},
       {"conversation", hex(sent.conversation.view())},
       {"seq", sent.seq},
       {"leaf", sent.leaf}});
}

int run_inbox(const choices& c) {
  errand e{c};
  if (auto code = e.log_in())
    return *code;
  auto& d = e.device();
  auto caught_up =
      e.line->act<client::nothing>([&](client::done<client::nothing> then) { d.catch_up(std::move(then)); });
  if (!caught_up)
    return e.silent();
  if (!*caught_up)
    return e.words.refuse(caught_up->no);
  auto rows = d.inbox();
  if (auto kept = d.remember_listing(rows); !kept)
    return e.words.refuse(kept.why());
  std::string said;
  auto all = nlohmann::json::array();
  std::uint32_t number = 0;
  std::size_t waiting = 0;
  for (const auto& m : rows) {
    ++number;
    waiting += !m.acknowledged_by && m.unreadable == refusal::none && m.recalled == 0 ? 1 : 0;
    said +=
        fmt::format("{:3}  {:8} {:24} {}  {}\n", number, show_level(m.level),
                    m.author_name.empty() ? "unknown" : m.author_name, show_time(m.accepted), state_of(m, d));
    all.push_back(json_of(m, number));
  }
  e.drain();
  auto head =
      rows.empty() ? "Nothing for you." : fmt::format("{} of {} wait for you.\n", waiting, rows.size());
  return e.words.result(head + said, {{"waiting", waiting}, {"messages", std::move(all)}});
}

int run_open(const choices& c, std::uint32_t number) {
  errand e{c};
  if (auto code = e.log_in())
    return *code;
  auto& d = e.device();
  auto message = numbered(d, number);
  if (!message)
    return no_such_number(e);
  using opened = std::vector<client::opened_message>;
  auto done = e.line->act<opened>([&](client::done<opened> then) {
    d.open(message->conversation, {message->seq}, wire::device::purpose::treatment, std::move(then));
  });
  if (!done)
    return e.silent("The text is not shown without its entry in the audit log. Open it again.");
  if (!*done)
    return e.words.refuse(done->no);
  const auto& one = (*done)->front();
  if (one.why != refusal::none)
    return e.words.refuse(one.why);
  e.drain();
  auto data = json_of(one.row, number);
  data["text"] = one.content.text;
  data["leaf"] = one.leaf;
  return e.words.result(
      fmt::format("From:    {}\nWritten: {}\nUrgency: {}\nThat you opened it is in the audit log "
                  "(leaf {}).\n\n{}",
                  one.row.author_name, show_time(one.row.written), show_level(one.row.level), one.leaf,
                  one.content.text),
      std::move(data));
}

int run_ack(const choices& c, std::uint32_t number) {
  errand e{c};
  if (auto code = e.log_in())
    return *code;
  auto& d = e.device();
  auto message = numbered(d, number);
  if (!message)
    return no_such_number(e);
  if (message->acknowledged_by && message->acknowledged_by == d.user())
    return e.words.result("You have it already.",
                          {{"message", hex(message->message.view())}, {"leaf", 0}, {"already", true}});
  auto done = e.line->act<client::acknowledged_message>([&](client::done<client::acknowledged_message> then) {
    d.acknowledge(message->message, std::move(then));
  });
  if (!done)
    return e.silent("Your acknowledgement is kept on this device and is sent again the next time ward runs.");
  if (!*done) {
    auto name = done->why() == refusal::already_acknowledged ? d.name_of(done->no.user) : std::string{};
    return e.words.refuse(
        done->no, name.empty() ? name : fmt::format("It was {}, at {}.", name, show_time(done->no.time)));
  }
  e.drain();
  return e.words.result(
      fmt::format("You have it. Everybody in the conversation sees that (audit leaf {}).", (*done)->leaf),
      {{"message", hex((*done)->message.view())}, {"leaf", (*done)->leaf}, {"already", false}});
}

int run_sent(const choices& c) {
  errand e{c};
  if (auto code = e.log_in())
    return *code;
  auto& d = e.device();
  auto caught_up =
      e.line->act<client::nothing>([&](client::done<client::nothing> then) { d.catch_up(std::move(then)); });
  if (!caught_up)
    return e.silent();
  if (!*caught_up)
    return e.words.refuse(caught_up->no);
  auto rows = d.sent();
  if (auto kept = d.remember_listing(rows); !kept)
    return e.words.refuse(kept.why());
  std::map<conversation_id, std::string> to;
  for (const auto& row : d.conversations())
    for (const auto& name : row.names)
      if (!name.empty() && name != d.display_name())
        to[row.conversation] += (to[row.conversation].empty() ? "" : ", ") + name;
  std::string said;
  auto all = nlohmann::json::array();
  std::uint32_t number = 0;
  for (const auto& m : rows) {
    said += fmt::format("{:3}  {:8} to {:21} {}  {}\n", ++number, show_level(m.level), to[m.conversation],
                        show_time(m.accepted), state_of(m, d));
    all.push_back(json_of(m, number));
  }
  e.drain();
  return e.words.result(said.empty() ? "You have written nothing yet." : said,
                        {{"messages", std::move(all)}});
}

int run_recall(const choices& c, std::uint32_t number) {
  errand e{c};
  if (auto code = e.log_in())
    return *code;
  auto& d = e.device();
  auto message = d.listed(number);
  if (!message)
    return e.words.refuse(refusal::not_found, "Run `ward sent` to see the numbers.", exit_bad_data);
  if (message->author != d.user())
    return e.words.refuse(refusal::not_entitled_to_act,
                          "Only its author can recall a message. Run `ward sent` to see yours.");
  auto done = e.line->act<client::acknowledged_message>(
      [&](client::done<client::acknowledged_message> then) { d.recall(message->message, std::move(then)); });
  if (!done)
    return e.silent("Your recall is kept on this device and is sent again the next time ward runs.");
  if (!*done)
    return e.words.refuse(done->no);
  e.drain();
  return e.words.result(
      fmt::format(
          "Recalled (audit leaf {}). From now on nobody can open it, and the server destroys its copy. "
          "Whoever opened it before has read it{}.",
          (*done)->leaf, message->acknowledged_by ? "; somebody has said so: tell them yourself" : ""),
      {{"message", hex((*done)->message.view())}, {"leaf", (*done)->leaf}});
}

} // namespace wardline::cli
