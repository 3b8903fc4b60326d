#pragma once
// Enrolling a device (e2ee 6.1): scanned -> channel -> code ok -> certified -> first log-in. Every step is on
// disk before it is sent, so that the same command given again goes on where it stopped.
#include "client/core.hpp"

namespace wardline::client {

/// Years a device certificate says it is good for; renewal comes 30 days ahead, expiry never locks out
/// (e2ee 5.4).
inline constexpr std::uint64_t certificate_ms = 365ULL * 86'400'000;

/// What the person gave, while an enrolment is on its way; wiped with the last step that holds it.
struct held_credentials {
  credentials given;
  explicit held_credentials(credentials&& c) : given{std::move(c)} {}
  held_credentials(const held_credentials&) = delete;
  held_credentials& operator=(const held_credentials&) = delete;
  ~held_credentials();
};
using credentials_ref = std::shared_ptr<const held_credentials>;

class enrolment {
public:
  using ended = std::function<void(const refused&)>;

  explicit enrolment(core& c) : core_{c} {}

  /// What is on disk: nothing, or an enrolment that was begun or done. value_not_openable.
  refusal load();
  [[nodiscard]] bool begun() const { return core_.me && !core_.me->enrolled; }
  [[nodiscard]] bool enrolled() const { return core_.me && core_.me->enrolled; }

  /// Ends when the daemon has accepted the certificate; the owner then connects as the enrolled device.
  /// Refusals: already_exists (another enrolment stands in this store), wrong_identity_key, wrong_server_key
  /// and every other check of what the invitation hangs on, those of ShowInvitation and Enrol.
  void enrol(const invitation_file& file, std::string code, credentials_ref given, ended then);
  /// The authenticator's secret of an enrolment that was begun; empty if there is none.
  [[nodiscard]] wiped_bytes totp_secret() const;

  /// Who speaks on the channel: the certified device, or (`enrolling`) a key nobody knows yet.
  [[nodiscard]] session_identity identity(bool enrolling) const;

  /// Keys and the first rows of the inner part into `changes`, under a fresh store key wrapped with `share`.
  refusal make_inner(std::uint32_t number, const secret32& share, store_changes& changes);
  /// After its commit, and at any start that finds the inner part made: the keys live there alone.
  refusal burn_keys();

private:
  refusal begin(const invitation_file& file);
  void show(const std::string& code, const credentials_ref& given, const ended& then);
  refusal certify(const wire::device::invitation& shown);
  void submit(const std::string& code, const credentials_ref& given, const ended& then);
  refusal keep(const credentials& given);
  refusal save();

  core& core_;
};

} // namespace wardline::client
