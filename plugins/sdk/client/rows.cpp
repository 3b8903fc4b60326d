#include "client/rows.hpp"
#include "wire/limits.hpp"

namespace wardline::client::rows {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t part_bytes_max = 131'072; ///< of one byte string inside a row

e2ee::writer begin() {
  e2ee::writer out;
  out.u8(version);
  return out;
}

/// A row's reader behind its version byte; another version refuses.
e2ee::reader row_reader(bytes_view raw) {
  e2ee::reader in{raw};
  if (in.u8() != version)
    in.refuse(refusal::unknown_version);
  return in;
}

template <class Row>
std::optional<Row> ended(e2ee::reader& in, Row&& row) {
  in.finish();
  if (!in.ok())
    return std::nullopt;
  return std::forward<Row>(row);
}

secret32 read_secret(e2ee::reader& in) {
  auto raw = in.b32();
  secret32 out{raw};
  wipe(raw);
  return out;
}

bytes part(e2ee::reader& in) {
  return to_bytes(in.v32(part_bytes_max));
}

refusal read_refusal(e2ee::reader& in) {
  auto number = in.u16();
  return number == 0 ? refusal::none : refusal_from_number(number);
}

} // namespace

bytes encode(const device& r) {
  auto out = begin();
  out.put(r.clinic).put(r.id).put(r.identity_key).put(r.server_noise_key);
  out.put(r.noise_public).put(r.noise_secret.view()).text8(r.endpoint).put(r.server_curve_key);
  out.put(r.client_curve_public).put(r.client_curve_secret.view()).put(r.invitation);
  out.v32(r.root).v32(r.server).v32(r.certificate).u8(r.enrolled ? 1 : 0);
  out.list8(r.chain, [](e2ee::writer& w, const hash32& h) { w.put(h); });
  return out.take();
}

template <>
std::optional<device> decode(bytes_view raw) {
  auto in = row_reader(raw);
  device r;
  r.clinic = in.id<clinic_id>();
  r.id = in.id<device_id>();
  r.identity_key = in.b32();
  r.server_noise_key = in.b32();
  r.noise_public = in.b32();
  r.noise_secret = read_secret(in);
  r.endpoint = in.text8(endpoint_bytes_max);
  r.server_curve_key = in.b32();
  r.client_curve_public = in.b32();
  r.client_curve_secret = read_secret(in);
  r.invitation = in.id<invitation_id>();
  r.root = part(in);
  r.server = part(in);
  r.certificate = part(in);
  r.enrolled = in.u8() == 1;
  r.chain = in.list8(255, [](e2ee::reader& x) { return x.b32(); });
  return ended(in, std::move(r));
}

bytes encode(const enrolment& r) {
  auto out = begin();
  out.put(r.signing_seed.view()).put(r.sealing_secret.view()).u8(r.invitation_seed ? 1 : 0);
  if (r.invitation_seed)
    out.put(r.invitation_seed->view());
  out.v8(r.totp_secret.value);
  return out.take();
}

template <>
std::optional<enrolment> decode(bytes_view raw) {
  auto in = row_reader(raw);
  enrolment r;
  r.signing_seed = read_secret(in);
  r.sealing_secret = read_secret(in);
  if (in.u8() == 1)
    r.invitation_seed = read_secret(in);
  r.totp_secret.value = to_bytes(in.v8(wire::totp_secret_bytes));
  return ended(in, std::move(r));
}

bytes encode(const keys& r) {
  return begin().put(r.signing_seed.view()).put(r.sealing_secret.view()).put(r.device_row).take();
}

template <>
std::optional<keys> decode(bytes_view raw) {
  auto in = row_reader(raw);
  keys r;
  r.signing_seed = read_secret(in);
  r.sealing_secret = read_secret(in);
  r.device_row = in.b32();
  return ended(in, std::move(r));
}

bytes encode(const pin& r) {
  return begin().put(r.incarnation).text8(r.origin).u64(r.size).put(r.root).u64(r.shared).take();
}

template <>
std::optional<pin> decode(bytes_view raw) {
  auto in = row_reader(raw);
  pin r;
  r.incarnation = in.id<incarnation_id>();
  r.origin = in.text8(255);
  r.size = in.u64();
  r.root = in.b32();
  if (in.left() != 0)
    r.shared = in.u64();
  return ended(in, std::move(r));
}

bytes encode(const conversation& r) {
  return begin().v32(r.link).put(r.incarnation).u64(r.seq).take();
}

template <>
std::optional<conversation> decode(bytes_view raw) {
  auto in = row_reader(raw);
  conversation r;
  r.link = part(in);
  r.incarnation = in.id<incarnation_id>();
  r.seq = in.u64();
  return ended(in, std::move(r));
}

bytes encode(const message& r) {
  auto out = begin();
  out.u64(r.leaf).u64(r.accepted).u16(static_cast<std::uint16_t>(r.unreadable)).put(r.key.view());
  out.u64(r.opened).put(r.acknowledged_by).u64(r.acknowledged).v32(r.slip).u64(r.recalled);
  return out.take();
}

