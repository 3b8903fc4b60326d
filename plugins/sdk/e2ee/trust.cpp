#include "e2ee/trust.hpp"
#include <algorithm>

namespace wardline::e2ee {

namespace {

template <class Map, class Key>
auto* find_in(Map& map, const Key& key) {
  auto at = map.find(key);
  return at == map.end() ? nullptr : &at->second;
}

template <class Map, class Key>
auto copy_of(const Map& map, const Key& key) -> std::optional<typename Map::mapped_type> {
  if (auto* found = find_in(map, key))
    return *found;
  return std::nullopt;
}

bool before(const std::map<device_id, std::uint64_t>& positions, const device_id& device,
            std::uint64_t position) {
  auto* found = find_in(positions, device);
  return found != nullptr && *found < position;
}

/// Keeps the lowest: a second revocation never gives an earlier object back.
void keep_lowest(std::map<device_id, std::uint64_t>& positions, const device_id& device,
                 std::uint64_t position) {
  auto [at, fresh] = positions.try_emplace(device, position);
  if (!fresh)
    at->second = std::min(at->second, position);
}

} // namespace

const held<registrar_certificate>* trust::registrar(const hash32& hash) const {
  return find_in(registrars_, hash);
}

const held<signed_invitation>* trust::invited(const hash32& hash) const {
  return find_in(invitations_, hash);
}

const held<device_certificate>* trust::certificate(const hash32& hash) const {
  return find_in(certificates_, hash);
}

const held<device_certificate>* trust::newest(const device_id& device) const {
  auto* serials = find_in(by_device_, device);
  return serials == nullptr || serials->empty() ? nullptr : certificate(serials->rbegin()->second);
}

const held<device_certificate>* trust::newest_before(const device_id& device, std::uint64_t position) const {
  auto* serials = find_in(by_device_, device);
  if (serials == nullptr)
    return nullptr;
  for (auto at = serials->rbegin(); at != serials->rend(); ++at)
    if (auto* found = certificate(at->second); found->where.position < position)
      return found;
  return nullptr;
}

std::vector<const held<device_certificate>*> trust::certificates_of(const device_id& device) const {
  std::vector<const held<device_certificate>*> out;
  if (auto* serials = find_in(by_device_, device))
    for (const auto& [serial, hash] : *serials)
      out.push_back(certificate(hash));
  return out;
}

std::vector<const held<device_certificate>*> trust::newest_certificates() const {
  std::vector<const held<device_certificate>*> out;
  for (const auto& [device, serials] : by_device_)
    if (!serials.empty())
      out.push_back(certificate(serials.rbegin()->second));
  return out;
}

const held<role_grant>* trust::grant_before(const grant_key& key, std::uint64_t position) const {
  auto* serials = find_in(grants_, key);
  if (serials == nullptr)
    return nullptr;
  for (auto at = serials->rbegin(); at != serials->rend(); ++at)
    if (at->second.where.position < position)
      return &at->second;
  return nullptr;
}

std::optional<serial_seen> trust::registrar_serial(const device_id& device) const {
  return copy_of(registrar_serials_, device);
}

std::optional<serial_seen> trust::device_serial(const device_id& device) const {
  auto* found = newest(device);
  if (found == nullptr)
    return std::nullopt;
  return serial_seen{found->what.serial, found->what.hash()};
}

std::optional<serial_seen> trust::grant_serial(const grant_key& key) const {
  auto* serials = find_in(grants_, key);
  if (serials == nullptr)
    return std::nullopt;
  const auto& [serial, grant] = *serials->rbegin();
  return serial_seen{serial, grant.what.hash()};
}

const held<device_certificate>* trust::spent_on(const invitation_id& invitation) const {
  auto* hash = find_in(spent_, invitation);
  return hash == nullptr ? nullptr : certificate(*hash);
}

std::optional<device_id> trust::owner_of(const public_key& signing_key) const {
  return copy_of(signing_keys_, signing_key);
}

bool trust::user_has_class(const user_id& user, device_class c) const {
  auto* classes = find_in(user_classes_, user);
  return classes != nullptr && (*classes & (1U << static_cast<unsigned>(c))) != 0;
}

std::optional<party_kind> trust::kind_of(const party_id& party) const {
  return copy_of(party_kinds_, party);
}

std::optional<user_id> trust::patient_of(const party_id& party) const {
  return copy_of(patients_, party);
}

bool trust::any_device_before(std::uint64_t position) const {
  return first_device_ && *first_device_ < position;
}

bool trust::device_revoked_before(const device_id& device, std::uint64_t position) const {
  return before(revoked_devices_, device, position);
}

bool trust::registrar_revoked_before(const device_id& device, std::uint64_t position) const {
  return before(revoked_registrars_, device, position) || device_revoked_before(device, position);
}

void trust::adopt(const root_certificate& x) {
  identity_ = x.identity;
}

void trust::adopt(const server_certificate& x) {
  if (!server_ || server_->serial <= x.serial)
    server_ = x;
}

void trust::adopt(const registrar_certificate& x, const log_place& at) {
  registrars_.try_emplace(x.hash(), held<registrar_certificate>{x, at});
  auto& seen = registrar_serials_[x.device];
  if (seen.serial <= x.serial)
    seen = {x.serial, x.hash()};
}

void trust::adopt(const signed_invitation& x, const log_place& at) {
  invitations_.try_emplace(x.hash(), held<signed_invitation>{x, at});
  learn_patient(x.of_class, x.parties, x.user);
}

void trust::adopt(const device_certificate& x, const log_place& at) {
  if (!certificates_.try_emplace(x.hash(), held<device_certificate>{x, at}).second)
    return;
  by_device_[x.device].try_emplace(x.serial, x.hash());
  signing_keys_.try_emplace(x.signing_key, x.device);
  first_device_ = std::min(first_device_.value_or(at.position), at.position);
  learn_patient(x.of_class, x.parties, x.user);
  if (x.issuer == certificate_issuer::invitation)
    if (auto* from = invited(x.invitation))
      spent_.try_emplace(from->what.invitation, x.hash());
}

void trust::adopt(const role_grant& x, const log_place& at) {
  grants_[{x.of_subject, x.subject, x.party}].try_emplace(x.serial, held<role_grant>{x, at});
}

void trust::adopt(const signed_revocation& x, const log_place& at) {
  keep_lowest(x.of_subject == subject_kind::device ? revoked_devices_ : revoked_registrars_, x.subject,
              at.position);
}

void trust::learn(const party_id& party, party_kind k) {
  party_kinds_.try_emplace(party, k);
}

void trust::learn_patient(device_class c, const std::vector<party_id>& parties, const user_id& user) {
  if (user)
    user_classes_[user] |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(c));
  if (c != device_class::personal_patient)
    return;
  for (const auto& party : parties) {
    learn(party, party_kind::patient);
    patients_.try_emplace(party, user);
  }
}

} // namespace wardline::e2ee
