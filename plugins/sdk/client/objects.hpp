#pragma once
// Certificates, invitations, registrars, grants and revocations (e2ee 5.1-5.5): fetched with what they hang
// on, verified with their proofs, kept, and replayed into `trust` at start, in the order of the log.
#include "client/log_watch.hpp"
#include "wire/limits.hpp"

namespace wardline::client {

/// Rounds of "this needs that" for one fetch: a certificate hangs on an invitation, a registrar, its device,
/// and so on up to the identity key.
inline constexpr unsigned fetch_rounds_max = 16;
/// Grants and revocations kept whose registrar, or whose device, is not known here yet.
inline constexpr std::size_t changes_waiting_max = 16'384;

/// Changes kept that came under a wrong signature. More than that is no accident: they are refused for good.
inline constexpr std::size_t changes_spoilt_max = wire::objects_asked_max;

/// A change that speaks of somebody unknown: what a party is, and of which class a person, shows later.
bool judged_later(refusal why);

class objects {
public:
  using ended = std::function<void(refusal)>;

  objects(core& c, log_watch& log) : core_{c}, log_{log} {}

  /// From the store into `t`. Refusals: value_not_openable.
  refusal load(e2ee::trust& t);

  /// Ends with none when every hash is held and verified; needs if the daemon does not have one of them, or
  /// what it hangs on; not_in_log; or the first refusal of a check.
  void fetch(std::vector<hash32> hashes, ended then);
  /// Objects that came with an answer about something else, and what they lack. As fetch(); `needs` also when
  /// the log moved on: ask for the answer again.
  void take(std::vector<wire::device::logged> found, const std::string& checkpoint, ended then);

  /// Where an object stands in the log, by its proof, for one that is judged by its place and not kept here.
  /// not_found: the daemon does not show it.
  using located = std::function<void(const expected<e2ee::log_place>&)>;
  void place_of(const hash32& hash, located then) { place_of(hash, std::move(then), 0); }

  [[nodiscard]] bool held(const hash32& hash) const;
  /// Something of it would be new here.
  [[nodiscard]] bool any_new(const std::vector<wire::device::logged>& found) const;

  /// Grants and revocations, in log order, and `with` them what says how far the log was read: one commit.
  /// What refers to somebody unknown is kept, and counts once that one is known. One that is refused is said
  /// and left out: it changes nothing. One under a wrong signature is said and kept to be asked for again:
  /// its place in the log is proved, its signature is the daemon's word. Refusals: overloaded, those of the
  /// store.
  refusal keep_changes(const std::vector<proved>& found, store_changes with);
  /// Into `changes`: places from `kept` on are of leaves that a restore did not bring back (lives.hpp). What
  /// stood there counts from the entry that opened the new life, and changes are followed from there again.
  refusal forget_places_from(std::uint64_t kept, store_changes& changes) const;
  /// The kind of a party has become known: what waited for it counts from now on.
  void judge_waiting() { admit_waiting(core_.inner->trust); }
  /// Changes that came under a wrong signature: to be asked for again.
  [[nodiscard]] const std::set<hash32>& spoilt() const { return spoilt_; }
  /// Hashes that a change refers to and that are not held.
  [[nodiscard]] std::vector<hash32> lacked_by(const std::vector<proved>& found) const;

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

  void place_of(const hash32& hash, located then, unsigned tries);
  void ask(const gathering_ref& g, std::vector<hash32> hashes);
  void take_found(const gathering_ref& g, std::vector<hash32> asked, wire::device::objects found);
  void go_on(const gathering_ref& g);
  /// Admits what hangs on known things; collects what lacks. none, or the first refusal of a check.
  refusal admit(gathering& g, std::vector<hash32>& lacking);
  refusal pool(gathering& g, const std::vector<wire::device::logged>& found) const;
  void put(store_changes& into, const proved& x) const;
  static refusal admit_one(const proved& x, e2ee::trust& t);
  /// Not a change of this log as it stands here: to be asked for again.
  void note_spoilt(const hash32& hash);
  /// What waited for one who is known now.
  void admit_waiting(e2ee::trust& t);
  /// Parties that this device or its person was named for; what they are worth is asked of `trust`.
  void note_grants(const std::vector<const proved*>& all) const;

  core& core_;
  log_watch& log_;
  std::map<hash32, proved> waiting_; ///< changes on disk that refer to somebody unknown
  std::set<hash32> changes_;         ///< every change on disk, but for the spoilt
  std::set<hash32> spoilt_;          ///< changes on disk whose signature is wrong
};

} // namespace wardline::client
