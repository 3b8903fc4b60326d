#pragma once
// `ward thread`: messages come in above the line that a person types. One loop drives terminal and device;
// acts go out while she types on, and say how they ended.
#include "commands.hpp"
#include "line_editor.hpp"
#include "thread_line.hpp"
#include "waiting_words.hpp"

namespace wardline::cli {

class thread final {
public:
  thread(const choices& c, thread_words order) : order_{std::move(order)}, e_{c} {}
  /// Until the person leaves, or this device is turned out: the exit code.
  int run();

private:
  /// An act without its answer yet.
  struct pending {
    std::uint64_t until_ms = 0;
    std::string if_silent;
    bool ended = false;
  };

  // ---- the loop
  std::optional<int> begin();
  int talk();
  bool drive(const std::function<bool()>& input_waits);
  void look();
  void look_at_link();
  void keep_numbers();
  void take(const std::string& typed);
  void finish();

  // ---- what is shown
  /// A line or more for the person; `colour` an escape sequence, left out where none is wanted.
  void say(const std::string& text, std::string_view colour = {});
  void show_prompt();
  void show_conversation(const client::waiting_list& list);
  void show_waiting(const client::waiting_list& list);
  void show_opened(std::uint32_t number, const client::opened_message& one);
  void listen();
  void arrived(const client::message_row& m);
  void acknowledged(const client::message_row& m);
  void recalled(const client::message_row& m);
  void woken(const message_id& message, client::urgency level);
  /// "message 3", or "your message of ...".
  std::string mention(const client::message_row& m);
  std::vector<std::string> others_in(const conversation_id& where) const;
  std::vector<std::string> known_names() const;

  // ---- numbers, which never change their meaning while this runs
  std::uint32_t number_of(const client::message_row& m);
  std::optional<client::message_row> numbered(std::uint32_t number) const;

  // ---- acts
  void send(const std::string& text);
  void send_file(const std::string& path);
  void open(const thread_line& line);
  void acknowledge(std::uint32_t number);
  void claim(std::uint32_t number);
  void claim_listed(const client::message_row& m, const client::waiting_list& list);
  void release(std::uint32_t number);
  void inbox();
  void go_on_with(const std::string& name);
  std::optional<client::result<conversation_id>> conversation_with(const std::string& name);
  void go_on(const std::string& name, const conversation_id& where);
  void set_level(const std::string& word);
  /// The message that a command is about; if there is none, that has been said.
  std::optional<client::message_row> meant(std::uint32_t number, std::uint32_t otherwise);
  /// Something else than an answer within answer_within_ms is said, with `if_silent` behind it.
  template <class T>
  client::done<T> answer(std::string if_silent, std::function<void(const T&)> then) {
    auto kept = expect(std::move(if_silent));
    return [this, kept, then](client::result<T> r) {
      kept->ended = true;
      if (r)
        then(*r);
      else
        refused(r.no);
    };
  }
  std::shared_ptr<pending> expect(std::string if_silent);
  void refused(const client::refused& no);
  client::device& device() { return e_.device(); }
  [[nodiscard]] bool is_me(const user_id& user) const;

  thread_words order_;
  std::string with_; ///< name of who is written to; empty: nobody yet
  conversation_id where_;
  std::string level_; ///< of the next message, if a person gave it
  std::string held_;  ///< typed while nobody was logged in
  std::vector<client::message_row> numbers_;
  bool numbers_kept_ = true;
  std::uint32_t newest_ = 0; ///< number of the message that arrived last
  std::uint32_t opened_ = 0; ///< and of the one that was opened last
  std::vector<std::shared_ptr<pending>> pending_;
  std::uint64_t away_since_ms_ = 0;
  bool told_away_ = false;
  bool told_locked_ = false;
  bool told_unscored_ = false;
  bool leaving_ = false;
  std::unique_ptr<line_editor> editor_;
  errand e_; ///< last: goes first, and answers that come until then find the rest
};

} // namespace wardline::cli
