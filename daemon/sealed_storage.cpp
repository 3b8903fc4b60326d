#include "sealed_storage.hpp"
#include "wire/hash.hpp"
#include <algorithm>
#include <set>
#include <sodium.h>

namespace wardline {

namespace {

using ports::commit_result;
using ports::read_status;
using ports::table;

constexpr std::uint8_t format = 1;
constexpr std::size_t segment_at = 2;
constexpr std::size_t key_epoch_at = 6;
constexpr std::size_t nonce_at = 10;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(sealed_header_bytes == nonce_at + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
static_assert(sealed_overhead_bytes == sealed_header_bytes + tag_bytes);

void put_u32(std::uint8_t* at, std::uint32_t number) {
  for (std::size_t i = 4; i-- > 0; number >>= 8)
    at[i] = static_cast<std::uint8_t>(number);
}

std::uint32_t u32_at(bytes_view raw, std::size_t at) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < 4; ++i)
    out = out << 8 | raw[at + i];
  return out;
}

bytes aad_of(table where, bytes_view key, bytes_view header) {
  auto out = lab("wardline stored value v1");
  out.reserve(out.size() + 1 + key.size() + header.size());
  out.push_back(static_cast<std::uint8_t>(where));
  out.insert(out.end(), key.begin(), key.end());
  out.insert(out.end(), header.begin(), header.end());
  return out;
}

void add_all_shards(std::set<segment>& to) {
  for (std::uint8_t t = 1; t <= ports::table_max; ++t)
    if (!ports::is_monotone(static_cast<table>(t)))
      for (std::uint32_t shard = 0; shard < segment_shards; ++shard)
        to.insert({static_cast<table>(t), shard});
}

} // namespace

std::optional<segment> segment_of(table where, bytes_view key) {
  if (!ports::is_monotone(where))
    return segment{where, key.empty() ? 0u : key[0] / (256u / segment_shards)};
  auto number = ports::row_number(key);
  if (!number || *number / segment_rows > UINT32_MAX - segments_ahead)
    return std::nullopt;
  return segment{where, static_cast<std::uint32_t>(*number / segment_rows)};
}

sealed_storage::sealed_storage(ports::storage& below, keyring& keys, ports::random& dice)
    : below_{below}, keys_{keys} {
  dice.fill(nonce_prefix_);
  dice.fill({fresh_sum_key_.data(), secret32::size});
}

std::uint32_t key_epoch_of(bytes_view sealed) {
  return sealed.size() < sealed_overhead_bytes ? 0 : u32_at(sealed, key_epoch_at);
}

/// A key turn may move the row to another key, and destroy the one before, between the look below and the
/// opening here: then it stands there otherwise now.
ports::read_result sealed_storage::read(table where, bytes_view key) const {
  if (is_row_sum(where, key))
    return {};
  bytes before;
  for (;;) {
    auto found = below_.read(where, key);
    if (!found)
      return found;
    if (auto value = open(where, key, found.value))
      return {read_status::found, std::move(*value)};
    if (found.value == before)
      return {read_status::not_openable, {}};
    before = std::move(found.value);
  }
}

std::vector<ports::row> sealed_storage::scan(table where, bytes_view prefix, bytes_view after,
                                             std::size_t limit) const {
  std::vector<ports::row> out;
  auto take = [&](std::vector<ports::row> found) {
    for (auto& r : found)
      if (auto row = is_row_sum(where, r.key) ? std::nullopt : opened(where, std::move(r)))
        out.push_back(std::move(*row));
  };
  auto found = below_.scan(where, prefix, after, limit);
  bool hides_one =
      std::any_of(found.begin(), found.end(), [&](const auto& r) { return is_row_sum(where, r.key); });
  auto more_after = hides_one && found.size() == std::min(limit, ports::scan_rows_max)
                        ? std::optional{found.back().key}
                        : std::nullopt;
  take(std::move(found));
  if (more_after) // a page that is not full would be taken for the last one
    take(below_.scan(where, prefix, *more_after, 1));
  return out;
}

std::optional<ports::row> sealed_storage::last(table where, bytes_view prefix) const {
  for (;;) {
    auto found = below_.last(where, prefix);
    if (!found)
      return std::nullopt;
    if (is_row_sum(where, found->key))
      return last_but_sum(prefix);
    if (auto row = opened(where, std::move(*found)))
      return row;
  }
}

