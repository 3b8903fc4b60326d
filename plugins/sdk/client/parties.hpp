#pragma once
// Parties and their epochs on this device (e2ee 5.6, 6.4): links fetched page by page, verified with their
// proofs and adopted. Making links is turns.hpp.
#include "client/changes.hpp"

namespace wardline::client {

/// Links asked for and not adopted, in a row, before a party is given up as not_in_log.
inline constexpr unsigned party_tries_max = proof_tries_max;
/// Pages of one party's links in a row.
inline constexpr unsigned party_pages_max = 64;

class parties {
public:
  using ended = std::function<void(refusal)>;

  parties(core& c, log_watch& log, objects& o, changes& n) : core_{c}, log_{log}, objects_{o}, changes_{n} {}

  /// Chains and seeds from the store. value_not_openable.
  refusal load();
  void forget() { times_.clear(); }

  /// Fetches what is newer than the held head, verifies it and adopts it. Ends with none also if there is
  /// nothing new, or no link at all. Two callers share one question.
  void refresh(const party_id& party, ended then);
  /// One after the other; ends with the first refusal, after all were tried.
  void refresh_all(std::vector<party_id> all, ended then);

  /// Told of every party with a new head, after the commit.
  std::function<void(const party_id&)> adopted;

  [[nodiscard]] const e2ee::party_chain* chain(const party_id& party) const;
  /// A party with a head that this device is in.
  [[nodiscard]] bool member_of(const party_id& party) const;
  /// What a member knows of its head beside the chain.
  [[nodiscard]] e2ee::head_state state_of(const party_id& party) const;
  /// When each link of the chain was made, number n at n - 1.
  [[nodiscard]] const std::vector<time_ms>& link_times(const party_id& party) const;
  /// The own party: the person's, on a personal device. None before its first refresh, and on a station.
  [[nodiscard]] party_id own_user_party() const;
  /// By its links; before the first one the daemon's word, then a role.
  [[nodiscard]] e2ee::party_kind kind_of(const party_id& party) const;
  /// Name of the party's person, by the certificates of its members; empty for roles.
  [[nodiscard]] std::string person_of(const party_id& party) const;

private:
  struct question {
    std::vector<ended> waiting;
    std::vector<e2ee::older_link> cores; ///< proved, behind the held head
    unsigned tries = 0;
    unsigned pages = 0;
    bool followed = false; ///< changes were asked for because of it
    bool again = false;    ///< somebody else asked meanwhile
  };

  void ask(const party_id& party);
  void take(const party_id& party, wire::device::party found);
  void take_proved(const party_id& party, const wire::device::party& found, refusal why);
  void end(const party_id& party, refusal why);
  void end_or_ask_again(const party_id& party, refusal why);
  void fetch_missing(const party_id& party, const wire::device::party& found);
  [[nodiscard]] bool nothing_new(const e2ee::party_chain& held,
                                 const std::vector<wire::device::logged>& cores) const;
  refusal gather(const party_id& party, const wire::device::party& found);
  refusal adopt(const party_id& party, const wire::device::party& found);
  refusal commit_adoption(e2ee::adoption next, const std::vector<e2ee::older_link>& cores,
                          const e2ee::roster_link& newest);

  core& core_;
  log_watch& log_;
  objects& objects_;
  changes& changes_;
  std::map<party_id, question> asked_;
  std::map<party_id, e2ee::party_kind> named_kinds_; ///< the daemon's word, for a party without a link
  struct link_facts {
    std::vector<time_ms> made;
    device_id head_signer;
  };
  std::map<party_id, link_facts> times_;
};

} // namespace wardline::client
