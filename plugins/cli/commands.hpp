#pragma once
// The commands of `ward`. Each gives back an exit code and has printed its result.
#include "connection.hpp"

namespace wardline::cli {

/// What stands before the command on the line.
struct choices {
  std::string store;         ///< directory of the device's store
  std::string password_file; ///< empty: none; then the terminal is asked
  std::string totp_file;     ///< secret of an authenticator; empty: none, likewise
  std::string user;          ///< on a station: who logs in, by name or id
  bool as_json = false;
};

/// The id that --user names; none if it is a name, or not given.
std::optional<user_id> user_id_of(const choices& c);

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
  std::string request;            ///< file to be made for a second registrar; empty: none
};

/// What the registrar's commands take.
struct admin_words {
  std::string name;  ///< of a person, a station, or a device's id
  std::string role;  ///< or a party's id
  std::string until; ///< YYYY-MM-DD; empty = open
  std::string reason;
  std::string conversation;
  std::string device;
  std::string request; ///< file to be made for a second registrar; empty: none
};

struct cosign_words {
  std::string file;
  bool yes = false; ///< false: only shown
};

struct send_words {
  std::string to;             ///< a name; empty: an answer
  std::uint32_t answered = 0; ///< number in the inbox of what is answered
  std::string text;
  std::string level; ///< empty: the rules say
  std::string rules; ///< a folder; empty = the installed one
  std::vector<std::string> files;
};

struct save_words {
  std::uint32_t number = 0;
  std::uint32_t file = 0; ///< number in the message, from 1; 0 = all
  std::string folder = ".";
};

struct triage_words {
  bool jsonl = false;
  std::string explain; ///< a text
  std::string role = "patient";
  std::string rules; ///< a folder; empty = the installed one
};

struct inbox_words {
  bool mine = false;
  bool unassigned = false;
  std::string role; ///< by name
};

struct open_words {
  std::uint32_t number = 0;
  std::string reason; ///< why it is opened off duty; empty: none is given
};

struct search_order {
  std::vector<std::string> words; ///< each must be found; none: everything in the range
  std::string from;               ///< part of the author's name
  std::string with;               ///< part of a name in the conversation
  std::string since;              ///< YYYY-MM-DD
  std::string until;
  bool texts = false; ///< also in texts, which are opened again
};

struct thread_words {
  std::string with;  ///< name of a person or role; empty: chosen later
  std::string rules; ///< a folder; empty = the installed one
};

struct watch_words {
  std::uint32_t seconds = 86'400;
  bool once = false; ///< ends with the first wake
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
/// `request`: the file for the certificate, which its signature stands beside as FILE.sig.
int run_device_lost(const choices& c, const admin_words& order);
int run_device_certificate(const choices& c, const admin_words& order);
int run_device_check(const choices& c, const admin_words& order);
int run_turn(const choices& c, const admin_words& order);
int run_give_keys(const choices& c, const admin_words& order);
int run_devices(const choices& c, const admin_words& order);
int run_pending(const choices& c);
int run_renew(const choices& c, const admin_words& order);
int run_cosign(const choices& c, const cosign_words& order);
int run_add(const choices& c, const admin_words& order);
int run_destroy(const choices& c, const admin_words& order);
int run_registrar_request(const choices& c, const std::string& out);
int run_registrar_install(const choices& c, const std::string& file);
int run_conversations(const choices& c);
int run_send(const choices& c, const send_words& order);
int run_triage(const choices& c, const triage_words& order);
int run_inbox(const choices& c, const inbox_words& order);
int run_open(const choices& c, const open_words& order);
int run_save(const choices& c, const save_words& order);
int run_ack(const choices& c, std::uint32_t number);
int run_claim(const choices& c, std::uint32_t number);
int run_release(const choices& c, std::uint32_t number);
int run_sent(const choices& c);
int run_recall(const choices& c, std::uint32_t number);
/// `role` empty: every role of this device.
int run_duty(const choices& c, const std::string& role);
int run_watch(const choices& c, const watch_words& order);
int run_search(const choices& c, const search_order& order);
/// Interactive, on a terminal only.
int run_thread(const choices& c, const thread_words& order);

/// Milliseconds at the end of a command for what others wait for.
inline constexpr std::uint64_t finish_within_ms = 2'000;

/// A store, a device and a link for one command.
class errand {
public:
  explicit errand(const choices& c) : words{c.as_json}, choice{c} {}
  errand(const errand&) = delete;
  errand& operator=(const errand&) = delete;
  /// What this device does for others and for itself meanwhile (links, packs, keys, its own renewal) is
  /// brought to its end, for at most finish_within_ms.
  ~errand();

  /// The store is open, the device connected and logged in; else the exit code, and why has been said.
  /// `if_silent`: what that means for this command, said when nobody answers.
  std::optional<int> log_in(const std::string& if_silent = {});
  /// The session ended meanwhile: asks for password and second factor. The exit code if that failed.
  std::optional<int> log_in_again();
  /// Opens the store. The exit code if it cannot.
  std::optional<int> open_store();
  /// Sends what still waits in the outbox, and says what happened to it.
  void drain();

  terminal words;
  const choices& choice;
  std::unique_ptr<client::device_store> store;
  std::unique_ptr<connection> line;

  client::device& device() { return line->device(); }
  [[nodiscard]] const client::device& device() const { return line->device(); }
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
  /// What was written here and cannot be sent now.
  void tell_kept() const;
  std::optional<int> find_user();
  std::optional<int> give_password();
  user_id user_; ///< on a station: who logs in
  refusal prove();
};

/// What a registrar may not do alone, into the file that was made for it.
/// `text` and `data`: what else there is to say.
int hand_over(const errand& e, reserved_file& out, const std::string& file, const client::prepared_act& act,
              const std::string& text = {}, nlohmann::json data = nlohmann::json::object());
/// Said behind second_registrar_missing.
inline constexpr const char* with_request =
    "Run the same command with --request FILE, and give the file to another registrar.";

} // namespace wardline::cli
