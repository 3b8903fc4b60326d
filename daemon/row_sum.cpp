#include "row_sum.hpp"
#include "sealed_value.hpp"
#include <sodium.h>

namespace wardline {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::string_view name = "store/rows";
constexpr std::size_t encoded_bytes = 1 + secret32::size + 8 + 4 * 8;

std::uint64_t u64_at(bytes_view raw, std::size_t at) {
  return *ports::row_number(raw.subspan(at, 8));
}

void put_u64(std::uint8_t* at, std::uint64_t number) {
  for (std::size_t i = 8; i-- > 0; number >>= 8)
    at[i] = static_cast<std::uint8_t>(number);
}

} // namespace

bytes row_sum_key() {
  return to_bytes(view(name));
}

bool is_row_sum(ports::table where, bytes_view key) {
  return where == ports::table::meta && text(key) == name;
}

row_sum::row_sum(secret32 key) : key_{std::move(key)} {}

bool row_sum::counts(ports::table where, bytes_view key) {
  return !ports::is_monotone(where) && where != ports::table::node && !is_row_sum(where, key);
}

/// Of a sealed value its header and tag: they name one value, and nobody finds another without the key.
row_sum::lanes row_sum::of(ports::table where, bytes_view key, bytes_view sealed) const {
  std::array<std::uint8_t, 32> out{};
  crypto_generichash_blake2b_state state;
  crypto_generichash_blake2b_init(&state, key_.data(), secret32::size, out.size());
  const std::array<std::uint8_t, 3> place{static_cast<std::uint8_t>(where),
                                          static_cast<std::uint8_t>(key.size() >> 8),
                                          static_cast<std::uint8_t>(key.size())};
  auto update = [&](bytes_view part) { crypto_generichash_blake2b_update(&state, part.data(), part.size()); };
  update(place);
  update(key);
  if (sealed.size() > sealed_overhead_bytes) {
    update(sealed.first(sealed_header_bytes));
    update(sealed.last(sealed_overhead_bytes - sealed_header_bytes));
  } else {
    update(sealed);
  }
  crypto_generichash_blake2b_final(&state, out.data(), out.size());
  lanes all{};
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = u64_at(out, 8 * i);
  return all;
}

void row_sum::add(ports::table where, bytes_view key, bytes_view sealed) {
  auto more = of(where, key, sealed);
  for (std::size_t i = 0; i < sum_.size(); ++i)
    sum_[i] += more[i];
  ++rows_;
}

void row_sum::remove(ports::table where, bytes_view key, bytes_view sealed) {
  auto less = of(where, key, sealed);
  for (std::size_t i = 0; i < sum_.size(); ++i)
    sum_[i] -= less[i];
  --rows_;
}

void row_sum::add(const row_sum& other) {
  for (std::size_t i = 0; i < sum_.size(); ++i)
    sum_[i] += other.sum_[i];
  rows_ += other.rows_;
}

row_sum row_sum::copy() const {
  auto out = empty();
  out.rows_ = rows_;
  out.sum_ = sum_;
  return out;
}

row_sum row_sum::empty() const {
  return row_sum{key_.copy()};
}

bool operator==(const row_sum& a, const row_sum& b) {
  return a.rows_ == b.rows_ && sodium_memcmp(a.sum_.data(), b.sum_.data(), sizeof a.sum_) == 0;
}

wiped_bytes row_sum::encode() const {
  wiped_bytes out{encoded_bytes};
  auto* at = out.value.data();
  *at++ = version;
  std::copy(key_.data(), key_.data() + secret32::size, at);
  at += secret32::size;
  put_u64(at, rows_);
  for (auto lane : sum_)
    put_u64(at += 8, lane);
  return out;
}

std::optional<row_sum> row_sum::decode(bytes_view raw) {
  if (raw.size() != encoded_bytes || raw[0] != version)
    return std::nullopt;
  row_sum out{secret32{raw.subspan(1, secret32::size)}};
  out.rows_ = u64_at(raw, 1 + secret32::size);
  for (std::size_t i = 0; i < out.sum_.size(); ++i)
    out.sum_[i] = u64_at(raw, 1 + secret32::size + 8 + 8 * i);
  return out;
}

} // namespace wardline
