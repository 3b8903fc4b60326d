#pragma once
// Introduces the actors to each other: the only file that includes them all. main calls it with real ports,
// the simulation with its own; both run the same house.
#include "directory.hpp"
#include "handles.hpp"
#include "plugin_host.hpp"
#include "ports/passwords.hpp"
#include "ports/second_factor.hpp"
#include "store.hpp"
#include "wire/noise.hpp"
#include <caf/actor_system.hpp>

namespace wardline {

/// Everything pointed to outlives the actors.
struct house_parts {
  const ports::reader* rows = nullptr;
  ports::random* random = nullptr;
  ports::journal* journal = nullptr;
  ports::link* link = nullptr;
  ports::passwords* passwords = nullptr;
  ports::second_factor* factors = nullptr;
  ports::blobs* blobs = nullptr;
  rules::duty_board* duty = nullptr; ///< filled from the store
  std::shared_ptr<rules::clinic_board> board;
  std::shared_ptr<rules::plugin_links_board> links = std::make_shared<rules::plugin_links_board>();
  std::shared_ptr<const wire::noise_key_pair> noise; ///< the daemon's static key, as certified
  plugin_rights rights;
  store_parts store;
  std::uint8_t erasure_claim = 0;
  order_signer sign_order;
  std::optional<founding> first;
  incarnation_id first_incarnation;        ///< used if there is no clinic yet
  time_ms start = 0;                       ///< wall clock
  std::function<void()> yield_to_others{}; ///< of the calling thread: whatever else wants to run comes first
  bool detached =
      true; ///< store, signatures, attachments and password workers on threads of their own; not in tests
};

/// Two at once (DESIGN 10).
inline constexpr std::size_t password_workers = 2;

struct house {
  store_actor store;
  signatures_actor signatures;
  audit_actor audit;
  std::vector<password_actor> passwords;
  triage_actor triage;
  directory_actor directory;
  escalation_actor escalation;
  admin_actor admin;
  wipe_actor wipe;
  attachments_actor attachments;
  plugin_host_actor plugin_host;

  /// In this order: who asks before who is asked, the store last.
  [[nodiscard]] std::vector<caf::actor> in_stop_order() const;
  /// Once a second: sessions, idle children, checkpoint.
  void on_tick(const tick& t) const;
};

/// Reads the registry from the store and spawns. value_not_openable or log_corrupt: nothing is spawned.
expected<house> build_house(caf::actor_system& system, house_parts parts);

} // namespace wardline
