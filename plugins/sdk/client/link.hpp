#pragma once
// ward's connection: a DEALER with CURVE to the daemon's endpoint of the plugin `cli`, its hello, and one
// device channel. Owned and used by one thread.
#include "client/pipe.hpp"
#include "wire/expected.hpp"
#include "wire/secret.hpp"
#include <memory>
#include <string>

namespace wardline::client {

/// Milliseconds without Welcome after which the socket is made anew, and the waits in between. libzmq never
/// tries again by itself after a denial (security 6.2).
inline constexpr std::uint64_t welcome_ms_max = 3'000;
inline constexpr std::uint64_t socket_wait_ms_min = 100;
inline constexpr std::uint64_t socket_wait_ms_max = 3'000;

struct link_settings {
  std::string endpoint;
  public_key server_curve_key{};
  public_key client_curve_public{};
  secret32 client_curve_secret;
  std::string plugin = "cli";
  std::string version = "1";
};

class link final : public pipe {
public:
  /// What a channel brings; called from within turn().
  struct channel_listener {
    virtual ~channel_listener() = default;
    virtual void on_channel_data(bytes_view payload) = 0;
    virtual void on_channel_closed(refusal why) = 0;
  };

  explicit link(link_settings settings);
  ~link() override;

  void open() override;
  void send(bytes_view payload) override;
  void close() override;

  /// Waits up to `wait_ms` for frames, hands on what came, and keeps the socket alive. `now_ms` is any steady
  /// clock.
  void turn(std::uint64_t now_ms, std::uint64_t wait_ms, channel_listener& to);
  /// Welcome has come on the present socket.
  [[nodiscard]] bool welcomed() const;
  /// What the daemon refused, or link_down; none while it works.
  [[nodiscard]] refusal trouble() const;

private:
  struct sockets;
  std::unique_ptr<sockets> sockets_;
};

} // namespace wardline::client
