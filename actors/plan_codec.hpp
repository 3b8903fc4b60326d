#pragma once
// Duty rosters and chains of escalation as bytes: as they stand in table plan, and as wardctl sends them.
#include "people_rows.hpp"
#include "row_codec.hpp"
#include "rules/escalation.hpp"
#include "rules/roster.hpp"

namespace wardline::rows {

/// Key u8 kind | party id, stamped.
enum class plan_kind : std::uint8_t { roster = 1, chain = 2 };
bytes key_of_plan(plan_kind kind, const party_id& role);

bytes encode(const rules::roster& r);
bytes encode(const rules::chain& c);

/// As part of a larger row. `targets_max`: of one step.
void write(writer& out, const rules::chain& c);
rules::chain read_chain(reader& in, std::size_t targets_max);

} // namespace wardline::rows
