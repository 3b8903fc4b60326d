#pragma once
// This device's next certificate (e2ee 5.4). A registrar signs it, the daemon keeps it, this device sees it
// among what waits, signs it too and submits it. Staged before it is sent: after a crash the daemon may know
// a certificate that this device's own row does not name yet.
#include "client/objects.hpp"

namespace wardline::client {

class renewal {
public:
  renewal(core& c, objects& o) : core_{c}, objects_{o} {}

  /// What a registrar signed for this device, if anything. Only what changes nothing but dates is taken.
  void on_pending(const wire::device::pending& waits);
  /// Once the device has settled: a staged one goes on its way again, and the person hears of a near end.
  void settle();
  /// The daemon knows this certificate as the device's newest: true, if it is the staged one. The channel is
  /// made with it from then on; the store learns of it when it is open.
  bool take_staged(const hash32& newest);
  /// The certificate in memory was signed with this device's own key: nobody swapped the staged one while the
  /// store was locked.
  [[nodiscard]] static bool made_here(const e2ee::device_certificate& x, const public_key& own);

private:
  [[nodiscard]] std::optional<e2ee::device_certificate> staged() const;
  void forget_staged();
  void take(const e2ee::renewal_offer& offer);
  void send(const e2ee::device_certificate& next);
  refusal adopt(const e2ee::device_certificate& next);
  void say(refusal why) const { core_.say({notice::about::certificate, why, {}, {}, {}, {}}); }

  core& core_;
  objects& objects_;
  bool on_way_ = false;
};

} // namespace wardline::client
