#include "admin_dates.hpp"
#include <catch2/catch.hpp>

using wardline::cli::read_date;

TEST_CASE("days are read as people write them, and nothing else") {
  CHECK(read_date("1970-01-01") == 0U);
  CHECK(read_date("2026-03-01") == 1'772'323'200'000U);
  CHECK(read_date("2024-02-29") == 1'709'164'800'000U);
  for (const auto* wrong : {"", "2026", "2026-3-1", "2026-02-30", "2025-02-29", "1969-12-31", "2026/03/01",
                            "2026-13-01", "2026-00-10", "2026-03-00", "-026-03-01", "2026-03-01 "})
    CHECK_FALSE(read_date(wrong));
}
