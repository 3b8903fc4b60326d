#include "backup_format.hpp"
#include "e2ee/bytes.hpp"
#include "e2ee/certificates.hpp"
#include "e2ee/chains.hpp"
#include "wire/hash.hpp"
#include "wire/limits.hpp"
#include <sodium.h>

namespace wardline::daemon {

namespace {

using e2ee::reader;
using e2ee::writer;

constexpr std::uint8_t version = 1;
constexpr std::size_t certificate_bytes_max = 4'096;
constexpr std::size_t table_head_bytes = 5 + 32;

secret32 take_secret(reader& in) {
  auto raw = in.take(secret32::size);
  return raw.size() == secret32::size ? secret32{raw} : secret32{};
}

/// What the daemon's key is for: orders of wipe, heartbeats, and this (e2ee 5.14).
bytes to_sign(bytes_view manifest) {
  auto out = lab("wardline backup manifest v1");
  out.insert(out.end(), manifest.begin(), manifest.end());
  return out;
}

refusal check_signature(const backup_manifest& m, bytes_view signed_part, const signature64& signature) {
  auto root = e2ee::root_certificate::decode(m.root, m.clinic);
  if (!root)
    return root.why();
  e2ee::trust t{m.clinic, root->identity};
  if (auto why = e2ee::verify(*root, t); why != refusal::none)
    return why;
  auto server = e2ee::admit_server(m.server, t);
  if (!server)
    return server.why();
  auto text = to_sign(signed_part);
  bool good =
      crypto_sign_verify_detached(signature.data(), text.data(), text.size(), server->daemon_key.data()) == 0;
  return good ? refusal::none : refusal::bad_signature;
}

/// A buffer that never moves: what grows leaves copies of keys behind.
class wiped_writer {
public:
  explicit wiped_writer(std::size_t bytes_max) { out_.value.reserve(bytes_max); }
  void add(bytes part) {
    out_.value.insert(out_.value.end(), part.begin(), part.end());
    wipe(part);
  }
  wiped_bytes take() { return std::move(out_); }

private:
  wiped_bytes out_;
};

constexpr std::size_t key_entry_bytes = 1 + 4 + 4 + secret32::size;
constexpr std::size_t fixed_part_bytes = 256;

std::size_t bytes_of(const current_table& t) {
  auto out = fixed_part_bytes + t.segments.size() * key_entry_bytes + (t.known ? t.known->note.size() : 0);
  for (const auto& row : t.kept)
    out += 9 + row.key.size() + row.value.size() + row.detail.size();
  return out;
}

void put_keys(wiped_writer& out, const current_table& t) {
  for (const auto* key : {&t.keys.link_key, &t.keys.noise_key, &t.keys.log_key, &t.keys.daemon_key})
    out.add(to_bytes(key->view()));
  out.add(writer{}.u64(t.keyring_epoch).u32(static_cast<std::uint32_t>(t.segments.size())).take());
  for (const auto& [of, key] : t.segments) {
    out.add(writer{}.value(of.of.where).u32(of.of.number).u32(of.epoch).take());
    out.add(to_bytes(key.view()));
  }
}

void take_keys(reader& in, current_table& t) {
  for (auto* key : {&t.keys.link_key, &t.keys.noise_key, &t.keys.log_key, &t.keys.daemon_key})
    *key = take_secret(in);
  t.keyring_epoch = in.u64();
  auto count = in.u32();
  if (count > keyring_keys_max)
    in.refuse(refusal::count_too_large);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    key_of_segment of;
    of.of.where = in.one_of(ports::table::meta, static_cast<ports::table>(ports::table_max));
    of.of.number = in.u32();
    of.epoch = in.u32();
    if (!t.segments.emplace(of, take_secret(in)).second)
      in.refuse(refusal::not_sorted);
  }
}

void take_rest(reader& in, current_table& t) {
  if (in.bits(1) != 0) {
    checkpoint_note known;
    known.size = in.u64();
    known.root = in.b32();
    known.note = text(in.v32(wire::note_bytes_max));
    t.known = std::move(known);
  }
  auto count = in.u32();
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    kept_row row;
    row.where = in.one_of(ports::table::meta, static_cast<ports::table>(ports::table_max));
    row.key = to_bytes(in.v16(ports::key_bytes_max));
    row.value = to_bytes(in.v32(ports::value_bytes_max));
    row.detail = to_bytes(in.v16(rules::audit_detail_bytes_max));
    t.kept.push_back(std::move(row));
  }
}

} // namespace

bytes manifest_bytes(const backup_manifest& m) {
  writer out;
  out.u8(version).put(m.clinic).put(m.incarnation).u64(m.leaves).u64(m.rows).put(m.rows_hash);
  out.u64(m.blobs).put(m.blobs_hash).u64(m.turn_mark).u64(m.time).v16(m.root).v16(m.server);
  return out.take();
}

