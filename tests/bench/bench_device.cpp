#include "bench_device.hpp"
#include "bench_values.hpp"
#include "e2ee/party_keys.hpp"

namespace wardline::bench {

namespace {

constexpr const char* password = "bench-password";
constexpr std::uint64_t patience_ms = 60'000;

client::link_settings settings_of(const daemon_process& daemon, const e2ee::x25519_pair& curve) {
  client::link_settings s;
  s.endpoint = daemon.address;
  s.server_curve_key = daemon.curve_key;
  s.client_curve_public = curve.public_part;
  s.client_curve_secret = curve.secret.copy();
  return s;
}

} // namespace

own_connection::own_connection(const daemon_process& daemon, const e2ee::x25519_pair& curve)
    : link_{settings_of(daemon, curve)} {}

bench_device::bench_device(const daemon_process& daemon, const e2ee::x25519_pair& own_curve, std::string name)
    : clinic{daemon.identity.clinic}, curve{own_curve.secret.copy(), own_curve.public_part},
      server_noise_{daemon.noise_key}, name_{std::move(name)},
      carrier_{std::make_unique<own_connection>(daemon, own_curve)}, hers_{name_} {}

bench_device::bench_device(const daemon_process& daemon, std::unique_ptr<carrier> on, std::string name)
    : clinic{daemon.identity.clinic}, curve{e2ee::x25519_pair::random()},
      server_noise_{daemon.noise_key}, name_{std::move(name)}, carrier_{std::move(on)}, hers_{name_} {}

void bench_device::turn(std::uint64_t wait_ms) {
  carrier_->turn(now_ms(), wait_ms, *this);
  session_->tick(now_ms());
}

void bench_device::start(const device_id& as, const hash32& certificate_hash) {
  client::session_events events;
  events.welcomed = [this](wire::device::welcome& w) {
    ++welcomes_;
    with_person_ += w.user ? 1 : 0;
  };
  events.slip = [this](wire::device::slip& s) {
    if (on_slip)
      on_slip(s);
  };
  events.pin_size = [] { return std::uint64_t{0}; };
  if (session_)
    session_->stop();
  session_ = std::make_unique<client::session>(*carrier_, std::move(events));
  client::session_identity who{clinic, server_noise_,    wire::noise_key_pair::from(noise_.secret.copy()),
                               as,     certificate_hash, {}};
  session_->start(std::move(who), now_ms());
}

wire::device::request_body bench_device::log_in_request() {
  auto now = wall_ms();
  return wire::device::log_in{{}, password, hers_.fresh(now)};
}

void bench_device::hang_up() {
  session_->stop();
}

void bench_device::connect_again() {
  start(device, certificate);
}

void bench_device::connect(const device_id& as, const hash32& certificate_hash) {
  start(as, certificate_hash);
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
  // Enrolling logs a person in: the welcome of the certified channel says so.
  ask_and_wait(
      wire::device::enrol{invitation, code, certificate_raw, password, hers_.secret, hers_.gives(wall_ms())});
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

} // namespace wardline::bench
