#pragma once
// Grants, withdrawals and revocations (e2ee 5.5), followed through the log from the last one known: who
// belongs where is this device's own judgement, never the daemon's word.
#include "client/objects.hpp"

namespace wardline::client {

/// Pages in a row: a log that never ends is not followed.
inline constexpr unsigned change_pages_max = 256;

class changes {
public:
  using ended = std::function<void(refusal)>;

  changes(core& c, log_watch& log, objects& o) : core_{c}, log_{log}, objects_{o} {}

  /// Up to which leaf they are known. value_not_openable.
  refusal load();
  /// Everything newer than what is known. Two callers share one question. Refusals: not_in_log, chain_broken
  /// (the answer does not ascend), those of the daemon and of the store; what was kept before stays.
  void follow(ended then);

private:
  void ask();
  void ask_for_spoilt();
  void settle_on(wire::device::objects found);
  void take(const wire::device::objects& found);
  void keep(const std::vector<proved>& found);
  void end(refusal why);

  core& core_;
  log_watch& log_;
  objects& objects_;
  std::vector<ended> waiting_;
  std::uint64_t after_leaf_ = 0;
  bool again_ = false; ///< somebody else asked meanwhile
  unsigned pages_ = 0;
  unsigned tries_ = 0; ///< for proofs that the log does not give yet
};

} // namespace wardline::client
