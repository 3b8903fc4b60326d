#include "credentials.hpp"
#include "durable_file.hpp"
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

namespace wardline::daemon {

namespace {

struct named_key {
  const char* file;
  secret32 credentials::*key;
};

constexpr named_key all_keys[] = {
    {"kek", &credentials::kek},
    {"link-key", &credentials::link_key},
    {"noise-key", &credentials::noise_key},
    {"log-key", &credentials::log_key},
    {"daemon-key", &credentials::daemon_key},
};

class descriptor {
public:
  explicit descriptor(int fd) : fd_{fd} {}
  ~descriptor() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

private:
  int fd_;
};

/// Straight into locked memory; one byte more than 32 is a wrong file.
refusal read_key(const std::filesystem::path& file, secret32& into) {
  descriptor fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (fd.get() < 0)
    return refusal::not_found;
  std::uint8_t surplus;
  bool whole = ::read(fd.get(), into.data(), secret32::size) == static_cast<ssize_t>(secret32::size) &&
               ::read(fd.get(), &surplus, 1) == 0;
  return whole ? refusal::none : refusal::keyring_not_openable;
}

refusal write_key(const std::filesystem::path& file, const secret32& key) {
  descriptor fd{::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (fd.get() < 0)
    return errno == EEXIST ? refusal::already_exists : refusal::storage_refused;
  bool whole = write_at(fd.get(), key.view(), 0) && ::fsync(fd.get()) == 0;
  return whole ? refusal::none : refusal::storage_refused;
}

} // namespace

expected<credentials> credentials::load(const std::filesystem::path& folder, std::string& problem) {
  credentials out;
  for (const auto& k : all_keys) {
    if (auto why = read_key(folder / k.file, out.*(k.key)); why != refusal::none) {
      problem = (folder / k.file).string();
      return why;
    }
  }
  return out;
}

credentials credentials::make() {
  credentials out;
  for (const auto& k : all_keys)
    out.*(k.key) = secret32::random();
  return out;
}

refusal credentials::save(const std::filesystem::path& folder) const {
  for (const auto& k : all_keys)
    if (auto why = write_key(folder / k.file, this->*(k.key)); why != refusal::none)
      return why;
  return sync_folder(folder) ? refusal::none : refusal::storage_refused;
}

std::vector<std::filesystem::path> credentials::files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> out;
  for (const auto& k : all_keys)
    out.push_back(folder / k.file);
  return out;
}

std::function<signature64(bytes_view)> signer_of(const secret32& seed) {
  // std::function wants a copyable closure; the secret is shared, not copied.
  auto kept = std::make_shared<const secret32>(seed.copy());
  return [kept](bytes_view m) {
    std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> sk;
    public_key pk;
    crypto_sign_seed_keypair(pk.data(), sk.data(), kept->data());
    signature64 out;
    crypto_sign_detached(out.data(), nullptr, m.data(), m.size(), sk.data());
    wipe(sk);
    return out;
  };
}

public_key ed25519_public(const secret32& seed) {
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> sk;
  public_key pk;
  crypto_sign_seed_keypair(pk.data(), sk.data(), seed.data());
  wipe(sk);
  return pk;
}

public_key x25519_public(const secret32& secret) {
  public_key out;
  crypto_scalarmult_base(out.data(), secret.data());
  return out;
}

std::string log_origin(const clinic_id& clinic, std::uint32_t log_epoch) {
  return "wardline/" + hex(clinic.view()) + "/audit/" + std::to_string(log_epoch);
}

} // namespace wardline::daemon
