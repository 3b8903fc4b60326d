// Rows of log-in: second factors, tries, sessions, lock shares, store instances.
#include "people_rows.hpp"
#include "row_codec.hpp"

namespace wardline::rows {

namespace {

constexpr std::size_t share_bytes = 32;

template <class Id>
bytes beside(const Id& id, std::uint8_t number) {
  bytes out{id.value.begin(), id.value.end()};
  out.push_back(number);
  return out;
}

} // namespace

bytes encode(const second_factor& r) {
  auto out = begin();
  out.v8(r.secret);
  out.u32(r.used.forgotten);
  out.list16(r.used.kept, [](writer& w, std::uint32_t step) { w.u32(step); });
  out.put(r.salt);
  out.list16(r.recovery, [](writer& w, const hash32& h) { w.put(h); });
  return out.take();
}

template <>
std::optional<second_factor> decode<second_factor>(bytes_view raw) {
  auto row = whole<second_factor>(raw, [](reader& in, second_factor& r) {
    r.secret = to_bytes(in.v8(wire::totp_secret_bytes));
    r.used.forgotten = in.u32();
    r.used.kept = in.set16(rules::used_steps_max, reader::whole_item, [](reader& x) { return x.u32(); });
    r.salt = in.fixed_bytes<16>();
    r.recovery = in.list16(wire::recovery_codes_made, [](reader& x) { return x.b32(); });
  });
  // Above what was forgotten: else two rows would mean the same.
  bool right = row && row->secret.size() == wire::totp_secret_bytes &&
               (row->used.kept.empty() || row->used.kept.front() > row->used.forgotten);
  return right ? row : std::nullopt;
}

bytes encode(const store_instance& r) {
  auto out = begin();
  out.put(r.instance);
  return out.take();
}

template <>
std::optional<store_instance> decode<store_instance>(bytes_view raw) {
  return whole<store_instance>(raw, [](reader& in, store_instance& r) { r.instance = in.fixed_bytes<16>(); });
}

bytes encode(const lock_share& r) {
  auto out = begin();
  out.u32(r.number);
  out.v8(r.share);
  out.v8(r.next);
  if (!r.earlier.empty())
    out.v8(r.earlier);
  return out.take();
}

template <>
std::optional<lock_share> decode<lock_share>(bytes_view raw) {
  auto row = whole<lock_share>(raw, [](reader& in, lock_share& r) {
    r.number = in.u32();
    r.share = to_bytes(in.v8(share_bytes));
    r.next = to_bytes(in.v8(share_bytes));
    if (in.left() != 0)
      r.earlier = to_bytes(in.v8(share_bytes));
    else
      return;
    if (r.earlier.empty())
      in.refuse(refusal::unknown_value);
  });
  auto whole_or_none = [](const bytes& half) { return half.empty() || half.size() == share_bytes; };
  bool right =
      row && row->share.size() == share_bytes && whole_or_none(row->next) && whole_or_none(row->earlier);
  return right ? row : std::nullopt;
}

bytes encode(const wrong_passwords& r) {
  auto out = begin();
  out.u32(r.in_a_row);
  out.u64(r.last);
  out.u8(r.known ? 1 : 0);
  return out.take();
}

template <>
std::optional<wrong_passwords> decode<wrong_passwords>(bytes_view raw) {
  return whole<wrong_passwords>(raw, [](reader& in, wrong_passwords& r) {
    r.in_a_row = in.u32();
    r.last = in.u64();
    r.known = in.bits(1) != 0;
  });
}

bytes encode(const strange_tries& r) {
  auto out = begin();
  out.u32(r.in_a_row);
  out.u64(r.last);
  return out.take();
}

template <>
std::optional<strange_tries> decode<strange_tries>(bytes_view raw) {
  return whole<strange_tries>(raw, [](reader& in, strange_tries& r) {
    r.in_a_row = in.u32();
    r.last = in.u64();
  });
}

bytes encode(const session& r) {
  auto out = begin();
  out.put(r.user);
  out.u64(r.since);
  out.u64(r.until);
  out.u64(r.proved);
  out.put(r.handshake);
  return out.take();
}

template <>
std::optional<session> decode<session>(bytes_view raw) {
  return whole<session>(raw, [](reader& in, session& r) {
    r.user = in.id<user_id>();
    r.since = in.u64();
    r.until = in.u64();
    r.proved = in.u64();
    r.handshake = in.b32();
  });
}

bytes key_of_factor(const user_id& u) {
  return beside(u, 1);
}

bytes key_of_strange_tries(const user_id& u) {
  return beside(u, 2);
}

bytes key_of_share(const device_id& d) {
  return beside(d, 1);
}

bytes key_of_wrong_passwords(const device_id& d, const user_id& u) {
  auto out = beside(d, 2);
  out.insert(out.end(), u.value.begin(), u.value.end());
  return out;
}

bytes key_of_store_instance(const device_id& d) {
  return beside(d, 3);
}

bytes encode(const gate&) {
  return begin().take();
}

bytes key_of_gate(const device_id& d) {
  return beside(d, 4);
}

bytes encode(const brake& r) {
  auto out = begin();
  out.text8(r.reason);
  return out.take();
}

template <>
std::optional<brake> decode<brake>(bytes_view raw) {
  return whole<brake>(raw, [](reader& in, brake& r) { r.reason = in.text8(brake_reason_bytes_max); });
}

bytes key_of_brake(const device_id& d) {
  return beside(d, 6);
}

} // namespace wardline::rows
