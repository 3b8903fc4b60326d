#pragma once
// Messages whose seal does not open here, though this device may read them (e2ee 5.9, 6.10): reported as an
// act, once per start and never while catching up; answered by any other reader with a key list of one key,
// which is checked against the slip's own commitment. What a report names is verified before anything is
// given: the daemon alone gets no key out of anybody.
#include "client/key_lists.hpp"

namespace wardline::client {

/// Reports that this device makes for one conversation in one run: what the daemon keeps.
inline constexpr std::size_t reports_made_max = 64;
/// Milliseconds before a report is answered, at random, at most: the first answer is enough.
inline constexpr std::uint64_t answer_jitter_ms = 1'000;
/// Answers on their way; further reports come again with what waits.
inline constexpr std::size_t answering_max = wire::pending_rows_max;

class reports {
public:
  using ended = std::function<void(refusal)>;

  reports(core& c, objects& o, messages& m, key_lists& k)
      : core_{c}, objects_{o}, messages_{m}, key_lists_{k} {}

  /// Answers to what was reported before, then reports about what still cannot be opened. One attempt.
  void settle(ended then);
  /// A slip that has just come and cannot be opened.
  void report(const conversation_id& where, std::uint64_t seq);
  /// Reports of others that this device may answer, and the news that one of its own was answered.
  void on_pending(const wire::device::pending& waits);
  /// The device is locked.
  void forget();

private:
  void sign(const conversation_id& where, std::uint64_t seq);
  void send(const message_id& message);
  void answer(const conversation_id& where, const e2ee::act& report);

  core& core_;
  objects& objects_;
  messages& messages_;
  key_lists& key_lists_;
  std::map<conversation_id, std::size_t> made_; ///< in this run
  std::set<hash32> answering_;                  ///< reports, by object hash
};

} // namespace wardline::client
