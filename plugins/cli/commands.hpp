#pragma once
// The commands of `ward`. Each gives back an exit code and has printed its result.
#include "connection.hpp"

namespace wardline::cli {

/// What stands before the command on the line.
struct choices {
  std::string store;         ///< directory of the device's store
  std::string password_file; ///< empty: none; then the terminal is asked
  std::string totp_file;     ///< secret of an authenticator; empty: none, likewise
  std::string user;          ///< on a station: the id of who logs in
  bool as_json = false;
};

/// Who logs in on a station; none on a personal device, where it is known.
user_id user_at(const choices& c);

struct enrol_order {
  std::string invitation; ///< file
  std::string code;       ///< 8 digits; empty: asked for
  bool further = false;   ///< the person has another device already
};

struct invite_words {
  std::string name;
  std::vector<std::string> roles;
  std::string out; ///< file to be made
  unsigned hours = 72;
  std::string of_class = "staff"; ///< staff, patient, station or service
  std::string further;            ///< the person a further device is for
  std::string replacement;        ///< the person all of whose devices are replaced
  std::string history;            ///< YYYY-MM-DD; empty: a year back for a further device, else none
};

/// What the registrar's commands take.
struct admin_words {
  std::string name;  ///< of a person, a station, or a device's id
  std::string role;  ///< or a party's id
  std::string until; ///< YYYY-MM-DD; empty = open
  std::string reason;
  std::string conversation;
  std::string device;
};

struct send_words {
  std::string to;
  std::string text;
  std::string level;
};

int run_enrol(const choices& c, const enrol_order& order);
int run_login(const choices& c);
/// `other`: the id of another device of the same person; empty = this one.
int run_logoff(const choices& c, const std::string& other);
int run_recovery_codes(const choices& c);
int run_second_factor(const choices& c, const std::string& new_file);
int run_status(const choices& c);
int run_invite(const choices& c, const invite_words& order);
int run_grant(const choices& c, const admin_words& order);
int run_withdraw(const choices& c, const admin_words& order);
int run_revoke(const choices& c, const admin_words& order);
int run_turn(const choices& c, const admin_words& order);
int run_give_keys(const choices& c, const admin_words& order);
int run_devices(const choices& c, const admin_words& order);
int run_pending(const choices& c);
int run_add(const choices& c, const admin_words& order);
int run_destroy(const choices& c, const admin_words& order);
int run_registrar_request(const choices& c, const std::string& out);
int run_registrar_install(const choices& c, const std::string& file);
int run_conversations(const choices& c);
int run_send(const choices& c, const send_words& order);
int run_inbox(const choices& c);
int run_open(const choices& c, std::uint32_t number);
int run_ack(const choices& c, std::uint32_t number);
int run_sent(const choices& c);
int run_recall(const choices& c, std::uint32_t number);

/// A store, a device and a link for one command.
class errand {
public:
  explicit errand(const choices& c) : words{c.as_json}, choice{c} {}

  /// The store is open, the device connected and logged in; else the exit code, and why has been said.
  /// `if_silent`: what that means for this command, said when nobody answers.
  std::optional<int> log_in(const std::string& if_silent = {});
  /// Opens the store. The exit code if it cannot.
  std::optional<int> open_store();
  /// Sends what still waits in the outbox, and says what happened to it.
  void drain();

  terminal words;
  const choices& choice;
  std::unique_ptr<client::device_store> store;
  std::unique_ptr<connection> line;

  client::device& device() { return line->device(); }
  /// From the password file, or the terminal. Nothing has been said if it is nothing.
  [[nodiscard]] std::optional<std::string> password(const std::string& question) const;
  /// From the file of the authenticator (`ahead` steps later), or the terminal.
  [[nodiscard]] std::optional<std::string> second_factor(const std::string& question,
                                                         unsigned ahead = 0) const;
  /// An act that needs a fresh second factor: if it is refused for that, the person is asked, and it is done
  /// again.
  template <class T>
  std::optional<client::result<T>> proved_act(const std::function<void(client::done<T>)>& start) {
    auto done = line->act<T>(start);
    if (!done || done->why() != refusal::second_factor_too_old)
      return done;
    if (auto no = prove(); no != refusal::none)
      return client::result<T>{no};
    return line->act<T>(start);
  }
  /// Nobody answered in time.
  int silent(const std::string& more = {}) const;

private:
  std::optional<int> give_password();
  refusal prove();
};

} // namespace wardline::cli
