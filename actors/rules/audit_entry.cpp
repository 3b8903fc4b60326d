#include "rules/audit_entry.hpp"
#include "wire/hash.hpp"
#include <algorithm>

namespace wardline::rules {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t fixed_bytes = 2 + 8 + 4 * 16 + 32 + 2;

void append(bytes& out, bytes_view part) {
  out.insert(out.end(), part.begin(), part.end());
}

} // namespace

bytes encode(const audit_entry& entry) {
  bytes out;
  auto detail = bytes_view{entry.detail}.first(std::min(entry.detail.size(), audit_detail_bytes_max));
  out.reserve(fixed_bytes + detail.size());
  out.push_back(version);
  out.push_back(static_cast<std::uint8_t>(entry.kind));
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(entry.time >> shift));
  append(out, entry.user.view());
  append(out, entry.device.view());
  append(out, entry.conversation.view());
  append(out, entry.object);
  append(out, entry.hash);
  out.push_back(static_cast<std::uint8_t>(detail.size() >> 8));
  out.push_back(static_cast<std::uint8_t>(detail.size()));
  append(out, detail);
  return out;
}

std::optional<audit_entry> decode_audit_entry(bytes_view raw) {
  if (raw.size() < fixed_bytes || raw[0] != version || raw[1] == 0 || raw[1] > audit_kind_max)
    return std::nullopt;
  std::size_t length = static_cast<std::size_t>(raw[fixed_bytes - 2]) << 8 | raw[fixed_bytes - 1];
  if (length > audit_detail_bytes_max || raw.size() != fixed_bytes + length)
    return std::nullopt;
  audit_entry out;
  out.kind = static_cast<audit_kind>(raw[1]);
  for (std::size_t i = 2; i < 10; ++i)
    out.time = out.time << 8 | raw[i];
  out.user = *user_id::from(raw.subspan(10, 16));
  out.device = *device_id::from(raw.subspan(26, 16));
  out.conversation = *conversation_id::from(raw.subspan(42, 16));
  out.object = *fixed<16>(raw.subspan(58, 16));
  out.hash = *fixed<32>(raw.subspan(74, 32));
  out.detail = to_bytes(raw.subspan(fixed_bytes));
  return out;
}

leaf_data leaf_data_of(audit_kind kind, const audit_salt& salt, bytes_view encoded_entry) {
  leaf_data out;
  out[0] = version;
  out[1] = static_cast<std::uint8_t>(kind);
  auto commitment = sha256({salt, encoded_entry});
  std::copy(commitment.begin(), commitment.end(), out.begin() + 2);
  return out;
}

} // namespace wardline::rules
