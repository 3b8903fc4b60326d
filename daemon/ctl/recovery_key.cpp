#include "recovery_key.hpp"
#include "../credentials.hpp"
#include "seed_file.hpp"

namespace wardline::ctl {

namespace {

constexpr const char* field = "recovery_key";

} // namespace

expected<public_key> make_recovery_key(const std::filesystem::path& file, const std::string& passphrase) {
  auto secret = secret32::random();
  auto public_part = daemon::x25519_public(secret);
  if (auto why = write_seed(file, {field, {}, public_part}, secret, passphrase); why != refusal::none)
    return why;
  return public_part;
}

expected<secret32> read_recovery_key(const std::filesystem::path& file, const std::string& passphrase) {
  auto read = read_seed(file, field, passphrase);
  if (!read)
    return read.why();
  return std::move(read->seed);
}

} // namespace wardline::ctl
