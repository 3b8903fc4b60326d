#include "wire/link.hpp"
#include "link.pb.h"
#include "wire/codec.hpp"
#include "wire/limits.hpp"
#include <algorithm>

namespace wardline::wire::link {

namespace {

namespace pb = ::wardline::link::v1;
using codec::fields;

/// Tags, lengths and the channel's number around one Noise message.
constexpr std::size_t data_overhead_bytes_max = 32;

bool is_plugin_name(std::string_view name) {
  return !name.empty() && name.size() <= plugin_name_bytes_max &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

template <class Repeated>
void take_rights(fields& in, std::vector<std::string>& out, const Repeated& all) {
  in.range(static_cast<std::size_t>(all.size()), 0, rights_max);
  for (const auto& right : all) {
    if (in.why() != refusal::none)
      return;
    in.take_name(out.emplace_back(), right, 1, right_bytes_max);
  }
}

/// 0 is no refusal; a number of a newer version becomes malformed_request (refusals.hpp).
refusal taken_number(fields& in, std::uint32_t number) {
  in.range(number, 1, 0xffff);
  return refusal_from_number(number);
}

void take(fields& in, hello& out, const pb::Hello& m) {
  in.require(is_plugin_name(m.plugin()));
  out.plugin = m.plugin();
  in.take_name(out.version, m.version(), 0, plugin_name_bytes_max);
  out.protocol_min = m.protocol_min();
  out.protocol_max = m.protocol_max();
  in.require(out.protocol_min >= 1 && out.protocol_max >= out.protocol_min);
  take_rights(in, out.wants, m.wants());
}

void take(fields& in, welcome& out, const pb::Welcome& m) {
  out.protocol = m.protocol();
  in.require(out.protocol >= 1);
  take_rights(in, out.granted, m.granted());
  out.frame_bytes_max = m.frame_bytes_max();
  out.channels_max = m.channels_max();
  out.credit_frames_max = m.credit_frames_max();
  out.credit_bytes_max = m.credit_bytes_max();
}

void take(fields& in, refused& out, const pb::Refused& m) {
  out.why = taken_number(in, m.number());
}

void take(fields& in, channel_data& out, const pb::ChannelData& m) {
  out.channel = m.channel();
  in.require(out.channel >= 1);
  in.take(out.payload, m.payload(), 1, noise_message_bytes_max);
}

void take(fields& in, channel_closed& out, const pb::ChannelClosed& m) {
  out.channel = m.channel();
  in.require(out.channel >= 1);
  if (m.number() != 0)
    out.why = taken_number(in, m.number());
}

void take(fields& in, event& out, const pb::Event& m) {
  in.take_name(out.topic, m.topic(), 1, right_bytes_max);
  in.take(out.id, m.id(), request_id::size, request_id::size);
}

void take(fields& in, event_ack& out, const pb::EventAck& m) {
  in.take(out.id, m.id(), request_id::size, request_id::size);
}

template <class Message, class Value>
expected<frame> decode_as(bytes_view body) {
  Message m;
  if (!codec::parse(m, body))
    return refusal::frame_malformed;
  fields in{refusal::frame_malformed};
  Value out;
  take(in, out, m);
  if (in.why() != refusal::none)
    return in.why();
  return frame{std::move(out)};
}

void put(pb::Frame& to, const hello& f) {
  auto& m = *to.mutable_hello();
  m.set_plugin(f.plugin);
  m.set_version(f.version);
  m.set_protocol_min(f.protocol_min);
  m.set_protocol_max(f.protocol_max);
  for (const auto& right : f.wants)
    m.add_wants(right);
}

void put(pb::Frame& to, const welcome& f) {
  auto& m = *to.mutable_welcome();
  m.set_protocol(f.protocol);
  for (const auto& right : f.granted)
    m.add_granted(right);
  m.set_frame_bytes_max(f.frame_bytes_max);
  m.set_channels_max(f.channels_max);
  m.set_credit_frames_max(f.credit_frames_max);
  m.set_credit_bytes_max(f.credit_bytes_max);
}

void put(pb::Frame& to, const refused& f) {
  auto& m = *to.mutable_refused();
  m.set_number(static_cast<std::uint32_t>(f.why));
  m.set_name(std::string{name_of(f.why)});
  m.set_text(std::string{sentence_of(f.why)});
}

void put(pb::Frame& to, const channel_data& f) {
  auto& m = *to.mutable_channel_data();
  m.set_channel(f.channel);
  m.set_payload(f.payload.data(), f.payload.size());
}

void put(pb::Frame& to, const channel_closed& f) {
  auto& m = *to.mutable_channel_closed();
  m.set_channel(f.channel);
  m.set_number(static_cast<std::uint32_t>(f.why));
}

void put(pb::Frame& to, const event& f) {
  auto& m = *to.mutable_event();
  m.set_topic(f.topic);
  m.set_id(codec::raw(f.id));
}

void put(pb::Frame& to, const event_ack& f) {
  to.mutable_event_ack()->set_id(codec::raw(f.id));
}

} // namespace

bytes encode(const frame& f) {
  pb::Frame m;
  std::visit([&](const auto& body) { put(m, body); }, f);
  return codec::serialize(m);
}

expected<frame> decode(bytes_view raw) {
  if (raw.size() > frame_bytes_max)
    return refusal::frame_too_large;
  auto outer = codec::open_envelope(raw, 0, pb::Frame::kHello, pb::Frame::kEventAck);
  if (!outer)
    return refusal::frame_malformed;
  bool data = outer->kind == pb::Frame::kChannelData;
  if (outer->body.size() >
      (data ? noise_message_bytes_max + data_overhead_bytes_max : link_control_bytes_max))
    return refusal::frame_too_large;
  switch (outer->kind) {
  case pb::Frame::kHello:
    return decode_as<pb::Hello, hello>(outer->body);
  case pb::Frame::kWelcome:
    return decode_as<pb::Welcome, welcome>(outer->body);
  case pb::Frame::kRefused:
    return decode_as<pb::Refused, refused>(outer->body);
  case pb::Frame::kChannelData:
    return decode_as<pb::ChannelData, channel_data>(outer->body);
  case pb::Frame::kChannelClosed:
    return decode_as<pb::ChannelClosed, channel_closed>(outer->body);
  case pb::Frame::kEvent:
    return decode_as<pb::Event, event>(outer->body);
  case pb::Frame::kEventAck:
    return decode_as<pb::EventAck, event_ack>(outer->body);
  default:
    return refusal::frame_malformed; // an empty or newer oneof
  }
}

} // namespace wardline::wire::link
