#pragma once
// What the tests of chains share: a clinic with somebody at its door, and judging without adopting.
#include "builders.hpp"

namespace wardline::e2ee::build {

/// A staff person whose invitation is in the log and whose certificate is not yet.
struct newcomer : clinic {
  signed_invitation invited;

  newcomer() : invited{invite("visitor", {party("visitor")})} {}

  signed_invitation invite(std::string_view who, std::vector<party_id> parties) {
    auto raw = invitation_raw(
        invitation_for(who, device_class::personal_staff, user(who), std::move(parties), &admin()));
    put(raw, "invitation");
    return *signed_invitation::decode(raw, id);
  }
  bytes invitation_raw(const invitation_fields& x) {
    return sign_object(id, x, {{admin().signing, labels::invitation}});
  }
  [[nodiscard]] device_fields own() const { return certificate_for("visitor", invited); }
  [[nodiscard]] bytes device_raw(const device_fields& x, std::string_view own_key = "visitor") const {
    return sign_object(
        id, x, {{key("visitor invitation"), labels::device}, {key(own_key), labels::device_possession}});
  }
  refusal judged(const device_fields& x) {
    return verify(*device_certificate::decode(device_raw(x), id), trust, here());
  }
  refusal judged_invitation(const invitation_fields& x) {
    return verify(*signed_invitation::decode(invitation_raw(x), id), trust, here());
  }
  [[nodiscard]] evidence here() const { return {now(), {}}; }
  [[nodiscard]] evidence at(std::uint64_t position, time_ms time) const {
    return {log_place{position, time}, {}};
  }
};

inline refusal judge(const clinic& c, const bytes& raw, const evidence& e) {
  auto t = c.trust;
  return admit(raw, t, e);
}

} // namespace wardline::e2ee::build
