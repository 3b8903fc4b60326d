#pragma once
// SHA-256, and the labelled hash H(x, m) = SHA-256(u8 length of x | x | m) of e2ee 1.
#include "wire/ids.hpp"
#include <initializer_list>

namespace wardline {

hash32 sha256(bytes_view m);
/// Of the parts joined.
hash32 sha256(std::initializer_list<bytes_view> parts);

/// lab(x): u8 length of x, then x (ASCII, at most 40 characters).
bytes lab(std::string_view label);

/// H(x, m) of e2ee 1.
hash32 labelled_hash(std::string_view label, bytes_view m);

} // namespace wardline
