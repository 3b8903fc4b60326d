#include "e2ee/kdf.hpp"
#include <algorithm>
#include <cstdlib>
#include <sodium.h>

namespace wardline::e2ee {

namespace {

class hmac {
public:
  explicit hmac(bytes_view key) {
    // An empty view may hold a null pointer, which libsodium declares never to be given.
    static constexpr std::uint8_t nothing = 0;
    crypto_auth_hmacsha256_init(&state_, key.empty() ? &nothing : key.data(), key.size());
  }
  ~hmac() { sodium_memzero(&state_, sizeof state_); }
  hmac(const hmac&) = delete;
  hmac& operator=(const hmac&) = delete;

  void add(bytes_view part) {
    if (!part.empty())
      crypto_auth_hmacsha256_update(&state_, part.data(), part.size());
  }
  void finish(std::uint8_t* out) { crypto_auth_hmacsha256_final(&state_, out); }

private:
  crypto_auth_hmacsha256_state state_;
};

} // namespace

secret32 hkdf_extract(bytes_view salt, std::initializer_list<bytes_view> ikm) {
  secret32 out;
  hmac mac{salt};
  for (auto part : ikm)
    mac.add(part);
  mac.finish(out.data());
  return out;
}

void hkdf_expand(const secret32& prk, std::initializer_list<bytes_view> info, std::span<std::uint8_t> out) {
  if (out.size() > hkdf_output_max)
    std::abort(); // a programmer's error: lengths are constants
  secret32 block;
  std::uint8_t counter = 0;
  for (std::size_t done = 0; done < out.size();) {
    hmac mac{prk.view()};
    if (counter > 0)
      mac.add(block.view());
    for (auto part : info)
      mac.add(part);
    ++counter;
    mac.add({&counter, 1});
    mac.finish(block.data());
    auto n = std::min(out.size() - done, secret32::size);
    std::memcpy(out.data() + done, block.data(), n);
    done += n;
  }
}

void hkdf(bytes_view ikm, std::initializer_list<bytes_view> info, std::span<std::uint8_t> out) {
  hkdf_expand(hkdf_extract({}, {ikm}), info, out);
}

secret32 hkdf32(bytes_view ikm, std::initializer_list<bytes_view> info) {
  secret32 out;
  hkdf(ikm, info, {out.data(), secret32::size});
  return out;
}

} // namespace wardline::e2ee
