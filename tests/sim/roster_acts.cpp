#include "roster_acts.hpp"
#include <algorithm>

namespace wardline::sim {

namespace {

/// Refusals of one order in a row; more is a broken promise: faults are not for ever.
constexpr unsigned tries_max = 100;
/// Milliseconds before an order is given again.
constexpr std::uint64_t again_ms = 300;

/// An order that is given until it is accepted.
class persistent {
public:
  persistent(clinic_world& w, std::string what) : world_{w}, what_{std::move(what)} {}

  [[nodiscard]] bool may_ask() const { return world_.now >= not_before_; }
  void refused(refusal why) {
    not_before_ = world_.now + again_ms;
    if (++tries_ > tries_max)
      world_.broken(what_ + " is refused for ever: " + to_string(why));
  }

private:
  clinic_world& world_;
  std::string what_;
  unsigned tries_ = 0;
  time_ms not_before_ = 0;
};

// ---------------------------------------------------------------- further devices and stations

class new_device final : public roster_script {
public:
  new_device(clinic_world& w, std::string person, bool station, unsigned number)
      : world_{w}, person_{std::move(person)}, station_{station}, name_{station
                                                                            ? "station of " + person_ + "s"
                                                                            : person_ + "'s device " +
                                                                                  std::to_string(number)},
        order_{w, "enrolment of " + name_} {}

  bool go_on() override {
    if (device_ == nullptr) {
      invite();
      return false;
    }
    if (device_->being_revoked) // before it had settled
      return true;
    if (auto came = enrolled_.take(); came && !*came)
      order_.refused(came->why());
    auto stage = device_->device->stage();
    bool begun = stage == client::device_stage::open || stage == client::device_stage::locked;
    if (!begun && !enrolled_.waits() && order_.may_ask())
      enrol();
    if (!clinic_world::works(*device_) || !device_->device->settled())
      return false;
    ++(station_ ? world_.report.stations : world_.report.new_devices);
    return true;
  }

private:
  void invite() {
    if (auto came = invited_.take()) {
      if (*came) {
        invitation_ = std::move(**came);
        device_ = &world_.add_device(name_, person_);
        device_->station = station_;
        return;
      }
      order_.refused(came->why());
    }
    if (invited_.waits() || !order_.may_ask())
      return;
    client::invite_order order;
    order.display_name = station_ ? name_ : person_;
    order.history_from = world_.began;
    if (station_) {
      order.of_class = e2ee::device_class::station;
      order.roles = {person_ + "s"};
    } else {
      order.purpose = e2ee::invitation_purpose::further;
    }
    invited_.ask(world_.manager(),
                 [&](auto then) { world_.manager().device->invite(order, std::move(then)); });
  }

  /// Again after a crash: it goes on where it stopped. A log-in without a code is refused; it is asked for
  /// again when there is one. A station's has to name a person, and comes afterwards as well.
  void enrol() {
    auto code = station_ ? std::string{} : world_.fresh_code(person_).value_or("");
    enrolled_.ask(*device_, [&](auto then) {
      device_->device->enrol(invitation_->file, invitation_->code, clinic_world::with_code(code),
                             std::move(then));
    });
  }

  clinic_world& world_;
  std::string person_;
  bool station_;
  std::string name_;
  persistent order_;
  question<client::invitation_made> invited_;
  std::optional<client::invitation_made> invitation_;
  wired_device* device_ = nullptr;
  question<client::logged_in_as> enrolled_;
};

// ---------------------------------------------------------------- orders with one answer

/// Asked of one device until it says yes.
class one_order : public roster_script {
public:
  using act = std::function<void(client::device&, client::done<client::nothing>)>;

  one_order(clinic_world& w, std::string what, std::size_t whose, act give, std::function<void()> accepted)
      : world_{w}, order_{w, std::move(what)}, whose_{whose}, give_{std::move(give)}, accepted_{std::move(
                                                                                          accepted)} {}

  bool go_on() override {
    if (auto came = asked_.take()) {
      if (*came || done_anyway(came->why())) {
        accepted_();
        return true;
      }
      order_.refused(came->why());
    }
    auto& d = *world_.devices[whose_];
    if (!asked_.waits() && order_.may_ask() && ready())
      asked_.ask(d, [&](auto then) { give_(*d.device, std::move(then)); });
    return false;
  }

protected:
  /// A refusal that says that it is as it was wanted.
  [[nodiscard]] virtual bool done_anyway(refusal) { return false; }
  /// What has to be there before it is asked.
  [[nodiscard]] virtual bool ready() { return true; }

