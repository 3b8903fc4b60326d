#pragma once
// Parties and their epochs on this device (e2ee 5.6, 6.4): verifies and adopts links, makes the first link of
// the own user party and of own roles that have none. Taking others in and turning heads out comes with its
// own issue: a role whose head was made without this device is said to the person and cannot be read here
// yet.
#include "client/objects.hpp"

namespace wardline::client {

/// Links asked for and not adopted, in a row, before a party is given up as not_in_log.
inline constexpr unsigned party_tries_max = proof_tries_max;

class parties {
public:
  using ended = std::function<void(refusal)>;

  parties(core& c, log_watch& log, objects& o) : core_{c}, log_{log}, objects_{o} {}

  /// Chains and seeds from the store. value_not_openable.
  refusal load();

  /// Fetches what is newer than the held head, verifies it and adopts it. Ends with none also if there is
  /// nothing new, or no link at all. Two callers share one question.
  void refresh(const party_id& party, ended then);
  /// One after the other; ends with the first refusal, after all were tried.
  void refresh_all(std::vector<party_id> all, ended then);

  /// The own parties: refreshed, and founded where there is no link and this device may be the first.
  void settle_own(ended then);

  [[nodiscard]] const e2ee::party_chain* chain(const party_id& party) const;
  /// The own party: the person's, on a personal device. None before the first settle_own().
  [[nodiscard]] party_id own_user_party() const;
  /// Name of the party's person, by the certificates of its members; empty for roles.
  [[nodiscard]] std::string person_of(const party_id& party) const;

private:
  void ask(const party_id& party);
  void take(const party_id& party, wire::device::party found);
  void end(const party_id& party, refusal why);
  [[nodiscard]] bool nothing_new(const e2ee::party_chain& held,
                                 const std::vector<wire::device::logged>& cores) const;
  refusal adopt(const party_id& party, const wire::device::party& found);
  refusal commit_adoption(e2ee::adoption next, const std::vector<const e2ee::link_core*>& cores,
                          const e2ee::roster_link& newest);
  void found(const party_id& party, ended then);
  void submit(const party_id& party, const rows::turn& turn, ended then);
  void forget_turn(const party_id& party);
  e2ee::party_kind kind_named(const party_id& party) const;

  struct question {
    std::vector<ended> waiting;
    unsigned tries = 0;
  };

  core& core_;
  log_watch& log_;
  objects& objects_;
  std::map<party_id, question> asked_;
  std::map<party_id, e2ee::party_kind> named_kinds_; ///< the daemon's word, for a party without a link
  std::set<party_id> told_;                          ///< role_without_me was said
};

} // namespace wardline::client
