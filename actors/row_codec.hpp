#pragma once
// How stored rows are written and read: a version byte, then fields; a row is read whole or not at all.
#include "e2ee/bytes.hpp"
#include <optional>

namespace wardline::rows {

using e2ee::reader;
using e2ee::writer;

inline constexpr std::uint8_t row_version = 1;

inline writer begin() {
  writer out;
  out.u8(row_version);
  return out;
}

/// Reads a whole row; `fill` reads its fields.
template <class Row, class Fill>
std::optional<Row> whole(bytes_view raw, Fill fill) {
  reader in{raw};
  if (in.u8() != row_version)
    return std::nullopt;
  Row row;
  fill(in, row);
  in.finish();
  if (!in.ok())
    return std::nullopt;
  return row;
}

} // namespace wardline::rows
