#pragma once
// What a registrar may not do alone (e2ee 5.2). The first one signs and hands the signed act over, by a file;
// the second one looks at it on a device of her own, signs too and submits both. Neither can be made by the
// server, and every device checks the two.
#include "client/parties.hpp"
#include "client/registry_acts.hpp"

namespace wardline::client {

class second_registrar {
public:
  second_registrar(core& c, objects& o, changes& n, parties& p, registry_acts& r)
      : core_{c}, objects_{o}, changes_{n}, parties_{p}, registry_{r} {}

  /// What the act would do, in names that this device verified. Refusals: not_registrar, unknown_kind,
  /// second_registrar_missing (her own act, or out of her scope), not_entitled_to_act (it needs nobody else),
  /// those of the object.
  void show(const prepared_act& act, done<act_shown> then);
  /// Signs it, and submits both.
  void cosign(const prepared_act& act, done<nothing> then);

private:
  using judged = std::function<void(result<act_shown>)>;

  void show_grant(const e2ee::role_grant& x, const judged& then);
  void show_invitation(const e2ee::signed_invitation& x, const prepared_act& act, const judged& then);
  void show_renewal(const e2ee::renewal_offer& x, const judged& then);
  void show_link(const prepared_act& act, const judged& then);
  /// The first registrar's certificate is known here; then `go_on`.
  void with_registrar(const hash32& certificate, const judged& then, const std::function<void()>& go_on);
  /// none: it needs a second registrar, and this one will do.
  refusal judge(const std::function<refusal(const std::optional<e2ee::cosignature>&)>& check,
                const hash32& object) const;
  [[nodiscard]] bytes sign(const hash32& object) const;
  [[nodiscard]] std::string name_of_registrar(const hash32& certificate) const;

  core& core_;
  objects& objects_;
  changes& changes_;
  parties& parties_;
  registry_acts& registry_;
};

} // namespace wardline::client
