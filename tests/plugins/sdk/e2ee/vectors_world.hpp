#pragma once
// The scripted clinic of vectors/chain.json as this house sees it: its log accepted entry by entry, the state
// after it, and what a negative case lays on top.
#include "e2ee/party_keys.hpp"
#include "vectors_file.hpp"

namespace wardline::tests {

struct vector_world {
  e2ee::trust known;
  std::map<party_id, e2ee::party_chain> chains;
  std::map<conversation_id, e2ee::conversation_head> conversations;
  e2ee::trust_standing::gates gates;

  /// All entries of chain.json accepted in order, each with its refusal checked to be none.
  static const vector_world& whole();
  /// Before the first entry.
  static vector_world empty();

  /// A copy of the whole with what the negative case names: entries before it, gated devices.
  static vector_world before(const json& negative);

  /// Verifies an entry and, if nothing refuses it, takes it in.
  refusal accept(const json& entry);

  /// Verifies without taking in: the object of a case of this kind.
  [[nodiscard]] refusal judge(const std::string& kind, const json& x) const;
  [[nodiscard]] refusal judge_link(const json& x, e2ee::viewpoint who) const;
  [[nodiscard]] refusal judge_conversation(const json& x) const;

  [[nodiscard]] e2ee::trust_standing standing_at(const e2ee::log_place& at) const {
    return {known, at, gates};
  }
  [[nodiscard]] const e2ee::party_chain& chain(const party_id& p) const;
};

/// Where the case's object stands in the log.
e2ee::log_place place_of(const json& x);
/// Its place, if an inclusion proof came with it, and its cosignature.
e2ee::evidence evidence_of(const json& x, const clinic_id& clinic);
e2ee::roster_link link_of(const json& x, const clinic_id& clinic);

/// The device of this name, with its secrets.
json device_named(const std::string& name);
clinic_id clinic_of_vectors();

/// Every negative case of one of these checks.
std::vector<json> negatives_of(const std::vector<std::string>& checks);
/// What the case expects, as `why` would be printed.
inline std::string spoken(refusal why) {
  return why == refusal::none ? "accepted" : to_string(why);
}

} // namespace wardline::tests
