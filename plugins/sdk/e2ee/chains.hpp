#pragma once
// Verifying the objects of identity against what is trusted (e2ee 5.1-5.4): pure functions, the checks in the
// guide's order, each with its refusal. `refusal::none` = accepted. After rules 1-3 (decode) the order is:
// what the object refers to is known (`needs`) - signature over the received bytes - the registrar's act
// (5.2) - the kind's own list. Nothing here reads a clock: time is the log's.
#include "e2ee/trust.hpp"

namespace wardline::e2ee {

inline constexpr time_ms invitation_life_max_ms = 72ULL * 3'600'000;
/// What the log's time may be past an invitation's end.
inline constexpr time_ms invitation_grace_ms = 10ULL * 60'000;
inline constexpr time_ms renewal_ahead_ms = 30ULL * 86'400'000;

/// What comes with an object beside its bytes.
struct evidence {
  std::optional<log_place> in_log;       ///< set once the inclusion proof held; without: not_in_log
  std::optional<cosignature> cosigned{}; ///< where the registrar may not act alone
};

/// 5.1a. Accepts the pinned key, or a new key that the pinned one has signed too.
/// bad_signature, wrong_identity_key, wrong_signature_count (a second signature that nobody can check).
[[nodiscard]] refusal verify(const root_certificate& x, const trust& t);

/// 5.1b. bad_signature, key_reused, serial_went_back, serial_reused. Expiry is an alarm only.
[[nodiscard]] refusal verify(const server_certificate& x, const trust& t);

/// The channel's responder key is the certified noise key: wrong_server_key.
[[nodiscard]] refusal check_responder(const trust& t, const public_key& responder);

/// 5.2. bad_signature, needs (the device's certificate), registrar_key_mismatch, serial_went_back,
/// serial_reused, not_in_log.
[[nodiscard]] refusal verify(const registrar_certificate& x, const trust& t, const evidence& e);

/// 5.3. needs, bad_signature, those of check_act, class_not_for_party, invitation_too_long, reset_not_allowed
/// (a replacement without a history date), not_in_log.
[[nodiscard]] refusal verify(const signed_invitation& x, const trust& t, const evidence& e);

/// 5.4. needs, bad_signature, invitation_expired or those of check_act, no_proof_of_possession,
/// certificate_exceeds_invitation, successor_mismatch, class_not_for_party, invitation_used_twice,
/// key_reused, serial_went_back, serial_reused, device_revoked, not_in_log. Expiry is an alarm only.
[[nodiscard]] refusal verify(const device_certificate& x, const trust& t, const evidence& e);

/// The registrar's half of a renewal (5.4): everything but the device's own signature. successor_mismatch
/// also where the signing key is another one.
[[nodiscard]] refusal verify(const renewal_offer& x, const trust& t, const evidence& e);

/// The hash that `verify` answered `needs` for, if it names one; registrar certificates need the certificate
/// of their device, which has no hash here.
[[nodiscard]] std::optional<hash32> missing(const invitation_fields& x, const trust& t);
[[nodiscard]] std::optional<hash32> missing(const device_fields& x, const trust& t);
/// The second registrar's certificate, where it is not known.
[[nodiscard]] std::optional<hash32> missing(const std::optional<cosignature>& second, const trust& t);

/// What a registrar does by signing.
struct registrar_act {
  std::uint8_t scope_bit;               ///< of namespace scope
  const std::vector<party_id>* parties; ///< that it touches; the units are judged by them
  bool own_party;                       ///< one of them may be a person's own, not yet known
  const hash32& object;                 ///< what was signed
};

/// 5.2, acts: registrar_revoked, stale_certificate (a newer one of this registrar stands before the act),
/// registrar_out_of_scope, second_registrar_missing, registrar_expired. `by` signed at `at`; for an object
/// without a place all revocations count.
[[nodiscard]] refusal check_act(const registrar_certificate& by, const registrar_act& act, const trust& t,
                                const evidence& e);

/// The scope bit for inviting or renewing devices of this class.
std::uint8_t scope_for(device_class c);

/// What to show about a certificate's end; never a refusal (5.4).
enum class expiry : std::uint8_t { valid, renewal_due, expired };
expiry expiry_of(time_ms until, time_ms now);

/// serial_went_back or serial_reused against the highest seen.
[[nodiscard]] refusal check_serial(const std::optional<serial_seen>& seen, std::uint32_t serial,
                                   const hash32& hash);

/// The position that revocations are compared with: the object's own, or the end of time without one.
std::uint64_t position_of(const evidence& e);

/// Decode, verify and adopt in one step. Bytes that are held already give what is held (5.4: the same bytes
/// again, the same answer). `x` refers to objects admitted before it.
expected<registrar_certificate> admit_registrar(bytes_view raw, trust& t, const evidence& e);
expected<signed_invitation> admit_invitation(bytes_view raw, trust& t, const evidence& e);
expected<device_certificate> admit_device(bytes_view raw, trust& t, const evidence& e);
expected<root_certificate> admit_root(bytes_view raw, trust& t);
expected<server_certificate> admit_server(bytes_view raw, trust& t);

} // namespace wardline::e2ee
