#pragma once
// What the whole house knows of its people, devices and parties: one immutable snapshot, made by `directory`
// and swapped on change, so that the hot path asks no one (DESIGN 4). Conversations are not in it: they are
// many.
#include "wire/ids.hpp"
#include <atomic>
#include <map>
#include <memory>
#include <unordered_map>

namespace wardline::rules {

/// e2ee 5.3.
enum class device_class : std::uint8_t { personal_staff = 1, personal_patient, station, service };

/// e2ee 5.6.
enum class party_kind : std::uint8_t { user = 1, role, patient, service };

struct device_record {
  device_id device;
  user_id user; ///< none on a station
  device_class kind = device_class::personal_staff;
  hash32 certificate{}; ///< object hash of the newest one
  public_key signing{};
  public_key noise{};
  public_key sealing{};
  std::vector<party_id> parties; ///< entitled to, ascending (certificate and open grants)
  bool gated = false;            ///< from that commit on: no channel, no slip, no body (e2ee 6.7)
};

struct person_record {
  user_id user;
  std::string display_name; ///< as certified; unique in the clinic
  party_id party;           ///< the person's own
};

struct party_record {
  party_id party;
  party_kind kind = party_kind::user;
  std::string name;               ///< directory's word, not certified
  std::uint32_t n = 0;            ///< head's number, 0 = no link yet
  hash32 head{};                  ///< object hash of the head's core
  public_key inbox{};             ///< of the head
  std::vector<device_id> members; ///< of the head, ascending
};

struct clinic {
  clinic_id id;
  incarnation_id incarnation;
  std::unordered_map<device_id, device_record> devices;
  std::unordered_map<hash32, device_id, hash32_hasher> by_noise_key;
  std::unordered_map<user_id, person_record> people;
  std::map<std::string, user_id, std::less<>> by_name;
  std::unordered_map<party_id, party_record> parties;

  [[nodiscard]] const device_record* device(const device_id& d) const {
    auto found = devices.find(d);
    return found == devices.end() ? nullptr : &found->second;
  }
  [[nodiscard]] const party_record* party(const party_id& p) const {
    auto found = parties.find(p);
    return found == parties.end() ? nullptr : &found->second;
  }
  [[nodiscard]] const device_record* device_with_noise_key(const public_key& key) const {
    auto found = by_noise_key.find(key);
    return found == by_noise_key.end() ? nullptr : device(found->second);
  }
};

/// Where the newest snapshot hangs. `directory` swaps it after the commit that made it true; everybody else
/// loads it once per request and keeps it for that request.
class clinic_board {
public:
  [[nodiscard]] std::shared_ptr<const clinic> now() const { return current_.load(); }
  void swap(std::shared_ptr<const clinic> next) { current_.store(std::move(next)); }

private:
  std::atomic<std::shared_ptr<const clinic>> current_{std::make_shared<const clinic>()};
};

} // namespace wardline::rules
