#pragma once
// Bytes, identifiers and hashes as values. Standard library only: rules and ports may include this file.
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wardline {

using bytes = std::vector<std::uint8_t>;
using bytes_view = std::span<const std::uint8_t>;

/// Milliseconds since 1970-01-01 UTC (e2ee 1).
using time_ms = std::uint64_t;

/// 16 random bytes (128 bits). All zero means "none" (e2ee 1). The tag keeps a user from passing for a
/// device.
template <class Tag>
struct id {
  static constexpr std::size_t size = 16;
  std::array<std::uint8_t, size> value{};

  explicit operator bool() const { return value != std::array<std::uint8_t, size>{}; }
  auto operator<=>(const id&) const = default;
  [[nodiscard]] bytes_view view() const { return value; }

  /// Nothing unless exactly 16 bytes were given.
  static std::optional<id> from(bytes_view raw) {
    if (raw.size() != size)
      return std::nullopt;
    id out;
    std::memcpy(out.value.data(), raw.data(), size);
    return out;
  }
};

using clinic_id = id<struct clinic_tag>;
using user_id = id<struct user_tag>;
using device_id = id<struct device_tag>;
using party_id = id<struct party_tag>;
using conversation_id = id<struct conversation_tag>;
using message_id = id<struct message_tag>;
using invitation_id = id<struct invitation_tag>;
using attachment_id = id<struct attachment_tag>;
using request_id = id<struct request_tag>;
/// One life of a store: a new one after every restore; cursors are {incarnation, seq} (DESIGN 9).
using incarnation_id = id<struct incarnation_tag>;

/// SHA-256 output, object hash, public key: 32 bytes. All zero means "none" where a field allows it.
using hash32 = std::array<std::uint8_t, 32>;
using public_key = std::array<std::uint8_t, 32>;
using signature64 = std::array<std::uint8_t, 64>;

inline bool is_zero(const hash32& h) {
  return h == hash32{};
}

template <std::size_t N>
std::optional<std::array<std::uint8_t, N>> fixed(bytes_view raw) {
  if (raw.size() != N)
    return std::nullopt;
  std::array<std::uint8_t, N> out;
  std::memcpy(out.data(), raw.data(), N);
  return out;
}

inline bytes_view view(std::string_view s) {
  return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}

inline std::string_view text(bytes_view b) {
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}

inline bytes to_bytes(bytes_view b) {
  return {b.begin(), b.end()};
}

/// Lower-case hex; for ids and hashes in journal lines and tests, never for secrets.
inline std::string hex(bytes_view b) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(b.size() * 2);
  for (auto x : b) {
    out.push_back(digits[x >> 4]);
    out.push_back(digits[x & 15]);
  }
  return out;
}

/// Nothing on an odd length or a character that is not a hex digit.
inline std::optional<bytes> from_hex(std::string_view s) {
  auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9')
      return c - '0';
    if (c >= 'a' && c <= 'f')
      return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
      return c - 'A' + 10;
    return -1;
  };
  if (s.size() % 2 != 0)
    return std::nullopt;
  bytes out;
  out.reserve(s.size() / 2);
  for (std::size_t i = 0; i < s.size(); i += 2) {
    int high = digit(s[i]);
    int low = digit(s[i + 1]);
    if (high < 0 || low < 0)
      return std::nullopt;
    out.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return out;
}

} // namespace wardline

template <class Tag>
struct std::hash<wardline::id<Tag>> {
  std::size_t operator()(const wardline::id<Tag>& x) const noexcept {
    std::size_t out; // ids are random: any eight of their bytes are a hash
    std::memcpy(&out, x.value.data(), sizeof out);
    return out;
  }
};

/// For SHA-256 outputs and public keys, which are uniform.
struct hash32_hasher {
  std::size_t operator()(const wardline::hash32& x) const noexcept {
    std::size_t out;
    std::memcpy(&out, x.data(), sizeof out);
    return out;
  }
};
