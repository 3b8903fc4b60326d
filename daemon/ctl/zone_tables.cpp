#include "zone_tables.hpp"
#include <chrono>
#include <date/tz.h>
#include <stdexcept>

namespace wardline::ctl {

std::optional<rules::zone> zone_table(const std::string& name, time_ms now) {
  using namespace std::chrono;
  const date::time_zone* found = nullptr;
  try {
    found = date::locate_zone(name);
  } catch (const std::runtime_error&) { // no such zone, or no zone data at all
    return std::nullopt;
  }
  const auto from = date::sys_seconds{seconds{static_cast<std::int64_t>(now / 1'000)}};
  const auto until = from + hours{24 * 366 * zone_years_ahead};
  rules::zone out{name, {}};
  for (auto at = from; at < until && out.changes.size() < rules::zone_changes_max;) {
    auto info = found->get_info(at);
    auto begin = out.changes.empty() ? 0 : info.begin.time_since_epoch().count() * 1'000;
    out.changes.push_back({static_cast<time_ms>(begin), static_cast<std::int32_t>(info.offset.count())});
    if (info.end <= at)
      break;
    at = info.end;
  }
  return out;
}

} // namespace wardline::ctl
