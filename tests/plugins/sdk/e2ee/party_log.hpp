#pragma once
// Parties of a real clinic, link by link, each link a leaf of its log.
#include "builders.hpp"
#include "e2ee/party_keys.hpp"
#include <catch2/catch.hpp>

namespace wardline::e2ee::build {

/// What the daemon and the log hold of a party.
struct party_log {
  clinic& in;
  party_id party;
  party_kind kind;
  party_chain chain{};
  std::vector<roster_link> links{}; ///< number n at n - 1
  std::vector<log_place> places{};

  party_log(clinic& c, std::string_view name, party_kind k) : in{c}, party{c.party(name)}, kind{k} {}

  [[nodiscard]] roster_link decoded(const staged_turn& turn) const {
    auto link = roster_link::decode(turn.core, turn.members, turn.seals, in.id);
    REQUIRE(link);
    return *link;
  }
  refusal post(const roster_link& link) {
    trust_standing known{in.trust, in.now()};
    auto why = check_link(chain, link, known, viewpoint::daemon);
    if (why != refusal::none)
      return why;
    chain = extended(chain, link);
    links.push_back(link);
    places.push_back(in.now());
    in.log.push_back({link.core.raw(), {in.now(), std::nullopt}});
    in.trust.learn(party, kind);
    return why;
  }
  /// The cores between a head and the newest link, with their places.
  [[nodiscard]] older_links older_than_newest(std::uint32_t held) const {
    older_links out;
    for (std::size_t n = held; n + 1 < links.size(); ++n)
      out.all.push_back({links[n].core, places[n], std::nullopt});
    return out;
  }
  [[nodiscard]] std::vector<time_ms> times() const {
    std::vector<time_ms> out;
    for (const auto& l : links)
      out.push_back(l.core.time);
    return out;
  }
};

/// A device that keeps keys of parties.
struct keeper {
  const enrolled& own;
  roster_keys keys;
  head_state head{};

  keeper(const clinic& c, const enrolled& d) : own{d}, keys{c.id, d.device, d.sealing} {}

  [[nodiscard]] link_maker as(signer_role role, const hash32& certificate) const {
    return {own.device, certificate, own.signing, role};
  }
  [[nodiscard]] link_maker member() const { return as(signer_role::member, own.certificate.hash()); }

  /// Reads what is new, as a device does that comes back.
  void read(const party_log& log) {
    const auto* held = keys.chain(log.party);
    auto from = held == nullptr ? 0 : held->head();
    if (from == log.chain.head())
      return;
    trust_standing known{log.in.trust, log.places.back()};
    auto judged = keys.judge(log.older_than_newest(from), log.links.back(), known);
    INFO(own.name << " reads link " << log.chain.head() << ": " << to_string(judged.why()));
    REQUIRE(judged);
    head = {judged->trouble, judged->foreign_seed, log.links.back().core.time, false};
    keys.adopt(std::move(*judged));
  }
  [[nodiscard]] bool has_seed(const party_log& log, std::uint32_t n) const {
    return keys.seed(log.party, n) != nullptr;
  }
};

} // namespace wardline::e2ee::build
