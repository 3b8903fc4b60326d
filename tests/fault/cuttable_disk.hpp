#pragma once
// A clinic's state folder on an ext4 file system of its own (a loop device), whose power can be cut: whatever
// was not synced is lost. Needs root.
#include "real_clinic.hpp"
#include <functional>

namespace wardline::fault {

class cuttable_disk {
public:
  /// Stops the daemon and moves its state folder there.
  explicit cuttable_disk(real_clinic& c);
  ~cuttable_disk();
  cuttable_disk(const cuttable_disk&) = delete;
  cuttable_disk& operator=(const cuttable_disk&) = delete;

  /// Some of what the daemon has written and not yet synced reaches the disk, as it may at any time.
  void write_some_early(const std::function<std::uint64_t(std::uint64_t)>& roll);
  /// From now on nothing reaches the disk.
  void cut();
  /// Ends the daemon that was cut off; the disk comes back with what it holds.
  void power_again();

private:
  void mount();

  real_clinic& clinic_;
  std::filesystem::path where_;
  std::filesystem::path image_;
};

/// Mounts of this process are its own and gone with it. Empty, or why there can be no such disk here.
std::string allow_own_mounts(const std::filesystem::path& scratch);

} // namespace wardline::fault
