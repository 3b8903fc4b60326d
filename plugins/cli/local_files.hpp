#pragma once
// Files of this machine: what goes with a message, and what comes out of one.
#include "client/device_values.hpp"
#include "wire/expected.hpp"
#include <filesystem>

namespace wardline::cli {

/// A regular file; its name as it stands there. Stays open as long as the result lives. Refusals:
/// file_not_readable, attachment_size, bad_text (its name has control characters, or is too long).
expected<client::outgoing_file> outgoing_file_at(const std::filesystem::path& path);

/// "1.5 MiB"
std::string show_size(std::uint64_t size);

/// A new file of this name in a folder. Until keep() it is called NAME.part, and goes again without it:
/// nobody takes half a file for a whole one.
class incoming_file {
public:
  incoming_file(const std::filesystem::path& folder, const std::string& name);
  incoming_file(const incoming_file&) = delete;
  incoming_file& operator=(const incoming_file&) = delete;
  ~incoming_file();

  [[nodiscard]] std::string path() const { return path_.string(); }
  /// already_exists, bad_text (no name for a file here), file_not_written.
  refusal begin();
  bool add(bytes_view piece);
  /// Durable and under its name when none. already_exists: somebody made one of this name meanwhile.
  refusal keep();

private:
  std::filesystem::path path_;
  std::filesystem::path part_;
  int fd_ = -1;
};

} // namespace wardline::cli
