#include "identity_file.hpp"
#include "../credentials.hpp"

namespace wardline::ctl {

namespace {

constexpr const char* field = "identity_key";

} // namespace

refusal write_identity(const std::filesystem::path& file, const identity& key,
                       const std::string& passphrase) {
  return write_seed(file, {field, key.clinic, daemon::ed25519_public(key.seed)}, key.seed, passphrase);
}

expected<identity> read_identity(const std::filesystem::path& file, const std::string& passphrase) {
  auto read = read_seed(file, field, passphrase);
  if (!read)
    return read.why();
  return identity{read->what.clinic, std::move(read->seed)};
}

} // namespace wardline::ctl
