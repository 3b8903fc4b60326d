#pragma once
// What changes who belongs where (e2ee 5.5): grants, withdrawals and revocations, signed on a registrar's
// device, or by a person about her own other devices. Names are found at the directory and held against
// certificates.
#include "client/changes.hpp"

namespace wardline::client {

/// Revocations made and not yet accepted: the same bytes are sent again after the second factor was given
/// once more.
inline constexpr std::size_t revocations_staged_max = 64;

class registry_acts {
public:
  registry_acts(core& c, objects& o, changes& n) : core_{c}, objects_{o}, changes_{n} {}

  struct subject {
    user_id user;                   ///< none: a station
    std::vector<device_id> devices; ///< not revoked, newest certificates known here
    std::uint32_t serial = 0;       ///< highest grant of `party` in the log, if one was asked for
  };
  /// A person or a station by certified name, with what the log says about it. Refusals: not_found,
  /// name_mismatch.
  void find(const std::string& name, const party_id& party, done<subject> then);
  /// The same by a device's id.
  void find_device(const device_id& device, done<subject> then);

  /// Whom a grant names.
  void find_subject(e2ee::subject_kind kind, const e2ee::subject_id& whom, done<subject> then);

  /// Refusals: not_registrar, those of find, of e2ee 5.5 and of the daemon.
  void grant(const std::string& name, const party_id& party, e2ee::grant_state state, time_ms until,
             done<nothing> then);
  /// The same; handed over and not sent where this registrar may not grant alone.
  void prepare_grant(const std::string& name, const party_id& party, e2ee::grant_state state, time_ms until,
                     done<handed_over> then);
  /// The registrar's half of a device's next certificate. Refusals: not_registrar, device_revoked, those of
  /// find_device, of e2ee 5.4 and of the daemon.
  void renew(const device_id& device, done<handed_over> then);
  /// second_factor_too_old: give it again, then ask again; the same revocation is sent.
  void revoke(const device_id& device, e2ee::revocation_reason reason, done<nothing> then);

  /// The newest registrar certificate of this device; nothing: it is no registrar's.
  [[nodiscard]] const e2ee::registrar_certificate* own_registrar() const;

private:
  void sign_grant(const std::string& name, const party_id& party, e2ee::grant_state state, time_ms until,
                  done<bytes> then);
  void ask_standing(const wire::device::get_standing& about, const std::string& name, const party_id& party,
                    done<subject> then);
  void submit(bytes object, done<nothing> then);
  void submit_or_hand_over(bytes object, std::uint8_t scope_bit, const done<handed_over>& then);

  core& core_;
  objects& objects_;
  changes& changes_;
  std::map<device_id, bytes> staged_;
};

} // namespace wardline::client
