#pragma once
// wardlined as a real process: started, asked to stop, killed. Its journal goes into a file.
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace wardline::fault {

class daemon_process {
public:
  /// Lines of its stderr are appended to `log`; it works in the log's folder.
  daemon_process(std::filesystem::path config, std::filesystem::path log);
  daemon_process(const daemon_process&) = delete;
  daemon_process& operator=(const daemon_process&) = delete;
  ~daemon_process(); ///< kill -9

  /// Waits until it serves. Throws with the end of its journal if it does not.
  void start(int within_ms = 60'000);
  /// Sends the signal and waits for the end; what waitpid said. 0 if it does not run.
  int end(int signal);

  [[nodiscard]] bool alive();
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Everything it has journalled so far.
  [[nodiscard]] std::string journal() const;
  /// Resident bytes now.
  [[nodiscard]] std::size_t resident_bytes() const;

private:
  std::filesystem::path config_;
  std::filesystem::path log_;
  pid_t pid_ = -1;
};

/// A program as a child that dies with this one; stdout and stderr are appended to `log`. Its process id.
pid_t spawn(const std::vector<std::string>& command, const std::filesystem::path& log);

/// Runs it to its end; stdout and stderr are appended to `log`. Its exit code, or -1.
int run_program(const std::vector<std::string>& command, const std::filesystem::path& log);

std::string file_text(const std::filesystem::path& file);

} // namespace wardline::fault
