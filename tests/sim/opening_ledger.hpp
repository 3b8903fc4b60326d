#pragma once
// Every release of a body uses up one durable leaf that names exactly its reader, its device and its message.
#include "wire/ids.hpp"
#include <map>
#include <set>
#include <string>
#include <vector>

namespace wardline::sim {

/// What one `opened` leaf says.
struct opening {
  std::uint64_t leaf = 0;
  user_id user;
  device_id device;
  conversation_id conversation;
  std::vector<std::uint64_t> seqs;
};

/// Outlives every life of the daemon: a leaf is durable, and a reader remembers what came.
class opening_ledger {
public:
  void write(const opening& o) { leaves_[o.leaf] = o; }

  /// A restore did not bring back these leaves and all behind them; others will stand there.
  void forget_from(std::uint64_t leaf) {
    leaves_.erase(leaves_.lower_bound(leaf), leaves_.end());
    used_.erase(used_.lower_bound({leaf, 0}), used_.end());
  }

  /// A body reached this reader, behind this leaf. What is wrong with that, or nothing.
  std::string take(std::uint64_t leaf, const user_id& user, const device_id& device,
                   const conversation_id& conversation, std::uint64_t seq);

private:
  std::map<std::uint64_t, opening> leaves_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> used_; ///< leaf, seq
};

} // namespace wardline::sim
