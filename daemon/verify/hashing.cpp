#include "hashing.hpp"
#include <openssl/evp.h>
#include <stdexcept>

namespace verify {

struct hasher::openssl {
  EVP_MD* sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
};

hasher::hasher() : with_{std::make_unique<openssl>()} {
  if (with_->sha256 == nullptr || with_->context == nullptr)
    throw std::runtime_error{"OpenSSL has no SHA-256 here"};
}

hasher::~hasher() {
  EVP_MD_CTX_free(with_->context);
  EVP_MD_free(with_->sha256);
}

hash hasher::of(std::initializer_list<bytes_view> parts) {
  hash out{};
  bool fine = EVP_DigestInit_ex2(with_->context, with_->sha256, nullptr) == 1;
  for (auto part : parts)
    fine = fine && EVP_DigestUpdate(with_->context, part.data(), part.size()) == 1;
  if (!fine || EVP_DigestFinal_ex(with_->context, out.data(), nullptr) != 1)
    throw std::runtime_error{"OpenSSL cannot hash"};
  ++done_;
  return out;
}

hash hasher::leaf(bytes_view data) {
  static constexpr std::uint8_t tag[] = {0};
  return of({tag, data});
}

hash hasher::node(const hash& left, const hash& right) {
  std::array<std::uint8_t, 65> all{};
  all[0] = 1;
  std::copy(left.begin(), left.end(), all.begin() + 1);
  std::copy(right.begin(), right.end(), all.begin() + 33);
  return of({all});
}

bool signed_by(bytes_view key, bytes_view message, bytes_view signature) {
  if (key.size() != 32 || signature.size() != 64)
    return false;
  auto* public_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size());
  auto* context = EVP_MD_CTX_new();
  bool fine =
      public_key != nullptr && context != nullptr &&
      EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, public_key) == 1 &&
      EVP_DigestVerify(context, signature.data(), signature.size(), message.data(), message.size()) == 1;
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(public_key);
  return fine;
}

} // namespace verify
