#pragma once
// A clinic whose objects are handed to a device in any order: what run_objects plays with. Everything here is
// genuine; whatever else a device accepts is a broken promise.
#include "e2ee/conversation.hpp"
#include "e2ee/pack_seal.hpp"
#include "entries.hpp"
#include "plugins/sdk/e2ee/builders.hpp"

namespace wardline::fuzz {

/// One leaf of the clinic's log. Links carry their members and seals; a pack is none, and needs no place.
struct leaf {
  bytes raw;
  bytes members;
  bytes seals;
  e2ee::evidence with;
};

/// A clinic with a role of three epochs, a conversation of two links and a pack for the device that looks on.
struct sequence_clinic {
  e2ee::build::clinic c{"Clinic of the sequences"};
  party_id role = c.party("triage");
  conversation_id thread = e2ee::build::named<conversation_id>("thread");
  const e2ee::build::enrolled* watcher = nullptr; ///< whose trust and keys are fed
  std::vector<leaf> leaves;                       ///< in log order, then the pack

  sequence_clinic();
  static const sequence_clinic& only();

  [[nodiscard]] bool genuine(bytes_view raw) const;

private:
  void add_logged();
  void add_links();
  void add_conversation();
  void put(leaf one);

  std::size_t taken_ = 0; ///< leaves of c.log that stand in `leaves`
};

} // namespace wardline::fuzz
