#include "readiness.hpp"
#include <systemd/sd-daemon.h>

namespace wardline::daemon {

void notify_starter(const std::string& state) {
  sd_notify(0, state.c_str());
}

} // namespace wardline::daemon
