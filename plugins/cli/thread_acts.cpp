// What a person does in `ward thread`. Every act goes out at once and says later how it ended.
#include "message_words.hpp"
#include "sending_score.hpp"
#include "thread.hpp"
#include <algorithm>
#include <fmt/format.h>

namespace wardline::cli {

using client::acknowledged_message;

std::shared_ptr<thread::pending> thread::expect(std::string if_silent) {
  auto out = std::make_shared<pending>();
  out->until_ms = wall_clock() + answer_within_ms;
  out->if_silent = std::move(if_silent);
  pending_.push_back(out);
  return out;
}

void thread::refused(const client::refused& no) {
  auto owner = owner_of(no, device());
  say(fmt::format("{}{}{}", sentence_of(no.why), owner.empty() ? "" : " ", owner));
}

std::optional<client::message_row> thread::meant(std::uint32_t number, std::uint32_t otherwise) {
  auto m = numbered(number != 0 ? number : otherwise);
  if (!m)
    say(number == 0 ? "Say which message: its number stands in /inbox."
                    : fmt::format("There is no message {} here. /inbox shows the numbers.", number));
  return m;
}

void thread::send(const std::string& text) {
  if (with_.empty())
    return say("Say first whom you write to: /with NAME. Nothing was sent.");
  client::draft what;
  what.text = text;
  if (!level_.empty())
    what.level = read_level(level_).value_or(client::urgency::unscored);
  send_words how;
  how.level = level_;
  how.rules = order_.rules;
  auto scored = score_for_sending(device(), how, what);
  if (scored.unusable && !std::exchange(told_unscored_, true))
    say(std::string{unusable_rules_sentence});
  level_.clear(); // one message's; the next one is scored again
  auto more = fmt::format("{}.{}", show_level(what.level), score_lines(scored, what.level, "/level"));
  device().send_in(where_, what, {},
                   answer<client::sent_message>(
                       "Your message is kept on this device and is sent again until the server has it.",
                       [this, to = with_, more](const client::sent_message& sent) {
                         say(fmt::format("    sent to {} (audit leaf {}), {}", to, sent.leaf, more));
                       }));
  wipe({reinterpret_cast<std::uint8_t*>(what.text.data()), what.text.size()});
}

void thread::open(const thread_line& line) {
  auto m = meant(line.number, newest_);
  if (!m)
    return;
  auto reason = read_reason(line.reason);
  if (!reason)
    return say("Reasons are covering, asked, roster-wrong, finishing, other.");
  using opened = std::vector<client::opened_message>;
  device().open(
      m->conversation, {m->seq}, reason->first,
      answer<opened>("The text is not shown without its entry in the audit log.",
                     [this, number = number_of(*m)](const opened& all) { show_opened(number, all.front()); }),
      reason->second);
}

void thread::acknowledge(std::uint32_t number) {
  auto m = meant(number, opened_);
  if (!m)
    return;
  if (is_me(m->acknowledged_by))
    return say("You have it already.");
  device().acknowledge(
      m->message,
      answer<acknowledged_message>(
          "Your acknowledgement is kept on this device and is sent again until the server has it.",
          [this, number = number_of(*m)](const acknowledged_message& done) {
            say(fmt::format("You have message {}. Everybody in the conversation sees that (audit leaf {}).",
                            number, done.leaf));
          }));
}

void thread::claim(std::uint32_t number) {
  if (auto m = meant(number, opened_))
    device().waiting(wire::device::inbox_view::all, {},
                     answer<client::waiting_list>(
                         "Nothing was taken over.",
                         [this, m = *m](const client::waiting_list& list) { claim_listed(m, list); }));
}

/// Taken over as it was looked at: whoever was quicker is told of.
void thread::claim_listed(const client::message_row& m, const client::waiting_list& list) {
  auto found = std::find_if(list.items.begin(), list.items.end(),
                            [&](const auto& w) { return w.item.message == m.message; });
  if (found == list.items.end())
    return say(std::string{sentence_of(refusal::item_answered)});
  if (is_me(found->item.owner))
    return say("You have it already.");
  device().claim(m.message, found->item.version,
                 answer<acknowledged_message>(
                     "Look at /inbox before you rely on it.",
                     [this, number = number_of(m)](const acknowledged_message& done) {
                       say(fmt::format("You have message {} now (audit leaf {}).", number, done.leaf));
                     }));
}

void thread::release(std::uint32_t number) {
  auto m = meant(number, opened_);
  if (!m)
    return;
  device().release(m->message,
                   answer<acknowledged_message>(
                       "Look at /inbox before you rely on it.",
                       [this, number = number_of(*m)](const acknowledged_message& done) {
                         say(fmt::format("You have given message {} back; its chain goes on (audit leaf {}).",
                                         number, done.leaf));
                       }));
}

void thread::inbox() {
  device().waiting(
      wire::device::inbox_view::all, {},
      answer<client::waiting_list>({}, [this](const client::waiting_list& list) { show_waiting(list); }));
}

/// Waits for the answer: what is typed next must not go to whom it is not meant for.
void thread::go_on_with(const std::string& name) {
  auto there = conversation_with(name);
  if (!there)
    return say(fmt::format("{} You still write to {}.", sentence_of(e_.line->why_silent()), named(with_)));
  if (!*there)
    return refused(there->no);
  go_on(name, **there);
  device().waiting(wire::device::inbox_view::all, {},
                   answer<client::waiting_list>(
                       {}, [this](const client::waiting_list& list) { show_conversation(list); }));
}

void thread::go_on(const std::string& name, const conversation_id& where) {
  with_ = name;
  where_ = where;
}

void thread::set_level(const std::string& word) {
  if (word != "auto" && !read_level(word))
    return say("Levels are now, urgent, today, routine, info; auto: the rules on this device say.");
  level_ = word == "auto" ? std::string{} : word;
}

} // namespace wardline::cli
