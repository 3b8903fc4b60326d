#pragma once
// The invitation file: what the person gets on a stick or by mail; the second code comes another way
// (e2ee 5.3). `wardctl setup` makes the first one, registrars make the others (invitations.hpp). JSON, one
// object, all values strings, keys and ids in lower-case hex:
//   {"clinic": 16 bytes, "identity_key": 32, "server_noise_key": 32, "invitation": 16, "seed": 32,
//    "endpoint": "ipc:///run/wardline/link/cli" or "tcp://host:port", "server_curve_key": 32,
//    "client_curve_public": 32, "client_curve_secret": 32}
#include "wire/secret.hpp"
#include <string>

namespace wardline::client {

inline constexpr std::size_t endpoint_bytes_max = 255;

/// Reading and writing the JSON is plugins/cli/invitation_json.hpp; here is what it says. Holds two secrets:
/// the seed of the invitation key and the CURVE secret of this enrolment's link.
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

  /// On purpose a word: it copies secrets.
  [[nodiscard]] invitation_file copy() const {
    return {clinic,           identity_key,        server_noise_key,
            invitation,       seed.copy(),         endpoint,
            server_curve_key, client_curve_public, client_curve_secret.copy()};
  }
};

} // namespace wardline::client
