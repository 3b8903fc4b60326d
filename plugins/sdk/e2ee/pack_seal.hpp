#pragma once
// The secret half of history packs (e2ee 5.7): a member gives the seeds it holds, a newcomer opens them.
#include "e2ee/pack.hpp"
#include "e2ee/party_keys.hpp"

namespace wardline::e2ee {

/// Packs for one device in one go; a giver with gaps among its seeds gives one for each run.
inline constexpr std::size_t packs_max = 8;

/// For whom, and from when on.
struct pack_order {
  device_id receiver;
  time_ms history_from = 0;            ///< the policy date of its invitation; 0: no history
  std::span<const time_ms> link_times; ///< when each link of the chain was made, number n at n - 1
};

/// Packs of what this device holds, from the epoch that was the head at the policy date on: one for each run
/// of epochs, at most pack_epochs_max epochs each, the newest first, at most packs_max. `chain`: the party's
/// as the receiver will hold it, so with a link that is staged and travels in the same request. Refuses:
/// those of `check_pack_receiver`; `key_list_not_allowed` (no history by the policy date), `needs` (a link
/// without its time, or no seed of these epochs is held here), `bad_public_key`.
expected<std::vector<bytes>> make_packs(const clinic_id& clinic, const party_chain& chain,
                                        const party_keys& held, const pack_order& order,
                                        const standing& known, const signing_key& signing);

/// The device that opens what was sealed for it.
struct sealed_for {
  device_id device;
  hash32 certificate{}; ///< its newest
  const x25519_pair& sealing;
};

/// What came out of a pack. Persist it, then `party_keys::learn` each seed.
struct opened_pack {
  party_id party;
  device_id giver;
  std::map<std::uint32_t, secret32> seeds; ///< each proved to be its epoch's
  std::vector<std::uint32_t> dropped;      ///< `seed_mismatch`: report the giver; the others stay good
};

/// The reader's checks, in order: `not_for_me`, those of `check_pack`, `seed_not_openable` (the pack does not
/// open), and each seed against its epoch's inbox.
expected<opened_pack> open_pack(const clinic_id& clinic, const history_pack& pack, const party_chain& chain,
                                const sealed_for& own, const standing& known,
                                const std::optional<device_id>& giver = std::nullopt);

} // namespace wardline::e2ee
