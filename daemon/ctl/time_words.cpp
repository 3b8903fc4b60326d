#include "time_words.hpp"
#include <array>
#include <ctime>
#include <fmt/format.h>

namespace wardline::ctl {

std::string utc_time(time_ms at) {
  auto seconds = static_cast<std::time_t>(at / 1'000);
  std::tm parts{};
  if (::gmtime_r(&seconds, &parts) == nullptr)
    return "never";
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string duration(time_ms ms) {
  struct part {
    const char* name;
    time_ms of;
  };
  static constexpr std::array<part, 4> parts{
      {{"days", 86'400'000}, {"h", 3'600'000}, {"min", 60'000}, {"s", 1'000}}};
  for (std::size_t i = 0; i + 1 < parts.size(); ++i)
    if (ms >= parts[i].of)
      return fmt::format("{} {} {} {}", ms / parts[i].of, parts[i].name, ms % parts[i].of / parts[i + 1].of,
                         parts[i + 1].name);
  return fmt::format("{} s", ms / 1'000);
}

std::string bytes_text(std::uint64_t bytes) {
  static constexpr std::array<const char*, 6> units{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  auto shown = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; shown >= 1024 && unit + 1 < units.size(); ++unit)
    shown /= 1024;
  return fmt::format("{:.{}f} {}", shown, unit == 0 ? 0 : 1, units[unit]);
}

} // namespace wardline::ctl
