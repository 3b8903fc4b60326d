#include "clinic_world.hpp"
#include "credentials.hpp"
#include "disk_audit.hpp"
#include "seeded_sodium.hpp"

namespace wardline::sim {

namespace {

constexpr const char* password = "a long enough password";
/// Steps between two looks at who has to log in again.
constexpr std::uint64_t log_in_every = 64;
/// Codes of the authenticators that may have been used are over by then.
constexpr std::uint64_t restore_takes_ms = 30 * 60'000;

} // namespace

clinic_world::clinic_world(const run_settings& s, const std::filesystem::path& folder)
    : settings{s}, dice_{s.seed}, random_{s.seed + 1} {
  seed_sodium(settings.seed);
  disk_.emplace();
  disk_->keyring_file = folder / ("keyring-" + std::to_string(settings.seed));
  disk_->blob_folder = folder / ("blobs-" + std::to_string(settings.seed));
  remove_files();
}

void clinic_world::remove_files() const {
  std::filesystem::remove(disk_->keyring_file);
  std::filesystem::remove_all(disk_->blob_folder);
}

clinic_world::~clinic_world() {
  life.reset();
  remove_files();
}

std::size_t clinic_world::files_on_disk() const {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{disk_->blob_folder}, {}));
}

void clinic_world::broken(const std::string& what) {
  if (report.broken.size() < 20)
    report.broken.push_back(what);
}

disk_fault clinic_world::next_fault() {
  if (!faults_allowed_)
    return disk_fault::none;
  if (settings.lying_disk)
    return roll(4) == 0 ? disk_fault::lied : disk_fault::none;
  auto n = roll(400);
  if (n < 12) {
    ++report.refused_commits;
    return disk_fault::refused;
  }
  if (n < 14 && report.unknown_commits < settings.crashes_max) {
    ++report.unknown_commits;
    return n == 12 ? disk_fault::unknown_and_lost : disk_fault::unknown_and_kept;
  }
  return disk_fault::none;
}

// ---------------------------------------------------------------- time

void clinic_world::start_daemon() {
  if (life) {
    report.bodies_read += life->bodies_read();
    life.reset();
    audit_waiting(*disk_, random_, [this](const std::string& w) { broken(w); });
  }
  for (auto& d : devices)
    d->reconnect(now);
  life = std::make_unique<daemon_life>(
      *disk_, by_peer_, first_, random_, now, [this] { return next_fault(); },
      [this](const std::string& w) { broken(w); }, [this](const opening& o) { ledger.write(o); });
}

bool clinic_world::begin_backups() {
  backups_.emplace(*disk_);
  backups::begin(*life, now);
  return run_until([this] { return has_backups(life->rows()); });
}

void clinic_world::back_up(bool whole) {
  if (life->dead())
    return;
  ++report.backups;
  if (whole)
    backups_->take_whole(*life, now);
  else
    backups_->refresh(*life, now);
}

std::optional<std::uint64_t> clinic_world::lose_and_restore() {
  auto before = load_store(life->rows());
  report.bodies_read += life->bodies_read();
  life.reset();
  now += restore_takes_ms;
  auto kept = backups_->restore(random_, now, [this](const std::string& w) { broken(w); });
  if (!kept || !before)
    return std::nullopt;
  ++report.restores;
  report.forgotten += before->head.tree.size - *kept;
  ledger.forget_from(*kept);
  start_daemon();
  return kept;
}

void clinic_world::pass(std::uint64_t ms) {
  now += ms;
  life->tick(now, ms);
  for (auto& d : devices)
    d->device->tick(now);
}

/// A device with something on its way, looked for from a random one on.
wired_device* clinic_world::waiting_frames(bool to_daemon) {
  auto from = roll(devices.size());
  for (std::size_t i = 0; i < devices.size(); ++i) {
    auto& d = *devices[(from + i) % devices.size()];
    if (!(to_daemon ? d.to_daemon : d.to_device).empty())
      return &d;
  }
  return nullptr;
}

void clinic_world::step() {
  ++report.steps;
  if (life->dead()) { // an unknown commit ended it
    ++report.daemon_crashes;
    start_daemon();
  }
  if (report.steps % log_in_every == 0)
    log_in_again();
  switch (roll(8)) {
  case 0:
    if (auto* d = waiting_frames(true)) {
      life->take(d->peer, std::move(d->to_daemon.front()));
      d->to_daemon.pop_front();
    }
    break;
  case 1:
    if (auto* d = waiting_frames(false))
      d->deliver_one(now);
    break;
  case 2:
    if (roll(10) == 0)
      pass(1 + roll(400));
    break;
  default:
    if (!life->run_one(dice_()))
      pass(1 + roll(30));
  }
}

bool clinic_world::run_until(const std::function<bool()>& done) {
  auto end = report.steps + settings.steps_max;
  while (!done()) {
    if (report.steps >= end || !all_kept())
      return false;
    step();
  }
  return true;
}

