#pragma once
// What the daemon knows about devices and parties when it judges a link: its trust, its gates, and that a
// damaged word entitles nobody.
#include "e2ee/standing.hpp"
#include "registry.hpp"

namespace wardline {

/// Where the next leaf will stand: behind everything that is in the log.
inline e2ee::log_place end_of_log(time_ms now) {
  return {UINT64_MAX, now};
}

class house_standing : public e2ee::trust_standing {
public:
  house_standing(const registry& known, time_ms now)
      : trust_standing{known.trust(), end_of_log(now), {known.gated(), {}}}, house_{known} {}

  [[nodiscard]] bool entitled_by(const device_id& d, const party_id& p, const hash32& grant) const override {
    return !house_.word_damaged(d, p) && trust_standing::entitled_by(d, p, grant);
  }
  [[nodiscard]] std::optional<hash32> entitlement(const device_id& d, const party_id& p) const override {
    return house_.word_damaged(d, p) ? std::nullopt : trust_standing::entitlement(d, p);
  }

private:
  const registry& house_;
};

} // namespace wardline
