#pragma once
// What plugins.d means to the link and to the house.
#include "config.hpp"
#include "plugin_host.hpp"
#include "zmq_link.hpp"

namespace wardline::daemon {

std::vector<link_endpoint> endpoints_of(const std::vector<plugin_config>& plugins);
plugin_rights rights_of(const std::vector<plugin_config>& plugins);

} // namespace wardline::daemon
