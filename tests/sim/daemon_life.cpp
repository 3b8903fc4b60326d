#include "daemon_life.hpp"
#include "credentials.hpp"
#include "hostile_layer.hpp"
#include "life_rows.hpp"
#include "wire/hash.hpp"

namespace wardline::sim {

std::optional<std::string> quick_passwords::hash(const std::string& password) {
  return "$sha256$" + hex(sha256(view(password)));
}

bool quick_passwords::verify(const std::string& stored, const std::string& password) {
  return stored == hash(password);
}

daemon_life::daemon_life(box_disk& disk, std::map<ports::link_peer, wired_device*>& devices,
                         const std::optional<founding>& first, ports::random& random, time_ms now,
                         std::function<disk_fault()> fault, std::function<void(const std::string&)> broken,
                         std::function<void(const opening&)> opened)
    : link_{devices} {
  the_hostile_layer().life_begins();
  bool fresh = !std::filesystem::exists(disk.keyring_file);
  auto ring = fresh ? keyring::create(disk.keyring_file, disk.keys.kek, journal_)
                    : keyring::open(disk.keyring_file, disk.keys.kek, journal_);
  if (!ring) {
    broken("the keyring does not open: " + to_string(ring.why()));
    return;
  }
  ring_ = std::move(*ring);
  sealed_ = std::make_unique<sealed_storage>(disk.rows, *ring_, random);
  if (auto why = sealed_->check_rows(); why != refusal::none) {
    broken("the rows are not those of the last commit: " + to_string(why));
    return;
  }
  if (auto why = sealed_->resume_turn(); why != refusal::none) {
    broken("the key turn of the life before does not go on: " + to_string(why));
    return;
  }
  auto blobs = blob_files::open(disk.blob_folder, random, journal_);
  if (!blobs) {
    broken("the folder of attachments cannot be used: " + to_string(blobs.why()));
    return;
  }
  blobs_ = std::move(*blobs);
  watched_ = std::make_unique<watched_storage>(*sealed_);
  turns_ = std::make_unique<watched_turns>(*sealed_, *watched_);
  watched_->broken = broken;
  watched_->opened = std::move(opened);
  // After its end a life writes nothing more, whatever its actors still do on the way out.
  watched_->fault = [this, fault = std::move(fault)] {
    return dead_ ? disk_fault::unknown_and_lost : fault();
  };
  auto start = load_store(*watched_);
  if (!start) {
    broken("the audit log does not verify at start: " + to_string(start.why()));
    return;
  }
  world_ = std::make_unique<world>(1);
  auto p = parts(disk, first, random, now);
  p.store.start = *start;
  auto built = build_house(world_->sys, std::move(p));
  if (!built) {
    broken("the house does not start: " + to_string(built.why()));
    return;
  }
  house_ = std::move(*built);
  tick(now, 0);
}

house_parts daemon_life::parts(box_disk& disk, const std::optional<founding>& first, ports::random& random,
                               time_ms now) {
  house_parts p;
  p.rows = watched_.get();
  p.random = &random;
  p.journal = &journal_;
  p.link = &link_;
  p.passwords = &passwords_;
  p.factors = &factors_;
  p.blobs = blobs_.get();
  p.board = board_;
  p.duty = &duty_;
  p.noise = std::make_shared<const wire::noise_key_pair>(wire::noise_key_pair::from(disk.keys.noise.copy()));
  p.rights = {{"cli", {"channels"}}};
  p.store.disk = watched_.get();
  p.store.turns = turns_.get();
  p.store.dice = &random;
  p.store.journal = &journal_;
  auto lives = lives_of(*watched_);
  auto log_epoch = !lives || lives->empty() ? 1 : lives->back().row.log_epoch;
  p.store.signer = {daemon::log_origin(first->clinic, log_epoch), daemon::ed25519_public(disk.keys.log),
                    daemon::signer_of(disk.keys.log)};
  p.sign_order = daemon::signer_of(disk.keys.daemon);
  p.store.die = [this](const char*) { dead_ = true; };
  p.first = first;
  p.first_incarnation = random.make<incarnation_id>();
  p.start = now;
  p.detached = false;
  return p;
}

daemon_life::~daemon_life() {
  dead_ = true;
  link_.dead = true;
  the_hostile_layer().life_begins(); // none of its channels is left
  if (!house_)
    return;
  for (const auto& part : house_->in_stop_order())
    caf::anon_send_exit(part, caf::exit_reason::kill);
  world_->run();
  house_.reset();
}

void daemon_life::note_backup(std::uint64_t leaves, std::uint64_t turn, time_ms now) {
  if (house_)
    caf::anon_send(house_->admin, admin_act{admin::note_backup{leaves, turn, {}}, now});
}

void daemon_life::take(const ports::link_peer& from, bytes frame) {
  the_hostile_layer().came(from, frame);
  if (house_)
    caf::anon_send(house_->plugin_host, frame_in{from, std::move(frame), {}});
}

void daemon_life::tick(time_ms now, std::uint64_t passed_ms) {
  if (!house_)
    return;
  steady_ += passed_ms;
  world_->sched.advance_time(std::chrono::milliseconds{passed_ms});
  house_->on_tick({now, steady_});
  the_hostile_layer().let_out(now, link_);
}

bool daemon_life::run_one(std::uint64_t dice) {
  if (!house_)
    return false;
  auto& jobs = world_->sched.jobs;
  if (jobs.empty())
    return false;
  std::swap(jobs.front(), jobs[dice % jobs.size()]);
  the_hostile_layer().daemon_runs(true);
  world_->sched.run_once();
  the_hostile_layer().daemon_runs(false);
  return true;
}

} // namespace wardline::sim
