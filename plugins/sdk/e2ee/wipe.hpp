#pragma once
// Wipe orders (e2ee 5.14): the daemon's last word to a device that was turned out. Public half.
#include "e2ee/codec.hpp"

namespace wardline::e2ee {

enum class wipe_scope : std::uint8_t { whole_store = 1, one_party };

struct wipe_fields {
  static constexpr kind of = kind::wipe;
  static constexpr std::uint8_t signatures_min = 1, signatures_max = 1;

  std::array<std::uint8_t, 16> order{};
  device_id device;
  wipe_scope scope = wipe_scope::whole_store;
  party_id party;      ///< none with whole_store
  hash32 revocation{}; ///< object hash of what turned the device out; 0^32 = none
  incarnation_id incarnation;
  time_ms time = 0;

  bool operator==(const wipe_fields&) const = default;
  void write(writer& out) const;
  static wipe_fields read(reader& in);
  [[nodiscard]] refusal check_keys() const { return refusal::none; }
};
using wipe_order = object<wipe_fields>;

/// What the signer's key signs: lab(label) | signed bytes.
bytes wipe_order_signed(bytes_view unsigned_object);

/// not_for_me, bad_signature, other_incarnation. `order_key`: of the server certificate, which the caller has
/// verified.
[[nodiscard]] refusal check_wipe_order(const wipe_order& o, const device_id& me, const public_key& order_key,
                                       const incarnation_id& now);

} // namespace wardline::e2ee
