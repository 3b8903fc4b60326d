#pragma once
// The four ways to store, behind one face: what one promises, all promise.
#include "lmdb_storage.hpp"
#include "memory_storage.hpp"
#include "sealed_storage.hpp"
#include "temp_folder.hpp"
#include "test_ports.hpp"

namespace wardline {

constexpr std::size_t test_map_bytes = 256u << 20;

inline secret32 test_kek(std::uint8_t seed = 7) {
  return secret32{bytes(32, seed)};
}

struct in_memory {
  memory_storage storage;
  ports::storage& disk() { return storage; }
  void restart() {}
};

struct in_lmdb {
  temp_folder folder;
  kept_journal journal;
  std::unique_ptr<lmdb_storage> storage;

  in_lmdb() { restart(); }
  ports::storage& disk() { return *storage; }
  void restart() {
    storage.reset();
    storage = std::move(*lmdb_storage::open(folder.path, journal, test_map_bytes));
  }
};

template <class Below>
struct sealed_over {
  temp_folder folder;
  kept_journal journal;
  seeded_random dice;
  Below below;
  std::unique_ptr<keyring> keys;
  std::unique_ptr<sealed_storage> storage;

  sealed_over() {
    keys = std::move(*keyring::create(folder.path / "keyring", test_kek(), journal));
    storage = std::make_unique<sealed_storage>(below.disk(), *keys, dice);
  }
  ports::storage& disk() { return *storage; }
  void restart() {
    storage.reset();
    keys.reset();
    below.restart();
    keys = std::move(*keyring::open(folder.path / "keyring", test_kek(), journal));
    storage = std::make_unique<sealed_storage>(below.disk(), *keys, dice);
  }
};

} // namespace wardline
