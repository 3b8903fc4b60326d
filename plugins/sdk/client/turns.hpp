#pragma once
// Links that this device makes (e2ee 5.6, 6.4, 6.7, 6.9): the first one of its own parties, who comes in and
// who goes, new seeds. A turn is on disk before it is sent; another's link that wins is adopted in one commit
// with the end of ours, and then the intent is looked at again. What is asked for by the daemon is only a
// hint: who is entitled and who is barred this device judges by its own trust.
#include "client/packs.hpp"

namespace wardline::client {

/// Links of others in a row that came before ours; then it is left to whoever is faster.
inline constexpr unsigned turn_tries_max = 5;
/// Milliseconds before the next try: at least, and up to so many more.
inline constexpr std::uint64_t turn_jitter_ms_min = 50;
inline constexpr std::uint64_t turn_jitter_ms = 450;
/// Milliseconds until a turn is sent again that the server could not take.
inline constexpr std::uint64_t turn_resend_ms = 5'000;
/// Milliseconds between two looks at how old the own heads are.
inline constexpr std::uint64_t heads_look_ms = 3'600'000;
/// Parties that are turned at a time.
inline constexpr std::size_t turning_max = wire::pending_rows_max;

class turns {
public:
  using ended = std::function<void(refusal)>;

  turns(core& c, objects& o, changes& n, parties& p, packs& h)
      : core_{c}, objects_{o}, changes_{n}, parties_{p}, packs_{h} {}

  /// The device is locked: turns end with not_logged_in; what is staged goes on after the next log-in.
  void forget();

  /// The own parties: refreshed, founded where there is no link and this device may be the first, reset where
  /// it replaces all others. Then what waits at the daemon is asked for; that goes on by itself.
  void settle_own(ended then);
  /// What the daemon says waits for this device's hands.
  void on_pending(const wire::device::pending& wanted);
  void list_pending();
  /// Told of everything that waits, before links and packs are looked at.
  std::function<void(const wire::device::pending&)> heard;
  /// A head is new here: is it as it should be?
  void look_at(const party_id& party);
  /// Old heads, from time to time.
  void tick();

  /// By a person: a member refreshes and settles what waits; a registrar who is no member makes the link with
  /// what waits in it. Refusals: not_registrar, recipient_not_ready (no first link), epoch_taken (somebody
  /// else was faster each time), those of the link.
  void by_hand(const party_id& party, done<nothing> then) { by_hand(party, nullptr, std::move(then)); }
  /// The same; handed over and not sent where it is a registrar's link and she may not make it alone.
  void prepare(const party_id& party, done<handed_over> then);

private:
  struct turning {
    e2ee::turn_intent intent;
    e2ee::signer_role role = e2ee::signer_role::member;
    hash32 certificate{}; ///< of the registrar; zero: the device's own
    unsigned tries = 0;
    bool asked = false;                          ///< for certificates that were not known
    std::function<void(prepared_act)> hand_over; ///< instead of sending; may be unset
    std::vector<ended> waiting;
  };
  using handing_over = std::function<void(prepared_act)>;

  void want(turning what, ended then);
  void step(const party_id& party);
  void stage(const party_id& party);
  void ask_about(const party_id& party, const std::vector<device_id>& unknown);
  void send(const party_id& party, const rows::turn& turn);
  void take_answer(const party_id& party, const result<wire::device::submitted>& answer);
  void end(const party_id& party, refusal why);
  void settle_one(const party_id& party, const ended& one_less);
  void by_hand(const party_id& party, handing_over hand_over, done<nothing> then);
  void turn_now(e2ee::turn_intent intent, handing_over hand_over, const done<nothing>& then);
  void take_wanted(const wire::device::turn_wanted& wanted);
  [[nodiscard]] e2ee::turn_intent judged(const e2ee::turn_intent& intent,
                                         std::vector<device_id>& unknown) const;
  [[nodiscard]] e2ee::link_maker maker(const turning& what) const;
  [[nodiscard]] std::optional<rows::turn> staged(const party_id& party) const;
  void forget_staged(const party_id& party);

  core& core_;
  objects& objects_;
  changes& changes_;
  parties& parties_;
  packs& packs_;
  std::map<party_id, turning> turning_;
  std::set<party_id> told_; ///< role_without_me was said
  time_ms looked_ = 0;
};

} // namespace wardline::client