/// Nothing: the row went away meanwhile.
std::optional<ports::row> sealed_storage::opened(table where, ports::row sealed) const {
  if (!sealed.openable)
    return ports::row{std::move(sealed.key), {}, false};
  if (auto value = open(where, sealed.key, sealed.value))
    return ports::row{std::move(sealed.key), std::move(*value), true};
  auto again = read(where, sealed.key);
  if (again.status == read_status::absent)
    return std::nullopt;
  return ports::row{std::move(sealed.key), std::move(again.value), static_cast<bool>(again)};
}

commit_result sealed_storage::commit(std::span<const ports::change> changes) {
  for (const auto& c : changes)
    if (!ports::in_range(c) || is_row_sum(c.where, c.key))
      return commit_result::refused;
  if (auto made = make_keys(changes); made != commit_result::committed)
    return made;
  std::vector<ports::change> sealed;
  sealed.reserve(changes.size() + 1); // and the sum
  for (const auto& c : changes)
    sealed.push_back({c.what, c.where, c.key, c.what == ports::change::kind::put ? seal(c) : bytes{}});
  return commit_sealed(std::move(sealed));
}

commit_result sealed_storage::make_keys(std::span<const ports::change> changes) {
  std::set<segment> wanted;
  bool must = false; // false: only keys of later segments are missing
  for (const auto& c : changes) {
    if (c.what != ports::change::kind::put)
      continue;
    auto of = segment_of(c.where, c.key);
    if (!of)
      return commit_result::refused;
    auto& ready = ready_until_[static_cast<std::size_t>(c.where)];
    if (of->number < ready)
      continue;
    must = must || !keys_.has(*of);
    if (!ports::is_monotone(c.where)) {
      add_all_shards(wanted); // few: all of them at the first need, in one writing of the keyring
    } else if (!keys_.has(*of) || !keys_.has({of->where, of->number + 1})) {
      for (std::uint32_t i = 0; i <= segments_ahead; ++i)
        wanted.insert({of->where, of->number + i});
    } else {
      ready = of->number + 1;
    }
  }
  if (wanted.empty())
    return commit_result::committed;
  std::vector<segment> all{wanted.begin(), wanted.end()};
  auto made = keys_.ensure(all);
  if (made == commit_result::committed)
    for (const auto& s : all)
      ready_until_[static_cast<std::size_t>(s.where)] =
          ports::is_monotone(s.where) ? s.number : segment_shards;
  // A full keyring stops only what needs a new key.
  return made == commit_result::refused && !must ? commit_result::committed : made;
}

bytes sealed_storage::seal(const ports::change& c) {
  auto of = *segment_of(c.where, c.key); // make_keys has looked
  bytes out(sealed_overhead_bytes + c.value.size());
  out[0] = format;
  out[1] = static_cast<std::uint8_t>(c.where);
  put_u32(&out[segment_at], of.number);
  std::copy(nonce_prefix_.begin(), nonce_prefix_.end(), &out[nonce_at]);
  auto count = ports::row_key(nonce_counter_++);
  std::copy(count.begin(), count.end(), &out[nonce_at + nonce_prefix_.size()]);
  keys_.with_newest(of, [&](std::uint32_t key_epoch, bytes_view key) {
    put_u32(&out[key_epoch_at], key_epoch);
    auto aad = aad_of(c.where, c.key, bytes_view{out}.first(sealed_header_bytes));
    crypto_aead_xchacha20poly1305_ietf_encrypt(&out[sealed_header_bytes], nullptr, c.value.data(),
                                               c.value.size(), aad.data(), aad.size(), nullptr,
                                               &out[nonce_at], key.data());
  });
  return out;
}

std::optional<bytes> sealed_storage::open(table where, bytes_view key, bytes_view sealed) const {
  if (sealed.size() < sealed_overhead_bytes || sealed[0] != format ||
      sealed[1] != static_cast<std::uint8_t>(where))
    return std::nullopt;
  auto aad = aad_of(where, key, sealed.first(sealed_header_bytes));
  bytes out(sealed.size() - sealed_overhead_bytes);
  auto content = sealed.subspan(sealed_header_bytes);
  bool good = false;
  keys_.with({where, u32_at(sealed, segment_at)}, u32_at(sealed, key_epoch_at), [&](bytes_view segment_key) {
    good = crypto_aead_xchacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, content.data(),
                                                      content.size(), aad.data(), aad.size(),
                                                      sealed.data() + nonce_at, segment_key.data()) == 0;
  });
  if (!good)
    return std::nullopt;
  return out;
}

} // namespace wardline
