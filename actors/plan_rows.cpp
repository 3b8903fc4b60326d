#include "plan_rows.hpp"
#include "stored.hpp"

namespace wardline {

namespace {

template <class Row>
bool keep(std::map<party_id, Row>& in, const party_id& role, bytes_view stored) {
  auto parts = split_stamp(stored);
  auto row = parts ? rows::decode<Row>(parts->value) : std::nullopt;
  if (row)
    in[role] = std::move(*row);
  return row.has_value();
}

} // namespace

rules::duty_plan load_plan(const ports::reader& from, ports::journal& journal) {
  rules::duty_plan out;
  bytes after;
  for (;;) {
    auto page = from.scan(ports::table::plan, {}, after, ports::scan_rows_max);
    for (const auto& row : page) {
      rows::reader key{row.key};
      auto kind = key.one_of(rows::plan_kind::roster, rows::plan_kind::chain);
      auto role = key.id<party_id>();
      key.finish();
      bool kept = key.ok() && row.openable &&
                  (kind == rows::plan_kind::roster ? keep(out.rosters, role, row.value)
                                                   : keep(out.chains, role, row.value));
      if (!kept)
        journal.write(ports::severity::critical, "plan_not_openable", {{"role", role}});
    }
    if (page.size() < ports::scan_rows_max)
      return out;
    after = page.back().key;
  }
}

} // namespace wardline
