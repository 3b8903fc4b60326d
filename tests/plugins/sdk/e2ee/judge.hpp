#pragma once
// The third judge's files (e2ee 12) for the C++ side: readers for their JSON, and the scripted clinic of
// chain.json accepted entry by entry, which the negative cases are judged against.
#include "e2ee/conversation.hpp"
#include "e2ee/roster.hpp"
#include "e2ee/signing.hpp"
#include <map>
#include <nlohmann/json.hpp>

namespace wardline::test {

using json = nlohmann::json;

/// The cases of vectors/GROUP.json.
json judged(const std::string& group);

bytes raw(const json& hex_text);

template <class Fixed>
Fixed as(const json& hex_text) {
  auto b = raw(hex_text);
  if constexpr (requires { Fixed::from(b); })
    return *Fixed::from(b);
  else
    return *fixed<std::tuple_size_v<Fixed>>(b);
}

std::vector<hash32> hashes(const json& list);

struct judged_device {
  device_id device;
  user_id user;
  e2ee::signing_key signing;
  e2ee::x25519_pair sealing;
};

/// What a daemon and a client hold after the entries accepted so far.
class judged_clinic {
public:
  /// chain.json whole.
  judged_clinic();
  judged_clinic(const judged_clinic&) = default;

  /// Judges one entry at its place and keeps it; the refusal, or none.
  refusal accept(const json& entry);
  /// Accepts the entries that a negative case names as `before`.
  void prepare(const json& negative);

  [[nodiscard]] e2ee::trust_standing standing(const json& at) const;
  [[nodiscard]] static e2ee::log_place place(const json& at);
  [[nodiscard]] e2ee::party_chain chain(const party_id& party) const;
  [[nodiscard]] e2ee::conversation_head conversation(const conversation_id& id) const;

  clinic_id id;
  e2ee::trust known;

private:
  refusal accept_link(const json& entry);
  refusal accept_conversation(const json& entry);

  std::map<party_id, e2ee::party_chain> chains_;
  std::map<conversation_id, e2ee::conversation_head> conversations_;
};

/// A device of chain.json, with its secrets.
judged_device judged_device_named(const std::string& name);

/// "accepted" for none.
std::string verdict(refusal why);

} // namespace wardline::test
