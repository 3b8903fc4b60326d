#include "client/vault.hpp"
#include "e2ee/bytes.hpp"
#include "e2ee/kdf.hpp"
#include "e2ee/labels.hpp"
#include <sodium.h>

namespace wardline::client {

namespace {

constexpr std::uint8_t row_version = 1;
constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

bytes seal(const secret32& key, bytes_view ad, bytes_view plain) {
  bytes out(1 + nonce_bytes + plain.size() + tag_bytes);
  out[0] = row_version;
  randombytes_buf(out.data() + 1, nonce_bytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + 1 + nonce_bytes, nullptr, plain.data(),
                                             plain.size(), ad.data(), ad.size(), nullptr, out.data() + 1,
                                             key.data());
  return out;
}

std::optional<wiped_bytes> unseal(const secret32& key, bytes_view ad, bytes_view sealed) {
  if (sealed.size() < 1 + nonce_bytes + tag_bytes || sealed[0] != row_version)
    return std::nullopt;
  auto ct = sealed.subspan(1 + nonce_bytes);
  wiped_bytes out{ct.size() - tag_bytes};
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(out.value.data(), nullptr, nullptr, ct.data(), ct.size(),
                                                 ad.data(), ad.size(), sealed.data() + 1, key.data()) != 0)
    return std::nullopt;
  return out;
}

bytes row_ad(table where, bytes_view key) {
  e2ee::writer out;
  out.lab(e2ee::labels::store_row).value(where).v16(key).u8(row_version);
  return out.take();
}

bytes wrap_key(std::uint32_t number) {
  e2ee::writer out;
  out.u32(number);
  return out.take();
}

/// HKDF(local half | share j, lab("wardline store v1") | device id | u32 j, 32).
secret32 wrapping_key(const device_id& device, std::uint32_t number, bytes_view local_half,
                      const secret32& share) {
  wiped_bytes both{to_bytes(local_half)};
  both.value.reserve(2 * secret32::size); // no second copy of the half is left behind by growing
  both.value.insert(both.value.end(), share.view().begin(), share.view().end());
  e2ee::writer info;
  info.lab(e2ee::labels::store).put(device).u32(number);
  return e2ee::hkdf32(both.value, {info.so_far()});
}

bool inner(table where) {
  return static_cast<std::uint8_t>(where) >= inner_table_min;
}

} // namespace

bool vault::made() const {
  return !store_.scan(table::wrap, {}, {}, 1).empty();
}

refusal vault::unlock(const device_id& device, std::uint32_t number, const secret32& share) {
  auto half = store_.read_cell(secret_cell::local_half);
  auto wrapped = store_.get(table::wrap, wrap_key(number));
  auto held = wraps(); // ascending
  if (!wrapped && !held.empty() && held.front() > number)
    return refusal::share_went_back;
  if (!wrapped && !held.empty() && held.back() < number)
    return refusal::store_rolled_back;
  if (!half || half->value.size() != secret32::size || !wrapped)
    return refusal::store_not_openable;
  auto key = unseal(wrapping_key(device, number, half->value, share), {}, *wrapped);
  if (!key || key->value.size() != secret32::size)
    return refusal::store_not_openable;
  key_.emplace(bytes_view{key->value});
  return refusal::none;
}

refusal vault::make(const device_id& device, std::uint32_t number, const secret32& share,
                    store_changes& changes) {
  auto half = store_.read_cell(secret_cell::local_half);
  if (!half || half->value.size() != secret32::size)
    return refusal::store_not_openable;
  key_ = secret32::random();
  auto wrapped = seal(wrapping_key(device, number, half->value, share), {}, key_->view());
  changes.push_back({table::wrap, wrap_key(number), std::move(wrapped)});
  return refusal::none;
}

refusal vault::wrap_again(const device_id& device, std::uint32_t number, const secret32& share,
                          store_changes& changes) {
  auto half = store_.read_cell(secret_cell::local_half);
  if (!key_ || !half || half->value.size() != secret32::size)
    return refusal::store_not_openable;
  auto wrapped = seal(wrapping_key(device, number, half->value, share), {}, key_->view());
  changes.push_back({table::wrap, wrap_key(number), std::move(wrapped)});
  return refusal::none;
}

std::vector<std::uint32_t> vault::wraps() const {
  std::vector<std::uint32_t> out;
  for (const auto& row : store_.scan(table::wrap, {}, {}, scan_rows_max)) {
    e2ee::reader in{row.key};
    out.push_back(in.u32());
  }
  return out;
}

void vault::drop_wraps_to(std::uint32_t number, store_changes& changes) const {
  auto held = wraps();
  if (held.empty() || held.back() <= number)
    return;
  for (auto n : held)
    if (n <= number)
      changes.push_back({table::wrap, wrap_key(n), std::nullopt});
}

bytes vault::seal_row(table where, bytes_view key, bytes_view value) const {
  return seal(*key_, row_ad(where, key), value);
}

std::optional<wiped_bytes> vault::open_row(table where, bytes_view key, bytes_view sealed) const {
  return unseal(*key_, row_ad(where, key), sealed);
}

expected<wiped_bytes> vault::get(table where, bytes_view key) const {
  if (inner(where) && !key_)
    return refusal::store_not_openable;
  auto found = store_.get(where, key);
  if (!found)
    return refusal::not_found;
  if (!inner(where))
    return wiped_bytes{std::move(*found)};
  auto plain = open_row(where, key, *found);
  if (!plain)
    return refusal::value_not_openable;
  return std::move(*plain);
}

refusal vault::scan(table where, bytes_view prefix,
                    const std::function<refusal(bytes_view, bytes_view)>& visit) const {
  if (inner(where) && !key_)
    return refusal::store_not_openable;
  bytes after;
  for (;;) {
    auto page = store_.scan(where, prefix, after, scan_rows_max);
    for (const auto& row : page) {
      std::optional<wiped_bytes> plain;
      if (inner(where)) {
        plain = open_row(where, row.key, row.value);
        if (!plain)
          return refusal::value_not_openable;
      }
      if (auto why = visit(row.key, plain ? plain->value : row.value); why != refusal::none)
        return why;
    }
    if (page.size() < scan_rows_max)
      return refusal::none;
    after = page.back().key;
  }
}

void vault::put(store_changes& changes, table where, bytes key, bytes_view value) const {
  auto stored = inner(where) ? seal_row(where, key, value) : to_bytes(value);
  changes.push_back({where, std::move(key), std::move(stored)});
}

void vault::erase(store_changes& changes, table where, bytes key) {
  changes.push_back({where, std::move(key), std::nullopt});
}

refusal vault::judge(store_result r) {
  switch (r) {
  case store_result::committed:
    return refusal::none;
  case store_result::refused:
    return refusal::storage_refused;
  case store_result::unknown:
    break;
  }
  broken_ = true;
  return refusal::store_not_openable;
}

refusal vault::commit(const store_changes& changes) {
  if (broken_)
    return refusal::store_not_openable;
  return changes.empty() ? refusal::none : judge(store_.commit(changes));
}

refusal vault::write_cell(secret_cell which, bytes_view content) {
  return broken_ ? refusal::store_not_openable : judge(store_.write_cell(which, content));
}

refusal vault::burn_cell(secret_cell which) {
  return broken_ ? refusal::store_not_openable : judge(store_.burn_cell(which));
}

} // namespace wardline::client
