#pragma once
// What a verifier of links, slips and acts has to know about devices and parties. The daemon answers from its
// directory, a client from its trust state; both answer *for the log position of the object judged* (e2ee 5:
// "validity counts by position in the log").
#include "e2ee/certificates.hpp"
#include <optional>

namespace wardline::e2ee {

/// A device whose certificate chain was checked.
struct device_facts {
  device_id device;
  user_id user;         ///< none: a station
  hash32 certificate{}; ///< object hash of its newest certificate
  public_key signing{};
  public_key sealing{};
  device_class of_class = device_class::personal_staff;
  bool barred = false; ///< gated, revoked or a tombstone
};

/// A registrar whose certificate chain was checked.
struct registrar_facts {
  device_id device;
  public_key signing{};
  bool barred = false;
};

/// Every answer is about what is known here; "unknown" becomes the refusal `needs`.
class standing {
public:
  virtual ~standing() = default;

  [[nodiscard]] virtual std::optional<device_facts> device(const device_id& d) const = 0;

  /// Entitled(device, party) of e2ee 5.5. Whether the device is barred is not part of the answer.
  [[nodiscard]] virtual bool entitled(const device_id& d, const party_id& p) const = 0;

  /// The same, by the device's certificate if `grant` is 0^32, by exactly this open grant otherwise.
  [[nodiscard]] virtual bool entitled_by(const device_id& d, const party_id& p,
                                         const hash32& grant) const = 0;

  /// By the object hash of the registrar's certificate.
  [[nodiscard]] virtual std::optional<registrar_facts> registrar(const hash32& certificate) const = 0;

  /// The registrar's scope and units cover turning this party.
  [[nodiscard]] virtual bool registrar_covers(const hash32& certificate, const party_id& p,
                                              party_kind kind) const = 0;

  /// The conditions of e2ee 6.9: the device came by an invitation with purpose 3, and every other device of
  /// its user is revoked.
  [[nodiscard]] virtual bool may_reset(const device_id& d, const party_id& p) const = 0;

  /// The device is to leave the party: pending removal or withdrawn grant. Asked by the daemon only.
  [[nodiscard]] virtual bool removal_pending(const device_id& d, const party_id& p) const = 0;

  /// True kind of a party, where it is known.
  [[nodiscard]] virtual std::optional<party_kind> kind_of(const party_id& p) const = 0;
};

} // namespace wardline::e2ee
