#pragma once
// The secret half of rosters (e2ee 5.6): seeds, inboxes, turns. `party_keys` is the one interface behind
// which another group protocol could carry the epochs without touching a slip (DESIGN 6, e2ee 13).
//
// Nothing here stores anything. A turn is staged, persisted and sent; a link is judged, persisted and
// adopted: memory changes after the caller's commit (e2ee 3). After a crash the caller asks for the head: the
// staged link's hash is in it, or somebody else's is.
#include "e2ee/roster.hpp"
#include "e2ee/signing.hpp"
#include <map>

namespace wardline::e2ee {

/// DeriveKeyPair(HKDF(seed, lab("wardline inbox v1") | clinic | party | u32 n, 32)).
x25519_pair inbox_of(const clinic_id& clinic, const party_id& party, std::uint32_t n, const secret32& seed);

/// HPKE info of a member's seal: lab | clinic | party | u32 n | previous | inbox | members hash | device.
bytes seed_info(const clinic_id& clinic, const link_fields& core, const device_id& member);

/// Who signs a link. The key outlives the call.
struct link_maker {
  device_id device;
  hash32 certificate{}; ///< the device's, or the registrar's if the role is registrar
  const signing_key& key;
  signer_role role = signer_role::member;
};

/// A link made here and not yet accepted by the daemon: persist it before it is sent.
struct staged_turn {
  bytes core;
  bytes members;
  bytes seals;
  party_id party;
  std::uint32_t n = 0;
  hash32 hash{};                ///< of the core
  std::optional<secret32> seed; ///< none if the maker is not a member: it must forget it
};

/// A member to be, with the key its seed is sealed to.
struct sealed_member {
  party_member who;
  public_key sealing{};
};

/// A link at the end of `chain` (empty: genesis) with a fresh seed. Members in any order. Refuses:
/// `count_too_large` (none, or too many for the kind), `not_sorted` (a device twice), `bad_public_key`.
expected<staged_turn> make_link(const clinic_id& clinic, const party_chain& chain,
                                std::vector<sealed_member> members, link_reason reason,
                                const link_maker& maker, time_ms time);

/// The seed of a link, and the proof that it is the inbox's. Refuses: `not_for_me` (not a member),
/// `seed_not_openable`, `seed_mismatch`; on the last two turn again with reason `bad_seed` and report the
/// maker.
expected<secret32> open_own_seed(const clinic_id& clinic, const roster_link& link, const device_id& own,
                                 const x25519_pair& sealing);

/// The same for a link of which the core and the own seal are held. Refuses: `seed_not_openable`,
/// `seed_mismatch`.
expected<secret32> open_seed(const clinic_id& clinic, const link_fields& core, const seed_seal& seal,
                             const device_id& own, const x25519_pair& sealing);

/// What a turn is for. It is looked at again when somebody else's link won.
struct turn_intent {
  party_id party;
  party_kind kind = party_kind::user; ///< used for genesis only
  std::vector<device_id> add;
  std::vector<device_id> remove;
  link_reason reason = link_reason::add;
  /// The head that was found wanting: a refresh, bad or foreign seed is over once another stands behind it
  /// (which may want the same again, as an intent of its own). 0: over by its own link alone.
  std::uint32_t since = 0;
};

/// "X is in, Y is out", or "that head is no longer the head", holds already: nothing to turn.
[[nodiscard]] bool holds(const party_chain& chain, const turn_intent& intent);

/// A station turns its role parties so long after their last link (e2ee 5.6).
inline constexpr time_ms refresh_after_ms = 7ULL * 86'400'000;
/// A sender is warned of an older head; it sends all the same.
inline constexpr time_ms old_head_after_ms = 14ULL * 86'400'000;
[[nodiscard]] bool head_is_old(time_ms made, time_ms now);

/// What a member knows of its head beside the chain.
struct head_state {
  refusal trouble = refusal::none; ///< as `judge` said
  bool foreign_seed = false;
  time_ms made = 0;       ///< the link's time; 0: not known
  bool refreshes = false; ///< this device is a station and the party a role
};

/// What a member owes its party, the most pressing first: out with who is barred, or no longer entitled; a
/// seed instead of one that does not open, or that its maker knows from outside; a fresh one from time to
/// time. Nothing: the head is as it should be, or this device may not turn it. One turn settles all of it:
/// who is barred or not entitled is left out whatever the reason.
std::optional<turn_intent> owed_turn(const party_chain& chain, const device_id& own, const standing& known,
                                     const head_state& head, time_ms now);

/// An epoch that slips can be sealed to.
struct party_epoch {
  party_id party;
  std::uint32_t n = 0;
  public_key inbox{};
};

/// A link that was judged good, with what the store has to keep. Commit it, then give it to `adopt`.
struct adoption {
  party_chain chain;            ///< as it will be
  std::optional<secret32> seed; ///< of the head; none: this device is not a member (or `trouble` says why)
  std::map<std::uint32_t, secret32> earlier; ///< of links that this device was away for, by number
  refusal trouble = refusal::none; ///< seed_not_openable, seed_mismatch: adopted all the same, turn again
  bool foreign_seed = false;       ///< turn again, reason foreign_seed, if this device is a member
};

class party_keys {
public:
  virtual ~party_keys() = default;

