// Sweeps over a whole valid log: negatives 5 and 16 of e2ee 10, and replay.
#include "full_clinic.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::e2ee;
using build::full_clinic;

TEST_CASE("negative 5: every prefix of every valid object") {
  full_clinic c;
  trust sofar{c.id, c.identity.public_part()};
  for (const auto& entry : c.log) {
    for (std::size_t n = 0; n < entry.raw.size(); ++n) {
      auto refused = admit(bytes_view{entry.raw}.first(n), sofar, entry.with);
      INFO(to_string(refused));
      CHECK((refused == refusal::truncated || refused == refusal::length_beyond_end));
    }
    REQUIRE(admit(entry.raw, sofar, entry.with) == refusal::none);
  }
}

TEST_CASE("negative 16: no flipped bit of a valid object is accepted") {
  full_clinic c;
  trust sofar{c.id, c.identity.public_part()};
  std::size_t flipped = 0;
  for (const auto& entry : c.log) {
    for (std::size_t bit = 0; bit < entry.raw.size() * 8; ++bit) {
      auto raw = entry.raw;
      raw[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      if (admit(raw, sofar, entry.with) == refusal::none)
        FAIL("bit " << bit << " of leaf " << entry.with.in_log->position);
      ++flipped;
    }
    REQUIRE(admit(entry.raw, sofar, entry.with) == refusal::none);
  }
  CHECK(flipped > 40'000);
}

TEST_CASE("negative 16: nor of a cosignature") {
  full_clinic c;
  auto entry = *std::find_if(c.log.begin(), c.log.end(), [](auto& e) { return e.with.cosigned.has_value(); });
  auto grant = *role_grant::decode(entry.raw, c.id);
  trust sofar{c.id, c.identity.public_part()};
  for (std::uint64_t i = 0; i < entry.with.in_log->position; ++i)
    REQUIRE(admit(c.log[i].raw, sofar, c.log[i].with) == refusal::none);
  REQUIRE(verify(grant, sofar, entry.with) == refusal::none);
  auto good = entry.with.cosigned->raw();
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto raw = good;
    raw[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    auto changed = cosignature::decode(raw, c.id);
    if (changed && verify(grant, sofar, {entry.with.in_log, *changed}) == refusal::none)
      FAIL("bit " << bit);
  }
}

TEST_CASE("a whole log replays into an empty trust, twice without change") {
  full_clinic c;
  trust again{c.id, c.identity.public_part()};
  for (int round = 0; round < 2; ++round)
    for (const auto& entry : c.log)
      if (round == 0 || *peek_kind(entry.raw) == kind::device || *peek_kind(entry.raw) == kind::invitation)
        REQUIRE(admit(entry.raw, again, entry.with) == refusal::none);
  CHECK(again.newest(c["nurse1"].device)->what.serial == 2);
  CHECK(again.newest_certificates().size() == c.devices.size());
}
