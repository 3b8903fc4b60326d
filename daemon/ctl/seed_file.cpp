#include "seed_file.hpp"
#include "files.hpp"
#include <nlohmann/json.hpp>
#include <sodium.h>

namespace wardline::ctl {

namespace {

using nlohmann::json;

constexpr std::size_t memory_bytes_max = 1u << 30; // of a file that somebody may have changed
constexpr unsigned passes_max = 16;

/// The key that seals the seed; nothing if memory ran out.
std::optional<secret32> stretched(const std::string& passphrase, bytes_view salt, std::size_t memory,
                                  unsigned passes) {
  secret32 key;
  if (crypto_pwhash(key.data(), secret32::size, passphrase.data(), passphrase.size(), salt.data(), passes,
                    memory, crypto_pwhash_ALG_ARGON2ID13) != 0)
    return std::nullopt;
  return key;
}

bytes bound_to(const seed_of& what) {
  bytes out{what.clinic.value.begin(), what.clinic.value.end()};
  out.insert(out.end(), what.public_part.begin(), what.public_part.end());
  return out;
}

template <std::size_t N>
std::optional<std::array<std::uint8_t, N>> hex_field(const json& file, const char* name) {
  auto found = file.find(name);
  if (found == file.end() || !found->is_string())
    return std::nullopt;
  auto raw = from_hex(found->get_ref<const std::string&>());
  return raw ? fixed<N>(*raw) : std::nullopt;
}

} // namespace

refusal write_seed(const std::filesystem::path& file, const seed_of& what, const secret32& seed,
                   const std::string& passphrase) {
  if (passphrase.size() < passphrase_bytes_min)
    return refusal::password_too_short;
  std::array<std::uint8_t, crypto_pwhash_SALTBYTES> salt;
  std::array<std::uint8_t, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES> nonce;
  randombytes_buf(salt.data(), salt.size());
  randombytes_buf(nonce.data(), nonce.size());
  auto sealing = stretched(passphrase, salt, identity_memory_bytes, identity_passes);
  if (!sealing)
    return refusal::overloaded;
  auto bound = bound_to(what);
  std::array<std::uint8_t, secret32::size + crypto_aead_xchacha20poly1305_ietf_ABYTES> sealed;
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data(), nullptr, seed.data(), secret32::size,
                                             bound.data(), bound.size(), nullptr, nonce.data(),
                                             sealing->data());
  json out = {{"clinic", hex(what.clinic.view())},
              {what.field, hex(what.public_part)},
              {"salt", hex(salt)},
              {"memory_bytes", identity_memory_bytes},
              {"passes", identity_passes},
              {"nonce", hex(nonce)},
              {"sealed", hex(sealed)}};
  return write_new_file(file, view(out.dump(2) + "\n"));
}

expected<read_seed_file> read_seed(const std::filesystem::path& file, const std::string& field,
                                   const std::string& passphrase) {
  auto text = read_small_file(file);
  if (!text)
    return text.why();
  auto read = json::parse(*text, nullptr, false);
  if (!read.is_object() || !read["memory_bytes"].is_number_unsigned() || !read["passes"].is_number_unsigned())
    return refusal::malformed_request;
  auto clinic = hex_field<16>(read, "clinic");
  auto public_part = hex_field<32>(read, field.c_str());
  auto salt = hex_field<crypto_pwhash_SALTBYTES>(read, "salt");
  auto nonce = hex_field<crypto_aead_xchacha20poly1305_ietf_NPUBBYTES>(read, "nonce");
  auto sealed = hex_field<secret32::size + crypto_aead_xchacha20poly1305_ietf_ABYTES>(read, "sealed");
  auto memory = read["memory_bytes"].get<std::size_t>();
  auto passes = read["passes"].get<unsigned>();
  if (!clinic || !public_part || !salt || !nonce || !sealed || memory > memory_bytes_max ||
      passes > passes_max)
    return refusal::malformed_request;
  auto sealing = stretched(passphrase, *salt, memory, passes);
  if (!sealing)
    return refusal::overloaded;
  read_seed_file out{{field, clinic_id{*clinic}, *public_part}, {}};
  auto bound = bound_to(out.what);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(out.seed.data(), nullptr, nullptr, sealed->data(),
                                                 sealed->size(), bound.data(), bound.size(), nonce->data(),
                                                 sealing->data()) != 0)
    return refusal::keyring_not_openable;
  return out;
}

} // namespace wardline::ctl
