#pragma once
// A certified device in hostile hands: its channel frame by frame, on a connection of its own.
#include "bench_clinic.hpp"
#include "raw_plugin.hpp"
#include "wire/channel.hpp"
#include "wire/device.hpp"
#include "wire/link.hpp"
#include "wire/noise.hpp"
#include <catch2/catch.hpp>

namespace wardline::fault {

namespace link = wardline::wire::link;
namespace device = wardline::wire::device;

class certified_attacker {
public:
  certified_attacker(const bench::daemon_process& daemon, const bench::bench_device& as,
                     int frames_held_max = 1'000)
      : daemon_{daemon}, as_{as}, own_{as.curve.public_part, as.curve.secret.copy()},
        connection{
            daemon.address, daemon.curve_key, own_, {.stays_cut = true, .frames_held_max = frames_held_max}} {
    REQUIRE(connection.send(link::encode(link::hello{"cli", "1", 1, 1, {"channels"}})));
    auto welcome = connection.receive();
    REQUIRE(welcome);
    REQUIRE(std::holds_alternative<link::welcome>(*link::decode(*welcome)));
  }

  /// Both handshake messages; nothing of ours behind them yet.
  void shake() {
    wire::noise_handshake hand{wire::noise_pattern::ik, wire::noise_role::initiator,
                               wire::channel_prologue(as_.clinic), as_.noise_keys(), daemon_.noise_key};
    transmit(*hand.write({}));
    auto answer = next_data();
    REQUIRE(answer);
    REQUIRE(hand.read(*answer));
    auto keys = hand.split();
    REQUIRE(keys);
    keys_.emplace(std::move(*keys));
  }

  /// Hello, and its Welcome.
  void greet() {
    shake();
    device::hello hello;
    hello.device = as_.device;
    hello.certificate_hash = as_.certificate;
    REQUIRE(std::holds_alternative<device::welcome>(ask(hello)));
  }

  /// One frame of the channel: u8 type (0 part, 1 last, 2 close) | fragment.
  void frame(std::uint8_t type, bytes_view fragment) {
    bytes plain{type};
    plain.insert(plain.end(), fragment.begin(), fragment.end());
    transmit(keys_->sending.seal_frame(plain));
  }

  /// False: the way out stayed full.
  bool request(std::uint32_t number, device::request_body what, int within_ms = 5'000) {
    device::request r;
    for (std::size_t i = 0; i < 4; ++i)
      r.id.value[i] = static_cast<std::uint8_t>(number >> (8 * i));
    r.id.value[15] = 1;
    r.what = std::move(what);
    bytes plain{1};
    auto raw = device::encode(r);
    plain.insert(plain.end(), raw.begin(), raw.end());
    return connection.send(link::encode(link::channel_data{1, keys_->sending.seal_frame(plain)}), within_ms);
  }

  device::answer_body ask(device::request_body what) {
    REQUIRE(request(next_++, std::move(what)));
    auto said = answer();
    REQUIRE(said);
    return std::move(said->result);
  }

  refusal why(device::request_body what) {
    auto said = ask(std::move(what));
    auto* no = std::get_if<device::refused>(&said);
    return no == nullptr ? refusal::none : no->why;
  }

  /// The next answer; nothing once the channel is closed, or when none comes. Pushes are passed over.
  std::optional<device::answer> answer() {
    bytes whole;
    while (auto data = next_data()) {
      auto plain = keys_->receiving.open_frame(*data);
      REQUIRE(plain);
      if ((*plain)[0] == 2) {
        reason = static_cast<refusal>((*plain)[1] << 8 | (*plain)[2]);
        continue;
      }
      whole.insert(whole.end(), plain->begin() + 1, plain->end());
      if ((*plain)[0] == 0)
        continue;
      auto said = device::decode_from_daemon(whole);
      REQUIRE(said);
      whole.clear();
      if (auto* a = std::get_if<device::answer>(&*said))
        return std::move(*a);
    }
    return std::nullopt;
  }

  /// Waits for the end of the channel; what its authenticated close said stands in `reason`.
  refusal closed_as() {
    while (answer()) {
    }
    return closed;
  }

private:
  const bench::daemon_process& daemon_;
  const bench::bench_device& as_;
  curve_pair own_;

public:
  raw_plugin connection;
  refusal reason = refusal::none; ///< of the close frame inside the channel
  refusal closed = refusal::none; ///< of the frame that ends it on the link

private:
  void transmit(const bytes& payload) {
    REQUIRE(connection.send(link::encode(link::channel_data{1, payload})));
  }

  std::optional<bytes> next_data() {
    auto raw = connection.receive(10'000);
    if (!raw)
      return std::nullopt;
    auto f = link::decode(*raw);
    REQUIRE(f);
    if (auto* data = std::get_if<link::channel_data>(&*f))
      return std::move(data->payload);
    if (auto* end = std::get_if<link::channel_closed>(&*f))
      closed = end->why;
    return std::nullopt;
  }

  std::optional<wire::noise_transport> keys_;
  std::uint32_t next_ = 1'000'000;
};

} // namespace wardline::fault
