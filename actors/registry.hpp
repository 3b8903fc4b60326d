#pragma once
// What `directory` knows of identity: the verified objects, the parties' chains, people and names. Rebuilt
// from the store at start by replaying the objects in log order; moved on after each commit, never before.
#include "e2ee/roster.hpp"
#include "e2ee/trust.hpp"
#include "people_rows.hpp"
#include "ports/storage.hpp"
#include <map>
#include <set>

namespace wardline {

class registry {
public:
  /// A store before founding: knows nothing, answers nobody.
  registry() = default;

  /// From the store. Nothing in the store: an unfounded registry. value_not_openable or log_corrupt: a row
  /// that identity hangs on is damaged; the daemon does not start on it.
  static expected<registry> load(const ports::reader& from);

  [[nodiscard]] bool founded() const { return trust_.has_value(); }
  [[nodiscard]] const rows::clinic& clinic() const { return clinic_; }
  [[nodiscard]] const e2ee::trust& trust() const { return *trust_; }
  [[nodiscard]] const std::set<device_id>& gated() const { return gated_; }

  [[nodiscard]] const rows::party* party(const party_id& p) const;
  [[nodiscard]] const e2ee::party_chain* chain(const party_id& p) const;
  [[nodiscard]] const rows::user* person(const user_id& u) const;
  [[nodiscard]] std::optional<user_id> named(std::string_view display_name) const;
  /// Whose own party this is.
  [[nodiscard]] std::optional<user_id> owner(const party_id& p) const;
  [[nodiscard]] std::vector<wire::device::party_name> roles() const;

  /// What the hot path reads: made anew after each change.
  [[nodiscard]] std::shared_ptr<const rules::clinic> snapshot() const;

  // After the commit of what they name.
  void found(const rows::clinic& c, const e2ee::root_certificate& root,
             const e2ee::server_certificate& server);
  e2ee::trust& trust_to_extend() { return *trust_; }
  void put(const party_id& p, const rows::party& row);
  void put(const user_id& u, const rows::user& row);
  void extend(const e2ee::roster_link& link);
  void gate(const device_id& d) { gated_.insert(d); }

private:
  refusal replay(const ports::reader& from);
  refusal load_rows(const ports::reader& from);
  refusal load_chain(const ports::reader& from, const party_id& p, const rows::party& row);

  rows::clinic clinic_;
  std::optional<e2ee::trust> trust_;
  std::map<party_id, rows::party> parties_;
  std::map<party_id, e2ee::party_chain> chains_;
  std::map<user_id, rows::user> people_;
  std::map<std::string, user_id, std::less<>> names_;
  std::set<device_id> gated_;
};

} // namespace wardline
