#pragma once
// Reading and writing stamped rows, and refusals as answers: what every actor that answers a device does.
#include "messages.hpp"
#include "people_rows.hpp"

namespace wardline {

/// A refusal as the answer to a device; the fields it carries are set by the caller (e2ee 5).
inline outcome refused(refusal why) {
  wire::device::refused r;
  r.why = why;
  return {r};
}

inline outcome refused_until(refusal why, time_ms not_before) {
  wire::device::refused r;
  r.why = why;
  r.time = not_before;
  return {r};
}

/// A row and the act that wrote it.
template <class Row>
struct stamped_row {
  stamp at;
  Row row;
  bytes stored; ///< as read, stamp included: what a precondition compares
};

/// Nothing if absent, not openable or of another version.
template <class Row>
std::optional<stamped_row<Row>> read_row(const ports::reader& from, ports::table where, bytes_view key) {
  auto found = from.read(where, key);
  if (!found)
    return std::nullopt;
  auto parts = split_stamp(*found);
  if (!parts)
    return std::nullopt;
  auto row = rows::decode<Row>(parts->value);
  if (!row)
    return std::nullopt;
  return stamped_row<Row>{parts->at, std::move(*row), *found};
}

template <class Row>
stamped_change put_row(ports::table where, bytes key, const Row& row) {
  return {ports::put(where, std::move(key), encode(row)), true};
}

/// A signed object as stored: its bytes as received, and the leaf that says it was accepted.
struct stored_object {
  std::uint64_t leaf = 0;
  bytes raw;
};

inline std::optional<stored_object> read_object(const ports::reader& from, const hash32& hash) {
  auto found = from.read(ports::table::object, hash);
  if (!found)
    return std::nullopt;
  auto parts = split_stamp(*found);
  if (!parts)
    return std::nullopt;
  return stored_object{parts->at.leaf, to_bytes(parts->value)};
}

inline stamped_change put_object(const hash32& hash, bytes raw) {
  return {ports::put(ports::table::object, to_bytes(hash), std::move(raw)), true};
}

/// The row must be as it was read, stamp included: somebody else's change refuses the write.
inline precondition unchanged(ports::table where, bytes key, bytes stored) {
  return {where, std::move(key), std::move(stored)};
}

inline precondition absent(ports::table where, bytes key) {
  return {where, std::move(key), std::nullopt};
}

/// For whatever a device's own act writes: a gate that was committed meanwhile refuses it (e2ee 6.7).
inline precondition not_gated(const device_id& d) {
  return absent(ports::table::device, rows::key_of_gate(d));
}

inline bool gated_on_disk(const ports::reader& rows, const device_id& d) {
  return rows.read(ports::table::device, rows::key_of_gate(d)).status != ports::read_status::absent;
}

inline stamped_change close_gate(const device_id& d) {
  return put_row(ports::table::device, rows::key_of_gate(d), rows::gate{});
}

} // namespace wardline
