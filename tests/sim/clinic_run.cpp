#include "clinic_run.hpp"
#include "credentials.hpp"
#include "daemon_life.hpp"
#include "disk_audit.hpp"
#include "seeded_sodium.hpp"
#include "shown_codes.hpp"
#include <functional>

namespace wardline::sim {

namespace {

using client::result;

constexpr const char* password = "a long enough password";

/// What somebody was told by a real answer: from then on it must be true for ever.
struct promised_message {
  std::string text;
  message_id message;
  conversation_id conversation;
  std::uint64_t seq = 0; ///< 0 = not acked
};

class clinic_run {
public:
  clinic_run(const run_settings& settings, const std::filesystem::path& folder)
      : settings_{settings}, dice_{settings.seed}, random_{settings.seed + 1} {
    seed_sodium(settings.seed);
    disk_.emplace();
    disk_->keyring_file = folder / ("keyring-" + std::to_string(settings.seed));
    std::filesystem::remove(disk_->keyring_file);
  }

  run_report run() {
    found();
    bool ready = enrol_all();
    if (ready) {
      work();
      check_promises();
    }
    life_.reset();
    if (report_.broken.empty())
      report_.leaves = audit_disk(*disk_, random_, [this](const std::string& w) { broken(w); });
    std::filesystem::remove(disk_->keyring_file);
    return report_;
  }

private:
  // ---- the world

  std::uint64_t roll(std::uint64_t n) { return dice_() % n; }

  void broken(const std::string& what) {
    if (report_.broken.size() < 20)
      report_.broken.push_back(what);
  }

  disk_fault next_fault() {
    if (!faults_allowed_)
      return disk_fault::none;
    if (settings_.lying_disk)
      return roll(4) == 0 ? disk_fault::lied : disk_fault::none;
    auto n = roll(400);
    if (n < 12) {
      ++report_.refused_commits;
      return disk_fault::refused;
    }
    if (n < 14 && report_.unknown_commits < settings_.crashes_max) {
      ++report_.unknown_commits;
      return n == 12 ? disk_fault::unknown_and_lost : disk_fault::unknown_and_kept;
    }
    return disk_fault::none;
  }

  void start_daemon() {
    if (life_)
      report_.bodies_read += life_->bodies_read();
    life_.reset();
    for (auto& d : devices_)
      d->reconnect(now_);
    life_ = std::make_unique<daemon_life>(
        *disk_, by_peer_, first_, random_, now_, [this] { return next_fault(); },
        [this](const std::string& w) { broken(w); }, [this](const opening& o) { ledger_.write(o); });
  }

  void pass(std::uint64_t ms) {
    now_ += ms;
    life_->tick(now_, ms);
    for (auto& d : devices_)
      d->device->tick(now_);
  }

  /// One thing happens, chosen by the seed.
  void step() {
    ++report_.steps;
    if (life_->dead()) { // an unknown commit ended it
      ++report_.daemon_crashes;
      start_daemon();
    }
    auto& d = *devices_[roll(devices_.size())];
    switch (roll(8)) {
    case 0:
      if (!d.to_daemon.empty()) {
        life_->take(d.peer, std::move(d.to_daemon.front()));
        d.to_daemon.pop_front();
      }
      break;
    case 1:
      if (!d.to_device.empty())
        d.deliver_one(now_);
      break;
    case 2:
      if (roll(10) == 0)
        pass(1 + roll(400));
      break;
    default:
      if (!life_->run_one(dice_()))
        pass(1 + roll(30));
    }
  }

  /// Runs until `done` or the steps are used up.
  bool run_until(const std::function<bool()>& done) {
    auto end = report_.steps + settings_.steps_max;
    while (!done()) {
      if (report_.steps >= end || !report_.broken.empty())
        return false;
      step();
    }
    return true;
  }

  // ---- founding and enrolment: no faults yet

