#pragma once
// Answers to `wardctl status`, `doctor` and `config diff`: what the box knows of itself, out of committed
// rows, snapshots and the kernel.
#include "box_words.hpp"
#include "lmdb_storage.hpp"
#include "rules/clinic.hpp"
#include "rules/erasure_claim.hpp"
#include "rules/plugin_links.hpp"
#include "settings_board.hpp"

namespace wardline::daemon {

/// Rows of table waiting that are looked at for one answer.
inline constexpr std::size_t waiting_counted_max = 10'000;

/// What the answers are made from; all of it outlives them.
struct box_sources {
  const ports::reader& rows;
  const lmdb_storage& disk;
  const rules::clinic_board& board;
  std::shared_ptr<const rules::plugin_links_board> links;
  const settings_board& settings;
  rules::claim claim;
  std::string version;
  time_ms since = 0; ///< when this process began to serve
  std::size_t counted_max = waiting_counted_max;
};

admin::status_report status_of(const box_sources& box, time_ms now);
admin::settings_report settings_of(const box_sources& box);

/// `frame` is a question about the box; called on the admin socket's thread, beside all actors. Whatever is
/// wrong is said in the report.
bytes answer_box(const box_sources& box, time_ms now, bytes_view frame);

} // namespace wardline::daemon
