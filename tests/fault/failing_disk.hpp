#pragma once
// Which faults a daemon that is started meanwhile has on its disk; failing_disk.cpp says what there is.
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace wardline::fault {

class failing_disk {
public:
  /// By the name behind "FAILING_DISK".
  explicit failing_disk(std::map<std::string, std::string> faults) {
    ::setenv("LD_PRELOAD", FAILING_DISK_LIBRARY, 1);
    for (auto& [name, value] : faults)
      ::setenv(names_.emplace_back("FAILING_DISK" + name).c_str(), value.c_str(), 1);
  }
  ~failing_disk() {
    ::unsetenv("LD_PRELOAD");
    for (const auto& name : names_)
      ::unsetenv(name.c_str());
  }
  failing_disk(const failing_disk&) = delete;
  failing_disk& operator=(const failing_disk&) = delete;

private:
  std::vector<std::string> names_;
};

} // namespace wardline::fault
