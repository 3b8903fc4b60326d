#pragma once
// What the hostile tests share: one real daemon that takes all of it, an honest exchange on it, and a plugin
// and a device by hand.
#include "real_clinic.hpp"
#include "wire/channel.hpp"
#include "wire/device.hpp"
#include "wire/link.hpp"
#include <catch2/catch.hpp>

namespace wardline::fault {

inline constexpr std::size_t resident_bytes_max = 256u << 20;

inline real_clinic& clinic() {
  static real_clinic one; // one daemon takes all of it
  return one;
}

/// Somebody sends, somebody else reads and acknowledges, within the time given.
inline void honest_exchange(int within_ms = 60'000) {
  auto& c = clinic();
  static unsigned number = 0;
  client::draft what;
  what.text = "honest message " + std::to_string(++number);
  auto sent = c.act<client::sent_message>(
      "sending", [&](auto then) { c.nurse().device->send("physician", what, {}, std::move(then)); });
  REQUIRE(c.run_until([&] { return c.physician().device->find(sent.message).has_value(); }, within_ms));
  auto opened = c.act<std::vector<client::opened_message>>("opening", [&](auto then) {
    c.physician().device->open(sent.conversation, {sent.seq}, wire::device::purpose::treatment,
                               std::move(then));
  });
  REQUIRE(opened.size() == 1);
  CHECK(opened[0].content.text == what.text);
  c.act<client::acknowledged_message>(
      "acknowledging", [&](auto then) { c.physician().device->acknowledge(sent.message, std::move(then)); });
  CHECK(c.daemon->alive());
  CHECK(c.daemon->resident_bytes() < resident_bytes_max);
}

inline std::string address(const std::string& plugin) {
  return "ipc://" + (clinic().folder.path / plugin).string() + ".sock";
}

/// The plugin web, by hand.
struct web_plugin {
  raw_plugin wire{address("web"), clinic().server_curve, clinic().web_key, {.stays_cut = true}};

  bool say(const wire::link::frame& f) { return wire.send(wire::link::encode(f)); }

  std::optional<wire::link::frame> hear(int within_ms = 10'000) {
    auto raw = wire.receive(within_ms);
    if (!raw)
      return std::nullopt;
    auto f = wire::link::decode(*raw);
    REQUIRE(f);
    return *f;
  }

  void greet() {
    REQUIRE(say(wire::link::hello{"web", "1", 1, 1, {"channels"}}));
    auto answer = hear();
    REQUIRE(answer);
    REQUIRE(std::holds_alternative<wire::link::welcome>(*answer));
  }

  /// The refusal that ended the link, or none.
  refusal refused() {
    auto answer = hear();
    auto* no = answer ? std::get_if<wire::link::refused>(&*answer) : nullptr;
    return no == nullptr ? refusal::none : no->why;
  }

  /// Why that channel was closed, whatever else comes before.
  refusal closed(std::uint64_t channel) {
    while (auto answer = hear())
      if (auto* end = std::get_if<wire::link::channel_closed>(&*answer);
          end != nullptr && end->channel == channel)
        return end->why;
    return refusal::none;
  }

  std::optional<bytes> data(std::uint64_t channel) {
    while (auto answer = hear())
      if (auto* in = std::get_if<wire::link::channel_data>(&*answer); in != nullptr && in->channel == channel)
        return in->payload;
    return std::nullopt;
  }
};

/// A device that nobody knows, up to an open channel: whoever wants to enrol gets this far.
struct stranger {
  wire::noise_key_pair own = wire::noise_key_pair::random();
  wire::channel_initiator hand;
  std::optional<wire::channel> line;

  explicit stranger(const clinic_id& of = clinic().clinic, std::uint16_t version = wire::wire_version)
      : hand{of, own, clinic().server_noise, version} {}

  bytes first() {
    auto m = hand.start();
    REQUIRE(m);
    return *m;
  }

  void open(web_plugin& p, std::uint64_t channel) {
    p.say(wire::link::channel_data{channel, first()});
    auto answer = p.data(channel);
    REQUIRE(answer);
    auto opened = hand.finish(*answer, 1);
    REQUIRE(opened);
    line.emplace(std::move(opened->channel));
  }

  void ask(web_plugin& p, std::uint64_t channel, wire::device::request_body what) {
    wire::device::request r;
    r.id.value.fill(1);
    r.what = std::move(what);
    auto sealed = line->send(wire::device::encode(r));
    REQUIRE(sealed);
    for (const auto& f : *sealed)
      p.say(wire::link::channel_data{channel, f});
  }
};

inline bytes first_bytes(const bytes& all, std::size_t n) {
  return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n)};
}

} // namespace wardline::fault
