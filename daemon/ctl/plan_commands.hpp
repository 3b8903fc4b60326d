#pragma once
// wardctl roster set FILE, wardctl escalation set FILE: read here, judged whole by the running daemon.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace wardline::ctl {

struct plan_outcome {
  bool done = false;
  bool answered = true;              ///< false: no daemon answers at the socket
  std::vector<std::string> problems; ///< file:line:column: what
  std::vector<std::string> warnings; ///< likewise; they kept nothing from being done
  std::uint64_t leaf = 0;            ///< audit leaf of what was done
};

plan_outcome set_roster_from(const std::filesystem::path& file, const std::filesystem::path& socket,
                             std::uint64_t now);
plan_outcome set_chain_from(const std::filesystem::path& file, const std::filesystem::path& socket);

} // namespace wardline::ctl
