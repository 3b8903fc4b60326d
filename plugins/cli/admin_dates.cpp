#include "admin_dates.hpp"
#include <charconv>
#include <chrono>

namespace wardline::cli {

std::optional<time_ms> read_date(const std::string& word) {
  auto number = [&](std::size_t at, std::size_t digits) -> int {
    int out = -1;
    const char* begin = word.data() + at;
    auto end = std::from_chars(begin, begin + digits, out);
    return end.ec == std::errc{} && end.ptr == begin + digits ? out : -1;
  };
  if (word.size() != 10 || word[4] != '-' || word[7] != '-')
    return std::nullopt;
  int year = number(0, 4);
  int month = number(5, 2);
  int day = number(8, 2);
  std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                   std::chrono::day{static_cast<unsigned>(day)}};
  if (year < 1970 || month < 1 || day < 1 || !date.ok())
    return std::nullopt;
  auto since = std::chrono::sys_days{date}.time_since_epoch();
  return static_cast<time_ms>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
}

} // namespace wardline::cli