  clinic_world& world_;

private:
  persistent order_;
  std::size_t whose_;
  act give_;
  std::function<void()> accepted_;
  question<client::nothing> asked_;
};

/// A person's hand refreshes a head; who was faster did it as well.
class hand_turn final : public one_order {
public:
  using one_order::one_order;

protected:
  bool done_anyway(refusal why) override { return why == refusal::epoch_taken; }
};

/// The manager's second factor first, whenever it is too old; an answer that a crash swallowed comes as
/// device_revoked.
class revocation final : public one_order {
public:
  using one_order::one_order;

protected:
  bool done_anyway(refusal why) override {
    prove_ = prove_ || why == refusal::second_factor_too_old;
    return why == refusal::device_revoked;
  }
  bool ready() override {
    if (auto came = proved_.take(); came && *came)
      prove_ = false;
    if (prove_ && !proved_.waits())
      if (auto code = world_.fresh_code("manager"))
        proved_.ask(world_.manager(),
                    [&](auto then) { world_.manager().device->prove(*code, std::move(then)); });
    return !prove_;
  }

private:
  bool prove_ = false;
  question<client::nothing> proved_;
};

} // namespace

// ---------------------------------------------------------------- beginning

void roster_acts::go_on() {
  std::erase_if(scripts_, [](const auto& s) { return s->go_on(); });
  watch_lent_role();
  if (begins_ && scripts_.size() < scripts_max && world_.roll(40) == 0)
    begin_one();
}

void roster_acts::begin_one() {
  static const std::array<std::string, 2> people{"nurse", "physician"};
  switch (world_.roll(4)) {
  case 0:
    if (new_devices_ < new_devices_max) {
      bool station = !station_ && world_.roll(3) == 0;
      station_ = station_ || station;
      auto person = station ? people[0] : people[world_.roll(2)];
      scripts_.push_back(std::make_unique<new_device>(world_, person, station, ++new_devices_));
    }
    break;
  case 1:
    begin_role();
    break;
  case 2:
    begin_revocation();
    break;
  default:
    if (hand_turns_ < hand_turns_max) {
      ++hand_turns_;
      auto whose = world_.roll(3); // the registrar from outside, or a member
      auto party = whose == 0 ? people[world_.roll(2)] + "s" : people[whose - 1] + "s";
      scripts_.push_back(std::make_unique<hand_turn>(
          world_, "a turn of " + party + " by hand", whose,
          [party](client::device& d, auto then) { d.turn(party, std::move(then)); }, [] {}));
    }
  }
}

void roster_acts::begin_role() {
  if (role_moves_ || (!lent_ && grants_ >= grants_max))
    return;
  role_moves_ = true;
  if (lent_) {
    lent_ = false; // from now on nothing of it is promised
    lent_since_.clear();
    scripts_.push_back(std::make_unique<one_order>(
        world_, "a withdrawal", 0,
        [](client::device& d, auto then) { d.withdraw("nurse", lent_role, std::move(then)); },
        [this] {
          ++world_.report.withdrawals;
          role_moves_ = false;
        }));
    return;
  }
  ++grants_;
  scripts_.push_back(std::make_unique<one_order>(
      world_, "a grant", 0,
      [](client::device& d, auto then) { d.grant("nurse", lent_role, 0, std::move(then)); },
      [this] {
        ++world_.report.grants;
        role_moves_ = false;
        lent_ = true;
      }));
}

/// Never a person's first device: somebody has to be left who reads.
void roster_acts::begin_revocation() {
  std::vector<wired_device*> may;
  for (std::size_t i = 3; i < world_.devices.size(); ++i)
    if (auto* d = world_.devices[i].get(); clinic_world::works(*d) && !revoking_.contains(d))
      may.push_back(d);
  if (may.empty() || revocations_ >= revocations_max)
    return;
  ++revocations_;
  auto* lost = may[world_.roll(may.size())];
  revoking_.insert(lost);
  lost->being_revoked = true;
  if (!lost->station)
    world_.lost_a_device.insert(lost->device->who()->user);
  scripts_.push_back(std::make_unique<revocation>(
      world_, "revocation of " + lost->name, 0,
      [id = lost->device->id()](client::device& d, auto then) {
        d.revoke(id, e2ee::revocation_reason::lost, std::move(then));
      },
      [this, lost, id = lost->device->id()] {
        ++world_.report.revocations;
        lost->revoked_id = id;
        lost->revoked_behind = world_.life->last_leaf();
      }));
}

// ---------------------------------------------------------------- who reads what

void roster_acts::watch_lent_role() {
  if (!lent_)
    return;
  auto board = world_.life->board();
  for (const auto& [id, party] : board->parties) {
    if (party.name != lent_role)
      continue;
    for (const auto& d : world_.devices)
      if (d->person == "nurse" && !d->station &&
          std::binary_search(party.members.begin(), party.members.end(), d->device->id()))
        lent_since_.try_emplace(d->name, world_.promised.size());
  }
}

bool roster_acts::belongs(const wired_device& d, const std::string& party) const {
  return !d.revoked_behind && named_for(d, party);
}

bool roster_acts::named_for(const wired_device& d, const std::string& party) const {
  bool own = party == d.person + "s" || (!d.station && party == d.person);
  return own || (lent_ && !d.station && d.person == "nurse" && party == lent_role);
}

std::optional<std::size_t> roster_acts::reads_from(const wired_device& d, const std::string& party) const {
  if (!belongs(d, party))
    return std::nullopt;
  if (!lent_ || d.person != "nurse" || party != lent_role)
    return 0;
  auto since = lent_since_.find(d.name);
  return since == lent_since_.end() ? std::nullopt : std::optional{since->second};
}

} // namespace wardline::sim
