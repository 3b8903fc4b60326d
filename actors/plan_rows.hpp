#pragma once
// The plan that the stored rosters and chains make together.
#include "plan_codec.hpp"
#include "ports/journal.hpp"
#include "ports/storage.hpp"
#include "rules/duty_plan.hpp"

namespace wardline {

/// Every roster and chain of the store. A row that cannot be read is journalled and left out: then duty for
/// that role is everybody's, and its chain is the default one; nobody is woken less for it.
rules::duty_plan load_plan(const ports::reader& from, ports::journal& journal);

} // namespace wardline
