#include "wire/channel.hpp"
#include "wire/hash.hpp"
#include <algorithm>

namespace wardline::wire {

namespace {

enum frame_type : std::uint8_t { part = 0, last = 1, end = 2 };

/// e, sealed s, tag of the empty payload: what the first message always measures.
constexpr std::size_t first_message_bytes = 32 + 32 + noise_tag_bytes + noise_tag_bytes;
constexpr std::size_t answer_bytes_min = 32 + noise_tag_bytes;
constexpr std::size_t reason_bytes = 2;

bool passed(time_ms since, time_ms now, std::uint64_t ms_max) {
  return now > since && now - since > ms_max;
}

bytes seal_frame(cipher_state& cipher, frame_type type, bytes_view fragment) {
  wiped_bytes plain;
  plain.value.reserve(1 + fragment.size());
  plain.value.push_back(type);
  plain.value.insert(plain.value.end(), fragment.begin(), fragment.end());
  return cipher.seal_frame(plain.value);
}

noise_key_pair copy_of(const noise_key_pair& pair) {
  return {pair.secret.copy(), pair.pub};
}

} // namespace

bytes channel_prologue(const clinic_id& clinic, std::uint16_t version) {
  auto out = lab("wardline noise v1");
  out.insert(out.end(), clinic.value.begin(), clinic.value.end());
  out.push_back(static_cast<std::uint8_t>(version >> 8));
  out.push_back(static_cast<std::uint8_t>(version));
  return out;
}

// ---- channel ----------------------------------------------------------------------------------------------

channel::channel(noise_transport transport, bool confirmed, time_ms now)
    : transport_{std::move(transport)}, opened_at_{now},
      receive_bytes_max_{confirmed ? message_bytes_max : greeting_bytes_max}, confirmed_{confirmed} {}

refusal channel::fail(refusal why) {
  open_ = false;
  assembly_ = wiped_bytes{};
  transport_.receiving.forget();
  // After a frame that does not open there is no second try under these keys, not even for a farewell
  // (e2ee 7.3). Otherwise the peer is authentic, and close() may tell it why.
  if (why == refusal::frame_not_openable)
    transport_.sending.forget();
  return why;
}

expected<std::vector<bytes>> channel::send(bytes_view message) {
  if (!open_)
    return refusal::unknown_channel;
  if (message.empty())
    return refusal::empty_part;
  if (message.size() > message_bytes_max)
    return refusal::message_too_large;
  std::size_t count = (message.size() + fragment_bytes_max - 1) / fragment_bytes_max;
  // One frame is kept back for close().
  if (transport_.sending.next() + count >= frames_per_channel_max)
    return refusal::unknown_channel;
  std::vector<bytes> out;
  out.reserve(count);
  while (!message.empty()) {
    auto fragment = message.first(std::min(message.size(), fragment_bytes_max));
    message = message.subspan(fragment.size());
    out.push_back(seal_frame(transport_.sending, message.empty() ? last : part, fragment));
  }
  return out;
}

refusal channel::take_fragment(bytes_view fragment, time_ms now) {
  if (fragment.empty())
    return refusal::empty_part;
  if (assembly_.value.size() + fragment.size() > receive_bytes_max_)
    return refusal::message_too_large;
  if (assembly_.value.empty())
    assembly_since_ = now;
  assembly_.value.insert(assembly_.value.end(), fragment.begin(), fragment.end());
  return refusal::none;
}

expected<channel_event> channel::receive(bytes_view frame, time_ms now) {
  if (!open_)
    return refusal::unknown_channel;
  if (transport_.receiving.next() >= frames_per_channel_max)
    return fail(refusal::unknown_channel);
  if (frame.size() > noise_message_bytes_max)
    return fail(refusal::frame_not_openable);
  auto opened = transport_.receiving.open_frame(frame);
  if (!opened)
    return fail(refusal::frame_not_openable);
  wiped_bytes plain{std::move(*opened)};
  confirmed_ = true;
  if (auto late = expire(now); late != refusal::none)
    return late;
  if (plain.value.empty() || plain.value[0] > end)
    return fail(refusal::unknown_frame);
  auto rest = bytes_view{plain.value}.subspan(1);
  if (plain.value[0] == end) {
    if (rest.size() != reason_bytes)
      return fail(refusal::unknown_frame);
    (void)fail(refusal::none);
    transport_.sending.forget();
    return channel_event{channel_closed{static_cast<std::uint16_t>(rest[0] << 8 | rest[1])}};
  }
  if (auto bad = take_fragment(rest, now); bad != refusal::none)
    return fail(bad);
  if (plain.value[0] == part)
    return channel_event{};
  return channel_event{channel_message{std::exchange(assembly_.value, bytes{})}};
}

std::optional<bytes> channel::close(refusal why) {
  if (!transport_.sending.has_key())
    return std::nullopt;
  auto number = static_cast<std::uint16_t>(why);
  const std::uint8_t reason[reason_bytes] = {static_cast<std::uint8_t>(number >> 8),
                                             static_cast<std::uint8_t>(number)};
  auto out = seal_frame(transport_.sending, end, reason);
  (void)fail(refusal::none);
  transport_.sending.forget();
  return out;
}

refusal channel::expire(time_ms now) {
  if (!open_)
    return refusal::none;
  if (!assembly_.value.empty() && passed(assembly_since_, now, assembly_ms_max))
    return fail(refusal::message_unfinished);
  if (!confirmed_ && passed(opened_at_, now, handshake_ms_max))
    return fail(refusal::handshake_failed);
  return refusal::none;
}

bool channel::renewal_due(time_ms now) const {
  // The last rekey interval is left over for what is under way.
  constexpr auto frames_enough = frames_per_channel_max - frames_per_key;
  return passed(opened_at_, now, channel_ms_max) || transport_.sending.next() >= frames_enough ||
         transport_.receiving.next() >= frames_enough;
}

// ---- handshake --------------------------------------------------------------------------------------------

channel_initiator::channel_initiator(const clinic_id& clinic, const noise_key_pair& own,
                                     const public_key& pinned, std::uint16_t version)
    : handshake_{noise_pattern::ik, noise_role::initiator, channel_prologue(clinic, version), copy_of(own),
                 pinned} {}

expected<bytes> channel_initiator::start() {
  return handshake_.write({});
}

expected<channel_initiator::opened> channel_initiator::finish(bytes_view answer, time_ms now) {
  if (handshake_.done() || answer.size() < answer_bytes_min || answer.size() > noise_message_bytes_max)
    return refusal::handshake_failed;
  // The pinned key is mixed in already: nobody without its secret half can make a payload that opens.
  auto hello = handshake_.read(answer);
  if (!hello)
    return handshake_.small_order() ? refusal::handshake_failed : refusal::wrong_server_key;
  auto transport = handshake_.split();
  if (!transport)
    return transport.why();
  return opened{wire::channel{std::move(*transport), true, now}, std::move(*hello)};
}

channel_responder::channel_responder(const clinic_id& clinic, const noise_key_pair& own,
                                     std::uint16_t version)
    : handshake_{noise_pattern::ik, noise_role::responder, channel_prologue(clinic, version), copy_of(own),
                 std::nullopt} {}

refusal channel_responder::read(bytes_view first) {
  // Replayable and weaker than what follows (e2ee 7.1). Its sender knows its size, so nothing is told.
  if (first.size() > first_message_bytes)
    return refusal::first_payload_not_empty;
  auto payload = handshake_.read(first);
  return payload ? refusal::none : payload.why();
}

expected<channel_responder::answered> channel_responder::answer(bytes_view server_hello, bool accepted,
                                                                time_ms now) {
  auto message = handshake_.write(server_hello);
  if (!message)
    return message.why();
  if (!accepted)
    return refusal::handshake_failed;
  auto transport = handshake_.split();
  if (!transport)
    return transport.why();
  return answered{wire::channel{std::move(*transport), false, now}, std::move(*message)};
}

} // namespace wardline::wire
