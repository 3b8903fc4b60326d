#pragma once
// Gathers what a device that was turned out could open and had open, in pages, every entry proved.
#include "client/exposure_report.hpp"
#include "client/parties.hpp"

namespace wardline::client {

/// Entries, and conversations, kept for one report; behind them the report says that it is not complete.
inline constexpr std::size_t exposed_entries_max = 65'536;

class exposures {
public:
  exposures(core& c, log_watch& log, parties& p) : core_{c}, log_{log}, parties_{p} {}

  /// Refusals: not_registrar's not_found, device_in_use, not_in_log, those of the session.
  void gather(const device_id& which, std::uint64_t from_leaf, done<exposure_report> then);

private:
  struct gathering {
    exposure_report report;
    done<exposure_report> then;
    std::uint64_t from_leaf = 0;
    unsigned tries = 0; ///< for proofs that the log does not give yet
  };
  using gathering_ref = std::shared_ptr<gathering>;

  void ask_conversations(const gathering_ref& g, const party_id& party, const conversation_id& after);
  void look_at_parties(const gathering_ref& g);
  void ask_entries(const gathering_ref& g);
  void take_entries(const gathering_ref& g, const wire::device::exposure& page);

  core& core_;
  log_watch& log_;
  parties& parties_;
};

} // namespace wardline::client
