#pragma once
// One life of the daemon in a simulation: from the start on what the disk holds to its end, orderly or not.
#include "blob_files.hpp"
#include "found_clinic.hpp"
#include "house.hpp"
#include "keyring.hpp"
#include "memory_storage.hpp"
#include "network.hpp"
#include "oath_factor.hpp"
#include "sealed_storage.hpp"
#include "test_ports.hpp"
#include "watched_turns.hpp"
#include "wipe_rows.hpp"
#include "world.hpp"
#include <filesystem>

namespace wardline::sim {

/// The keys of the box; outlive every life.
struct box_keys {
  secret32 kek = secret32::random();
  secret32 noise = secret32::random();
  secret32 log = secret32::random();
  secret32 daemon = secret32::random();
};

/// What survives a life.
struct box_disk {
  memory_storage rows;
  std::filesystem::path keyring_file;
  std::filesystem::path blob_folder;
  box_keys keys;
};

struct quick_passwords : ports::passwords {
  std::optional<std::string> hash(const std::string& password) override;
  bool verify(const std::string& stored, const std::string& password) override;
};

class daemon_life {
public:
  /// `first` is ingested if the disk is empty. What cannot start is told through `broken`.
  daemon_life(box_disk& disk, std::map<ports::link_peer, wired_device*>& devices,
              const std::optional<founding>& first, ports::random& random, time_ms now,
              std::function<disk_fault()> fault, std::function<void(const std::string&)> broken,
              std::function<void(const opening&)> opened);
  ~daemon_life();

  void take(const ports::link_peer& from, bytes frame);
  void tick(time_ms now, std::uint64_t passed_ms);
  /// Runs one job of the actors, chosen by `dice`; false if none waits.
  bool run_one(std::uint64_t dice);
  /// The whole disk as this life sees it.
  [[nodiscard]] const ports::reader& rows() const { return *watched_; }
  [[nodiscard]] bool dead() const { return dead_; }
  [[nodiscard]] std::uint64_t bodies_read() const { return watched_->bodies_read(); }
  /// The highest leaf this life has made durable; 0 before the first.
  [[nodiscard]] std::uint64_t last_leaf() const { return watched_->last_leaf(); }
  /// As `wardctl backup` tells the daemon (admin_words.hpp).
  void note_backup(std::uint64_t leaves, std::uint64_t turn, time_ms now);
  /// Number and phase of the newest key turn.
  [[nodiscard]] std::pair<std::uint64_t, ports::key_turn::phase> turn() const {
    auto t = sealed_->current();
    return {t.number, t.at};
  }
  /// What the house knows; without devices while it starts.
  [[nodiscard]] std::shared_ptr<const rules::clinic> board() const { return board_->now(); }
  /// Something is ordered to be destroyed and is not yet.
  [[nodiscard]] bool destructions_wait() const {
    return !watched_->scan(ports::table::meta, view(rows::order_prefix), {}, 1).empty();
  }
  [[nodiscard]] const std::vector<std::pair<ports::link_peer, refusal>>& dropped() const {
    return link_.dropped;
  }

private:
  house_parts parts(box_disk& disk, const std::optional<founding>& first, ports::random& random, time_ms now);

  kept_journal journal_;
  sim_link link_;
  quick_passwords passwords_;
  daemon::oath_factor factors_;
  std::unique_ptr<keyring> ring_;
  std::unique_ptr<sealed_storage> sealed_;
  std::unique_ptr<watched_storage> watched_;
  std::unique_ptr<watched_turns> turns_;
  std::unique_ptr<blob_files> blobs_;
  std::shared_ptr<rules::clinic_board> board_ =
      std::make_shared<rules::clinic_board>(); // outlives the actors
  rules::duty_board duty_;
  bool dead_ = false;
  std::uint64_t steady_ = 0;
  std::unique_ptr<world> world_;
  std::optional<house> house_;
};

} // namespace wardline::sim
