#pragma once
// A store actor over memory, and words to write with.
#include "memory_storage.hpp"
#include "store.hpp"
#include "test_ports.hpp"
#include "world.hpp"
#include <sodium.h>

namespace wardline {

/// A log key of tests. Real Ed25519: checkpoints are verified.
struct test_log_key {
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret{};
  log_signer signer;

  explicit test_log_key(std::uint8_t seed = 1) {
    std::array<std::uint8_t, crypto_sign_SEEDBYTES> from{};
    from.fill(seed);
    crypto_sign_seed_keypair(signer.key.data(), secret.data(), from.data());
    signer.origin = "clinic.example/test/audit/1";
    signer.sign = [sk = secret](bytes_view m) {
      signature64 out;
      crypto_sign_detached(out.data(), nullptr, m.data(), m.size(), sk.data());
      return out;
    };
  }
};

/// One act of kind `posted` with a put of `value` under `key` in table object.
inline act act_on(std::uint8_t key, bytes value, bool stamped = false) {
  act a;
  a.entry.kind = rules::audit_kind::posted;
  a.entry.time = 1;
  a.changes.push_back({ports::put(ports::table::object, bytes(16, key), std::move(value)), stamped});
  return a;
}

inline write write_of(std::vector<act> acts) {
  return write{std::move(acts)};
}

/// Owns everything a store needs; `reborn()` starts another one from what is on the disk.
struct store_fixture {
  memory_storage disk;
  seeded_random dice;
  kept_journal journal;
  test_log_key log_key;
  std::vector<std::string> deaths;
  store_limits limits;

  /// The parts, after the look at the disk; nothing if that refuses.
  std::optional<store_parts> parts() {
    auto start = load_store(disk);
    if (!start)
      return std::nullopt;
    return store_parts{&disk,          &dice,  &journal,
                       log_key.signer, *start, [this](const char* why) { deaths.emplace_back(why); },
                       limits};
  }

  store_actor spawn(world& w) { return w.sys.spawn(store, parts().value()); }

  static void stop(world& w, const store_actor& s) {
    caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
    w.run();
  }
};

} // namespace wardline
