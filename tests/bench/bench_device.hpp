#pragma once
// A device by hand. It does all that costs the daemon something (Noise, requests, slips); what only costs a
// device (verifying what arrives) is left out, because load and daemon share the cores of one machine.
#include "carrier.hpp"
#include "client/session.hpp"
#include "e2ee/slip_seals.hpp"
#include "measure.hpp"
#include "shown_codes.hpp"
#include <memory>

namespace wardline::bench {

/// One enrolled device.
class bench_device final : private client::link::channel_listener {
public:
  bench_device(const daemon_process& daemon, const e2ee::x25519_pair& curve, std::string name);
  /// Carried by another's connection; `curve` of it is not used.
  bench_device(const daemon_process& daemon, std::unique_ptr<carrier> on, std::string name);

  /// Keys, certificate, enrolment, log-in, first link of the own party. Blocking.
  void enrol(const invitation_id& invitation, const hash32& invitation_hash,
             const e2ee::signing_key& invitation_key, const std::string& code, const user_id& user,
             const party_id& own_party);
  /// As a station of one role: no person, no password. Greeted afterwards. Blocking.
  void enrol_station(const invitation_id& invitation, const hash32& invitation_hash,
                     const e2ee::signing_key& invitation_key, const std::string& code, const party_id& role);
  void turn(std::uint64_t wait_ms);

  /// Ends its channel; connect_again() makes the next one, and is_ready() says when it was greeted.
  void hang_up();
  void connect_again();
  [[nodiscard]] bool is_ready() const { return session_->state() == client::session_state::ready; }
  /// Why the last channel ended.
  [[nodiscard]] refusal last_loss() const { return session_->last_loss(); }

  /// The person's password and a code of her authenticator that she has not used.
  wire::device::request_body log_in_request();

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
  /// Of those, the ones that found their person still logged in.
  [[nodiscard]] std::size_t welcomes_with_person() const { return with_person_; }
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
  void start(const device_id& as, const hash32& certificate_hash);
  void connect(const device_id& as, const hash32& certificate_hash);
  void certify(e2ee::device_fields c, const e2ee::signing_key& invitation_key);
  void make_own_party();

  public_key server_noise_;
  std::string name_;
  std::unique_ptr<carrier> carrier_;
  wire::noise_key_pair noise_ = wire::noise_key_pair::random();
  e2ee::x25519_pair sealing_ = e2ee::x25519_pair::random();
  std::unique_ptr<client::session> session_;
  authenticator hers_;
  std::size_t welcomes_ = 0;
  std::size_t with_person_ = 0;
};

} // namespace wardline::bench
