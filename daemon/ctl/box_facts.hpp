#pragma once
// Looks at the box for `wardctl doctor`: settings, folders, keys, disk, clock, and what the running daemon
// says.
#include "../config.hpp"
#include "audit_words.hpp"
#include "box_words.hpp"
#include "rules/box_checks.hpp"

namespace wardline::ctl {

/// Never fails: what cannot be seen stays unknown. `config_file` as given with --config.
rules::box_facts facts_of(const std::string& config_file, time_ms now);

/// Its parts. They fill what they see.
void look_at_folders(const daemon::config& conf, rules::box_facts& out);
void look_at_disk(const daemon::config& conf, rules::box_facts& out);
rules::daemon_facts facts_of(const admin::status_report& said, time_ms now);
/// Does the newest checkpoint verify with the certificates that came with it?
rules::checkpoint_facts judge_checkpoint(const admin::log_report& head, const clinic_id& clinic);

} // namespace wardline::ctl
