#pragma once
// The certificate of a lost device: what was done, what that proves, what it does not prove, and what the
// device could open and had open. A file for people and programs, made of entries that stand in the audit
// log.
#include "client/exposure_report.hpp"
#include <nlohmann/json.hpp>
#include <string>

namespace wardline::cli {

/// Rows of each list that the file holds; the others are counted.
inline constexpr std::size_t certificate_rows_max = 65'536;

/// What the report says of the steps that follow a loss. Leaves are numbers in the audit log.
struct loss_steps {
  std::optional<std::uint64_t> revoked; ///< from this entry on it gets nothing
  time_ms revoked_at = 0;
  std::optional<std::uint64_t> share_gone;   ///< the server's half of what opens its store is destroyed
  std::uint8_t claim = 0;                    ///< how well, as the server's disk allows (wardctl erasure)
  std::optional<std::uint64_t> wipe_sent;    ///< it was connected, and was told to destroy its store
  std::optional<std::uint64_t> rerouted_all; ///< everything its person had in hand went back
  std::size_t rerouted = 0;
  std::size_t parties_left = 0;   ///< groups whose key it still has
  std::size_t released_after = 0; ///< entries of a release to it behind its revocation: never
  bool personal = true;           ///< false: a station, which has nothing in hand

  /// What the server does by itself.
  [[nodiscard]] bool server_done() const { return revoked && share_gone && (rerouted_all || !personal); }
  /// Nothing of it waits any more.
  [[nodiscard]] bool done() const { return server_done() && parties_left == 0 && released_after == 0; }
};
loss_steps steps_of(const client::exposure_report& r, bool personal);

/// For whom the certificate is, by whom and when.
struct certificate_heads {
  std::string clinic; ///< id
  std::string device; ///< id
  std::string name;   ///< as certified
  std::string of_class;
  std::string registrar; ///< name of the person who made it
  std::string by_device; ///< id of the device that signs it
  time_ms made = 0;
};

/// The whole file, ending with a line break.
std::string certificate_text(const certificate_heads& h, const client::exposure_report& r,
                             const loss_steps& steps);

/// What the person is told, a line each.
std::string steps_text(const loss_steps& steps);
nlohmann::json steps_json(const loss_steps& steps);

} // namespace wardline::cli
