#include "plugin_host.hpp"
#include "wire/limits.hpp"
#include <algorithm>

namespace wardline {

namespace {

const std::string right_to_channels = "channels";

refusal judge(const wire::link::hello& m, const ports::link_peer& from, const plugin_rights& rights) {
  // The CURVE key decides who it is (security 6.1); the name in the frame may only agree.
  if (m.plugin != from.plugin() || !rights.contains(m.plugin))
    return refusal::plugin_not_granted;
  if (m.protocol_min > wire::link::protocol || m.protocol_max < wire::link::protocol)
    return refusal::protocol_not_supported;
  return refusal::none;
}

wire::link::welcome welcome_with(const std::set<std::string>& granted) {
  wire::link::welcome w;
  w.protocol = wire::link::protocol;
  w.granted.assign(granted.begin(), granted.end());
  w.frame_bytes_max = wire::frame_bytes_max;
  w.channels_max = wire::channels_per_plugin_max;
  w.credit_frames_max = wire::credit_frames_max;
  w.credit_bytes_max = wire::credit_bytes_max;
  return w;
}

} // namespace

void plugin_host_state::on(const frame_in& m) {
  auto found = links.find(m.from);
  auto frame = wire::link::decode(m.frame);
  auto* hello = frame ? std::get_if<wire::link::hello>(&*frame) : nullptr;
  if (hello != nullptr)
    return take(m.from, *hello);
  if (found == links.end()) {
    // Frames behind the one that cost the link were on their way already: they are not news.
    if (std::find(dropped.begin(), dropped.end(), m.from) == dropped.end())
      refuse(m.from, frame ? refusal::hello_missing : frame.why());
    return;
  }
  if (!frame)
    return refuse(m.from, frame.why());
  if (auto* data = std::get_if<wire::link::channel_data>(&*frame))
    return take(m.from, found->second, *data, m.held);
  if (auto* closed = std::get_if<wire::link::channel_closed>(&*frame)) {
    auto channel = found->second.channels.find(closed->channel);
    if (channel == found->second.channels.end())
      return; // both sides closed at once
    self->send(channel->second, channel_cut{closed->why});
    return erase(m.from, found->second, closed->channel);
  }
  refuse(m.from, refusal::frame_malformed); // a frame that only the daemon sends
}

void plugin_host_state::take(const ports::link_peer& from, const wire::link::hello& m) {
  if (auto why = judge(m, from, rights); why != refusal::none)
    return refuse(from, why);
  // A plugin that says Hello again has lost its connection without our noticing: its channels are gone.
  forget(from, refusal::link_down);
  if (links.size() >= links_max)
    return refuse(from, refusal::overloaded);
  std::erase(dropped, from);
  auto& granted = links[from].granted;
  for (const auto& right : m.wants)
    if (rights.at(m.plugin).contains(right))
      granted.insert(right);
  journal->write(ports::severity::info, "plugin_linked",
                 {{"links", links.size()}, {"rights", granted.size()}});
  if (!out->send(from, wire::link::encode(welcome_with(granted))))
    forget(from, refusal::link_down);
}

void plugin_host_state::take(const ports::link_peer& from, link& l, wire::link::channel_data& m,
                             const credit& held) {
  if (!l.granted.contains(right_to_channels))
    return refuse(from, refusal::plugin_not_granted);
  auto found = l.channels.find(m.channel);
  if (found == l.channels.end()) {
    if (channels_of[from.user] >= wire::channels_per_plugin_max)
      return close(from, m.channel, refusal::too_many_channels);
    if (last.now == 0) // before the first tick of the house no time limit of a handshake could be kept
      return close(from, m.channel, refusal::overloaded);
    self->send(open(from, l, m.channel), channel_in{std::move(m.payload), held});
    return;
  }
  self->send(found->second, channel_in{std::move(m.payload), held});
}

device_session_actor plugin_host_state::open(const ports::link_peer& from, link& l, std::uint64_t channel) {
  auto session = make(channel_ref{from, channel}, self);
  self->monitor(session);
  l.channels.emplace(channel, session);
  ++channels_of[from.user];
  self->send(session, last);
  return session;
}

void plugin_host_state::erase(const ports::link_peer& peer, link& l, std::uint64_t channel) {
  auto found = l.channels.find(channel);
  if (found == l.channels.end())
    return;
  self->demonitor(found->second.address());
  l.channels.erase(found);
  auto counted = channels_of.find(peer.user);
  if (--counted->second == 0)
    channels_of.erase(counted);
}

void plugin_host_state::refuse(const ports::link_peer& peer, refusal why) {
  journal->write(ports::severity::warning, "plugin_refused", {{"why", ports::word::of_table(name_of(why))}});
  (void)out->send(peer, wire::link::encode(wire::link::refused{why}));
  forget(peer, why);
  out->drop(peer, why);
  if (std::find(dropped.begin(), dropped.end(), peer) == dropped.end())
    dropped.push_back(peer);
  if (dropped.size() > dropped_links_max)
    dropped.pop_front();
}

void plugin_host_state::forget(const ports::link_peer& peer, refusal why) {
  auto found = links.find(peer);
  if (found == links.end())
    return;
  auto& channels = found->second.channels;
  while (!channels.empty()) {
    self->send(channels.begin()->second, channel_cut{why});
    erase(peer, found->second, channels.begin()->first);
  }
  links.erase(found);
}

void plugin_host_state::close(const ports::link_peer& peer, std::uint64_t channel, refusal why) {
  (void)out->send(peer, wire::link::encode(wire::link::channel_closed{channel, why}));
}

void plugin_host_state::on(const peer_gone& m) {
  std::erase(dropped, m.peer);
  forget(m.peer, refusal::link_down);
}

/// A number is free again once its channel is over: what an older session of that number still says is not
/// for the channel that has it now.
bool plugin_host_state::is_live(const channel_ref& c, const caf::strong_actor_ptr& session) {
  auto found = links.find(c.peer);
  if (found == links.end() || !session)
    return false;
  auto channel = found->second.channels.find(c.number);
  return channel != found->second.channels.end() && channel->second.address() == session;
}

void plugin_host_state::on(const channel_out& m) {
  if (!is_live(m.to, self->current_sender()))
    return;
  auto& l = links.at(m.to.peer);
  for (const auto& payload : m.payloads) {
    if (out->send(m.to.peer, wire::link::encode(wire::link::channel_data{m.to.number, payload})))
      continue;
    // A frame that is lost breaks the channel's count: nothing behind it could be opened.
    self->send(l.channels.at(m.to.number), channel_cut{refusal::link_down});
    erase(m.to.peer, l, m.to.number);
    return close(m.to.peer, m.to.number, refusal::link_down);
  }
}

void plugin_host_state::on(const channel_over& m) {
  if (!is_live(m.channel, self->current_sender()))
    return;
  erase(m.channel.peer, links.at(m.channel.peer), m.channel.number);
  close(m.channel.peer, m.channel.number, m.why);
}

void plugin_host_state::show() const {
  rules::all_plugin_links all;
  for (const auto& [plugin, granted] : rights)
    all[plugin];
  for (const auto& [peer, l] : links) {
    auto& one = all[peer.plugin()];
    ++one.links;
    one.channels += static_cast<std::uint32_t>(l.channels.size());
  }
  shown->swap(std::make_shared<const rules::all_plugin_links>(std::move(all)));
}

void plugin_host_state::on(const tick& m) {
  last = m;
  show();
  for (const auto& [peer, l] : links)
    for (const auto& [number, session] : l.channels)
      self->send(session, m);
}

/// A session that died alone costs its own device its channel; what was unanswered is asked again by its id.
void plugin_host_state::down(const caf::down_msg& m) {
  for (auto& [peer, l] : links)
    for (const auto& [number, session] : l.channels)
      if (session.address() == m.source) {
        auto channel = number;
        journal->write(ports::severity::error, "session_crashed");
        erase(peer, l, channel);
        return close(peer, channel, refusal::unknown_channel);
      }
}

plugin_host_state::~plugin_host_state() {
  for (const auto& [peer, l] : links)
    for (const auto& [channel, session] : l.channels)
      caf::anon_send_exit(session, caf::exit_reason::user_shutdown);
}

void plugin_host_state::cut_all(refusal why) {
  while (!links.empty())
    forget(ports::link_peer{links.begin()->first}, why);
}

plugin_host_actor::behavior_type plugin_host(plugin_host_actor::stateful_pointer<plugin_host_state> self,
                                             ports::link* out, plugin_rights rights, make_device_session make,
                                             ports::journal* journal,
                                             std::shared_ptr<rules::plugin_links_board> shown) {
  auto& st = self->state; // the one place that names self->state: becomes state() in CAF 1.0
  st.self = self;
  st.out = out;
  st.rights = std::move(rights);
  st.make = std::move(make);
  st.journal = journal;
  st.shown = std::move(shown);
  self->set_down_handler([&st](caf::down_msg& m) { st.down(m); });
  self->set_exit_handler([&st](caf::exit_msg& m) {
    st.cut_all(refusal::link_down);
    st.self->quit(m.reason);
  });
  return {
      [&st](const frame_in& m) { st.on(m); },    [&st](const peer_gone& m) { st.on(m); },
      [&st](const channel_out& m) { st.on(m); }, [&st](const channel_over& m) { st.on(m); },
      [&st](const tick& m) { st.on(m); },
  };
}

} // namespace wardline
