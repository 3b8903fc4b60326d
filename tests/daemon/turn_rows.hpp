#pragma once
// A store with rows to destroy and rows that must survive, and what an attacker has who kept every sealed
// value there ever was: LMDB's stale pages, bulk backups and snapshots in one.
#include "sealed_storage.hpp"
#include "storages.hpp"
#include <catch2/catch.hpp>
#include <map>

namespace wardline {

using row_values = std::map<ports::row_place, bytes>;

inline row_values all_rows(const ports::reader& disk, bool only_openable = false) {
  row_values out;
  for (std::uint8_t t = 1; t <= ports::table_max; ++t) {
    bytes after;
    for (;;) {
      auto page = disk.scan(static_cast<ports::table>(t), {}, after, ports::scan_rows_max);
      for (auto& r : page)
        if (r.openable || !only_openable)
          out[{static_cast<ports::table>(t), r.key}] = std::move(r.value);
      if (page.size() < ports::scan_rows_max)
        break;
      after = page.back().key;
    }
  }
  // The turn's own row is no cargo.
  out.erase({ports::table::meta, turn_row_key()});
  return out;
}

/// Rows in three segments of a monotone table and in several shards, every `doomed_every`th to be destroyed.
struct turn_rows {
  row_values survivors, destroyed;

  explicit turn_rows(std::uint64_t log_rows = 2 * segment_rows + 100, std::uint64_t doomed_every = 97,
                     unsigned items = 512) {
    for (std::uint64_t i = 0; i < log_rows; ++i)
      add({ports::table::log, ports::row_key(i)}, i, i >= 10 && i % doomed_every == 0);
    for (unsigned i = 0; i < items; ++i) {
      bytes key(16, static_cast<std::uint8_t>(i / 2));
      key.back() = static_cast<std::uint8_t>(i);
      add({ports::table::item, std::move(key)}, i, i == 40 || i == 41 || i == 300);
    }
    add({ports::table::meta, to_bytes(view("store/head"))}, 0, false);
  }

  [[nodiscard]] std::vector<ports::row_place> doomed() const {
    std::vector<ports::row_place> out;
    for (const auto& [place, value] : destroyed)
      out.push_back(place);
    return out;
  }

  void plant(ports::storage& disk) const {
    for (const auto* some : {&survivors, &destroyed}) {
      std::vector<ports::change> changes;
      for (const auto& [place, value] : *some)
        changes.push_back(ports::put(place.where, place.key, value));
      REQUIRE(disk.commit(changes) == ports::commit_result::committed);
    }
  }

private:
  void add(ports::row_place place, std::uint64_t number, bool doomed) {
    bytes value(20 + number % 50, static_cast<std::uint8_t>(number));
    (doomed ? destroyed : survivors)[std::move(place)] = std::move(value);
  }
};

/// How many of these rows can be read with this keyring out of an image of their sealed values.
inline std::size_t readable(const memory_storage::image& image, keyring& keys,
                            const std::vector<ports::row_place>& rows) {
  memory_storage kept{image};
  seeded_random dice;
  sealed_storage attacker{kept, keys, dice};
  std::size_t n = 0;
  for (const auto& p : rows)
    n += attacker.read(p.where, p.key) ? 1 : 0;
  return n;
}

/// A copy of everything that lies below the sealing.
inline memory_storage::image image_of(const ports::reader& below) {
  memory_storage::image out;
  for (auto& [place, value] : all_rows(below))
    out[static_cast<std::size_t>(place.where)][place.key] = std::move(value);
  return out;
}

/// Steps until the turn is over; how many it took.
inline std::size_t finish_turn(sealed_storage& disk) {
  std::size_t steps = 0;
  for (; disk.current().at != ports::key_turn::phase::over; ++steps) {
    REQUIRE(steps < 10'000);
    REQUIRE(disk.step() == ports::commit_result::committed);
  }
  return steps;
}

} // namespace wardline
