#pragma once
// What the parts of a device share: its store, its session, what it trusts. One thread; parts call each other
// only through `device`, and each waits for answers by callbacks of the session.
#include "client/rows.hpp"
#include "client/vault.hpp"
#include "e2ee/checkpoint.hpp"
#include "e2ee/entitlement.hpp"
#include "e2ee/life.hpp"
#include "e2ee/party_keys.hpp"
#include "e2ee/standing.hpp"
#include <limits>
#include <set>

namespace wardline::client {

/// Milliseconds until something is asked again that the log does not prove yet: the daemon signs a checkpoint
/// about once a second, and only then a new leaf can be proved. So often, then it is not_in_log.
inline constexpr std::uint64_t proof_wait_ms = 500;
inline constexpr unsigned proof_tries_max = 20;

/// The inner part while the store is open. Never moves: `keys` refers to `sealing`.
struct inner_part {
  e2ee::signing_key signing;
  e2ee::x25519_pair sealing;
  e2ee::device_certificate certificate; ///< own, newest
  e2ee::trust trust;
  e2ee::roster_keys keys;
  std::set<party_id> granted; ///< parties that a grant named this device, or its person, for; ever

  inner_part(e2ee::signing_key s, e2ee::x25519_pair x, e2ee::device_certificate c, e2ee::trust t)
      : signing{std::move(s)}, sealing{std::move(x)},
        certificate{std::move(c)}, trust{std::move(t)}, keys{trust.clinic(), certificate.device, sealing} {}
  inner_part(const inner_part&) = delete;
  inner_part& operator=(const inner_part&) = delete;

  [[nodiscard]] e2ee::link_maker maker() const { return {certificate.device, certificate.hash(), signing}; }
  /// Parties this device belongs to, or did: what was sealed to them while it did stays its own.
  [[nodiscard]] std::vector<party_id> own_parties() const;
  /// Of these, the ones that it belongs to now.
  [[nodiscard]] std::vector<party_id> entitled_parties(time_ms now) const;
};

struct core {
  core(device_store& store, pipe& out, session_events heard, device_events told)
      : rows{store}, link{out, std::move(heard)}, events{std::move(told)} {}

  vault rows;
  session link;
  device_events events;
  std::optional<rows::device> me;
  std::unique_ptr<inner_part> inner; ///< nothing while locked
  std::optional<logged_in_as> who;
  incarnation_id incarnation;    ///< of the daemon's hello on the live channel
  std::uint64_t safe_leaves = 0; ///< of the newest welcome: what was accepted below is in a backup

  /// The newest checkpoint that is known to continue the pinned one. `pin_moved`: not in the store yet; the
  /// next commit takes it along.
  std::optional<e2ee::log_pin> pin;
  bool pin_moved = false;

  [[nodiscard]] time_ms now() const { return link.now(); }

  /// For an object whose place in the log is not known: everything known counts.
  [[nodiscard]] static e2ee::log_place at_end(time_ms now) {
    return {std::numeric_limits<std::uint64_t>::max(), now};
  }

  /// Commits, with the pin if it moved. Says storage trouble to the person.
  refusal commit(store_changes changes);
  void say(notice n) const {
    if (events.said)
      events.said(n);
  }

  /// Runs `what` from a later tick, not before `ms` milliseconds. Forgotten by forget_timers().
  void after(std::uint64_t ms, std::function<void()> what) { timers.emplace(now() + ms, std::move(what)); }
  void run_timers();
  void forget_timers() { timers.clear(); }

  std::multimap<time_ms, std::function<void()>> timers;
};

/// Nobody's fault and not for ever: what was asked is asked again later.
bool passes(refusal why);
/// What was said of a party cannot be true, now or later: neither overtaken nor only not known yet.
bool impossible(refusal why);

/// The name that a certificate held here gives this user; empty if there is none.
std::string name_of_user(const e2ee::trust& t, const user_id& user);

} // namespace wardline::client
