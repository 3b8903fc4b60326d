#pragma once
// A registrar's work (e2ee 5.2, 5.3): its own certificate brought in, people invited.
#include "client/conversations.hpp"
#include "client/registry_acts.hpp"

namespace wardline::client {

/// Roles in one invitation, beside the person's own party.
inline constexpr std::size_t invited_roles_max = e2ee::certificate_parties_max - 1;
/// Pages of the list of roles.
inline constexpr unsigned role_pages_max = 64;

class invitations {
public:
  invitations(core& c, objects& o, conversations& v, registry_acts& r)
      : core_{c}, objects_{o}, conversations_{v}, registry_{r} {}

  /// The certificate made at the identity key for this device. Refusals: registrar_key_mismatch (of another
  /// device), those of the daemon and of e2ee 5.2.
  void install(bytes object, done<nothing> then);
  /// Refusals: not_registrar, bad_text, count_too_large (roles), invitation_too_long, those of the daemon.
  /// reset_not_allowed (a replacement without a date), not_found (further: nobody of that name).
  void invite(invite_order order, done<invitation_made> then);
  void roles(done<std::vector<role_name>> then);

private:
  void roles_page(std::vector<role_name> before, const party_id& after, unsigned pages,
                  done<std::vector<role_name>> then);
  void find_person(const invite_order& order, const std::vector<role_name>& known,
                   done<invitation_made> then);
  void invite_into(const invite_order& order, const std::vector<role_name>& known,
                   const e2ee::device_certificate* before, done<invitation_made> then);
  void ask(e2ee::invitation_fields fields, std::vector<wire::device::party_name> names,
           done<invitation_made> then);

  core& core_;
  objects& objects_;
  conversations& conversations_;
  registry_acts& registry_;
};

} // namespace wardline::client
