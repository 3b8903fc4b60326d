#pragma once
// What lies in a clinic's state folder while no daemon runs: a copy, opened with the box's own keys.
#include "busy_pair.hpp"
#include "credentials.hpp"
#include "keyring.hpp"
#include "memory_storage.hpp"
#include "sealed_storage.hpp"
#include "test_ports.hpp"

namespace wardline::fault {

class state_at_rest {
public:
  /// Throws if store or keyring do not open.
  explicit state_at_rest(const real_clinic& c);

  /// Everything that is wrong: half a message, a gap in the log, an item without its step, ... (the
  /// simulation's look at its disks).
  [[nodiscard]] std::vector<std::string> wrong();
  /// The message is there under the number that its author was promised, and if nobody has it yet, then its
  /// next step of escalation is.
  [[nodiscard]] bool holds(const promise& p) const;
  /// Steps of escalation to come.
  [[nodiscard]] std::size_t steps_due() const;

  /// As it lies there, sealed.
  [[nodiscard]] const memory_storage::image& image() const { return raw_.rows; }

private:
  temp_folder copy_;
  kept_journal journal_;
  seeded_random dice_;
  daemon::credentials keys_;
  memory_storage raw_;
  std::unique_ptr<keyring> ring_;
  std::unique_ptr<sealed_storage> sealed_;
};

/// Every row of every table, as it lies there.
memory_storage::image image_of(const ports::reader& from);

} // namespace wardline::fault