bytes signed_manifest(const backup_manifest& m, const std::function<signature64(bytes_view)>& sign) {
  auto out = manifest_bytes(m);
  auto signature = sign(to_sign(out));
  out.insert(out.end(), signature.begin(), signature.end());
  return out;
}

expected<backup_manifest> read_manifest(bytes_view raw) {
  if (raw.size() > manifest_bytes_max)
    return refusal::object_too_large;
  reader in{raw};
  if (in.u8() != version)
    return refusal::unknown_version;
  backup_manifest out;
  out.clinic = in.id<clinic_id>();
  out.incarnation = in.id<incarnation_id>();
  out.leaves = in.u64();
  out.rows = in.u64();
  out.rows_hash = in.b32();
  out.blobs = in.u64();
  out.blobs_hash = in.b32();
  out.turn_mark = in.u64();
  out.time = in.u64();
  out.root = to_bytes(in.v16(certificate_bytes_max));
  out.server = to_bytes(in.v16(certificate_bytes_max));
  auto signed_part = raw.first(in.offset());
  auto signature = in.b64();
  in.finish();
  if (!in.ok())
    return in.why();
  if (auto why = check_signature(out, signed_part, signature); why != refusal::none)
    return why;
  return out;
}

wiped_bytes encode(const current_table& t) {
  wiped_writer out{bytes_of(t)};
  out.add(writer{}.u8(version).put(t.clinic).u64(t.time).u64(t.turn_mark).take());
  put_keys(out, t);
  out.add({static_cast<std::uint8_t>(t.known ? 1 : 0)});
  if (t.known)
    out.add(writer{}.u64(t.known->size).put(t.known->root).v32(view(t.known->note)).take());
  out.add(writer{}.u32(static_cast<std::uint32_t>(t.kept.size())).take());
  for (const auto& row : t.kept) {
    out.add(writer{}.value(row.where).v16(row.key).u32(static_cast<std::uint32_t>(row.value.size())).take());
    out.add(row.value);
    out.add(writer{}.v16(row.detail).take());
  }
  return out.take();
}

expected<current_table> decode_current_table(bytes_view raw) {
  reader in{raw};
  if (in.u8() != version)
    return refusal::unknown_version;
  current_table out;
  out.clinic = in.id<clinic_id>();
  out.time = in.u64();
  out.turn_mark = in.u64();
  take_keys(in, out);
  take_rest(in, out);
  in.finish();
  if (!in.ok())
    return in.why();
  return out;
}

bytes seal_current_table(const current_table& t, const public_key& recovery) {
  auto plain = encode(t);
  bytes out{'W', 'L', 'C', 'T', version};
  out.insert(out.end(), recovery.begin(), recovery.end());
  out.resize(table_head_bytes + plain.value.size() + crypto_box_SEALBYTES);
  if (crypto_box_seal(&out[table_head_bytes], plain.value.data(), plain.value.size(), recovery.data()) != 0)
    return {};
  return out;
}

expected<current_table> open_current_table(bytes_view raw, const secret32& recovery) {
  if (raw.size() < table_head_bytes + crypto_box_SEALBYTES || text(raw.first(4)) != "WLCT" ||
      raw[4] != version)
    return refusal::unknown_version;
  auto to = x25519_public(recovery);
  if (!std::equal(to.begin(), to.end(), raw.begin() + 5))
    return refusal::wrong_recovery_key;
  auto sealed = raw.subspan(table_head_bytes);
  wiped_bytes plain{sealed.size() - crypto_box_SEALBYTES};
  if (crypto_box_seal_open(plain.value.data(), sealed.data(), sealed.size(), to.data(), recovery.data()) != 0)
    return refusal::value_not_openable;
  return decode_current_table(plain.value);
}

void put_row(bytes& to, ports::table where, bytes_view key, bytes_view value) {
  auto row = writer{}.value(where).v16(key).v32(value).take();
  to.insert(to.end(), row.begin(), row.end());
}

std::optional<ports::change> row_pieces::next() {
  reader in{bytes_view{left_}.subspan(at_)};
  auto where = in.u8();
  auto key = in.v16(ports::key_bytes_max);
  auto value = in.v32(ports::value_bytes_max + ports::sealing_bytes_max);
  bool needs_more = in.why() == refusal::truncated || in.why() == refusal::length_beyond_end;
  if (!in.ok()) {
    if (!needs_more)
      why_ = in.why();
    left_.erase(left_.begin(), left_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
    return std::nullopt;
  }
  auto out = ports::put(static_cast<ports::table>(where), to_bytes(key), to_bytes(value));
  at_ += in.offset();
  if (!ports::in_range(out, ports::sealing_bytes_max)) {
    why_ = refusal::unknown_value;
    return std::nullopt;
  }
  return out;
}

} // namespace wardline::daemon
