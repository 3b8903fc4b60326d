#pragma once
// Base32 of RFC 4648 without padding, for what people type or read aloud: recovery codes and secrets of
// authenticators.
#include "wire/secret.hpp"
#include <optional>
#include <string_view>

namespace wardline {

/// Capitals and digits, in groups of `group` letters with a dash between them; 0 = one group.
std::string to_base32(bytes_view raw, std::size_t group = 0);

/// Letters of either case, spaces and dashes anywhere. Nothing for other characters, or if bits are left over
/// that are not zero: two texts would be one value.
std::optional<wiped_bytes> from_base32(std::string_view text);

} // namespace wardline
