#include "authenticator.hpp"
#include "wire/base32.hpp"
#include "wire/limits.hpp"
#include <array>
#include <fmt/format.h>
#include <liboath/oath.h>
#include <sodium.h>

namespace wardline::cli {

namespace {

constexpr std::size_t totp_file_bytes_max = 256;
constexpr std::uint64_t step_ms = 30'000;

/// As a URI takes it: letters, digits and a few signs stay.
std::string percent(const std::string& text) {
  std::string out;
  for (unsigned char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                 c == '_' || c == '.' || c == '~';
    out += plain ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", static_cast<unsigned>(c));
  }
  return out;
}

} // namespace

wiped_bytes make_totp_secret() {
  wiped_bytes out{wire::totp_secret_bytes};
  randombytes_buf(out.value.data(), out.value.size());
  return out;
}

std::string otpauth_uri(const std::string& name, bytes_view secret) {
  return fmt::format(
      "otpauth://totp/Wardline:{}?secret={}&issuer=Wardline&algorithm=SHA1&digits={}&period={}",
      percent(name), to_base32(secret), wire::totp_digits, step_ms / 1'000);
}

std::string six_digits(bytes_view secret, time_ms now, unsigned ahead) {
  std::array<char, wire::totp_digits + 1> out{};
  auto* key = const_cast<char*>(reinterpret_cast<const char*>(secret.data())); // liboath has no const
  bool made = oath_init() == OATH_OK &&
              oath_hotp_generate(key, secret.size(), now / step_ms + ahead, wire::totp_digits, false,
                                 OATH_HOTP_DYNAMIC_TRUNCATION, out.data()) == OATH_OK;
  return made ? std::string{out.data()} : std::string{};
}

std::optional<wiped_bytes> read_totp_file(const std::string& path) {
  auto raw = read_file(path, totp_file_bytes_max);
  if (!raw)
    return std::nullopt;
  wiped_bytes all{std::move(*raw)};
  auto line = text(all.value);
  auto secret = from_base32(line.substr(0, line.find_first_of("\r\n")));
  if (!secret || secret->value.size() != wire::totp_secret_bytes)
    return std::nullopt;
  return secret;
}

bool write_totp_file(const std::string& path, bytes_view secret) {
  auto line = to_base32(secret, 4) + "\n";
  bool done = write_new_file(path, view(line));
  wipe_text(line);
  return done;
}

} // namespace wardline::cli