template <>
std::optional<message> decode(bytes_view raw) {
  auto in = row_reader(raw);
  message r;
  r.leaf = in.u64();
  r.accepted = in.u64();
  r.unreadable = read_refusal(in);
  r.key = read_secret(in);
  r.opened = in.u64();
  r.acknowledged_by = in.id<user_id>();
  r.acknowledged = in.u64();
  r.slip = part(in);
  if (in.left() != 0)
    r.recalled = in.u64();
  return ended(in, std::move(r));
}

bytes encode(const outbox& r) {
  auto out = begin();
  out.put(r.conversation).put(r.request).value(r.state).u64(r.order).u8(r.reseals);
  out.u16(static_cast<std::uint16_t>(r.why)).u64(r.seq).u64(r.leaf).put(r.key.view()).v32(r.slip).v32(r.body);
  return out.take();
}

template <>
std::optional<outbox> decode(bytes_view raw) {
  auto in = row_reader(raw);
  outbox r;
  r.conversation = in.id<conversation_id>();
  r.request = in.id<request_id>();
  r.state = in.one_of(outbox_state::written, outbox_state::stopped);
  r.order = in.u64();
  r.reseals = in.u8();
  r.why = read_refusal(in);
  r.seq = in.u64();
  r.leaf = in.u64();
  r.key = read_secret(in);
  r.slip = part(in);
  r.body = part(in);
  return ended(in, std::move(r));
}

bytes encode(const staged_act& r) {
  return begin().put(r.request).v32(r.object).take();
}

template <>
std::optional<staged_act> decode(bytes_view raw) {
  auto in = row_reader(raw);
  staged_act r;
  r.request = in.id<request_id>();
  r.object = part(in);
  return ended(in, std::move(r));
}

bytes encode(const upload& r) {
  auto out = begin();
  out.list8(r.files, [](e2ee::writer& w, const upload::file& f) { w.put(f.attachment).u64(f.blob_size); });
  return out.take();
}

template <>
std::optional<upload> decode(bytes_view raw) {
  auto in = row_reader(raw);
  upload r;
  r.files = in.list8(wire::attachments_max, [](e2ee::reader& x) {
    return upload::file{x.id<attachment_id>(), x.u64()};
  });
  return ended(in, std::move(r));
}

bytes encode(const turn& r) {
  auto out = begin();
  out.put(r.request).v32(r.core).v32(r.members).v32(r.seals);
  out.list8(r.packs, [](e2ee::writer& w, const bytes& pack) { w.v32(pack); });
  return out.take();
}

template <>
std::optional<turn> decode(bytes_view raw) {
  auto in = row_reader(raw);
  turn r;
  r.request = in.id<request_id>();
  r.core = part(in);
  r.members = part(in);
  r.seals = part(in);
  r.packs = in.list8(wire::packs_per_message_max, [](e2ee::reader& x) { return part(x); });
  return ended(in, std::move(r));
}

bytes encode(const changes& r) {
  return begin().u64(r.after_leaf).take();
}

template <>
std::optional<changes> decode(bytes_view raw) {
  auto in = row_reader(raw);
  changes r;
  r.after_leaf = in.u64();
  return ended(in, std::move(r));
}

bytes encode(const object& r) {
  auto out = begin();
  out.u64(r.position).u64(r.time).v32(r.raw);
  if (!r.cosigned.empty()) // rows of before there were cosignatures end here
    out.v16(r.cosigned);
  return out.take();
}

template <>
std::optional<object> decode(bytes_view raw) {
  auto in = row_reader(raw);
  object r;
  r.position = in.u64();
  r.time = in.u64();
  r.raw = part(in);
  if (in.ok() && in.offset() < raw.size()) {
    r.cosigned = to_bytes(in.v16(wire::cosignature_bytes_max));
    if (in.ok() && r.cosigned.empty())
      in.refuse(refusal::truncated); // one encoding for none
  }
  return ended(in, std::move(r));
}

bytes encode(const party& r) {
  return begin().u8(r.kind).u32(r.head).v32(r.members).take();
}

template <>
std::optional<party> decode(bytes_view raw) {
  auto in = row_reader(raw);
  party r;
  r.kind = in.u8();
  r.head = in.u32();
  r.members = part(in);
  return ended(in, std::move(r));
}

bytes key_of(std::string_view word) {
  return to_bytes(view(word));
}

bytes key_of_core(const party_id& p, std::uint32_t n) {
  return e2ee::writer{}.put(p).u32(n).take();
}

bytes key_of_chunk(const message_id& m, const attachment_id& a, std::uint32_t index) {
  return e2ee::writer{}.put(m).put(a).u32(index).take();
}

bytes key_of_message(const conversation_id& c, std::uint64_t seq) {
  return e2ee::writer{}.put(c).u64(seq).take();
}

} // namespace wardline::client::rows
