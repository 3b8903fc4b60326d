#pragma once
// A standing that says what a test wants it to say, and devices with their secrets.
#include "e2ee/party_keys.hpp"
#include "messages.hpp"
#include <map>

namespace wardline::test {

struct test_device {
  device_id device;
  e2ee::signing_key signing;
  e2ee::x25519_pair sealing;
  hash32 certificate{};

  explicit test_device(std::uint8_t number)
      : device{some_id<device_id>(number)}, signing{some_signing_key(number)}, sealing{some_pair(number)},
        certificate{sha256(device.view())} {}

  [[nodiscard]] e2ee::link_maker maker(e2ee::signer_role role = e2ee::signer_role::member) const {
    return {device, certificate, signing, role};
  }
  [[nodiscard]] e2ee::sealed_member as_member(const hash32& grant = {}) const {
    return {{device, certificate, grant}, sealing.public_part};
  }
};

class known_devices : public e2ee::standing {
public:
  e2ee::device_facts& add(const test_device& d, const user_id& user = {}) {
    e2ee::device_facts facts;
    facts.device = d.device;
    facts.user = user;
    facts.certificate = d.certificate;
    facts.signing = d.signing.public_part();
    facts.sealing = d.sealing.public_part;
    return devices[d.device] = facts;
  }

  [[nodiscard]] std::optional<e2ee::device_facts> device(const device_id& d) const override {
    auto found = devices.find(d);
    return found == devices.end() ? std::nullopt : std::optional{found->second};
  }
  [[nodiscard]] bool entitled_by(const device_id& d, const party_id& p, const hash32& grant) const override {
    return entitlement(d, p) == grant;
  }
  [[nodiscard]] std::optional<hash32> entitlement(const device_id& d, const party_id&) const override {
    auto found = grants.find(d);
    return found == grants.end() ? std::nullopt : std::optional{found->second};
  }
  [[nodiscard]] std::optional<e2ee::registrar_facts> registrar(const hash32& certificate) const override {
    auto found = registrars.find(certificate);
    return found == registrars.end() ? std::nullopt : std::optional{found->second};
  }
  [[nodiscard]] refusal registrar_may_turn(const hash32&, const party_id&, e2ee::party_kind,
                                           const hash32&) const override {
    return registrars_act;
  }
  [[nodiscard]] bool may_reset(const device_id&) const override { return reset_open; }
  [[nodiscard]] std::optional<e2ee::replacement> replaced(const device_id& d) const override {
    auto found = replacements.find(d);
    return found == replacements.end() ? std::nullopt : std::optional{found->second};
  }
  [[nodiscard]] std::unique_ptr<e2ee::standing>
  elsewhere(const e2ee::log_place& at, const std::optional<e2ee::cosignature>&) const override {
    auto found = places.find(at.position);
    return std::make_unique<known_devices>(found == places.end() ? *this : *found->second);
  }
  [[nodiscard]] bool removal_pending(const device_id& d, const party_id&) const override {
    return leaving.count(d) != 0;
  }
  [[nodiscard]] std::optional<e2ee::party_kind> kind_of(const party_id& p) const override {
    auto found = kinds.find(p);
    return found == kinds.end() ? std::nullopt : std::optional{found->second};
  }

  std::map<device_id, e2ee::device_facts> devices;
  std::map<device_id, hash32> grants; ///< entitled devices and what entitles them
  std::map<hash32, e2ee::registrar_facts> registrars;
  std::map<party_id, e2ee::party_kind> kinds;
  std::set<device_id> leaving;
  refusal registrars_act = refusal::none;
  bool reset_open = false;
  std::map<device_id, e2ee::replacement> replacements;
  /// What was known at other places of the log; elsewhere it is the same.
  std::map<std::uint64_t, std::shared_ptr<known_devices>> places;
};

} // namespace wardline::test