void clinic_world::let_pass(std::uint64_t ms) {
  for (bool moved = true; moved;) {
    moved = false;
    while (life->run_one(dice_()))
      moved = true;
    for (auto& d : devices) {
      for (; !d->to_daemon.empty(); d->to_daemon.pop_front(), moved = true)
        life->take(d->peer, std::move(d->to_daemon.front()));
      for (; !d->to_device.empty(); moved = true)
        d->deliver_one(now);
    }
    log_in_again();
  }
  pass(ms);
}

// ---------------------------------------------------------------- people

wired_device& clinic_world::add_device(const std::string& name, const std::string& person) {
  auto number = static_cast<std::uint32_t>(devices.size() + 1);
  devices.push_back(std::make_unique<wired_device>(name, person, number));
  auto& d = *devices.back();
  d.said = [this, &d](const client::notice& n) { hear(d, n); };
  by_peer_[d.peer] = &d;
  authenticators_.try_emplace(person, person);
  d.device->start(now);
  return d;
}

/// What an honest daemon never makes a device say, whatever crashes: its log and its parties only go on.
void clinic_world::hear(const wired_device& d, const client::notice& n) {
  switch (n.why) {
  case refusal::roster_fork:
  case refusal::chain_broken:
  case refusal::log_forked:
  case refusal::log_rolled_back:
  case refusal::log_other_origin:
  case refusal::seed_mismatch:
  case refusal::seed_not_openable:
  case refusal::share_went_back:
    broken(d.name + " was told " + to_string(n.why));
    break;
  default:
    break;
  }
}

std::optional<std::string> clinic_world::fresh_code(const std::string& person) {
  auto& hers = authenticators_.at(person);
  auto then = now;
  auto next = hers;
  auto code = next.fresh(then);
  if (then != now)
    return std::nullopt;
  hers = next;
  return code;
}

client::credentials clinic_world::with_code(const std::string& code) {
  return {password, {}, code};
}

bool clinic_world::works(const wired_device& d) {
  return !d.revoked_behind && d.device->stage() == client::device_stage::open && d.device->who();
}

/// A log-in that a crash swallowed, a session that was idle too long, a station whose person has gone.
void clinic_world::log_in_again() {
  for (auto& d : devices) {
    auto& asked = logging_in_[d.get()];
    bool nobody = d->station && d->device->stage() == client::device_stage::open && !d->device->who() &&
                  d->device->link() == client::session_state::ready;
    if (d->revoked_behind || asked.waits() || (!nobody && !d->device->needs_log_in()))
      continue;
    auto code = fresh_code(d->person);
    if (!code)
      continue;
    user_id user;
    for (const auto& other : devices)
      if (d->station && !other->station && other->person == d->person && other->device->user())
        user = other->device->user();
    asked.ask(*d, [&](auto then) { d->device->log_in(password, *code, std::move(then), user); });
  }
}

void clinic_world::found() {
  clinic_.seed = secret32::random();
  clinic_.clinic = random_.make<clinic_id>();
  auto made =
      ctl::found_clinic(clinic_,
                        {daemon::x25519_public(disk_->keys.noise), daemon::ed25519_public(disk_->keys.log),
                         daemon::ed25519_public(disk_->keys.daemon)},
                        "Simulated clinic", "manager", now);
  first_ = made.first;
  add_device("manager", "manager");
  start_daemon();
  invitation_.clinic = clinic_.clinic;
  invitation_.identity_key = daemon::ed25519_public(clinic_.seed);
  invitation_.server_noise_key = daemon::x25519_public(disk_->keys.noise);
  invitation_.invitation = made.invitation;
  invitation_.seed = made.invitation_key.seed().copy();
  invitation_.endpoint = "ipc:///simulated";
  code_ = made.second_code;
}

bool clinic_world::enrol(wired_device& d, const client::invitation_file& file, const std::string& code) {
  auto r = wait_for<client::logged_in_as>([&](auto then) {
    auto& hers = authenticators_.at(d.person);
    d.device->enrol(file, code, {password, hers.secret, hers.gives(now)}, std::move(then));
  });
  return must(r, "enrolment of " + d.name);
}

bool clinic_world::people_come() {
  found();
  if (!enrol(manager(), invitation_, code_))
    return false;
  auto object = ctl::certify_registrar(clinic_, manager().device->certificate(), 1, now);
  if (!object)
    return broken("certifying was refused: " + to_string(object.why())), false;
  auto installed = wait_for<client::nothing>(
      [&](auto then) { manager().device->install_registrar(*object, std::move(then)); });
  if (!must(installed, "installing the registrar"))
    return false;
  for (const std::string name : {"nurse", "physician"}) {
    auto made = wait_for<client::invitation_made>([&](auto then) {
      client::invite_order order;
      order.display_name = name;
      order.roles = {name + "s"};
      manager().device->invite(std::move(order), std::move(then));
    });
    if (!must(made, "invitation of " + name))
      return false;
    if (!enrol(add_device(name, name), (*made)->file, (*made)->code))
      return false;
  }
  return run_until([&] { return devices[1]->device->settled() && devices[2]->device->settled(); });
}

std::uint64_t clinic_world::end_and_audit() {
  if (life)
    report.bodies_read += life->bodies_read();
  life.reset();
  return audit_disk(*disk_, random_, [this](const std::string& w) { broken(w); });
}

} // namespace wardline::sim
