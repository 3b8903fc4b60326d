#pragma once
// The load's side: a real wardlined process in a folder of its own, and devices that talk to it over their
// own CURVE connections. Devices do all that costs the daemon something (Noise, requests, slips); what only
// costs a device (verifying what arrives) is left out of the timed part, because load and daemon share two
// cores.
#include "client/link.hpp"
#include "client/session.hpp"
#include "e2ee/slip_seals.hpp"
#include "found_clinic.hpp"
#include <filesystem>
#include <memory>
#include <optional>

namespace wardline::bench {

std::uint64_t now_ms();
double now_seconds();

/// wardlined as a child process; stopped and its folder removed at the end.
class daemon_process {
public:
  daemon_process(std::filesystem::path program, std::filesystem::path folder);
  ~daemon_process();
  daemon_process(const daemon_process&) = delete;

  /// kill -9 and start again on the same folder.
  void kill_and_start();

  [[nodiscard]] bool alive() const;
  [[nodiscard]] std::string journal() const; ///< all lines so far
  [[nodiscard]] std::uint64_t resident_bytes() const;
  [[nodiscard]] std::uint64_t peak_resident_bytes() const; ///< since it started
  /// To the disk, by this process. Nothing: this user may not know (only root reads it of a process that
  /// keeps its memory private).
  [[nodiscard]] std::optional<std::uint64_t> written_bytes() const;
  [[nodiscard]] double cpu_seconds() const;

  ctl::identity identity;
  std::unique_ptr<ctl::founded_clinic> founded;
  public_key noise_key{};
  public_key curve_key{};
  std::string address;

private:
  void launch();

  std::filesystem::path program_;
  std::filesystem::path folder_;
  int pid_ = -1;
};

/// One enrolled, logged-in device on its own connection.
class bench_device final : private client::link::channel_listener {
public:
  bench_device(const daemon_process& daemon, const e2ee::x25519_pair& curve, std::string name);

  /// Keys, certificate, enrolment, log-in, first link of the own party. Blocking.
  void enrol(const invitation_id& invitation, const hash32& invitation_hash,
             const e2ee::signing_key& invitation_key, const std::string& code, const user_id& user,
             const party_id& own_party);
  /// As a station of one role: no person, no password. Greeted afterwards. Blocking.
  void enrol_station(const invitation_id& invitation, const hash32& invitation_hash,
                     const e2ee::signing_key& invitation_key, const std::string& code, const party_id& role);
  void turn(std::uint64_t wait_ms);

  /// Blocking; ends the program with the refusal's name if it is refused.
  wire::device::answer_body ask_and_wait(wire::device::request_body what);
  /// The same; a refusal is an answer.
  wire::device::answer_body answer_to(wire::device::request_body what);
  /// The daemon signs its first one within a second or two.
  void wait_for_checkpoint();
  void ask(wire::device::request_body what, client::session::on_answer then) {
    session_->ask(std::move(what), std::move(then));
  }

  std::function<void(wire::device::slip&)> on_slip;

  /// Hellos that were answered so far, over all channels.
  [[nodiscard]] std::size_t welcomes() const { return welcomes_; }
  [[nodiscard]] wire::noise_key_pair noise_keys() const {
    return wire::noise_key_pair::from(noise_.secret.copy());
  }
  [[nodiscard]] e2ee::recipient own_inbox() const { return {party, 1, inbox}; }
  const clinic_id clinic;
  device_id device;
  user_id user;
  party_id party;
  public_key inbox{};
  hash32 certificate{};
  bytes certificate_raw;
  e2ee::signing_key signing = e2ee::signing_key::random();
  const e2ee::x25519_pair curve; ///< of its connection

private:
  void on_channel_data(bytes_view payload) override { session_->on_channel_data(payload, now_ms()); }
  void on_channel_closed(refusal why) override { session_->on_channel_closed(why, now_ms()); }
  void connect(const device_id& as, const hash32& certificate_hash);
  void certify(e2ee::device_fields c, const e2ee::signing_key& invitation_key);
  void make_own_party();

  public_key server_noise_;
  std::string name_;
  client::link link_;
  wire::noise_key_pair noise_ = wire::noise_key_pair::random();
  e2ee::x25519_pair sealing_ = e2ee::x25519_pair::random();
  std::unique_ptr<client::session> session_;
  std::size_t welcomes_ = 0;
};

/// The first person as registrar, who lets everybody else in.
class bench_registrar {
public:
  explicit bench_registrar(daemon_process& daemon);
  std::unique_ptr<bench_device> let_in(const std::string& name);
  /// Of one role that all stations share.
  std::unique_ptr<bench_device> let_in_station(const std::string& name);

private:
  struct invited {
    e2ee::signing_key key;
    e2ee::x25519_pair curve;
    hash32 hash{};
  };
  invited invite(e2ee::invitation_fields i, std::vector<wire::device::party_name> names);

  daemon_process& daemon_;
  bench_device device_;
  hash32 certificate_{};
  party_id stations_;
};

/// write_bytes of /proc/PID/io, or of "self"; nothing if it cannot be read.
std::optional<std::uint64_t> written_bytes_of(const std::string& process);

[[noreturn]] void give_up(const std::string& why);

} // namespace wardline::bench
