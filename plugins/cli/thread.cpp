#include "thread.hpp"
#include "message_words.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <iostream>

namespace wardline::cli {

namespace {

/// Milliseconds between looks at what no event tells.
constexpr std::uint64_t look_every_ms = 200;
/// Milliseconds without the server until that is said; shorter cuts mend themselves unseen.
constexpr std::uint64_t away_ms_max = 3'000;

} // namespace

int run_thread(const choices& c, const thread_words& order) {
  terminal words{c.as_json};
  if (c.as_json || !on_terminal())
    return words.usage("`ward thread` is for people at a terminal. Programs take `ward --json` with send, "
                       "inbox, open, ack and watch.");
  return thread{c, order}.run();
}

int thread::run() {
  if (auto code = begin())
    return *code;
  auto code = talk();
  finish();
  return code;
}

/// Logged in, caught up, and what waits is shown.
std::optional<int> thread::begin() {
  if (auto code = e_.log_in())
    return code;
  if (auto code = catch_up(e_))
    return code;
  // Roles' names are the directory's; people's come from their certificates.
  (void)e_.line->act<std::vector<client::role_name>>(
      [&](client::done<std::vector<client::role_name>> then) { device().roles(std::move(then)); });
  if (!order_.with.empty()) {
    auto there = conversation_with(order_.with);
    if (!there)
      return e_.silent();
    if (!*there)
      return e_.words.refuse(there->no);
    go_on(order_.with, **there);
  }
  auto list = e_.line->act<client::waiting_list>([&](client::done<client::waiting_list> then) {
    device().waiting(wire::device::inbox_view::all, {}, std::move(then));
  });
  if (!list)
    return e_.silent();
  if (!*list)
    return e_.words.refuse(list->no);
  show_waiting(**list);
  if (!with_.empty())
    show_conversation(**list);
  return std::nullopt;
}

/// Nothing: nobody answers.
std::optional<client::result<conversation_id>> thread::conversation_with(const std::string& name) {
  return e_.line->act<conversation_id>(
      [&](client::done<conversation_id> then) { device().conversation_with(name, std::move(then)); });
}

int thread::talk() {
  listen();
  editor_ = std::make_unique<line_editor>(
      [this](const std::function<bool()>& input_waits) { return drive(input_waits); },
      [this](const std::string& typed) { return thread_completions(typed, known_names()); });
  e_.words.remarks_to([this](const std::string& sentence) { say(sentence); });
  say("Type a message and press Enter; /help lists what else there is.");
  while (!leaving_) {
    show_prompt();
    auto typed = editor_->read();
    if (!typed)
      break;
    take(*typed);
    wipe({reinterpret_cast<std::uint8_t*>(typed->data()), typed->size()});
  }
  e_.words.remarks_to({});
  editor_.reset();
  auto why = shut_out(device());
  return why == refusal::none ? exit_ok : e_.words.refuse(why);
}

/// What was written and is not confirmed gets its last chance, and is told of.
void thread::finish() {
  keep_numbers();
  auto& line = *e_.line;
  line.on_wake = {};
  line.on_arrived = line.on_acknowledged = line.on_recalled = {};
  if (shut_out(device()) == refusal::none && device().stage() == client::device_stage::open)
    e_.drain();
}

bool thread::drive(const std::function<bool()>& input_waits) {
  while (!leaving_) {
    if (e_.line->wait(input_waits, look_every_ms))
      return true;
    look();
  }
  return false;
}

void thread::look() {
  auto& d = device();
  leaving_ = leaving_ || shut_out(d) != refusal::none;
  look_at_link();
  if (d.needs_log_in() && !std::exchange(told_locked_, true))
    say("Nobody is logged in any more: 15 minutes without a command, or somebody ended it. Press Enter to "
        "log in "
        "again; a line that you have begun is taken after that.");
  keep_numbers();
  auto now = wall_clock();
  for (auto& one : pending_)
    if (!one->ended && now >= one->until_ms) {
      one->ended = true;
      say(fmt::format("{} {}", sentence_of(e_.line->why_silent()), one->if_silent));
    }
  std::erase_if(pending_, [](const auto& one) { return one->ended; });
}

/// `ward open 3` later means the same.
void thread::keep_numbers() {
  if (!numbers_kept_ && device().stage() == client::device_stage::open)
    numbers_kept_ = static_cast<bool>(device().remember_listing(numbers_));
}

void thread::look_at_link() {
  if (device().link() == client::session_state::ready) {
    away_since_ms_ = 0;
    if (std::exchange(told_away_, false))
      say("The server is back.");
    return;
  }
  auto now = wall_clock();
  if (away_since_ms_ == 0)
    away_since_ms_ = now;
  if (now - away_since_ms_ >= away_ms_max && !std::exchange(told_away_, true))
    say("The server does not answer. What you send is kept on this device until it is back.");
}

void thread::take(const std::string& typed) {
  if (device().needs_log_in()) {
    held_ = typed.empty() ? held_ : typed;
    if (e_.log_in_again())
      return say(held_.empty() ? "Press Enter to try again."
                               : "Press Enter to try again. The line that you typed is kept until then.");
    told_locked_ = false;
    return take(std::exchange(held_, {}));
  }
  auto line = read_thread_line(typed);
  if (line.act != thread_act::text && line.act != thread_act::nothing)
    editor_->remember(typed);
  switch (line.act) {
  case thread_act::nothing:
    return;
  case thread_act::text:
    return send(line.word);
  case thread_act::open:
    return open(line);
  case thread_act::ack:
    return acknowledge(line.number);
  case thread_act::claim:
    return claim(line.number);
  case thread_act::release:
    return release(line.number);
  case thread_act::send:
    return send_file(line.word);
  case thread_act::level:
    return set_level(line.word);
  case thread_act::with:
    return go_on_with(line.word);
  case thread_act::inbox:
    return inbox();
  case thread_act::help:
    return say(thread_help());
  case thread_act::quit:
    leaving_ = true;
    return;
  case thread_act::wrong:
    return say(line.word);
  }
}

} // namespace wardline::cli
