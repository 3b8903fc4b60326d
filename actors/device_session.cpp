#include "device_session.hpp"
#include "stored.hpp"
#include "timeouts.hpp"
#include "wire/device.hpp"
#include "wire/hash.hpp"
#include "wire/secret.hpp"

namespace wardline {

namespace {

/// SHA-256 over the sorted (party | head hash) of the device's parties: nothing to fetch if it is the same.
hash32 digest_of_heads(const rules::clinic& clinic, const rules::device_record& device) {
  bytes all;
  for (const auto& id : device.parties) { // ascending
    const auto* party = clinic.party(id);
    auto head = party == nullptr ? hash32{} : party->head;
    all.insert(all.end(), id.value.begin(), id.value.end());
    all.insert(all.end(), head.begin(), head.end());
  }
  return sha256(all);
}

/// These end the channel, not only the log-in.
bool ends_channel(refusal why) {
  return why == refusal::replaced || why == refusal::device_revoked;
}

} // namespace

// The frame's credit goes back when this returns: what a device has waiting behind it is bounded by
// unanswered_max.
void device_session_state::on(const channel_in& m) {
  if (at == stage::fresh)
    shake(m.payload);
  else if (at == stage::open)
    receive(m.payload);
  else if (at == stage::shaking)
    end(refusal::handshake_failed); // nobody can have keys before our answer
}

void device_session_state::shake(const bytes& first) {
  auto clinic = parts.board->now();
  at = stage::shaking;
  since = now;
  shaking.emplace(clinic->id, *parts.noise);
  if (shaking->read(first) == refusal::first_payload_not_empty)
    return end(refusal::first_payload_not_empty);
  peer = shaking->initiator();
  const auto* known = clinic->device_with_noise_key(peer);
  // An unknown key may be an enrolment; a gated device's key is neither known nor new.
  bool accepted = !is_zero(peer) && (known == nullptr || !known->gated);
  // Whatever is wrong takes the same way: causes must not be told apart by the time of the answer (e2ee 7.1).
  self->request(parts.audit, std::chrono::milliseconds{hello_checkpoint_ms_max}, consistency{})
      .then(
          [this, accepted](const outcome& o) {
            const auto* found = std::get_if<wire::device::checkpoint>(&o.result);
            finish_shaking(accepted, found == nullptr ? std::string{} : found->note);
          },
          [this, accepted](const caf::error&) { finish_shaking(accepted, {}); });
}

void device_session_state::finish_shaking(bool accepted, const std::string& checkpoint) {
  if (at != stage::shaking)
    return;
  auto answered = shaking->answer(server_hello(checkpoint), accepted, now);
  shaking.reset();
  if (!answered)
    return end(answered.why());
  line.emplace(std::move(answered->channel));
  at = stage::open;
  self->send(host, channel_out{ref, {std::move(answered->message)}});
}

/// An enrolling device gets the first three fields (e2ee 7.1).
bytes device_session_state::server_hello(const std::string& checkpoint) const {
  auto clinic = parts.board->now();
  wire::device::server_hello hello;
  hello.incarnation = clinic->incarnation;
  hello.time = now;
  hello.message_bytes_max = wire::message_bytes_max;
  if (const auto* known = clinic->device_with_noise_key(peer)) {
    hello.checkpoint = checkpoint;
    hello.heads_digest = digest_of_heads(*clinic, *known);
  }
  return wire::device::encode(hello);
}

void device_session_state::receive(const bytes& frame) {
  auto event = line->receive(frame, now);
  if (!event)
    return end(event.why());
  if (auto* message = std::get_if<wire::channel_message>(&*event))
    take_message(wiped_bytes{std::move(message->value)});
  else if (std::get_if<wire::channel_closed>(&*event) != nullptr)
    end(refusal::none);
}

/// False: the message is too large for one; nothing was sent.
bool device_session_state::send(bytes_view message) {
  if (at != stage::open)
    return true;
  auto frames = line->send(message);
  if (frames)
    self->send(host, channel_out{ref, std::move(*frames)});
  else if (frames.why() == refusal::unknown_channel)
    end(refusal::none); // 2^32 frames: the device makes a new one
  return frames || frames.why() != refusal::message_too_large;
}

/// The channel is over. The device is told in its own frame as long as there are keys to say it with; what is
/// unanswered stays unanswered and is asked again.
void device_session_state::end(refusal why) {
  if (at == stage::over)
    return;
  if (why != refusal::none)
    parts.journal->write(ports::severity::info, "channel_ended",
                         {{"why", ports::word::of_table(name_of(why))}, {"unanswered", unanswered.size()}});
  if (line)
    if (auto frame = line->close(why))
      self->send(host, channel_out{ref, {std::move(*frame)}});
  at = stage::over;
  self->send(host, channel_over{ref, why});
  if (greeted)
    self->send(parts.directory, session_offline{device, self});
  self->quit();
}

void device_session_state::on(const channel_cut& m) {
  end(m.why);
}

void device_session_state::on(const deliver& m) {
  if (m.to_nobody ? greeted : user && now < user_until)
    send(*m.message);
}

void device_session_state::on(const end_session& m) {
  if (ends_channel(m.why)) {
    if (m.last_word && greeted)
      send(*m.last_word);
    return end(m.why);
  }
  if (user && (!m.user || m.user == user)) {
    forget_user();
    send(wire::device::encode(wire::device::from_daemon{wire::device::session_ended{m.why}}));
  }
}

void device_session_state::on(const tick& m) {
  now = m.now;
  steady = m.steady;
  if (line)
    if (auto why = line->expire(now); why != refusal::none)
      return end(why);
  if (at == stage::open && !greeted && now > since + hello_within_ms_max)
    return end(refusal::timed_out);
  check_limits();
}

void device_session_state::answer(const request_id& id, outcome result) {
  unanswered.erase(id);
  if (!take_log_in(id, result))
    result = refused(refusal::not_logged_in);
  namespace says = wire::device;
  says::from_daemon out{says::answer{id, std::move(result.result)}};
  wiped_bytes raw{says::encode(out)};
  wipe_secrets(std::get<says::answer>(out).result);
  if (!send(raw.value))
    send(says::encode(says::from_daemon{says::answer{id, refused(refusal::message_too_large).result}}));
}

device_session_actor::behavior_type
device_session(device_session_actor::stateful_pointer<device_session_state> self, channel_ref ref,
               plugin_host_actor host, session_parts parts) {
  auto& st = self->state; // the one place that names self->state: becomes state() in CAF 1.0
  st.self = self;
  st.ref = std::move(ref);
  st.host = std::move(host);
  st.parts = std::move(parts);
  return {
      [&st](const channel_in& m) { st.on(m); }, [&st](const channel_cut& m) { st.on(m); },
      [&st](const deliver& m) { st.on(m); },    [&st](const end_session& m) { st.on(m); },
      [&st](const tick& m) { st.on(m); },
  };
}

} // namespace wardline
