#pragma once
// The audit log as this device sees it (e2ee 5.15): the pinned checkpoint, which only moves forward, and
// proofs that objects stand under it.
#include "client/core.hpp"
#include "client/exposure_report.hpp"

namespace wardline::client {

/// An object with its proved place in the log.
struct proved {
  hash32 hash{};
  e2ee::log_place where;
  bytes raw;
  std::optional<e2ee::cosignature> cosigned{}; ///< out of the leaf's entry: the log vouches for it as well
};

class log_watch {
public:
  explicit log_watch(core& c) : core_{c} {}

  /// The pin as it lies in the store's outer part; checked against the inner copy by load_inner().
  void load_outer();
  /// store_not_openable: somebody changed the outer pin while the store was locked.
  refusal load_inner() const;

  /// A checkpoint with its proof from the pin (Welcome, Checkpoint). Refusals: log_* and bad_signature; the
  /// pin stays, levels 1 and 2 go on (e2ee 5.15). An empty note is a log without a checkpoint: none.
  refusal advance(const std::string& note, std::span<const hash32> consistency);

  /// Makes `note` the pin, asking the daemon for the consistency proof if need be. `then` gets none; needs:
  /// the log moved on meanwhile, ask for the objects again; or why the log is not believed.
  void settle_on(const std::string& note, std::function<void(refusal)> then);

  /// Inclusion under the pinned checkpoint, and that the entry says "accepted" about this very object.
  /// Refusals: not_in_log (also for a leaf younger than the checkpoint), unknown_kind, object_too_large,
  /// truncated.
  [[nodiscard]] expected<proved> prove(const wire::device::logged& x) const;
  /// The same of an entry alone, whatever it says.
  [[nodiscard]] expected<log_entry> prove_entry(const wire::device::logged& x) const;
  /// Under a checkpoint that is not pinned yet.
  [[nodiscard]] expected<log_entry> prove_entry(const wire::device::logged& x,
                                                const e2ee::checkpoint& head) const;
  /// A checkpoint of the same log in a later life of the store (lives.hpp), rightly signed. Refusals:
  /// log_other_origin, bad_signature, those of decode_note.
  [[nodiscard]] expected<e2ee::checkpoint> of_later_life(const std::string& note) const;

private:
  expected<e2ee::checkpoint> verified(const std::string& note) const;
  void report(refusal why) const;

  core& core_;
};

} // namespace wardline::client