  /// The head's epoch; nothing for a party without a link.
  [[nodiscard]] virtual std::optional<party_epoch> current(const party_id& party) const = 0;
  /// Seed of an epoch, or nullptr if this device does not hold it (`needs`: ask for a history pack).
  [[nodiscard]] virtual const secret32* seed(const party_id& party, std::uint32_t n) const = 0;
  /// Changes nothing. Members that are barred or no longer entitled are left out; a reset leaves out
  /// everybody but its maker. Refuses like `make_link`, `signer_not_member` (the maker of a member's link is
  /// none), `needs` (a member whose certificate is not known), `member_not_entitled` (one that is to be
  /// added).
  [[nodiscard]] virtual expected<staged_turn> stage_turn(const turn_intent& intent, const standing& known,
                                                         const link_maker& maker, time_ms now) const = 0;
  /// Changes nothing. Refuses like `follow`.
  [[nodiscard]] virtual expected<adoption> judge(const older_links& older, const roster_link& newest,
                                                 const standing& known) const = 0;
  /// After the commit. Heads never go back or aside: a chain that does not go on from the held one, because
  /// it was judged before another adoption, changes nothing.
  virtual void adopt(adoption checked) = 0;
  /// A seed of an earlier epoch, out of a pack, after the commit. Refuses: `needs` (no such epoch here),
  /// `seed_mismatch` (not the one of its inbox): nothing changes.
  [[nodiscard]] virtual refusal learn(const party_id& party, std::uint32_t n, secret32 seed) = 0;
};

/// The epochs of e2ee 5.6.
class roster_keys final : public party_keys {
public:
  /// `sealing` is the device's own sealing key pair; it outlives this object.
  roster_keys(clinic_id clinic, device_id own, const x25519_pair& sealing)
      : clinic_{clinic}, own_{own}, sealing_{sealing} {}

  /// From the store at start: a chain as adopted, and the seeds held, by number.
  void restore(party_chain chain, std::map<std::uint32_t, secret32> seeds);
  [[nodiscard]] const party_chain* chain(const party_id& party) const;
  /// The key pair that opens slips of an epoch; nothing without its seed.
  [[nodiscard]] std::optional<x25519_pair> inbox(const party_id& party, std::uint32_t n) const;

  [[nodiscard]] std::optional<party_epoch> current(const party_id& party) const override;
  [[nodiscard]] const secret32* seed(const party_id& party, std::uint32_t n) const override;
  [[nodiscard]] expected<staged_turn> stage_turn(const turn_intent& intent, const standing& known,
                                                 const link_maker& maker, time_ms now) const override;
  [[nodiscard]] expected<adoption> judge(const older_links& older, const roster_link& newest,
                                         const standing& known) const override;
  void adopt(adoption checked) override;
  [[nodiscard]] refusal learn(const party_id& party, std::uint32_t n, secret32 seed) override;

private:
  struct party_state {
    party_chain chain;
    std::map<std::uint32_t, secret32> seeds;
  };
  clinic_id clinic_;
  device_id own_;
  const x25519_pair& sealing_;
  std::map<party_id, party_state> parties_;
};

} // namespace wardline::e2ee
