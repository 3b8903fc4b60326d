#include "bench_clinic.hpp"
#include "credentials.hpp"
#include "e2ee/party_keys.hpp"
#include "founding_file.hpp"
#include "shown_codes.hpp"
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sodium.h>
#include <sys/wait.h>
#include <unistd.h>

namespace wardline::bench {

namespace {

constexpr const char* password = "bench-password";
constexpr const char* code_of_all = "12345678";
constexpr std::uint64_t patience_ms = 60'000;

template <class Id>
Id fresh() {
  Id out;
  randombytes_buf(out.value.data(), out.value.size());
  return out;
}

/// The wall clock: certificates and slips carry it.
time_ms wall_ms() {
  return static_cast<time_ms>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                  std::chrono::system_clock::now().time_since_epoch())
                                  .count());
}

std::optional<std::uint64_t> field_of(const std::filesystem::path& file, const std::string& name) {
  std::ifstream in{file};
  std::string word;
  while (in >> word)
    if (word == name && in >> word)
      return std::stoull(word);
  return std::nullopt;
}

client::link_settings settings_of(const daemon_process& daemon, const e2ee::x25519_pair& curve) {
  client::link_settings s;
  s.endpoint = daemon.address;
  s.server_curve_key = daemon.curve_key;
  s.client_curve_public = curve.public_part;
  s.client_curve_secret = curve.secret.copy();
  return s;
}

} // namespace

std::uint64_t now_ms() {
  return static_cast<std::uint64_t>(now_seconds() * 1e3);
}

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void give_up(const std::string& why) {
  std::fprintf(stderr, "wardline-bench: %s\n", why.c_str());
  std::exit(70);
}

// ---- the daemon

daemon_process::daemon_process(std::filesystem::path program, std::filesystem::path folder)
    : identity{fresh<clinic_id>(), secret32::random()}, program_{std::move(program)}, folder_{
                                                                                          std::move(folder)} {
  std::filesystem::create_directories(folder_ / "plugins.d");
  std::filesystem::create_directories(folder_ / "state");
  std::filesystem::create_directories(folder_ / "credentials");
  address = "ipc://" + (folder_ / "cli.sock").string();
  std::ofstream{folder_ / "wardline.yaml"} << "state_dir: " << (folder_ / "state").string()
                                           << "\ncredentials_dir: " << (folder_ / "credentials").string()
                                           << "\nplugins_dir: " << (folder_ / "plugins.d").string() << "\n";
  std::ofstream{folder_ / "plugins.d" / "cli.yaml"} << "address: " << address << "\nrights: [channels]\n";
  auto box = daemon::credentials::make();
  box.save(folder_ / "credentials");
  noise_key = daemon::x25519_public(box.noise_key);
  curve_key = daemon::x25519_public(box.link_key);
  founded = std::make_unique<ctl::founded_clinic>(ctl::found_clinic(
      identity, {noise_key, daemon::ed25519_public(box.log_key), daemon::ed25519_public(box.daemon_key)},
      "Bench", "registrar", wall_ms()));
  daemon::write_founding(folder_ / "state" / daemon::founding_file_name, founded->first);
  launch();
}

