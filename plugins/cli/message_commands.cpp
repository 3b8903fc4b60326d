// Commands about messages: conversations, send, sent, recall. open_commands.cpp opens them.
#include "local_files.hpp"
#include "message_words.hpp"
#include "progress.hpp"
#include "sending_score.hpp"
#include "waiting_words.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace wardline::cli {

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
  for (const auto& path : order.files) {
    auto file = outgoing_file_at(path);
    if (!file)
      return e.words.refuse(file.why(), path, exit_no_input);
    what.files.push_back(std::move(*file));
  }
  if (auto code = e.log_in("Nothing was sent, and nothing is kept."))
    return *code;
  auto answered = order.answered != 0 ? e.device().listed(order.answered) : std::nullopt;
  if (order.answered != 0 && !answered)
    return e.words.refuse(refusal::not_found, "Run `ward inbox` to see the numbers.", exit_bad_data);
  auto scored = score_for_sending(e.device(), order, what);
  if (scored.unusable)
    e.words.remark(std::string{unusable_rules_sentence});
  message_id kept;
  progress shown{e.words, *e.line};
  auto done = e.line->act_on_files<client::sent_message>([&](client::done<client::sent_message> then) {
    auto staged = [&](message_id id) { kept = id; };
    if (answered)
      e.device().send_in(answered->conversation, what, staged, std::move(then));
    else
      e.device().send(order.to, what, staged, std::move(then));
  });
  shown.end();
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
  return e.words.result(fmt::format("Sent to {}. The server has it on disk (audit leaf {}).{}",
                                    answered ? "everybody in that conversation" : order.to, sent.leaf,
                                    score_lines(scored, what.level)),
                        {{"level", show_level(what.level)},
                         {"scored_by", what.level == client::urgency::unscored ? "nobody"
                                       : what.rule_set                         ? "rules"
                                                                               : "person"},
                         {"rules", rules_json(scored)},
                         {"message", hex(sent.message.view())},
                         {"conversation", hex(sent.conversation.view())},
                         {"seq", sent.seq},
                         {"leaf", sent.leaf}});
}

int run_sent(const choices& c) {
  errand e{c};
  if (auto code = e.log_in())
    return *code;
  auto& d = e.device();
  if (auto code = catch_up(e))
    return *code;
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
                        show_time(m.accepted), sent_state_of(m, d));
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
