#pragma once
// Roster links: the epochs of a party (e2ee 5.6). Public half: form, chain, signature, members; no seed.
//
// A link is three byte strings: the core (a signed object), the member list and the seals, whose hashes stand
// in the core. The chain is verified over cores; members and seals are kept for the head only.
#include "e2ee/codec.hpp"
#include "e2ee/standing.hpp"

namespace wardline::e2ee {

inline constexpr std::size_t party_members_max = 300;       ///< role and service parties
inline constexpr std::size_t person_party_members_max = 32; ///< user and patient parties
inline constexpr std::size_t members_bytes_max = 2 + party_members_max * 80;
inline constexpr std::size_t seals_bytes_max = 2 + party_members_max * 80;

enum class link_reason : std::uint8_t {
  genesis = 1,
  add,
  remove,
  revoke,
  refresh,
  bad_seed,
  reset,
  foreign_seed,
};

enum class signer_role : std::uint8_t { member = 1, registrar, reset };

struct link_fields {
  static constexpr kind of = kind::link;
  static constexpr std::uint8_t signatures_min = 1, signatures_max = 1;

  party_id party;
  party_kind party_is = party_kind::user;
  std::uint32_t n = 0; ///< from 1
  hash32 previous{};   ///< object hash of core n - 1; 0^32 for n = 1
  public_key inbox{};  ///< X25519; slips of this epoch are sealed to it
  hash32 members_hash{};
  hash32 seals_hash{};
  std::uint16_t count = 0; ///< of members, and of seals
  link_reason reason = link_reason::genesis;
  signer_role role = signer_role::member;
  device_id signer_device;
  hash32 signer_certificate{}; ///< object hash; a registrar's certificate if the role is registrar
  time_ms time = 0;

  void write(writer& out) const;
  static link_fields read(reader& in);
  [[nodiscard]] refusal check_keys() const;
};
using link_core = object<link_fields>;

struct party_member {
  device_id device;
  hash32 certificate{}; ///< object hash
  hash32 grant{};       ///< object hash of the grant that entitles it; 0^32: its certificate does
  bool operator==(const party_member&) const = default;
};

/// The epoch's seed, HPKE-sealed to one member's sealing key.
struct seed_seal {
  public_key enc{};
  std::array<std::uint8_t, 48> ct{};
};

bytes encode_members(const std::vector<party_member>& members);
bytes encode_seals(const std::vector<seed_seal>& seals);
/// Hashes as they stand in the core.
hash32 members_hash(bytes_view members);
hash32 seals_hash(bytes_view seals);

/// A link whose form is right and whose three parts fit each other. Nothing is verified yet.
struct roster_link {
  link_core core;
  bytes members_raw; ///< as received
  bytes seals_raw;
  std::vector<party_member> members; ///< ascending by device
  std::vector<seed_seal> seals;      ///< same order

  [[nodiscard]] const party_member* member(const device_id& d) const;

  /// Common refusals of e2ee 1; `members_hash_mismatch`, `seals_hash_mismatch`, `count_mismatch`,
  /// `not_sorted` (a device twice), `count_too_large` (none, over 300, over 32 in a user or patient party).
  static expected<roster_link> decode(bytes_view core, bytes_view members, bytes_view seals,
                                      const clinic_id& pinned);
};

/// What is held of one party: all cores' hashes and inboxes, and the member list of the head.
struct party_chain {
  struct epoch {
    hash32 hash{};
    public_key inbox{};
  };
  party_id party;
  party_kind kind = party_kind::user;
  std::vector<epoch> epochs;         ///< number n at n - 1
  std::vector<party_member> members; ///< of the head, ascending by device

  [[nodiscard]] std::uint32_t head() const { return static_cast<std::uint32_t>(epochs.size()); }
  [[nodiscard]] const epoch* at(std::uint32_t n) const {
    return n == 0 || n > epochs.size() ? nullptr : &epochs[n - 1];
  }
  [[nodiscard]] bool has_member(const device_id& d) const;
};

/// Who judges. The daemon answers a taken number with `epoch_taken` and guards removals; a client calls
/// another link under a number it holds a `roster_fork`.
enum class viewpoint : std::uint8_t { client, daemon };

/// Every check of e2ee 5.6 for the link that follows `chain` (empty chain: genesis), apart from *in log*
/// (merkle.hpp) and from the seed (party_keys.hpp). Refuses: `needs` (a gap, an unknown signer or member),
/// `bad_signature`, `epoch_taken`, `roster_fork`, `chain_broken`, `signer_not_member` (also: its right to the
/// party was withdrawn),
/// `registrar_out_of_scope`, `registrar_revoked`, `reset_not_allowed`, `link_keeps_revoked_device`,
/// `class_not_for_party`, `stale_certificate`, `member_not_entitled`, `inbox_reused`,
/// `removal_not_authorised` (daemon). The very link that is held already is `epoch_taken`: compare hashes
/// first to tell it apart.
[[nodiscard]] refusal check_link(const party_chain& chain, const roster_link& next, const standing& known,
                                 viewpoint who);

/// The chain with a checked link at its end.
party_chain extended(party_chain chain, const roster_link& next);

/// A link between the held head and the newest: its core alone, because member lists are kept for heads only.
struct older_link {
  link_core core;
  /// Its leaf, proved: it is judged against what stands before it. Without, it is judged at the newest link's
  /// place, where a maker who was removed since is refused.
  std::optional<log_place> where{};
  std::optional<cosignature> cosigned{}; ///< where its registrar may not act alone
  std::optional<seed_seal> seal{};       ///< the reader's own, if it was a member then
};

/// Ascending, as `follow` takes them.
struct older_links {
  std::vector<older_link> all;
  older_links() = default;
  older_links(std::vector<older_link> links) : all{std::move(links)} {}
  /// Cores without their places.
  older_links(const std::vector<link_core>& cores) {
    for (const auto& core : cores)
      all.push_back({core});
  }
  older_links(std::initializer_list<link_core> cores) : older_links{std::vector<link_core>{cores}} {}
};

/// A client that was away follows several links at once. Of the older ones position, signature, maker and
/// inbox are checked; that the maker was in the list before it only where that list is known, and that it
/// belonged to the party always. `newest` is checked like in `check_link`. Refuses like it, for any of them.
expected<party_chain> follow(const party_chain& held, const older_links& older, const roster_link& newest,
                             const standing& known);

/// Certificates of makers and members that `follow` would answer `needs` for.
std::vector<hash32> missing(const older_links& older, const roster_link& newest, const trust& t);

/// A link whose signer is not among its members: whoever made it knows the seed. Usable, but the first member
/// that sees it turns again, with reason `foreign_seed`.
[[nodiscard]] bool is_foreign_seed(const roster_link& link);

} // namespace wardline::e2ee
