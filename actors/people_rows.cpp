#include "people_rows.hpp"
#include "row_codec.hpp"

namespace wardline::rows {

namespace {

constexpr std::size_t name_bytes_max = 96;
constexpr std::size_t phc_bytes_max = 256;
constexpr std::size_t plugin_bytes_max = 64;
constexpr std::size_t head_part_bytes_max = 1u << 16; ///< 300 members at 80 bytes each, and their seals

std::string as_text(bytes_view raw) {
  return std::string{text(raw)};
}

template <class Id>
bytes joined(const Id& id, bytes_view tail) {
  bytes out{id.value.begin(), id.value.end()};
  out.insert(out.end(), tail.begin(), tail.end());
  return out;
}

constexpr std::uint8_t second_row[] = {1};

} // namespace

bytes encode(const user& r) {
  auto out = begin();
  out.put(r.party);
  out.v8(view(r.display_name));
  out.v16(view(r.password));
  return out.take();
}

template <>
std::optional<user> decode<user>(bytes_view raw) {
  return whole<user>(raw, [](reader& in, user& r) {
    r.party = in.id<party_id>();
    r.display_name = as_text(in.v8(name_bytes_max));
    r.password = as_text(in.v16(phc_bytes_max));
  });
}

bytes encode(const device& r) {
  auto out = begin();
  out.put(r.certificate);
  out.u8(r.gated ? 1 : 0);
  return out.take();
}

template <>
std::optional<device> decode<device>(bytes_view raw) {
  return whole<device>(raw, [](reader& in, device& r) {
    r.certificate = in.b32();
    r.gated = in.bits(1) != 0;
  });
}

bytes encode(const party& r) {
  auto out = begin();
  out.u8(static_cast<std::uint8_t>(r.kind));
  out.v8(view(r.name));
  out.u32(r.n);
  out.put(r.head);
  return out.take();
}

template <>
std::optional<party> decode<party>(bytes_view raw) {
  return whole<party>(raw, [](reader& in, party& r) {
    r.kind = in.one_of(rules::party_kind::user, rules::party_kind::service);
    r.name = as_text(in.v8(name_bytes_max));
    r.n = in.u32();
    r.head = in.b32();
  });
}

bytes encode(const party_head& r) {
  auto out = begin();
  out.v32(r.members);
  out.v32(r.seals);
  return out.take();
}

template <>
std::optional<party_head> decode<party_head>(bytes_view raw) {
  return whole<party_head>(raw, [](reader& in, party_head& r) {
    r.members = to_bytes(in.v32(head_part_bytes_max));
    r.seals = to_bytes(in.v32(head_part_bytes_max));
  });
}

bytes encode(const conversation& r) {
  auto out = begin();
  out.u32(r.n);
  out.put(r.head);
  return out.take();
}

template <>
std::optional<conversation> decode<conversation>(bytes_view raw) {
  return whole<conversation>(raw, [](reader& in, conversation& r) {
    r.n = in.u32();
    r.head = in.b32();
  });
}

bytes encode(const invitation& r) {
  auto out = begin();
  out.put(r.object);
  out.put(r.code_salt);
  out.put(r.code_hash);
  out.u8(r.wrong_codes);
  out.u8(static_cast<std::uint8_t>(r.state));
  out.put(r.certificate);
  out.put(r.link_key);
  return out.take();
}

template <>
std::optional<invitation> decode<invitation>(bytes_view raw) {
  return whole<invitation>(raw, [](reader& in, invitation& r) {
    r.object = in.b32();
    r.code_salt = in.fixed_bytes<16>();
    r.code_hash = in.b32();
    r.wrong_codes = in.u8();
    r.state = in.one_of(invitation_state::waiting, invitation_state::dead);
    r.certificate = in.b32();
    r.link_key = in.b32();
  });
}

bytes encode(const link_key& r) {
  auto out = begin();
  out.put(r.key);
  out.v8(view(r.plugin));
  return out.take();
}

template <>
std::optional<link_key> decode<link_key>(bytes_view raw) {
  return whole<link_key>(raw, [](reader& in, link_key& r) {
    r.key = in.b32();
    r.plugin = as_text(in.v8(plugin_bytes_max));
  });
}

bytes encode(const clinic& r) {
  auto out = begin();
  out.put(r.id);
  out.put(r.incarnation);
  out.put(r.root);
  out.put(r.server);
  out.put(r.emergency);
  return out.take();
}

template <>
std::optional<clinic> decode<clinic>(bytes_view raw) {
  return whole<clinic>(raw, [](reader& in, clinic& r) {
    r.id = in.id<clinic_id>();
    r.incarnation = in.id<incarnation_id>();
    r.root = in.b32();
    r.server = in.b32();
    r.emergency = in.id<party_id>();
  });
}

bytes key_of_head(const party_id& p) {
  return joined(p, second_row);
}

bytes key_of_membership(const party_id& p, const conversation_id& c) {
  return joined(p, c.view());
}

} // namespace wardline::rows