  void found() {
    clinic_.seed = secret32::random();
    clinic_.clinic = random_.make<clinic_id>();
    auto made =
        ctl::found_clinic(clinic_,
                          {daemon::x25519_public(disk_->keys.noise), daemon::ed25519_public(disk_->keys.log),
                           daemon::ed25519_public(disk_->keys.daemon)},
                          "Simulated clinic", "manager", now_);
    first_ = made.first;
    add_device("manager");
    start_daemon();
    invitation_.clinic = clinic_.clinic;
    invitation_.identity_key = daemon::ed25519_public(clinic_.seed);
    invitation_.server_noise_key = daemon::x25519_public(disk_->keys.noise);
    invitation_.invitation = made.invitation;
    invitation_.seed = made.invitation_key.seed().copy();
    invitation_.endpoint = "ipc:///simulated";
    code_ = made.second_code;
  }

  wired_device& add_device(const std::string& name) {
    devices_.push_back(std::make_unique<wired_device>(name, static_cast<std::uint32_t>(devices_.size() + 1)));
    auto& d = *devices_.back();
    by_peer_[d.peer] = &d;
    return d;
  }

  /// Waits for an act of a device; what it came to.
  template <class T, class Act>
  std::optional<result<T>> wait_for(Act act) {
    auto came = std::make_shared<std::optional<result<T>>>();
    act([came](result<T> r) { came->emplace(std::move(r)); });
    run_until([&] { return came->has_value(); });
    return std::move(*came);
  }

  template <class T>
  bool must(const std::optional<result<T>>& r, const std::string& what) {
    if (!r)
      broken(what + " was never answered");
    else if (!*r)
      broken(what + " was refused: " + to_string(r->why()));
    return r && *r;
  }

  bool enrol(wired_device& d, const client::invitation_file& file, const std::string& code) {
    d.device->start(now_);
    auto r = wait_for<client::logged_in_as>([&](auto then) {
      authenticator hers{d.name};
      d.device->enrol(file, code, {password, hers.secret, hers.shows(now_)}, std::move(then));
    });
    return must(r, "enrolment of " + d.name);
  }

  bool enrol_all() {
    auto& manager = *devices_[0];
    if (!enrol(manager, invitation_, code_))
      return false;
    auto object = ctl::certify_registrar(clinic_, manager.device->certificate(), 1, now_);
    if (!object)
      return broken("certifying was refused: " + to_string(object.why())), false;
    auto installed = wait_for<client::nothing>(
        [&](auto then) { manager.device->install_registrar(*object, std::move(then)); });
    if (!must(installed, "installing the registrar"))
      return false;
    for (const auto* name : {"nurse", "physician"}) {
      auto made = wait_for<client::invitation_made>([&](auto then) {
        client::invite_order order;
        order.display_name = name;
        order.roles = {std::string{name} + "s"};
        manager.device->invite(std::move(order), std::move(then));
      });
      if (!must(made, std::string{"invitation of "} + name))
        return false;
      if (!enrol(add_device(name), (*made)->file, (*made)->code))
        return false;
    }
    return run_until([&] { return devices_[1]->device->settled() && devices_[2]->device->settled(); });
  }

  // ---- work under faults

  wired_device& somebody() { return *devices_[1 + roll(2)]; }

  void send_from(wired_device& d) {
    auto n = promised_.size();
    promised_.push_back({"message " + std::to_string(n) + " from " + d.name, {}, {}, 0});
    client::draft what;
    what.text = promised_[n].text;
    what.level = static_cast<client::urgency>(1 + roll(5));
    ++report_.sent;
    auto to = d.name == "nurse" ? "physician" : "nurse";
    d.device->send(
        to, what, [this, n](message_id m) { promised_[n].message = m; },
        [this, n](result<client::sent_message> r) {
          if (!r)
            return;
          ++report_.acked;
          promised_[n].message = r->message;
          promised_[n].conversation = r->conversation;
          promised_[n].seq = r->seq;
        });
  }

  void open_or_acknowledge(wired_device& d, bool acknowledge) {
    auto waiting = d.device->inbox();
    if (waiting.empty())
      return;
    auto& row = waiting[roll(waiting.size())];
    if (acknowledge) {
      d.device->acknowledge(row.message, [this, m = row.message](result<client::acknowledged_message> r) {
        if (r && acknowledged_.insert(m).second)
          ++report_.acknowledged;
      });
      return;
    }
    d.device->open(row.conversation, {row.seq}, wire::device::purpose::treatment,
                   [this, &d](result<std::vector<client::opened_message>> r) {
                     if (!r)
                       return;
                     report_.opened += static_cast<unsigned>(r->size());
                     check_releases(d, *r);
                   });
  }

