#include "network.hpp"
#include "hostile_layer.hpp"
#include "ports/storage.hpp"

namespace wardline::sim {

namespace {

namespace link = wire::link;

bytes routing_of(std::uint32_t number) {
  return ports::row_key(number);
}

} // namespace

client::store_result counting_store::commit(std::span<const client::store_change> changes) {
  for (const auto& c : changes) {
    if (c.where != client::table::turns)
      continue;
    staged_ += c.value ? 1 : 0;
    if (c.value)
      waiting_.insert(c.key);
    else
      waiting_.erase(c.key);
  }
  return disk_.commit(changes);
}

wired_device::wired_device(std::string n, std::string whose, std::uint32_t number)
    : name{std::move(n)}, person{std::move(whose)}, peer{"cli/" + hex(routing_of(number)),
                                                         routing_of(number)} {
  make_device();
  say_hello();
}

void wired_device::make_device() {
  client::device_events events;
  events.said = [this](const client::notice& n) {
    if (said)
      said(n);
  };
  device = std::make_unique<client::device>(store, *this, std::move(events));
  ++lives_;
}

void wired_device::say_hello() {
  link::hello h;
  h.plugin = "cli";
  h.version = "simulated";
  h.wants = {"channels"};
  to_daemon.push_back(link::encode(h));
}

void wired_device::restart(time_ms now) {
  if (open_)
    close();
  make_device();
  device->start(now);
}

void wired_device::reconnect(time_ms now) {
  to_daemon.clear();
  to_device.clear();
  say_hello();
  bool was_open = std::exchange(open_, false);
  if (was_open)
    device->on_channel_closed(refusal::link_down, now);
}

void wired_device::open() {
  ++channel_;
  open_ = true;
}

void wired_device::send(bytes_view payload) {
  if (open_)
    to_daemon.push_back(link::encode(link::channel_data{channel_, to_bytes(payload)}));
}

void wired_device::close() {
  open_ = false;
  to_daemon.push_back(link::encode(link::channel_closed{channel_, refusal::none}));
}

void wired_device::deliver_one(time_ms now) {
  auto raw = std::move(to_device.front());
  to_device.pop_front();
  auto frame = link::decode(raw);
  if (!frame)
    return;
  if (auto* data = std::get_if<link::channel_data>(&*frame);
      data != nullptr && open_ && data->channel == channel_)
    device->on_channel_data(data->payload, now);
  else if (auto* end = std::get_if<link::channel_closed>(&*frame);
           end != nullptr && open_ && end->channel == channel_) {
    open_ = false;
    device->on_channel_closed(end->why, now);
  }
}

bool sim_link::send(const ports::link_peer& to, bytes frame) {
  auto found = devices_.find(to);
  if (dead || found == devices_.end())
    return false;
  the_hostile_layer().went(to, frame);
  found->second->to_device.push_back(std::move(frame));
  return true;
}

void sim_link::drop(const ports::link_peer& peer, refusal why) {
  if (!dead)
    dropped.emplace_back(peer, why);
}

void sim_link::allow(const public_key&, const std::string&) {}

void sim_link::forbid(const public_key&) {}

} // namespace wardline::sim
