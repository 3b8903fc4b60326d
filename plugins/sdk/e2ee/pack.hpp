#pragma once
// History packs: earlier seeds of a party for a device that joined it later (e2ee 5.7). Public half: form and
// the checks that need no secret. Sealing and opening: pack_seal.hpp.
//
//   b16 party | b16 for device | b32 its certificate hash | u32 first n | u32 last n | b32 core hash of last
//   | b32 enc | v32 ct         pt = the seeds first..last, 32 bytes each
#include "e2ee/history.hpp"
#include "e2ee/roster.hpp"

namespace wardline::e2ee {

/// Epochs in one pack.
inline constexpr std::size_t pack_epochs_max = 2'048;
inline constexpr std::size_t pack_sealed_bytes_max = pack_epochs_max * 32 + 16;

struct pack_fields {
  static constexpr kind of = kind::pack;
  static constexpr std::uint8_t signatures_min = 1, signatures_max = 1;

  party_id party;
  device_id receiver;
  hash32 receiver_certificate{}; ///< object hash
  std::uint32_t first = 0;       ///< epochs first..last, both included
  std::uint32_t last = 0;
  hash32 last_core{}; ///< object hash of core `last`
  public_key enc{};
  bytes ct;

  void write(writer& out) const;
  static pack_fields read(reader& in);
  [[nodiscard]] refusal check_keys() const { return refusal::none; }

  /// `read` and `make_packs` see to 1..pack_epochs_max.
  [[nodiscard]] std::size_t epochs() const { return std::size_t{last} - first + 1; }
};
using history_pack = object<pack_fields>;

/// HPKE info: lab("wardline history v1") | the object's bytes before `enc`.
bytes pack_info(const history_pack& pack);
bytes pack_info(const clinic_id& clinic, const pack_fields& fields);

/// The checks of e2ee 5.7 that the daemon makes as well, in order: those of `signer_among` (a member of the
/// head), `needs` (the pack ends behind the held head: fetch links first), `chain_broken` (another chain; an
/// epoch 0), `pack_length`. The signer, if nothing refuses.
expected<device_id> check_pack(const history_pack& pack, const party_chain& chain,
                               const std::optional<device_id>& giver, const standing& known);

/// May this device have earlier seeds? It is a member of the head under this certificate, which is its newest
/// and entitles it. Refuses: `key_list_not_allowed`, `needs`, `device_revoked`, `stale_certificate`.
[[nodiscard]] refusal check_pack_receiver(const party_chain& chain, const device_id& receiver,
                                          const hash32& certificate, const standing& known);

} // namespace wardline::e2ee
