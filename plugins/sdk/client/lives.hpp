#pragma once
// The server's store began a new life since this device was here last: it was restored from a backup
// (e2ee 6.6). The device finds out how much of what it saw came back, has the log say so if it was not all,
// and only then goes on: what it sent and no backup holds is sent again.
#include "client/messages.hpp"
#include "client/objects.hpp"
#include "client/outbox.hpp"

namespace wardline::client {

class lives {
public:
  using ended = std::function<void(refusal)>;

  lives(core& c, log_watch& log, objects& o, messages& m, outbox& b)
      : core_{c}, log_{log}, objects_{o}, messages_{m}, outbox_{b} {}

  /// What is pinned is of an earlier life than the one on the live channel.
  [[nodiscard]] bool is_new() const {
    return core_.pin && core_.incarnation && core_.pin->incarnation != core_.incarnation;
  }
  /// While the inner part is open. none: the new life is pinned, in one commit with everything that follows
  /// from it, and what is in memory has to be read anew. log_*: it is not believed, and said; the pin stays
  /// (e2ee 5.15).
  void meet(ended then);

private:
  struct story {
    e2ee::checkpoint head; ///< of the new log, its signature checked
    std::vector<e2ee::life_entry> lives;
    bool admitted = false; ///< the new log says what this device had seen
  };
  void ask(ended then);
  [[nodiscard]] expected<story> read(const wire::device::exposure& x) const;
  [[nodiscard]] bool admits(const log_entry& e) const;
  void with_growth(const story& s, ended then);
  void adopt(const story& s, std::span<const hash32> consistency, const ended& then);
  void again(refusal why, ended then);
  void fail(refusal why, const ended& then) const;

  core& core_;
  log_watch& log_;
  objects& objects_;
  messages& messages_;
  outbox& outbox_;
  unsigned tries_ = 0;
};

} // namespace wardline::client
