#pragma once
// What `directory` knows of identity: the verified objects, the parties' chains, people and names. Rebuilt
// from the store at start by replaying the objects in log order; moved on after each commit, never before.
#include "e2ee/roster.hpp"
#include "e2ee/trust.hpp"
#include "people_rows.hpp"
#include "ports/journal.hpp"
#include "ports/storage.hpp"
#include <map>
#include <set>

namespace wardline {

/// Journal lines about single damaged rows of one start; then only their number is said.
inline constexpr std::size_t left_out_lines_max = 64;

/// Who carries a name. Names are one space: whoever types one must not mean somebody else.
struct name_holder {
  user_id user;
  device_id station;
  party_id role;
};

/// The newest grant or withdrawal about one subject and party.
struct membership_word {
  hash32 object{};
  std::uint32_t serial = 0;
  bool granted = false;
  time_ms until = 0;    ///< 0 = open
  bool readable = true; ///< false: its object is damaged; it counts as a withdrawal
};

class registry {
public:
  using packs_map = std::map<std::pair<party_id, device_id>, time_ms>;

  /// A store before founding: knows nothing, answers nobody.
  registry() = default;

  /// From the store. Nothing in the store: an unfounded registry. value_not_openable: the clinic's own row,
  /// its root or its server's certificate is damaged; the daemon does not start on it. Every other row that
  /// cannot be read is journalled and left out, and what hangs on it is refused: a device whose row is
  /// damaged counts as gated, a party whose chain is damaged takes no link.
  static expected<registry> load(const ports::reader& from, ports::journal* journal = nullptr);

  [[nodiscard]] bool founded() const { return trust_.has_value(); }
  [[nodiscard]] const rows::clinic& clinic() const { return clinic_; }
  [[nodiscard]] const e2ee::trust& trust() const { return *trust_; }
  [[nodiscard]] const std::set<device_id>& gated() const { return gated_; }

  [[nodiscard]] const rows::party* party(const party_id& p) const;
  /// Its row cannot be read: there is a party, but nobody knows which.
  [[nodiscard]] bool damaged(const party_id& p) const { return damaged_parties_.contains(p); }
  [[nodiscard]] const e2ee::party_chain* chain(const party_id& p) const;
  [[nodiscard]] const rows::user* person(const user_id& u) const;
  [[nodiscard]] std::optional<user_id> named(std::string_view display_name) const;
  [[nodiscard]] std::optional<name_holder> holder_of(std::string_view name) const;
  /// Nobody carries it but this person; for a station (none) nobody at all.
  [[nodiscard]] bool name_is_free(std::string_view name, const user_id& who) const;
  /// Whose own party this is.
  [[nodiscard]] std::optional<user_id> owner(const party_id& p) const;
  /// Roles behind `after` by id, at most `count_max`.
  [[nodiscard]] std::vector<wire::device::party_name> roles(const party_id& after,
                                                            std::size_t count_max) const;
  /// Holds a registrar's certificate that nobody revoked.
  [[nodiscard]] bool is_registrar(const device_id& d) const;
  /// By which the device came; none if it is not known.
  [[nodiscard]] const e2ee::signed_invitation* invitation_of(const device_id& d) const;

  [[nodiscard]] const std::map<e2ee::grant_key, membership_word>& words() const { return words_; }
  /// The word that speaks about this device and party, if it is damaged.
  [[nodiscard]] bool word_damaged(const device_id& d, const party_id& p) const;
  /// Grants, withdrawals and revocations by leaf.
  [[nodiscard]] const std::map<std::uint64_t, hash32>& changes() const { return changes_; }
  [[nodiscard]] std::vector<hash32> revocations_of(const device_id& d) const;
  /// Members without the seeds they may have, and from when they may have them.
  [[nodiscard]] const packs_map& packs_wanted() const { return packs_wanted_; }

  /// What the hot path reads: made anew after each change.
  [[nodiscard]] std::shared_ptr<const rules::clinic> snapshot(time_ms now) const;
  /// When a snapshot of `now` is no longer true by itself: the next end of a grant; nothing: never.
  [[nodiscard]] std::optional<time_ms> next_end(time_ms now) const;

  // After the commit of what they name.
  void found(const rows::clinic& c, const e2ee::root_certificate& root,
             const e2ee::server_certificate& server);
  e2ee::trust& trust_to_extend() { return *trust_; }
  void adopt(const e2ee::role_grant& x, const e2ee::log_place& at);
  void adopt(const e2ee::signed_revocation& x, const e2ee::log_place& at);
  void gate(const device_id& d) { gated_.insert(d); }
  void ungate(const device_id& d) { gated_.erase(d); }
  void put(const party_id& p, const rows::party& row);
  void put(const user_id& u, const rows::user& row);
  void extend(const e2ee::roster_link& link);
  void want_pack(const party_id& p, const device_id& d, time_ms history_from);
  void pack_given(const party_id& p, const device_id& d) { packs_wanted_.erase({p, d}); }

private:
  struct loading;

  [[nodiscard]] std::set<party_id> may_belong(const e2ee::device_certificate& c) const;
  [[nodiscard]] rules::device_record record_of(const e2ee::device_certificate& c, time_ms now) const;

  rows::clinic clinic_;
  std::optional<e2ee::trust> trust_;
  std::map<party_id, rows::party> parties_;
  std::set<party_id> damaged_parties_;
  std::map<party_id, e2ee::party_chain> chains_;
  std::map<user_id, rows::user> people_;
  std::map<std::string, user_id, std::less<>> names_;
  std::map<std::string, party_id, std::less<>> role_names_;
  std::set<device_id> gated_;
  std::map<e2ee::grant_key, membership_word> words_;
  std::map<std::uint64_t, hash32> changes_;
  std::multimap<device_id, hash32> revocations_;
  packs_map packs_wanted_;
};

} // namespace wardline
