#pragma once
// A real wardlined process in a folder of its own.
#include "found_clinic.hpp"
#include "measure.hpp"
#include <filesystem>
#include <memory>
#include <optional>

namespace wardline::bench {

/// wardlined as a child process; stopped and its folder removed at the end.
class daemon_process {
public:
  daemon_process(std::filesystem::path program, std::filesystem::path folder);
  ~daemon_process();
  daemon_process(const daemon_process&) = delete;

  /// kill -9 and start again on the same folder.
  void kill_and_start();
  /// As systemd stops it. Seconds until it was gone.
  double stop();
  /// After stop(). Seconds from exec to the READY=1 that systemd would wait for.
  double start_until_ready();
  /// Seconds until it has nothing to do any more.
  double wait_until_idle() const;
  /// After stop(): what of the store's file the system holds in memory is given up, as after a boot.
  void forget_cached_store() const;

  [[nodiscard]] bool alive() const;
  [[nodiscard]] std::string journal() const; ///< all lines so far
  [[nodiscard]] std::uint64_t resident_bytes() const;
  [[nodiscard]] std::uint64_t own_bytes() const;           ///< resident, without pages of files
  [[nodiscard]] std::uint64_t peak_resident_bytes() const; ///< since it started
  [[nodiscard]] std::uint64_t store_bytes() const;         ///< of the store's file
  /// To the disk, by this process. Nothing: this user may not know (only root reads it of a process that
  /// keeps its memory private).
  [[nodiscard]] std::optional<std::uint64_t> written_bytes() const;
  /// To the disk that the store lies on, by everybody.
  [[nodiscard]] std::optional<std::uint64_t> bytes_written_to_disk() const {
    return bytes_written_to_disk_of(folder_);
  }
  [[nodiscard]] double cpu_seconds() const;

  ctl::identity identity;
  std::unique_ptr<ctl::founded_clinic> founded;
  public_key noise_key{};
  public_key curve_key{};
  std::string address;

private:
  void launch();
  [[nodiscard]] std::uint64_t status_bytes(const std::string& field) const;
  [[nodiscard]] std::filesystem::path store_file() const;

  std::filesystem::path program_;
  std::filesystem::path folder_;
  int pid_ = -1;
};

} // namespace wardline::bench
