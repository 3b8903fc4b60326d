#include "shared_connection.hpp"
#include "raw_plugin.hpp"
#include "wire/limits.hpp"
#include "wire/link.hpp"

namespace wardline::bench {

namespace says = wire::link;

/// The daemon may have read ten thousand devices a moment ago.
constexpr int welcome_within_ms = 60'000;

class shared_connection::shared_channel final : public carrier {
public:
  explicit shared_channel(shared_connection& on) : on_{on} {}
  ~shared_channel() override { on_.open_.erase(number_); }

  void open() override {
    on_.open_.erase(number_);
    number_ = on_.next_++;
    on_.open_[number_] = this;
  }
  void send(bytes_view payload) override {
    need(on_.socket_->send(says::encode(says::channel_data{number_, to_bytes(payload)})),
         "a shared connection is full");
  }
  void close() override {
    if (on_.open_.erase(number_) != 0)
      (void)on_.socket_->send(says::encode(says::channel_closed{number_, refusal::none}));
  }
  void turn(std::uint64_t, std::uint64_t wait_ms, client::link::channel_listener& to) override {
    listener_ = &to;
    on_.turn(wait_ms);
  }
  void closed_by_daemon(refusal why) {
    on_.open_.erase(number_);
    if (listener_ != nullptr)
      listener_->on_channel_closed(why);
  }
  void data(bytes_view payload) {
    need(listener_ != nullptr, "a device was answered before it listened");
    listener_->on_channel_data(payload);
  }

private:
  shared_connection& on_;
  std::uint64_t number_ = 0;
  client::link::channel_listener* listener_ = nullptr;
};

shared_connection::shared_connection(const daemon_process& daemon, const e2ee::x25519_pair& curve)
    : daemon_{daemon}, curve_{curve.secret.copy(), curve.public_part} {
  open_again();
}

shared_connection::~shared_connection() = default;

std::unique_ptr<carrier> shared_connection::channel() {
  return std::make_unique<shared_channel>(*this);
}

void shared_connection::open_again() {
  open_.clear();
  curve_pair own{curve_.public_part, curve_.secret.copy()};
  raw_plugin::settings how;
  how.frames_held_max = 2 * static_cast<int>(wire::channels_per_plugin_max);
  socket_ = std::make_unique<raw_plugin>(daemon_.address, daemon_.curve_key, own, how);
  need(socket_->send(says::encode(says::hello{"cli", "1", says::protocol, says::protocol, {"channels"}})),
       "a shared connection is not made");
  auto welcome = socket_->receive(welcome_within_ms);
  auto said = welcome ? says::decode(*welcome) : expected<says::frame>{refusal::link_down};
  need(said && std::holds_alternative<says::welcome>(*said), "a shared connection is not welcome");
}

void shared_connection::turn(std::uint64_t wait_ms) {
  for (auto wait = static_cast<int>(wait_ms);; wait = 0) {
    auto frame = socket_->receive(wait);
    if (!frame)
      return;
    take(*frame);
  }
}

void shared_connection::take(bytes_view frame) {
  auto said = says::decode(frame);
  need(static_cast<bool>(said), "the daemon sent a frame that is none");
  if (const auto* data = std::get_if<says::channel_data>(&*said)) {
    if (auto to = open_.find(data->channel); to != open_.end())
      to->second->data(data->payload);
  } else if (const auto* closed = std::get_if<says::channel_closed>(&*said)) {
    if (auto to = open_.find(closed->channel); to != open_.end())
      to->second->closed_by_daemon(closed->why);
  } else {
    give_up("a shared connection was refused");
  }
}

} // namespace wardline::bench
