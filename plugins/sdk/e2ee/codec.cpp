#include "e2ee/codec.hpp"
#include <cassert>

namespace wardline::e2ee {

namespace {

struct kind_row {
  std::size_t size_max;
  std::string_view label;
};

/// By kind number - 1.
constexpr kind_row rows[] = {
    {256, labels::object_root},
    {256, labels::object_server},
    {2048, labels::object_registrar},
    {2048, labels::object_invitation},
    {2048, labels::object_device},
    {512, labels::object_grant},
    {512, labels::object_revocation},
    {292, labels::object_link},
    {67584, labels::object_pack},
    {99328, labels::object_keylist},
    {1024, labels::object_conversation},
    {6144, labels::object_slip},
    {512, labels::object_act},
    {256, labels::object_wipe},
    {192, labels::object_heartbeat},
    {4096, labels::object_records_key},
    {32768, labels::object_records_request},
    {53248, labels::object_records_answer},
    {256, labels::object_cosign},
};

const kind_row* row_of(kind k) {
  auto number = static_cast<std::size_t>(k);
  return number >= 1 && number <= std::size(rows) ? &rows[number - 1] : nullptr;
}

} // namespace

std::size_t object_size_max(kind k) {
  auto* row = row_of(k);
  return row == nullptr ? 0 : row->size_max;
}

std::string_view object_label(kind k) {
  auto* row = row_of(k);
  return row == nullptr ? std::string_view{} : row->label;
}

hash32 object_hash(kind k, bytes_view signed_bytes) {
  return labelled_hash(object_label(k), signed_bytes);
}

expected<kind> peek_kind(bytes_view raw) {
  if (raw.empty())
    return refusal::truncated;
  auto k = static_cast<kind>(raw[0]);
  if (row_of(k) == nullptr)
    return refusal::unknown_kind;
  if (raw.size() > object_size_max(k))
    return refusal::object_too_large;
  if (raw.size() < 2)
    return refusal::truncated;
  if (raw[1] != object_version)
    return refusal::unknown_version;
  return k;
}

framed::framed(bytes raw, std::size_t signed_size)
    : raw_{std::move(raw)}, signed_size_{signed_size}, hash_{object_hash(static_cast<kind>(raw_.at(0)),
                                                                         signed_bytes())} {}

std::size_t framed::signature_count() const {
  return signed_size_ < raw_.size() ? raw_[signed_size_] : 0;
}

signature64 framed::signature(std::size_t i) const {
  assert(i < signature_count());
  signature64 out;
  std::memcpy(out.data(), raw_.data() + signed_size_ + 1 + i * out.size(), out.size());
  return out;
}

clinic_id read_frame_start(reader& in, bytes_view raw, kind k) {
  if (raw.size() > object_size_max(k))
    in.refuse(refusal::object_too_large);
  if (auto claimed = in.u8(); in.ok() && claimed != static_cast<std::uint8_t>(k))
    in.refuse(refusal::unknown_kind);
  if (auto version = in.u8(); in.ok() && version != object_version)
    in.refuse(refusal::unknown_version);
  return in.id<clinic_id>();
}

std::uint8_t read_frame_end(reader& in) {
  auto s = in.u8();
  in.take(std::size_t{64} * s);
  in.finish();
  return s;
}

void write_frame_start(writer& out, kind k, const clinic_id& clinic) {
  out.value(k).u8(object_version).put(clinic);
}

bytes with_signatures(bytes signed_bytes, const std::vector<signature64>& signatures) {
  assert(signatures.size() < 256);
  signed_bytes.push_back(static_cast<std::uint8_t>(signatures.size()));
  for (const auto& s : signatures)
    signed_bytes.insert(signed_bytes.end(), s.begin(), s.end());
  return signed_bytes;
}

} // namespace wardline::e2ee
