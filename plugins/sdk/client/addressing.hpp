#pragma once
// From a name that a person typed to a conversation. The daemon only proposes: a person's devices must carry
// the very name in their certificates, or nothing is sent (DESIGN 7). A role's name is the directory's word.
#include "client/invitations.hpp"

namespace wardline::client {

class addressing {
public:
  addressing(core& c, parties& p, conversations& v, invitations& i)
      : core_{c}, parties_{p}, conversations_{v}, invitations_{i} {}

  /// The conversation of the own party with exactly this person or role. Refusals: not_found, bad_text,
  /// name_mismatch, recipient_not_ready, class_not_for_party (a device without a person of its own), and
  /// those of links and certificates.
  /// A station writes as its first role; a patient about itself, with the clinic's emergency role
  /// (no_emergency_role if there is none).
  void find(std::string to, done<conversation_id> then);
  /// A person's or role's party by name, its chain held and its name checked.
  void party(std::string name, done<e2ee::conversation_party> then);

private:
  void person(const std::string& name, const wire::device::person& found,
              done<e2ee::conversation_party> then);
  void role(const std::string& name, done<e2ee::conversation_party> then);
  void ready(const party_id& party, e2ee::party_kind kind, done<e2ee::conversation_party> then);
  void meet(const e2ee::conversation_party& whom, done<conversation_id> then);
  void meet_as_patient(const e2ee::conversation_party& own, const e2ee::conversation_party& whom,
                       done<conversation_id> then);
  [[nodiscard]] std::optional<e2ee::conversation_party> own_party() const;
  /// Every member of the party's head is this user's and is called this.
  [[nodiscard]] refusal check_name(const party_id& party, const user_id& user, const std::string& name) const;

  core& core_;
  parties& parties_;
  conversations& conversations_;
  invitations& invitations_;
};

} // namespace wardline::client
