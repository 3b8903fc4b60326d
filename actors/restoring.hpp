#pragma once
// What turns a bulk that was copied back into the beginning of a new life (e2ee 6.6), before anything is
// served. Not an actor: `wardctl restore` calls it on a store that nobody else has open.
#include "audit_rows.hpp"
#include "life_rows.hpp"
#include "ports/random.hpp"
#include "ports/storage.hpp"
#include "wire/secret.hpp"

namespace wardline {

/// A row as it stood when the current table was written.
struct kept_row {
  ports::table where = ports::table::meta;
  bytes key;
  bytes value;    ///< passwords' hashes, second factors and lock shares are among them: wiped
  bytes detail{}; ///< of an object: of the entry that accepted it (a second registrar's word)

  ~kept_row() { wipe(value); }
};

/// Everything but messages and their log: people, devices, groups, conversations, signed objects in the order
/// in which they were accepted, rosters; and of messages what says no: recalls and orders of destruction.
std::vector<kept_row> kept_rows_of(const ports::reader& from);

struct restore_facts {
  incarnation_id next;
  time_ms now = 0;
  std::optional<checkpoint_note>
      known;                    ///< newest checkpoint of the life before, if the current table has one
  std::vector<kept_row> kept{}; ///< of the newest current table, which is not older than the bulk
};

/// The entry that opens the new life behind everything that came back; then what `kept` has and the bulk has
/// not, or has otherwise, objects with entries of their own; then one-time secrets burned (codes used until
/// now, recovery codes), sessions and waiting invitations ended. Refusals: log_corrupt, value_not_openable,
/// already_exists (`next` lives here already: it was done), count_too_large (lives_max), storage_refused
/// (also if nobody knows: begin again with an empty folder).
expected<rows::life> open_life(ports::storage& disk, ports::random& dice, const restore_facts& facts);

} // namespace wardline
