#include "certificates.hpp"
#include "hashing.hpp"
#include <algorithm>

namespace verify {

namespace {

class cursor {
public:
  explicit cursor(bytes_view all) : all_{all} {}
  bytes_view take(std::size_t n) {
    if (n > all_.size() - at_) {
      fine_ = false;
      return {};
    }
    at_ += n;
    return all_.subspan(at_ - n, n);
  }
  std::uint8_t byte() {
    auto one = take(1);
    return one.empty() ? std::uint8_t{0} : one[0];
  }
  template <std::size_t N>
  void into(std::array<std::uint8_t, N>& out) {
    auto raw = take(N);
    std::copy(raw.begin(), raw.end(), out.begin());
  }
  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] bool fine() const { return fine_; }
  [[nodiscard]] bool ended() const { return fine_ && at_ == all_.size(); }

private:
  bytes_view all_;
  std::size_t at_ = 0;
  bool fine_ = true;
};

/// One to `most` signatures, then the end; nothing otherwise.
std::optional<std::vector<bytes>> read_signatures(cursor& in, std::size_t most) {
  auto count = in.byte();
  if (!in.fine() || count == 0 || count > most)
    return std::nullopt;
  std::vector<bytes> out;
  for (std::size_t i = 0; i < count; ++i) {
    auto one = in.take(64);
    out.emplace_back(one.begin(), one.end());
  }
  return in.ended() ? std::optional{std::move(out)} : std::nullopt;
}

bool signed_as(const std::string& kind, bytes_view key, bytes_view what, bytes_view signature) {
  auto label = "wardline " + kind + " v1";
  bytes message{static_cast<std::uint8_t>(label.size())};
  message.insert(message.end(), label.begin(), label.end());
  message.insert(message.end(), what.begin(), what.end());
  return signed_by(key, message, signature);
}

bool begins(cursor& in, std::uint8_t kind) {
  return in.byte() == kind && in.byte() == 1;
}

} // namespace

std::optional<root_certificate> read_root(bytes_view raw) {
  cursor in{raw};
  root_certificate out;
  if (raw.size() > certificate_bytes_max || !begins(in, 1))
    return std::nullopt;
  in.into(out.clinic);
  in.into(out.identity);
  auto name = in.take(in.byte());
  out.clinic_name.assign(name.begin(), name.end());
  in.take(8);
  auto end = in.at();
  auto signatures = read_signatures(in, 2);
  if (!signatures)
    return std::nullopt;
  out.signed_bytes.assign(raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(end));
  out.signatures = std::move(*signatures);
  return out;
}

std::optional<server_certificate> read_server(bytes_view raw) {
  cursor in{raw};
  server_certificate out;
  if (raw.size() > certificate_bytes_max || !begins(in, 2))
    return std::nullopt;
  in.into(out.clinic);
  in.take(4 + 32);
  in.into(out.log_key);
  in.take(32 + 8 + 8);
  auto end = in.at();
  auto signatures = read_signatures(in, 1);
  if (!signatures)
    return std::nullopt;
  out.signed_bytes.assign(raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(end));
  out.signature = std::move(signatures->front());
  return out;
}

bool is_self_signed(const root_certificate& root) {
  return signed_as("root", root.identity, root.signed_bytes, root.signatures.front());
}

bool is_certified(const server_certificate& server, const root_certificate& by) {
  return server.clinic == by.clinic &&
         signed_as("server", by.identity, server.signed_bytes, server.signature);
}

} // namespace verify
