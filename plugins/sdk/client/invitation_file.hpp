#pragma once
// The invitation file: what the person gets on a stick or by mail; the second code comes another way
// (e2ee 5.3). `wardctl setup` makes the first one, registrars make the others (invitations.hpp). JSON, one
// object, all values strings, keys and ids in lower-case hex:
//   {"clinic": 16 bytes, "identity_key": 32, "server_noise_key": 32, "invitation": 16, "seed": 32,
//    "endpoint": "ipc:///run/wardline/link/cli" or "tcp://host:port", "server_curve_key": 32,
//    "client_curve_public": 32, "client_curve_secret": 32}
#include "wire/expected.hpp"
#include "wire/secret.hpp"
#include <string>

namespace wardline::client {

inline constexpr std::size_t invitation_file_bytes_max = 8'192;
inline constexpr std::size_t endpoint_bytes_max = 255;

/// Holds two secrets: the seed of the invitation key and the CURVE secret of this enrolment's link.
struct invitation_file {
  clinic_id clinic;
  public_key identity_key{};
  public_key server_noise_key{};
  invitation_id invitation;
  secret32 seed;
  std::string endpoint;
  public_key server_curve_key{};
  public_key client_curve_public{};
  secret32 client_curve_secret;

  [[nodiscard]] invitation_file copy() const; ///< on purpose a word: it copies secrets
};

/// The text of the file. Whoever holds it wipes it.
std::string write_invitation_file(const invitation_file& file);

/// Refusals: object_too_large, malformed_request (no JSON object, a field missing or of the wrong size),
/// link_malformed (endpoint neither ipc:// nor tcp://).
expected<invitation_file> read_invitation_file(std::string_view json);

} // namespace wardline::client
