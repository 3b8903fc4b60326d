#include "hostile_layer.hpp"
#include <algorithm>

using namespace wardline;

// NOLINTBEGIN: the linker's names for the three functions of wire::channel that it wraps.
extern "C" {
expected<std::vector<bytes>>
__real__ZN8wardline4wire7channel4sendESt4spanIKhLm18446744073709551615EE(wire::channel* self,
                                                                         bytes_view message);
expected<wire::channel_event>
__real__ZN8wardline4wire7channel7receiveESt4spanIKhLm18446744073709551615EEm(wire::channel* self,
                                                                             bytes_view frame, time_ms now);
std::optional<bytes> __real__ZN8wardline4wire7channel5closeENS_7refusalE(wire::channel* self, refusal why);

expected<std::vector<bytes>>
__wrap__ZN8wardline4wire7channel4sendESt4spanIKhLm18446744073709551615EE(wire::channel* self,
                                                                         bytes_view message) {
  return sim::the_hostile_layer().seal(*self, message);
}

expected<wire::channel_event>
__wrap__ZN8wardline4wire7channel7receiveESt4spanIKhLm18446744073709551615EEm(wire::channel* self,
                                                                             bytes_view frame, time_ms now) {
  sim::the_hostile_layer().received(*self, frame);
  return __real__ZN8wardline4wire7channel7receiveESt4spanIKhLm18446744073709551615EEm(self, frame, now);
}

std::optional<bytes> __wrap__ZN8wardline4wire7channel5closeENS_7refusalE(wire::channel* self, refusal why) {
  sim::the_hostile_layer().closed(*self);
  return __real__ZN8wardline4wire7channel5closeENS_7refusalE(self, why);
}
}
// NOLINTEND

namespace wardline::sim {

namespace {

expected<std::vector<bytes>> really_seal(wire::channel& c, bytes_view message) {
  return __real__ZN8wardline4wire7channel4sendESt4spanIKhLm18446744073709551615EE(&c, message);
}

} // namespace

hostile_layer& the_hostile_layer() {
  static hostile_layer layer;
  return layer;
}

void hostile_layer::begin(std::uint64_t seed) {
  *this = {};
  dice_.seed(seed);
  on_ = true;
}

void hostile_layer::end() {
  *this = {};
}

/// Every channel of an earlier life is gone, and what was held back with it.
void hostile_layer::life_begins() {
  arriving_.clear();
  lines_.clear();
  held_.clear();
}

void hostile_layer::came(const ports::link_peer& from, bytes_view link_frame) {
  auto frame = on_ ? wire::link::decode(link_frame) : expected<wire::link::frame>{refusal::needs};
  if (auto* data = frame ? std::get_if<wire::link::channel_data>(&*frame) : nullptr)
    arriving_[data->payload] = {from, data->channel};
}

void hostile_layer::received(const wire::channel& c, bytes_view frame) {
  auto found = daemon_runs_ ? arriving_.find(to_bytes(frame)) : arriving_.end();
  if (found == arriving_.end())
    return;
  auto& l = lines_[&c];
  l.peer = found->second.first;
  l.number = found->second.second;
  arriving_.erase(found);
}

void hostile_layer::closed(const wire::channel& c) {
  if (!daemon_runs_)
    return;
  lines_.erase(&c);
  std::erase_if(held_, [&](const held_back& h) { return h.channel == &c; });
}

expected<std::vector<bytes>> hostile_layer::seal(wire::channel& c, bytes_view message) {
  auto known = on_ && daemon_runs_ ? lines_.find(&c) : lines_.end();
  if (known == lines_.end())
    return really_seal(c, message);
  auto& l = known->second;
  auto what =
      lie ? wire::device::decode_from_daemon(message) : expected<wire::device::from_daemon>{refusal::needs};
  auto said = what && lie(l.peer, *what) ? wire::device::encode(*what) : to_bytes(message);
  if (delays && dice_() % held_one_in == 0) {
    ++held_so_far_;
    held_.push_back({&c, std::move(said), now_ + dice_() % held_ms_max});
    return std::vector<bytes>{};
  }
  overtaken_ += std::any_of(held_.begin(), held_.end(), [&](const held_back& h) { return h.channel == &c; });
  auto frames = really_seal(c, said);
  if (frames)
    l.on_the_way += frames->size();
  return frames;
}

void hostile_layer::went(const ports::link_peer& to, bytes_view link_frame) {
  auto frame =
      on_ && daemon_runs_ ? wire::link::decode(link_frame) : expected<wire::link::frame>{refusal::needs};
  auto* data = frame ? std::get_if<wire::link::channel_data>(&*frame) : nullptr;
  if (data == nullptr)
    return;
  for (auto& [c, l] : lines_)
    if (l.peer == to && l.number == data->channel && l.on_the_way > 0)
      --l.on_the_way;
}

void hostile_layer::let_out(time_ms now, ports::link& out) {
  now_ = now;
  std::shuffle(held_.begin(), held_.end(), dice_);
  auto waiting = std::exchange(held_, {});
  for (auto& h : waiting) {
    auto found = lines_.find(h.channel);
    if (found == lines_.end())
      continue;
    if (h.due > now || found->second.on_the_way > 0) {
      held_.push_back(std::move(h));
      continue;
    }
    auto frames = really_seal(*h.channel, h.message);
    if (!frames)
      continue; // the channel has ended
    for (auto& f : *frames)
      (void)out.send(found->second.peer,
                     wire::link::encode(wire::link::channel_data{found->second.number, std::move(f)}));
  }
}

} // namespace wardline::sim
