#pragma once
#include "audit_rows.hpp"
#include "handles.hpp"
#include "ports/journal.hpp"
#include "ports/random.hpp"
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <deque>
#include <functional>

namespace wardline {

/// Who signs checkpoints. The key itself stays with main: actors hold no secret (security 2.3).
struct log_signer {
  std::string origin; ///< "clinic.example/<install>/audit/<log epoch>" (security 2.2)
  public_key key{};
  std::function<signature64(bytes_view)> sign; ///< Ed25519 over exactly these bytes; any thread
};

struct store_limits {
  std::size_t batch_acts_max = 1024;
  std::size_t batch_bytes_max = 2u << 20;
  std::size_t waiting_max = 8 * 1024;        ///< writes; one more is refused as overloaded
  std::size_t waiting_bytes_max = 64u << 20; ///< of all waiting writes; above it: overloaded
  std::uint64_t heartbeat_after_ms = 60'000; ///< without a new leaf
};

/// What the store works with. Pointers are main's and outlive every actor.
struct store_parts {
  ports::storage* disk = nullptr;
  ports::random* dice = nullptr;
  ports::journal* journal = nullptr;
  log_signer signer;
  store_start start;                    ///< from load_store, which main asked before anything else
  std::function<void(const char*)> die; ///< ends the process non-zero; in tests it records and returns
  store_limits limits;
  ports::key_turns* turns = nullptr; ///< of the same disk; none: nothing can be destroyed (tests)
};

/// The single writer. Natural group commit: the next batch is what arrived while the last one was committed.
/// After a crash at any point: what was answered is on disk, what was not is there whole or not at all.
struct store_state {
  static inline const char* name = "store";

  struct waiting {
    write what;
    std::size_t size = 0;
    caf::typed_response_promise<committed> ack;
  };

  store_actor::pointer self = nullptr;
  store_parts parts;
  std::deque<waiting> queue;
  std::size_t queue_bytes = 0;
  bool dead = false; ///< after an unknown commit: no answer, no further commit

  caf::result<committed> on(write&& m);
  void on(const flush&);
  void on(const sign_checkpoint& m);
  caf::result<checkpoint_note> on(const get_checkpoint&);
  caf::result<probed> on(const probe& m);
  caf::result<turn_state> on(const begin_turn& m);
  caf::result<turn_state> on(const step_turn&);

  void commit_batch();
  void commit_all();
  ports::commit_result commit(std::span<const ports::change> rows);
  caf::result<turn_state> turned(ports::commit_result result);
  void end_on_unknown();
};

/// Spawned `detached` by main (LMDB blocks), plain in tests.
store_actor::behavior_type store(store_actor::stateful_pointer<store_state> self, store_parts parts);

} // namespace wardline
