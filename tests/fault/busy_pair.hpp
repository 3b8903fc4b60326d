#pragma once
// A nurse and a physician who write, open and acknowledge without a pause, and what they were promised:
// whatever happens to the daemon, all of that is there afterwards, once.
#include "real_clinic.hpp"
#include <map>
#include <random>
#include <set>

namespace wardline::fault {

struct promise {
  std::string text;
  bool by_nurse = false;
  bytes file; ///< empty: none
  message_id message;
  conversation_id conversation;
  std::uint64_t seq = 0; ///< 0 = nobody was promised anything
};

/// What a witness found at the daemon.
struct found_message {
  message_id message;
  std::string text;
  bool acknowledged = false;
  bool recalled = false;
  std::vector<wire::content_attachment> files;
};
using found_messages = std::map<std::pair<conversation_id, std::uint64_t>, found_message>;

/// How often among ten acts something is done that not everybody does.
struct habits {
  unsigned files = 0;   ///< a message with a file
  unsigned recalls = 0; ///< an own message is taken back, which turns keys
};

class busy_pair {
public:
  /// The seed chooses the load. Sends the first message, and keeps a copy of the physician's device as it is
  /// then: the witness of the morning.
  busy_pair(real_clinic& c, std::uint64_t seed, habits h = {});

  std::uint64_t roll(std::uint64_t n) { return dice_() % n; }

  /// Keeps twelve acts in flight for so long, or until `over` holds; they stay in flight at the end.
  void work(
      int ms, const std::function<bool()>& over = [] { return false; });
  /// The daemon is started again: what was cut off is asked again by its id; all of it ends.
  void settle();
  /// Throws what is wrong with what a device of the morning gets from the daemon: every acked message stands
  /// at its number, opens and says what was written; every answered acknowledgement is there; nothing is half
  /// visible, and nothing there twice.
  void check();

  [[nodiscard]] const std::vector<promise>& promised() const { return promised_; }
  [[nodiscard]] unsigned acked() const { return acked_; }
  [[nodiscard]] std::size_t recalled() const { return recalled_.size(); }
  [[nodiscard]] std::string report() const;

private:
  void act_once();
  void send_one(bool with_file = false);
  void recall_one();
  void open_or_acknowledge();
  void open_or_acknowledge_or_send();
  void check_all(const found_messages& found) const;
  void log_in(real_device& who);
  void read_all(real_device& w, const client::conversation_row& c, found_messages& out);
  void read_file(real_device& w, const promise& p, const found_message& m);

  std::mt19937_64 dice_;
  real_clinic& clinic_;
  client::memory_device_store morning_;
  std::vector<promise> promised_;
  std::set<message_id> acknowledged_;
  std::set<message_id> recalling_; ///< asked for, answered or not
  std::set<message_id> recalled_;
  habits habits_;
  unsigned in_flight_ = 0;
  unsigned acked_ = 0;
  unsigned opened_ = 0;
  unsigned cut_off_ = 0;
};

} // namespace wardline::fault
