#pragma once
// Certificates, invitations and registrars (e2ee 5.1-5.4): fetched by hash with what they hang on, verified
// with their proofs, kept, and replayed into `trust` at start.
#include "client/log_watch.hpp"

namespace wardline::client {

/// Rounds of "this needs that" for one fetch: a certificate hangs on an invitation, a registrar, its device,
/// and so on up to the identity key.
inline constexpr unsigned fetch_rounds_max = 16;

class objects {
public:
  using ended = std::function<void(refusal)>;

  objects(core& c, log_watch& log) : core_{c}, log_{log} {}

  /// From the store into `t`. Refusals: value_not_openable.
  refusal load(e2ee::trust& t) const;

  /// Ends with none when every hash is held and verified; needs if the daemon does not have one of them, or
  /// what it hangs on; not_in_log; or the first refusal of a check.
  void fetch(std::vector<hash32> hashes, ended then);
  /// Objects that came with an answer about something else, and what they lack. As fetch(); `needs` also when
  /// the log moved on: ask for the answer again.
  void take(std::vector<wire::device::logged> found, const std::string& checkpoint, ended then);

  [[nodiscard]] bool held(const hash32& hash) const;

private:
  /// One fetch on its way.
  struct gathering {
    std::vector<hash32> wanted;
    std::map<hash32, proved> pool; ///< proved, not admitted
    unsigned rounds = 0;
    unsigned tries = 0; ///< for proofs that the log does not give yet
    ended then;
  };
  using gathering_ref = std::shared_ptr<gathering>;

  void ask(const gathering_ref& g, std::vector<hash32> hashes);
  void take_found(const gathering_ref& g, std::vector<hash32> asked, wire::device::objects found);
  void go_on(const gathering_ref& g);
  /// Admits what hangs on known things; collects what lacks. none, or the first refusal of a check.
  refusal admit(gathering& g, std::vector<hash32>& lacking);
  refusal pool(gathering& g, const std::vector<wire::device::logged>& found) const;
  static refusal admit_one(const proved& x, e2ee::trust& t);

  core& core_;
  log_watch& log_;
};

} // namespace wardline::client
