#pragma once
// Roster and conversation links by devices of the fixture's clinic, and their way through its directory.
#include "e2ee/conversation.hpp"
#include "e2ee/party_keys.hpp"
#include "people_fixture.hpp"
#include <map>

namespace wardline {

/// One party's chain as its devices see it.
struct role_links {
  people_fixture& f;
  e2ee::party_chain chain;
  std::map<device_id, hash32> grants; ///< by which members belong whose certificates do not say so

  role_links(people_fixture& in, const party_id& party, e2ee::party_kind kind) : f{in} {
    chain.party = party;
    chain.kind = kind;
  }

  e2ee::sealed_member member(const build::enrolled& e) const {
    auto grant = grants.find(e.device);
    return {{e.device, e.certificate.hash(), grant == grants.end() ? hash32{} : grant->second},
            e.sealing.public_part};
  }
  /// The next link, not yet submitted.
  wire::device::submit link(const build::enrolled& by, const std::vector<const build::enrolled*>& who,
                            e2ee::link_reason reason) const {
    return link({by.device, by.certificate.hash(), by.signing}, who, reason);
  }
  wire::device::submit link(const e2ee::link_maker& by, const std::vector<const build::enrolled*>& who,
                            e2ee::link_reason reason) const {
    std::vector<e2ee::sealed_member> members;
    for (const auto* e : who)
      members.push_back(member(*e));
    auto turn = e2ee::make_link(f.c.id, chain, std::move(members), reason, by, f.now);
    REQUIRE(turn);
    return {turn->core, turn->members, turn->seals};
  }
  e2ee::roster_link decoded(const wire::device::submit& m) const {
    auto link = e2ee::roster_link::decode(m.object, m.members, m.seals, f.c.id);
    REQUIRE(link);
    return *link;
  }
  void adopt(const wire::device::submit& m) { chain = e2ee::extended(chain, decoded(m)); }
  /// Made, submitted and accepted.
  wire::device::submit accepted(const build::enrolled& by, const std::vector<const build::enrolled*>& who,
                                e2ee::link_reason reason) {
    auto m = link(by, who, reason);
    as<wire::device::submitted>(f.says(by, m));
    adopt(m);
    return m;
  }
};

/// One conversation as its devices see it.
struct conversation_links {
  people_fixture& f;
  e2ee::conversation_head head;

  conversation_links(people_fixture& in, std::string_view name) : f{in} {
    head.conversation = build::named<conversation_id>(name);
  }

  e2ee::conversation_fields fields(const build::enrolled& by,
                                   std::vector<e2ee::conversation_party> parties) const {
    std::sort(parties.begin(), parties.end(), [](auto& a, auto& b) { return a.party < b.party; });
    e2ee::conversation_fields x;
    x.conversation = head.conversation;
    x.n = head.n + 1;
    x.previous = head.hash;
    x.subject = head.subject;
    x.parties = std::move(parties);
    x.signer_device = by.device;
    x.signer_certificate = by.certificate.hash();
    x.time = f.now;
    return x;
  }
  wire::device::submit signed_by(const build::enrolled& by, const e2ee::conversation_fields& x) const {
    return {e2ee::sign_object(f.c.id, x, {{by.signing, e2ee::labels::conversation}}), {}, {}};
  }
  wire::device::submit link(const build::enrolled& by, std::vector<e2ee::conversation_party> parties) const {
    return signed_by(by, fields(by, std::move(parties)));
  }
  wire::device::submit accepted(const build::enrolled& by, std::vector<e2ee::conversation_party> parties) {
    auto m = link(by, std::move(parties));
    as<wire::device::submitted>(f.says(by, m));
    head = e2ee::head_of(*e2ee::conversation_link::decode(m.object, f.c.id));
    return m;
  }
};

} // namespace wardline