  /// What reached a reader must stand in a leaf of that reader and that device, each time anew.
  void check_releases(wired_device& d, const std::vector<client::opened_message>& came) {
    auto who = d.device->who();
    for (const auto& one : came) {
      if (one.leaf == 0)
        continue; // nothing was released
      if (!who)
        return broken("a body reached a device on which nobody is logged in");
      auto wrong = ledger_.take(one.leaf, who->user, d.device->id(), one.row.conversation, one.row.seq);
      if (!wrong.empty())
        broken(wrong + " (" + d.name + ")");
    }
  }

  void one_act() {
    auto& d = somebody();
    if (d.device->stage() != client::device_stage::open)
      return; // it has just been restarted; its log-in is on the way
    auto n = roll(10);
    if (n < 5)
      send_from(d);
    else
      open_or_acknowledge(d, n >= 8);
  }

  void maybe_crash() {
    auto n = roll(60);
    if (n == 0 && report_.daemon_crashes < settings_.crashes_max) {
      ++report_.daemon_crashes;
      start_daemon();
    } else if (n == 1 && report_.device_crashes < settings_.crashes_max) {
      ++report_.device_crashes;
      somebody().restart(now_);
    }
  }

  void work() {
    faults_allowed_ = true;
    for (unsigned i = 0; i < settings_.acts && report_.broken.empty(); ++i) {
      one_act();
      auto steps = roll(400);
      for (std::uint64_t s = 0; s < steps; ++s) {
        step();
        if (roll(50) == 0)
          maybe_crash();
      }
    }
    faults_allowed_ = false;
  }

  // ---- what must be true afterwards

  void settle_all() {
    bool all = run_until([&] {
      for (auto& d : devices_)
        if (!d->device->settled() || !d->device->quiet())
          return false;
      return true;
    });
    if (!all && report_.broken.empty())
      broken("the devices do not come to rest");
  }

  void check_promises() {
    start_daemon(); // once more from the disk alone
    settle_all();
    for (std::size_t i = 1; i < devices_.size() && report_.broken.empty(); ++i) {
      auto& d = *devices_[i];
      must(wait_for<client::nothing>([&](auto then) { d.device->catch_up(std::move(then)); }),
           "catching up of " + d.name);
    }
    for (const auto& p : promised_)
      if (p.seq != 0 && report_.broken.empty())
        check_message(p);
    for (const auto& m : acknowledged_)
      for (std::size_t i = 1; i < devices_.size(); ++i) {
        auto row = devices_[i]->device->find(m);
        if (!row || !row->acknowledged_by)
          broken("an acknowledgement that was answered is gone at " + devices_[i]->name);
      }
  }

  void check_message(const promised_message& p) {
    for (std::size_t i = 1; i < devices_.size(); ++i) {
      auto& d = *devices_[i];
      auto row = d.device->find(p.message);
      if (!row || row->seq != p.seq || row->conversation != p.conversation)
        return broken("an acknowledged message is missing at " + d.name);
      auto r = wait_for<std::vector<client::opened_message>>([&](auto then) {
        d.device->open(p.conversation, {p.seq}, wire::device::purpose::treatment, std::move(then));
      });
      if (!must(r, "opening an acknowledged message at " + d.name))
        return;
      check_releases(d, **r);
      if ((*r)->size() != 1 || (*r)->front().content.text != p.text)
        broken("an acknowledged message has another text at " + d.name);
    }
  }

  run_settings settings_;
  std::mt19937_64 dice_;
  seeded_random random_;
  run_report report_;
  time_ms now_ = 1'790'000'000'000;
  bool faults_allowed_ = false;
  std::optional<box_disk> disk_;
  ctl::identity clinic_;
  std::optional<founding> first_;
  client::invitation_file invitation_;
  std::string code_;
  std::vector<std::unique_ptr<wired_device>> devices_;
  std::map<ports::link_peer, wired_device*> by_peer_;
  std::unique_ptr<daemon_life> life_;
  std::vector<promised_message> promised_;
  std::set<message_id> acknowledged_;
  opening_ledger ledger_;
};

} // namespace

run_report run_clinic(const run_settings& settings, const std::filesystem::path& folder) {
  return clinic_run{settings, folder}.run();
}

} // namespace wardline::sim
