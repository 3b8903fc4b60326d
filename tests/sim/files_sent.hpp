#pragma once
// Files that go with messages of a simulated clinic, and what must be true of them at the end.
#include "clinic_world.hpp"

namespace wardline::sim {

class files_sent {
public:
  explicit files_sent(clinic_world& w) : world_{w} {}

  /// Now and then one goes with message number `n`: mostly of one chunk, sometimes of two.
  void maybe_add(std::size_t n, client::draft& what);
  /// The file of an opened message comes out as it went in.
  void check(wired_device& d, const client::opened_message& one);
  /// Every accepted message's file lies on the daemon's disk, and none of another one. `kept`: nobody asked
  /// to recall it; `may_stay`: no recall was answered.
  void check_disk(const std::function<bool(const message_id&)>& kept,
                  const std::function<bool(const message_id&)>& may_stay) const;

private:
  clinic_world& world_;
  std::map<std::size_t, bytes> by_message_; ///< by number of the promise
};

} // namespace wardline::sim
