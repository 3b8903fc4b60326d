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
  message_id message;
  conversation_id conversation;
  std::uint64_t seq = 0; ///< 0 = nobody was promised anything
};

/// What a witness found at the daemon.
struct found_message {
  message_id message;
  std::string text;
  bool acknowledged = false;
};
using found_messages = std::map<std::pair<conversation_id, std::uint64_t>, found_message>;

class busy_pair {
public:
  /// The seed chooses the load. Sends the first message, and keeps a copy of the physician's device as it is
  /// then: the witness of the morning.
  busy_pair(real_clinic& c, std::uint64_t seed);

  std::uint64_t roll(std::uint64_t n) { return dice_() % n; }

  /// Keeps twelve acts in flight for so long; they stay in flight at the end.
  void work(int ms);
  /// The daemon is started again: what was cut off is asked again by its id; all of it ends.
  void settle();
  /// Throws what is wrong with what a device of the morning gets from the daemon: every acked message stands
  /// at its number, opens and says what was written; every answered acknowledgement is there; nothing is half
  /// visible, and nothing there twice.
  void check();

  [[nodiscard]] const std::vector<promise>& promised() const { return promised_; }
  [[nodiscard]] std::string report() const;

private:
  void send_one();
  void open_or_acknowledge();
  void open_or_acknowledge_or_send();
  found_messages witness();
  void log_in(real_device& who);
  void read_all(real_device& w, const client::conversation_row& c, found_messages& out);

  std::mt19937_64 dice_;
  real_clinic& clinic_;
  client::memory_device_store morning_;
  std::vector<promise> promised_;
  std::set<message_id> acknowledged_;
  unsigned in_flight_ = 0;
  unsigned acked_ = 0;
  unsigned opened_ = 0;
  unsigned cut_off_ = 0;
};

} // namespace wardline::fault
