#pragma once
// An authenticator for those who have none in their hands: services and demos. Its secret lies in a file,
// which makes the second factor as good as that file and no better; people use a telephone.
#include "terminal.hpp"

namespace wardline::cli {

/// 20 fresh random bytes.
wiped_bytes make_totp_secret();
/// otpauth://totp/Wardline:NAME?secret=...: what authenticators read as a QR code.
std::string otpauth_uri(const std::string& name, bytes_view secret);
/// RFC 6238, SHA-1, 30 s, six digits; `ahead`: so many steps later. Empty if liboath makes none.
std::string six_digits(bytes_view secret, time_ms now, unsigned ahead = 0);

/// First line of a file: the secret in base32. Nothing if it cannot be read or is none.
std::optional<wiped_bytes> read_totp_file(const std::string& path);
/// A new file, mode 0600; false if it exists or cannot be written.
bool write_totp_file(const std::string& path, bytes_view secret);

} // namespace wardline::cli
