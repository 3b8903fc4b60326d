#pragma once
// The parts of a device and what happens between them: start, log-in, settling, log-off. device.cpp is the
// face.
#include "client/acts.hpp"
#include "client/addressing.hpp"
#include "client/device.hpp"
#include "client/downloads.hpp"
#include "client/enrolment.hpp"
#include "client/exposures.hpp"
#include "client/key_lists.hpp"
#include "client/lives.hpp"
#include "client/opening.hpp"
#include "client/outbox.hpp"
#include "client/renewal.hpp"
#include "client/reports.hpp"
#include "client/second_registrar.hpp"
#include "client/turns.hpp"

namespace wardline::client {

/// Acts given before the device settled; one more is refused as overloaded.
inline constexpr std::size_t acts_waiting_max = 4'096;

struct device::parts {
  parts(device& owner, device_store& store, pipe& out, device_events events);

  device& face;
  core shared;
  log_watch log;
  client::objects objects;
  client::changes changes;
  client::parties parties;
  client::packs packs;
  client::turns turns;
  client::messages messages;
  client::conversations conversations;
  client::uploads uploads;
  client::outbox outbox;
  client::opening opening;
  client::downloads downloads;
  client::lives lives;
  client::acts acts;
  client::key_lists key_lists;
  client::reports reports;
  client::registry_acts registry;
  client::exposures exposures;
  client::second_registrar second;
  client::invitations invitations;
  client::addressing addressing;
  client::renewal renewal;
  client::enrolment enrolment;

  refusal damaged = refusal::none; ///< the store could not be read at start
  refusal away = refusal::none;    ///< hello was refused
  bool settled = false;
  bool settling = false;
  bool settle_again = false; ///< something was missed that settling may have passed already
  bool greeted = false;      ///< hello was answered on the live channel
  bool logging_in = false;   ///< a log-in is on its way
  std::vector<std::function<void(refusal)>> waiting; ///< acts, until settled
  std::vector<done<logged_in_as>> settling_for;      ///< log-ins, until settled
  std::uint64_t idle_ms = 0;  ///< locks by itself after so long without an act; 0 = never
  std::uint64_t quiet_ms = 0; ///< since the person's last act
  time_ms ticked = 0;

  session_events heard();
  void start(time_ms now);
  void on_welcome(wire::device::welcome& w);
  void on_turned_away(const refused& no);
  void enrolled(const credentials_ref& given, done<logged_in_as> then);
  void find_user(std::string name, done<user_id> then);
  void log_in(wire::device::log_in request, done<logged_in_as> then);
  refusal log_in_with(const user_id& user, time_ms until, time_ms idle, const wire::device::share& share);
  // store_lock.cpp: halves of the store's key (e2ee 5.13)
  refusal open_inner(const wire::device::share& share);
  void take_next_share(const wire::device::share& share);
  void confirm_share(std::uint32_t number);
  void on_share_gone(std::uint32_t number);
  refusal check_last_share(std::uint32_t number, std::uint32_t oldest);
  void on_wipe_order(bytes_view raw); // store_wipe.cpp
  refusal load_inner();
  void settle();
  void settle_life();
  void settle_own();
  void settle_parties();
  void settle_packs();
  void settle_slips();
  void settle_keys();
  void on_adopted(const party_id& party);
  void on_party_changed(const party_id& party);
  /// The party with this id in hex, or of this role's or person's name.
  void party_named(const std::string& name, done<party_id> then);
  void end_settling(refusal why);
  void lock(refusal why);
  void on_ended(refusal why);
  void count_quiet(time_ms now);
  /// Runs `act` with none once the device has settled, or with why it cannot be done.
  void when_settled(std::function<void(refusal)> act);
};

} // namespace wardline::client
