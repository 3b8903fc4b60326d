#include "key_turn_row.hpp"
#include "e2ee/bytes.hpp"

namespace wardline {

namespace {

constexpr std::uint8_t row_version = 1;
using phase = ports::key_turn::phase;

ports::table read_table(e2ee::reader& in) {
  return in.one_of(ports::table::meta, static_cast<ports::table>(ports::table_max));
}

key_of_segment read_segment(e2ee::reader& in) {
  key_of_segment out;
  out.of.where = read_table(in);
  out.of.number = in.u32();
  out.epoch = in.u32();
  return out;
}

ports::row_place read_place(e2ee::reader& in) {
  ports::row_place out;
  out.where = read_table(in);
  out.key = to_bytes(in.v16(ports::key_bytes_max));
  return out;
}

} // namespace

bytes turn_row_key() {
  return to_bytes(view("store/turn"));
}

bytes encode(const turn_row& row) {
  e2ee::writer out;
  out.u8(row_version).value(row.at).u64(row.number).u64(row.keyring_epoch).u32(row.rows);
  out.list16(row.segments, [](e2ee::writer& w, const key_of_segment& s) {
    w.value(s.of.where).u32(s.of.number).u32(s.epoch);
  });
  out.v32(row.ticket);
  out.list16(row.doomed, [](e2ee::writer& w, const ports::row_place& p) { w.value(p.where).v16(p.key); });
  return out.take();
}

std::optional<turn_row> decode_turn_row(bytes_view raw) {
  e2ee::reader in{raw};
  turn_row out;
  if (in.u8() != row_version)
    return std::nullopt;
  out.at = in.one_of(phase::resealing, phase::over);
  out.number = in.u64();
  out.keyring_epoch = in.u64();
  out.rows = in.u32();
  out.segments = in.list16(ports::turn_rows_max, read_segment);
  out.ticket = to_bytes(in.v32(ports::turn_ticket_bytes_max));
  out.doomed = in.list16(ports::turn_rows_max, read_place);
  in.finish();
  if (!in.ok())
    return std::nullopt;
  return out;
}

} // namespace wardline
