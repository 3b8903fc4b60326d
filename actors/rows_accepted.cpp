#include "rows_accepted.hpp"
#include "audit_rows.hpp"
#include "store_batch.hpp"

namespace wardline {

refusal note_rows_accepted(ports::storage& disk, ports::random& dice, time_ms now) {
  auto start = load_store(disk);
  if (!start)
    return start.why();
  act accepted;
  accepted.entry.kind = rules::audit_kind::rows_accepted;
  accepted.entry.time = now;
  write one;
  one.acts.push_back(std::move(accepted));
  store_batch batch{disk, dice, start->head};
  if (auto stamps = batch.add(std::move(one)); !stamps)
    return stamps.why();
  return disk.commit(batch.rows()) == ports::commit_result::committed ? refusal::none
                                                                      : refusal::storage_refused;
}

} // namespace wardline
