#pragma once
// Good messages as protobuf's own objects, to be spoilt by hand, and what the codecs say of them.
#include "content.pb.h"
#include "device.pb.h"
#include "link.pb.h"
#include "message_samples.hpp"
#include "wire/limits.hpp"
#include <catch2/catch.hpp>

namespace wardline::wire {

using namespace wardline::tests;

namespace dpb = ::wardline::device::v1;
namespace lpb = ::wardline::link::v1;

template <class Message>
bytes raw_of(const Message& m) {
  bytes out(m.ByteSizeLong());
  REQUIRE(m.SerializeToArray(out.data(), static_cast<int>(out.size())));
  return out;
}

/// A good request of the kind, for a change by hand.
inline dpb::Request good(std::size_t kind) {
  auto raw = device::encode(sample_requests().at(kind));
  dpb::Request m;
  REQUIRE(m.ParseFromArray(raw.data(), static_cast<int>(raw.size())));
  return m;
}

inline refusal asked(const dpb::Request& m) {
  return device::decode_request(raw_of(m)).why();
}

inline refusal answered(const dpb::FromDaemon& m) {
  return device::decode_from_daemon(raw_of(m)).why();
}

inline dpb::FromDaemon good_answer(std::size_t kind) {
  auto raw = device::encode(sample_answers().at(kind));
  dpb::FromDaemon m;
  REQUIRE(m.ParseFromArray(raw.data(), static_cast<int>(raw.size())));
  return m;
}

inline lpb::Frame good_frame(std::size_t kind) {
  auto raw = link::encode(sample_frames().at(kind));
  lpb::Frame m;
  REQUIRE(m.ParseFromArray(raw.data(), static_cast<int>(raw.size())));
  return m;
}

inline refusal linked(const lpb::Frame& m) {
  return link::decode(raw_of(m)).why();
}

inline constexpr auto ok = refusal::none;
inline constexpr auto bad = refusal::malformed_request;
inline constexpr auto bad_frame = refusal::frame_malformed;

inline std::string letters(std::size_t n) {
  return std::string(n, 'x');
}

} // namespace wardline::wire
