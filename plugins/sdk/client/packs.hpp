#pragma once
// History packs (e2ee 5.7): seeds of earlier epochs, taken by a device that came later and given by a member.
// They travel with the link that lets somebody in, or follow it when they are missed.
#include "client/parties.hpp"
#include "e2ee/pack_seal.hpp"
#include "wire/limits.hpp"

namespace wardline::client {

class packs {
public:
  using ended = std::function<void(refusal)>;

  packs(core& c, objects& o, parties& p) : core_{c}, objects_{o}, parties_{p} {}

  /// The packs made for this device, if an epoch of the party is without a seed here. What is wrong with a
  /// pack is said; ends with none if anything new was learned, or nothing was missed; else needs.
  void fetch(const party_id& party, ended then);
  /// After a log-in the daemon may be asked once more for what is missing.
  void begin_anew() { asked_for_.clear(); }
  /// Told of seeds that are new here, after the commit.
  std::function<void()> learned;

  /// For the devices that a staged link lets in, as many as its request may carry.
  [[nodiscard]] std::vector<bytes> with_link(const e2ee::staged_turn& link,
                                             const std::vector<device_id>& added) const;
  /// What the daemon says a member misses: given if this device finds it right.
  void give(const wire::device::pack_wanted& wanted);

private:
  [[nodiscard]] bool lacks_any(const party_id& party) const;
  /// Of the epochs that this device's invitation allows.
  [[nodiscard]] bool lacks_allowed(const party_id& party) const;
  void want_more(const party_id& party);
  /// This device could give every epoch that `order` allows.
  [[nodiscard]] bool holds_all(const e2ee::party_chain& chain, const e2ee::pack_order& order) const;
  void give_held(const wire::device::pack_wanted& wanted);
  [[nodiscard]] time_ms history_for(const device_id& device) const;
  refusal keep(const party_id& party, const std::vector<bytes>& objects);
  void submit(std::vector<bytes> left);

  core& core_;
  objects& objects_;
  parties& parties_;
  /// Asked for once already, when too little was here: at most as many as one list names.
  std::set<std::pair<party_id, device_id>> left_to_others_;
  /// At which head it was asked for more, since the last log-in: once each, or members who have no more
  /// either would give the same pack for ever.
  std::map<party_id, std::uint32_t> asked_for_;
};

} // namespace wardline::client
