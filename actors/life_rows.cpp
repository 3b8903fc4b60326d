#include "life_rows.hpp"
#include "row_codec.hpp"

namespace wardline::rows {

bytes key_of_life(std::uint32_t log_epoch) {
  auto out = to_bytes(view(life_prefix));
  auto number = writer{}.u32(log_epoch).take();
  out.insert(out.end(), number.begin(), number.end());
  return out;
}

bytes key_of_shown_pin(const incarnation_id& now, const device_id& d) {
  auto out = to_bytes(view("pin/"));
  out.insert(out.end(), now.value.begin(), now.value.end());
  out.insert(out.end(), d.value.begin(), d.value.end());
  return out;
}

bytes encode(const life& r) {
  auto out = begin();
  out.u32(r.log_epoch).put(r.incarnation).put(r.earlier).u64(r.restored);
  return out.take();
}

template <>
std::optional<life> decode<life>(bytes_view raw) {
  return whole<life>(raw, [](reader& in, life& r) {
    r.log_epoch = in.u32();
    r.incarnation = in.id<incarnation_id>();
    r.earlier = in.id<incarnation_id>();
    r.restored = in.u64();
  });
}

bytes encode(const shown_pin& r) {
  auto out = begin();
  out.u64(r.size).put(r.root);
  return out.take();
}

template <>
std::optional<shown_pin> decode<shown_pin>(bytes_view raw) {
  return whole<shown_pin>(raw, [](reader& in, shown_pin& r) {
    r.size = in.u64();
    r.root = in.b32();
  });
}

bytes encode(const backup& r) {
  auto out = begin();
  out.u64(r.leaves).u64(r.turn).u64(r.time);
  return out.take();
}

template <>
std::optional<backup> decode<backup>(bytes_view raw) {
  return whole<backup>(raw, [](reader& in, backup& r) {
    r.leaves = in.u64();
    r.turn = in.u64();
    r.time = in.u64();
  });
}

} // namespace wardline::rows

namespace wardline {

std::optional<std::vector<stamped_row<rows::life>>> lives_of(const ports::reader& from) {
  std::vector<stamped_row<rows::life>> out;
  for (const auto& row : from.scan(ports::table::meta, view(rows::life_prefix), {}, rows::lives_max)) {
    auto one = read_row<rows::life>(from, ports::table::meta, row.key);
    if (!one)
      return std::nullopt;
    out.push_back(std::move(*one));
  }
  return out;
}

bool has_backups(const ports::reader& from) {
  return from.read(ports::table::meta, view(rows::backup_key)).status != ports::read_status::absent;
}

std::uint64_t safe_leaves(const ports::reader& from) {
  auto row = read_row<rows::backup>(from, ports::table::meta, view(rows::backup_key));
  return row ? row->row.leaves : 0;
}

} // namespace wardline
