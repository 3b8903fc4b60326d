#include "roster_rows.hpp"
#include "row_codec.hpp"

namespace wardline::rows {

namespace {

constexpr std::uint8_t word_mark = 2;
constexpr std::uint8_t pack_wanted_mark = 3;
constexpr std::uint8_t pack_mark = 4;
constexpr std::uint8_t keys_mark = 1;
constexpr std::uint8_t keys_given_mark = 2;
constexpr std::uint8_t answer_mark = 3;
constexpr std::uint8_t renewal_mark = 5;

/// Id | mark.
template <class Id>
writer key_of(const Id& id, std::uint8_t mark) {
  writer out;
  out.put(id).u8(mark);
  return out;
}

} // namespace

bytes encode(const word& r) {
  auto out = begin();
  out.u32(r.serial).put(r.object);
  return out.take();
}

template <>
std::optional<word> decode<word>(bytes_view raw) {
  return whole<word>(raw, [](reader& in, word& r) {
    r.serial = in.u32();
    r.object = in.b32();
  });
}

bytes encode(const pack_wanted& r) {
  auto out = begin();
  out.u64(r.history_from);
  return out.take();
}

template <>
std::optional<pack_wanted> decode<pack_wanted>(bytes_view raw) {
  return whole<pack_wanted>(raw, [](reader& in, pack_wanted& r) { r.history_from = in.u64(); });
}

bytes encode(const kept_pack& r) {
  auto out = begin();
  out.u32(r.first).u32(r.last);
  return out.take();
}

template <>
std::optional<kept_pack> decode<kept_pack>(bytes_view raw) {
  return whole<kept_pack>(raw, [](reader& in, kept_pack& r) {
    r.first = in.u32();
    r.last = in.u32();
  });
}

bytes encode(const kept_keys& r) {
  auto out = begin();
  out.put(r.object).u16(r.parts);
  return out.take();
}

template <>
std::optional<kept_keys> decode<kept_keys>(bytes_view raw) {
  return whole<kept_keys>(raw, [](reader& in, kept_keys& r) {
    r.object = in.b32();
    r.parts = in.u16();
  });
}

bytes encode(const keys_given& r) {
  auto out = begin();
  out.put(r.giver);
  return out.take();
}

template <>
std::optional<keys_given> decode<keys_given>(bytes_view raw) {
  return whole<keys_given>(raw, [](reader& in, keys_given& r) { r.giver = in.id<device_id>(); });
}

bytes encode(const kept_seal& r) {
  auto out = begin();
  out.put(r.seal);
  return out.take();
}

template <>
std::optional<kept_seal> decode<kept_seal>(bytes_view raw) {
  return whole<kept_seal>(
      raw, [](reader& in, kept_seal& r) { r.seal = in.fixed_bytes<std::tuple_size_v<decltype(r.seal)>>(); });
}

bytes prefix_of_seals(const party_id& p, const device_id& d) {
  writer out;
  out.put(p).put(d);
  return out.take();
}

bytes key_of_seal(const party_id& p, const device_id& d, std::uint32_t n) {
  writer out;
  out.put(p).put(d).u32(n);
  return out.take();
}

std::optional<std::uint32_t> link_of_seal_key(bytes_view key) {
  reader in{key};
  in.take(party_id::size + device_id::size);
  auto n = in.u32();
  in.finish();
  return in.ok() ? std::optional{n} : std::nullopt;
}

bytes encode(const renewal& r) {
  auto out = begin();
  out.v16(r.offer).v16(r.word);
  return out.take();
}

template <>
std::optional<renewal> decode<renewal>(bytes_view raw) {
  return whole<renewal>(raw, [](reader& in, renewal& r) {
    r.offer = to_bytes(in.v16(wire::certificate_bytes_max));
    r.word = to_bytes(in.v16(wire::cosignature_bytes_max));
  });
}

bytes encode(const report& r) {
  auto out = begin();
  out.v16(r.act);
  return out.take();
}

template <>
std::optional<report> decode<report>(bytes_view raw) {
  return whole<report>(raw, [](reader& in, report& r) { r.act = to_bytes(in.v16(wire::act_bytes_max)); });
}

bytes encode(const kept_answer& r) {
  auto out = begin();
  out.put(r.object).put(r.giver);
  return out.take();
}

template <>
std::optional<kept_answer> decode<kept_answer>(bytes_view raw) {
  return whole<kept_answer>(raw, [](reader& in, kept_answer& r) {
    r.object = in.b32();
    r.giver = in.id<device_id>();
  });
}

bytes key_of_word(const e2ee::grant_key& k) {
  auto out = key_of(k.party, word_mark);
  out.value(k.of_subject).put(k.subject);
  return out.take();
}

bytes key_of_pack_wanted(const party_id& p, const device_id& d) {
  auto out = key_of(p, pack_wanted_mark);
  out.put(d);
  return out.take();
}

bytes prefix_of_packs(const party_id& p, const device_id& d) {
  auto out = key_of(p, pack_mark);
  out.put(d);
  return out.take();
}

bytes key_of_pack(const party_id& p, const device_id& d, const hash32& pack) {
  auto out = key_of(p, pack_mark);
  out.put(d).put(pack);
  return out.take();
}

bytes prefix_of_keys(const conversation_id& c, const device_id& d) {
  auto out = key_of(c, keys_mark);
  out.put(d);
  return out.take();
}

bytes key_of_keys(const conversation_id& c, const device_id& d, std::uint16_t part, const device_id& giver) {
  auto out = key_of(c, keys_mark);
  out.put(d).u16(part).put(giver);
  return out.take();
}

bytes key_of_keys_given(const conversation_id& c, const device_id& d) {
  auto out = key_of(c, keys_given_mark);
  out.put(d);
  return out.take();
}

bytes key_of_renewal(const device_id& d) {
  return key_of(d, renewal_mark).take();
}

bytes key_of_report(const conversation_id& c, const device_id& d, const message_id& m) {
  auto out = prefix_of_reports(c, d);
  out.insert(out.end(), m.value.begin(), m.value.end());
  return out;
}

bytes prefix_of_reports(const conversation_id& c, const device_id& d) {
  writer out;
  out.put(view(report_prefix)).put(c).put(d);
  return out.take();
}

bytes prefix_of_answers(const conversation_id& c, const device_id& d) {
  auto out = key_of(c, answer_mark);
  out.put(d);
  return out.take();
}

bytes key_of_answer(const conversation_id& c, const device_id& d, const message_id& m) {
  auto out = key_of(c, answer_mark);
  out.put(d).put(m);
  return out.take();
}

std::optional<e2ee::grant_key> word_of_key(bytes_view key) {
  reader in{key};
  e2ee::grant_key out;
  out.party = in.id<party_id>();
  bool marked = in.u8() == word_mark;
  out.of_subject = in.one_of(e2ee::subject_kind::user, e2ee::subject_kind::device);
  out.subject = in.id<e2ee::subject_id>();
  in.finish();
  return in.ok() && marked ? std::optional{out} : std::nullopt;
}

std::optional<std::pair<party_id, device_id>> pack_wanted_of_key(bytes_view key) {
  reader in{key};
  auto party = in.id<party_id>();
  bool marked = in.u8() == pack_wanted_mark;
  auto device = in.id<device_id>();
  in.finish();
  return in.ok() && marked ? std::optional{std::pair{party, device}} : std::nullopt;
}

std::optional<std::uint16_t> part_of_key(bytes_view key) {
  reader in{key};
  in.take(conversation_id::size);
  bool marked = in.u8() == keys_mark;
  in.take(device_id::size);
  auto part = in.u16();
  in.take(device_id::size);
  in.finish();
  return in.ok() && marked ? std::optional{part} : std::nullopt;
}

std::optional<report_key> report_of_key(bytes_view key) {
  reader in{key};
  auto prefix = in.take(report_prefix.size());
  report_key out;
  out.conversation = in.id<conversation_id>();
  out.device = in.id<device_id>();
  out.message = in.id<message_id>();
  in.finish();
  return in.ok() && text(prefix) == report_prefix ? std::optional{out} : std::nullopt;
}

} // namespace wardline::rows
