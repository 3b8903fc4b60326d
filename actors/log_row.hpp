#pragma once
// Slips and bodies out of table log.
#include "message_rows.hpp"
#include "stored.hpp"

namespace wardline {

/// A row of table log; what is not the row looked for is as good as a damaged one.
template <class Row>
expected<Row> log_row(const ports::reader& rows, std::uint64_t number, const conversation_id& c,
                      std::uint64_t seq) {
  auto raw = rows.read(ports::table::log, ports::row_key(number));
  auto row = raw ? rows::decode<Row>(*raw) : std::optional<Row>{};
  if (!row || row->conversation != c || row->seq != seq)
    return refusal::value_not_openable;
  return std::move(*row);
}

} // namespace wardline
