#pragma once
// Two ends of a fresh channel, for tests.
#include "wire/channel.hpp"
#include <catch2/catch.hpp>

namespace wardline::tests {

inline constexpr clinic_id clinic_of_tests{{1, 2, 3}};

struct channel_pair {
  wire::noise_key_pair device_key = wire::noise_key_pair::random();
  wire::noise_key_pair daemon_key = wire::noise_key_pair::random();
  bytes first;
  bytes answer;
  std::optional<wire::channel> device;
  std::optional<wire::channel> daemon;

  explicit channel_pair(time_ms now = 0) {
    wire::channel_initiator initiator{clinic_of_tests, device_key, daemon_key.pub};
    wire::channel_responder responder{clinic_of_tests, daemon_key};
    auto message = initiator.start();
    REQUIRE(message);
    first = *message;
    REQUIRE(responder.read(first) == refusal::none);
    REQUIRE(responder.initiator() == device_key.pub);
    auto answered = responder.answer(view("server hello"), true, now);
    REQUIRE(answered);
    answer = answered->message;
    daemon = std::move(answered->channel);
    daemon->greet(); // as after the device's Hello
    auto opened = initiator.finish(answer, now);
    REQUIRE(opened);
    REQUIRE(text(opened->server_hello) == "server hello");
    device = std::move(opened->channel);
  }
};

/// The message in an event; fails the test if it is none.
inline bytes message_of(const expected<wire::channel_event>& event) {
  REQUIRE(event);
  REQUIRE(std::holds_alternative<wire::channel_message>(*event));
  return std::get<wire::channel_message>(*event).value;
}

} // namespace wardline::tests