void daemon_process::launch() {
  pid_ = ::fork();
  if (pid_ == 0) {
    int log = ::open((folder_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(log, STDERR_FILENO);
    ::execl(program_.c_str(), "wardlined", "--config", (folder_ / "wardline.yaml").c_str(), nullptr);
    ::_exit(127);
  }
}

void daemon_process::kill_and_start() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  launch();
}

bool daemon_process::alive() const {
  return ::kill(pid_, 0) == 0 && ::waitpid(pid_, nullptr, WNOHANG) == 0;
}

daemon_process::~daemon_process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::uint64_t daemon_process::resident_bytes() const {
  auto kib = field_of("/proc/" + std::to_string(pid_) + "/status", "VmRSS:");
  if (!kib)
    give_up("the daemon has ended");
  return *kib * 1024;
}

std::string daemon_process::journal() const {
  std::ifstream in{folder_ / "log", std::ios::binary};
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

std::uint64_t daemon_process::peak_resident_bytes() const {
  auto kib = field_of("/proc/" + std::to_string(pid_) + "/status", "VmHWM:");
  if (!kib)
    give_up("the daemon has ended");
  return *kib * 1024;
}

std::optional<std::uint64_t> daemon_process::written_bytes() const {
  return written_bytes_of(std::to_string(pid_));
}

std::optional<std::uint64_t> written_bytes_of(const std::string& process) {
  return field_of("/proc/" + process + "/io", "write_bytes:");
}

double daemon_process::cpu_seconds() const {
  std::ifstream in{"/proc/" + std::to_string(pid_) + "/stat"};
  std::string word;
  for (int i = 0; i < 13; ++i)
    in >> word;
  double user = 0;
  double system = 0;
  in >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// ---- devices

bench_device::bench_device(const daemon_process& daemon, const e2ee::x25519_pair& own_curve, std::string name)
    : clinic{daemon.identity.clinic}, curve{own_curve.secret.copy(), own_curve.public_part},
      server_noise_{daemon.noise_key}, name_{std::move(name)}, link_{settings_of(daemon, own_curve)} {}

void bench_device::turn(std::uint64_t wait_ms) {
  link_.turn(now_ms(), wait_ms, *this);
  session_->tick(now_ms());
}

void bench_device::connect(const device_id& as, const hash32& certificate_hash) {
  client::session_events events;
  events.welcomed = [this](wire::device::welcome&) { ++welcomes_; };
  events.slip = [this](wire::device::slip& s) {
    if (on_slip)
      on_slip(s);
  };
  events.pin_size = [] { return std::uint64_t{0}; };
  if (session_)
    session_->stop();
  session_ = std::make_unique<client::session>(link_, std::move(events));
  client::session_identity who{clinic, server_noise_,    wire::noise_key_pair::from(noise_.secret.copy()),
                               as,     certificate_hash, {}};
  session_->start(std::move(who), now_ms());
  auto end = now_ms() + patience_ms;
  while (session_->state() != client::session_state::ready) {
    turn(5);
    if (now_ms() > end)
      give_up(name_ + " gets no channel: " + to_string(session_->last_loss()));
  }
}

wire::device::answer_body bench_device::answer_to(wire::device::request_body what) {
  std::optional<wire::device::answer_body> came;
  session_->ask(std::move(what), [&](wire::device::answer_body& a) { came = std::move(a); });
  auto end = now_ms() + patience_ms;
  while (!came) {
    turn(5);
    if (now_ms() > end)
      give_up(name_ + " gets no answer");
  }
  return std::move(*came);
}

wire::device::answer_body bench_device::ask_and_wait(wire::device::request_body what) {
  auto came = answer_to(std::move(what));
  if (const auto* no = std::get_if<wire::device::refused>(&came))
    give_up(name_ + " was refused: " + to_string(no->why));
  return came;
}

void bench_device::wait_for_checkpoint() {
  auto end = now_ms() + patience_ms;
  while (std::holds_alternative<wire::device::refused>(answer_to(wire::device::get_checkpoint{})))
    if (now_ms() > end)
      give_up("the daemon signs no checkpoint");
}

void bench_device::enrol(const invitation_id& invitation, const hash32& invitation_hash,
                         const e2ee::signing_key& invitation_key, const std::string& code, const user_id& who,
                         const party_id& own_party) {
  user = who;
  party = own_party;
  e2ee::device_fields c;
  c.invitation = invitation_hash;
  c.user = user;
  c.parties = {party};
  certify(std::move(c), invitation_key);
  connect({}, {});
  authenticator hers{name_};
  // Enrolling logs a person in: the welcome of the certified channel says so.
  ask_and_wait(
      wire::device::enrol{invitation, code, certificate_raw, password, hers.secret, hers.shows(wall_ms())});
  connect(device, certificate);
  make_own_party();
}

void bench_device::enrol_station(const invitation_id& invitation, const hash32& invitation_hash,
                                 const e2ee::signing_key& invitation_key, const std::string& code,
                                 const party_id& role) {
  party = role;
  e2ee::device_fields c;
  c.of_class = e2ee::device_class::station;
  c.invitation = invitation_hash;
  c.parties = {role};
  certify(std::move(c), invitation_key);
  connect({}, {});
  ask_and_wait(wire::device::enrol{invitation, code, certificate_raw, {}});
  connect(device, certificate);
}

void bench_device::certify(e2ee::device_fields c, const e2ee::signing_key& invitation_key) {
  device = fresh<device_id>();
  c.device = device;
  c.serial = 1;
  c.display_name = name_;
  c.signing_key = signing.public_part();
  c.noise_key = noise_.pub;
  c.sealing_key = sealing_.public_part;
  c.from = wall_ms();
  c.until = c.from + 365ull * 86'400'000;
  certificate_raw = e2ee::sign_object(
      clinic, c, {{invitation_key, e2ee::labels::device}, {signing, e2ee::labels::device_possession}});
  certificate = e2ee::device_certificate::decode(certificate_raw, clinic)->hash();
}

void bench_device::make_own_party() {
  e2ee::party_chain chain;
  chain.party = party;
  chain.kind = e2ee::party_kind::user;
  auto link = e2ee::make_link(clinic, chain, {{{device, certificate, {}}, sealing_.public_part}},
                              e2ee::link_reason::genesis, {device, certificate, signing}, wall_ms());
  if (!link)
    give_up("a first link was refused");
  inbox = e2ee::inbox_of(clinic, party, 1, *link->seed).public_part;
  ask_and_wait(wire::device::submit{link->core, link->members, link->seals});
}

// ---- the registrar

bench_registrar::bench_registrar(daemon_process& daemon)
    : daemon_{daemon}, device_{daemon, daemon.founded->link, "registrar"} {
  const auto& f = *daemon.founded;
  auto invitation = e2ee::signed_invitation::decode(f.first.invitation, f.first.clinic);
  device_.enrol(f.invitation, invitation->hash(), f.invitation_key, f.second_code, invitation->user,
                invitation->parties.front());
  auto object = ctl::certify_registrar(daemon.identity, device_.certificate_raw, 1, wall_ms());
  if (!object)
    give_up("the registrar was not certified");
  certificate_ =
      std::get<wire::device::submitted>(device_.ask_and_wait(wire::device::submit{*object, {}, {}})).hash;
}

bench_registrar::invited bench_registrar::invite(e2ee::invitation_fields i,
                                                 std::vector<wire::device::party_name> names) {
  invited out{e2ee::signing_key::random(), e2ee::x25519_pair::random(), {}};
  i.invitation_key = out.key.public_part();
  i.registrar = certificate_;
  i.from = wall_ms();
  i.until = i.from + 86'400'000;
  wire::device::invite order;
  order.object = e2ee::sign_object(daemon_.identity.clinic, i, {{device_.signing, e2ee::labels::invitation}});
  order.code = code_of_all;
  order.link_key = out.curve.public_part;
  order.names = std::move(names);
  out.hash = std::get<wire::device::submitted>(device_.ask_and_wait(std::move(order))).hash;
  return out;
}

std::unique_ptr<bench_device> bench_registrar::let_in(const std::string& name) {
  e2ee::invitation_fields i;
  i.invitation = fresh<invitation_id>();
  i.user = fresh<user_id>();
  i.parties = {fresh<party_id>()};
  i.display_name = name;
  auto to = invite(i, {{i.parties.front(), 1, name}});
  auto out = std::make_unique<bench_device>(daemon_, to.curve, name);
  out->enrol(i.invitation, to.hash, to.key, code_of_all, i.user, i.parties.front());
  return out;
}

std::unique_ptr<bench_device> bench_registrar::let_in_station(const std::string& name) {
  std::vector<wire::device::party_name> names;
  if (!stations_) {
    stations_ = fresh<party_id>();
    names.push_back({stations_, 2, "all stations"});
  }
  e2ee::invitation_fields i;
  i.invitation = fresh<invitation_id>();
  i.of_class = e2ee::device_class::station;
  i.parties = {stations_};
  i.display_name = name;
  auto to = invite(i, std::move(names));
  auto out = std::make_unique<bench_device>(daemon_, to.curve, name);
  out->enrol_station(i.invitation, to.hash, to.key, code_of_all, stations_);
  return out;
}

} // namespace wardline::bench
