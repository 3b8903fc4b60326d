#pragma once
// What a verifier of links has to know about devices and parties, *for the log position of the object judged*
// (e2ee 5: "validity counts by position in the log"). Daemon and clients answer from what they trust.
#include "e2ee/entitlement.hpp"
#include <memory>
#include <set>

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
};

/// A device that came in place of all devices its person had (e2ee 6.9).
struct replacement {
  hash32 invitation{};      ///< object hash
  time_ms history_from = 0; ///< the date in it, never 0
};

class standing {
public:
  virtual ~standing() = default;

  /// Nothing: not known here, which becomes the refusal `needs`.
  [[nodiscard]] virtual std::optional<device_facts> device(const device_id& d) const = 0;

  /// Entitled(device, party) of e2ee 5.5, by the device's certificate if `grant` is 0^32, by exactly this
  /// open grant otherwise. Callers ask about barred devices first.
  [[nodiscard]] virtual bool entitled_by(const device_id& d, const party_id& p,
                                         const hash32& grant) const = 0;

  /// What entitles the device: 0^32 its certificate, else the grant's hash; nothing: it is not entitled.
  [[nodiscard]] virtual std::optional<hash32> entitlement(const device_id& d, const party_id& p) const = 0;

  /// By the object hash of the registrar's certificate.
  [[nodiscard]] virtual std::optional<registrar_facts> registrar(const hash32& certificate) const = 0;

  /// May this registrar make this link of the party? Refuses as e2ee 5.2 does for a registrar's acts.
  [[nodiscard]] virtual refusal registrar_may_turn(const hash32& certificate, const party_id& p,
                                                   party_kind kind, const hash32& link) const = 0;

  /// The conditions of e2ee 6.9: the device came by an invitation for a replacement, and every other device
  /// of its user is revoked.
  [[nodiscard]] virtual bool may_reset(const device_id& d) const = 0;

  /// The conditions of e2ee 6.9 for a key list: as for a reset, but later devices of the person do not count.
  [[nodiscard]] virtual std::optional<replacement> replaced(const device_id& d) const = 0;

  /// The same knowledge, asked for an object at another place of the log. Lives no longer than this.
  [[nodiscard]] virtual std::unique_ptr<standing>
  elsewhere(const log_place& at, const std::optional<cosignature>& cosigned) const = 0;

  /// The device is to leave the party. Asked by the daemon only, which alone knows what is pending.
  [[nodiscard]] virtual bool removal_pending(const device_id& d, const party_id& p) const = 0;

  /// Kind of a party, where it is known.
  [[nodiscard]] virtual std::optional<party_kind> kind_of(const party_id& p) const = 0;
};

/// The answers of a trust state. It is read, never changed, and outlives this object.
class trust_standing : public standing {
public:
  /// Which of its devices the daemon has gated before any revocation was signed, and which removals it waits
  /// for (e2ee 6.7, 6.8). A client knows of none.
  struct gates {
    std::set<device_id> gated;
    std::set<std::pair<device_id, party_id>> leaving;
  };

  trust_standing(const trust& known, const log_place& at) : known_{known}, at_{at} {}
  trust_standing(const trust& known, const log_place& at, gates of_daemon)
      : known_{known}, at_{at}, gates_{std::move(of_daemon)} {}
  /// For a registrar's link that needs a second registrar.
  void cosigned_by(cosignature second) { second_ = std::move(second); }

  [[nodiscard]] std::optional<device_facts> device(const device_id& d) const override;
  [[nodiscard]] bool entitled_by(const device_id& d, const party_id& p, const hash32& grant) const override;
  [[nodiscard]] std::optional<hash32> entitlement(const device_id& d, const party_id& p) const override;
  [[nodiscard]] std::optional<registrar_facts> registrar(const hash32& certificate) const override;
  [[nodiscard]] refusal registrar_may_turn(const hash32& certificate, const party_id& p, party_kind kind,
                                           const hash32& link) const override;
  [[nodiscard]] bool may_reset(const device_id& d) const override;
  [[nodiscard]] std::optional<replacement> replaced(const device_id& d) const override;
  [[nodiscard]] std::unique_ptr<standing>
  elsewhere(const log_place& at, const std::optional<cosignature>& cosigned) const override;
  [[nodiscard]] bool removal_pending(const device_id& d, const party_id& p) const override;
  [[nodiscard]] std::optional<party_kind> kind_of(const party_id& p) const override;

private:
  /// The person's devices that were certified before `position`, but this one, are all revoked.
  [[nodiscard]] bool others_gone(const device_certificate& of, std::uint64_t position) const;

  const trust& known_;
  log_place at_;
  gates gates_;
  std::optional<cosignature> second_;
};

} // namespace wardline::e2ee
