#pragma once
// A registrar's work (e2ee 5.2, 5.3): its own certificate brought in, people invited.
#include "client/conversations.hpp"

namespace wardline::client {

/// Roles in one invitation, beside the person's own party.
inline constexpr std::size_t invited_roles_max = e2ee::certificate_parties_max - 1;

class invitations {
public:
  invitations(core& c, objects& o, conversations& v) : core_{c}, objects_{o}, conversations_{v} {}

  /// The certificate made at the identity key for this device. Refusals: registrar_key_mismatch (of another
  /// device), those of the daemon and of e2ee 5.2.
  void install(bytes object, done<nothing> then);
  /// Refusals: not_registrar, bad_text, count_too_large (roles), invitation_too_long, those of the daemon.
  void invite(invite_order order, done<invitation_made> then);
  void roles(done<std::vector<role_name>> then);

private:
  [[nodiscard]] const e2ee::registrar_certificate* own() const;
  void invite_into(const invite_order& order, const std::vector<role_name>& known,
                   done<invitation_made> then);

  core& core_;
  objects& objects_;
  conversations& conversations_;
};

} // namespace wardline::client
