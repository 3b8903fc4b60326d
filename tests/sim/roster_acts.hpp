#pragma once
// What a registrar and her people do to the roster while messages flow: further devices, a station, a role
// lent and taken back, devices revoked, turns by hand. Each goes on over crashes until it is true.
#include "clinic_world.hpp"

namespace wardline::sim {

/// Of one run.
inline constexpr unsigned new_devices_max = 3; ///< further ones and stations
inline constexpr unsigned grants_max = 2;
inline constexpr unsigned revocations_max = 2;
inline constexpr unsigned hand_turns_max = 3;
/// At a time.
inline constexpr std::size_t scripts_max = 2;

/// The role that is lent to the nurse.
inline constexpr const char* lent_role = "physicians";

/// One wish and what it takes to make it true.
class roster_script {
public:
  virtual ~roster_script() = default;
  /// Looks at what came and asks for what comes next; true: done.
  virtual bool go_on() = 0;
};

class roster_acts {
public:
  explicit roster_acts(clinic_world& w) : world_{w} {}

  /// Goes on with what was begun, and now and then begins something.
  void go_on();
  void begin_no_more() { begins_ = false; }
  [[nodiscard]] bool done() const { return scripts_.empty(); }

  /// By what was ordered here; says nothing while an order is on its way.
  [[nodiscard]] bool belongs(const wired_device& d, const std::string& party) const;
  /// The same, also if the device was revoked.
  [[nodiscard]] bool named_for(const wired_device& d, const std::string& party) const;
  /// The first message of this party, by number, that the device must be able to read; nothing: it need not
  /// read any. Named for it from the first: all of them, also those from before it came. By a grant: those
  /// written since the device was seen in the head.
  [[nodiscard]] std::optional<std::size_t> reads_from(const wired_device& d, const std::string& party) const;

private:
  void begin_one();
  void begin_role();
  void begin_revocation();
  void watch_lent_role();

  clinic_world& world_;
  bool begins_ = true;
  std::vector<std::unique_ptr<roster_script>> scripts_;
  unsigned new_devices_ = 0, grants_ = 0, revocations_ = 0, hand_turns_ = 0;
  bool station_ = false;
  bool role_moves_ = false; ///< an order about the lent role is on its way
  bool lent_ = false;
  std::map<std::string, std::size_t> lent_since_; ///< device's name -> message
  std::set<const wired_device*> revoking_;
};

} // namespace wardline::sim
