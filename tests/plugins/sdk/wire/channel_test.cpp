// Frames of an open channel: e2ee 7.3-7.5, negatives 113-122 and 169. The handshake: channel_handshake_test.
#include "channel_pair.hpp"
#include <numeric>

using namespace wardline;
using namespace wardline::wire;
using wardline::tests::channel_pair;
using wardline::tests::message_of;

namespace {

bytes counting(std::size_t n) {
  bytes out(n);
  std::iota(out.begin(), out.end(), std::uint8_t{0});
  return out;
}

bytes one_frame(channel& from, std::string_view message) {
  auto frames = from.send(view(message));
  REQUIRE(frames);
  REQUIRE(frames->size() == 1);
  return frames->front();
}

/// A channel whose peer the test plays by hand, frame by frame.
struct by_hand {
  secret32 key = secret32::random();
  secret32 answer_key = secret32::random();
  cipher_state peer{key.copy()};
  channel under_test;

  explicit by_hand(std::uint64_t next = 0, bool confirmed = true)
      : peer{key.copy(), next}, under_test{noise_transport{cipher_state{answer_key.copy(), next},
                                                           cipher_state{key.copy(), next},
                                                           {}},
                                           confirmed, 0} {}

  bytes frame(std::uint8_t type, bytes_view fragment) {
    bytes plain{type};
    plain.insert(plain.end(), fragment.begin(), fragment.end());
    return peer.seal_frame(plain);
  }
  expected<channel_event> give(std::uint8_t type, bytes_view fragment, time_ms now = 0) {
    return under_test.receive(frame(type, fragment), now);
  }
};

constexpr std::uint8_t part = 0;
constexpr std::uint8_t last = 1;
constexpr std::uint8_t end_of_channel = 2;

} // namespace

TEST_CASE("messages of every size at a frame's edge pass both ways") {
  channel_pair pair;
  auto size = GENERATE(std::size_t{1}, fragment_bytes_max - 1, fragment_bytes_max, fragment_bytes_max + 1,
                       2 * fragment_bytes_max + 1, message_bytes_max);
  auto message = counting(size);
  for (auto [from, to] : {std::pair{&*pair.device, &*pair.daemon}, std::pair{&*pair.daemon, &*pair.device}}) {
    auto frames = from->send(message);
    REQUIRE(frames);
    CHECK(frames->size() == (size + fragment_bytes_max - 1) / fragment_bytes_max);
    CHECK(frames->size() <= fragments_per_message_max);
    for (std::size_t i = 0; i + 1 < frames->size(); ++i) {
      CHECK((*frames)[i].size() == noise_message_bytes_max);
      auto event = to->receive((*frames)[i], 0);
      REQUIRE(event);
      CHECK(std::holds_alternative<std::monostate>(*event));
      CHECK(to->assembling_bytes() == (i + 1) * fragment_bytes_max);
    }
    CHECK(message_of(to->receive(frames->back(), 0)) == message);
    CHECK(to->assembling_bytes() == 0);
  }
}

TEST_CASE("a caller's impossible message is refused and harms nothing") {
  channel_pair pair;
  CHECK(pair.device->send({}).why() == refusal::empty_part);
  CHECK(pair.device->send(bytes(message_bytes_max + 1)).why() == refusal::message_too_large);
  CHECK(text(message_of(pair.daemon->receive(one_frame(*pair.device, "go on"), 0))) == "go on");
}

TEST_CASE("negative 113-116: a frame lost, doubled, swapped or altered closes the channel") {
  channel_pair pair;
  auto first = one_frame(*pair.device, "one");
  auto second = one_frame(*pair.device, "two");
  SECTION("113 dropped") {
    CHECK(pair.daemon->receive(second, 0).why() == refusal::frame_not_openable);
  }
  SECTION("114 doubled") {
    REQUIRE(pair.daemon->receive(first, 0));
    CHECK(pair.daemon->receive(first, 0).why() == refusal::frame_not_openable);
  }
  SECTION("115 swapped") {
    CHECK(pair.daemon->receive(second, 0).why() == refusal::frame_not_openable);
    CHECK(pair.daemon->receive(first, 0).why() == refusal::unknown_channel);
  }
  SECTION("own frame played back") {
    CHECK(pair.device->receive(first, 0).why() == refusal::frame_not_openable);
    REQUIRE(pair.daemon->receive(first, 0));
    CHECK(pair.daemon->receive(one_frame(*pair.daemon, "back"), 0).why() == refusal::frame_not_openable);
  }
  SECTION("too long for any frame") {
    CHECK(pair.daemon->receive(bytes(noise_message_bytes_max + 1), 0).why() == refusal::frame_not_openable);
  }
  SECTION("empty, and shorter than a tag") {
    auto size = GENERATE(0, 1, 15);
    CHECK(pair.daemon->receive(bytes_view{first}.first(static_cast<std::size_t>(size)), 0).why() ==
          refusal::frame_not_openable);
  }
  if (pair.daemon->open())
    return; // the section looked at the other end
  CHECK(pair.daemon->send(view("more")).why() == refusal::unknown_channel);
  CHECK(!pair.daemon->close(refusal::frame_not_openable)); // no answer, no second try under these keys
}

TEST_CASE("negative 116: every single bit of a frame counts") {
  auto key = secret32::random();
  cipher_state sender{key.copy()};
  bytes plain{last, 'd', 'o', 's', 'e'};
  auto frame = sender.seal_frame(plain);
  for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
    channel receiver{noise_transport{cipher_state{secret32{}}, cipher_state{key.copy()}, {}}, true, 0};
    auto altered = frame;
    altered[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    CHECK(receiver.receive(altered, 0).why() == refusal::frame_not_openable);
    CHECK(!receiver.open());
  }
}

TEST_CASE("negative 117: a message unfinished for 30 s closes the channel") {
  by_hand hand;
  REQUIRE(hand.give(part, view("half"), 1'000));
  CHECK(hand.under_test.expire(1'000 + assembly_ms_max) == refusal::none);
  SECTION("seen by the clock") {
    CHECK(hand.under_test.expire(1'001 + assembly_ms_max) == refusal::message_unfinished);
    CHECK(hand.under_test.expire(1'002 + assembly_ms_max) == refusal::none); // said once
  }
  SECTION("seen by the next frame") {
    CHECK(hand.give(last, view("late"), 1'001 + assembly_ms_max).why() == refusal::message_unfinished);
  }
  SECTION("a part in between does not start the time anew") {
    REQUIRE(hand.give(part, view("more"), 20'000));
    CHECK(hand.under_test.expire(1'001 + assembly_ms_max) == refusal::message_unfinished);
  }
  SECTION("a clock that goes back is no reason") {
    CHECK(text(message_of(hand.give(last, view(" whole"), 0))) == "half whole");
    return;
  }
  CHECK(!hand.under_test.open());
  CHECK(hand.under_test.assembling_bytes() == 0);
  CHECK(hand.under_test.close(refusal::message_unfinished)); // the peer is authentic and may know why
}

TEST_CASE("negative 118: 1 MiB passes, one byte more does not") {
  by_hand hand;
  std::size_t given = 0;
  auto piece = counting(fragment_bytes_max);
  while (given + piece.size() < message_bytes_max) {
    REQUIRE(hand.give(part, piece));
    given += piece.size();
  }
  auto rest = counting(message_bytes_max - given);
  SECTION("exactly 1 MiB") {
    CHECK(message_of(hand.give(last, rest)).size() == message_bytes_max);
  }
  SECTION("one more, in the last frame") {
    rest.push_back(0);
    CHECK(hand.give(last, rest).why() == refusal::message_too_large);
    CHECK(!hand.under_test.open());
  }
  SECTION("one more, in a frame of its own") {
    REQUIRE(hand.give(part, rest));
    CHECK(hand.give(part, bytes(1)).why() == refusal::message_too_large);
    CHECK(hand.under_test.assembling_bytes() == 0);
  }
}

TEST_CASE("negative 118: before the device is greeted 8 KiB pass, one byte more does not") {
  by_hand hand{0, false};
  SECTION("exactly greeting_bytes_max, in parts") {
    REQUIRE(hand.give(part, counting(greeting_bytes_max - 1)));
    CHECK(message_of(hand.give(last, bytes(1))).size() == greeting_bytes_max);
    CHECK(message_of(hand.give(last, bytes(greeting_bytes_max))).size() == greeting_bytes_max);
  }
  SECTION("one more, at once") {
    CHECK(hand.give(last, bytes(greeting_bytes_max + 1)).why() == refusal::message_too_large);
    CHECK(!hand.under_test.open());
  }
  SECTION("one more, in a second part: nothing is held") {
    REQUIRE(hand.give(part, bytes(greeting_bytes_max)));
    CHECK(hand.give(part, bytes(1)).why() == refusal::message_too_large);
    CHECK(hand.under_test.assembling_bytes() == 0);
  }
  SECTION("greeted: as large as any") {
    hand.under_test.greet();
    CHECK(message_of(hand.give(last, bytes(fragment_bytes_max))).size() == fragment_bytes_max);
  }
}

TEST_CASE("negatives 119 and 169: empty parts, unknown and empty frames") {
  by_hand hand;
  SECTION("119 empty part") {
    CHECK(hand.give(part, {}).why() == refusal::empty_part);
  }
  SECTION("empty last") {
    CHECK(hand.give(last, {}).why() == refusal::empty_part);
  }
  SECTION("169 type 7") {
    CHECK(hand.give(7, view("x")).why() == refusal::unknown_frame);
  }
  SECTION("type 3") {
    CHECK(hand.give(3, view("x")).why() == refusal::unknown_frame);
  }
  SECTION("no type at all") {
    CHECK(hand.under_test.receive(hand.peer.seal_frame({}), 0).why() == refusal::unknown_frame);
  }
  SECTION("close without a reason") {
    CHECK(hand.give(end_of_channel, bytes(1)).why() == refusal::unknown_frame);
  }
  SECTION("close with more than a reason") {
    CHECK(hand.give(end_of_channel, bytes(3)).why() == refusal::unknown_frame);
  }
  CHECK(!hand.under_test.open());
  CHECK(hand.under_test.close(refusal::unknown_frame));
  CHECK(!hand.under_test.close(refusal::unknown_frame)); // once
}

TEST_CASE("both sides rekey at 65 536 frames and go on") {
  channel_pair pair;
  for (std::uint64_t i = 0; i < frames_per_key + 3; ++i) {
    auto frames = pair.device->send(view("tick"));
    auto event = pair.daemon->receive(frames->front(), 0);
    if (!event || !std::holds_alternative<channel_message>(*event))
      FAIL("frame " << i);
  }
  CHECK(text(message_of(pair.device->receive(one_frame(*pair.daemon, "tock"), 0))) == "tock");
}

TEST_CASE("negative 120: a peer that does not rekey dies at frame 65 536") {
  by_hand hand{frames_per_key - 1};
  bytes plain{last, 'x'};
  REQUIRE(hand.under_test.receive(hand.peer.seal({}, plain), 0)); // frame 65 535, the last under the old key
  CHECK(hand.under_test.receive(hand.peer.seal({}, plain), 0).why() == refusal::frame_not_openable);
}

TEST_CASE("negatives 121 and 122: a close names its reason, a cut has none") {
  channel_pair pair;
  SECTION("122 replaced") {
    auto farewell = pair.daemon->close(refusal::replaced);
    REQUIRE(farewell);
    auto event = pair.device->receive(*farewell, 0);
    REQUIRE(event);
    CHECK(std::get<channel_closed>(*event).reason == static_cast<std::uint16_t>(refusal::replaced));
    CHECK(!pair.device->open());
    CHECK(!pair.device->close()); // the other side is gone
    CHECK(pair.daemon->send(view("x")).why() == refusal::unknown_channel);
    CHECK(pair.daemon->receive(bytes(40), 0).why() == refusal::unknown_channel);
  }
  SECTION("an ordinary end is reason 0, also amid a message") {
    auto frames = pair.device->send(bytes(fragment_bytes_max + 1));
    REQUIRE(pair.daemon->receive(frames->front(), 0));
    by_hand hand;
    REQUIRE(hand.give(part, view("half")));
    auto event = hand.give(end_of_channel, bytes(2));
    REQUIRE(event);
    CHECK(std::get<channel_closed>(*event).reason == 0);
    CHECK(hand.under_test.assembling_bytes() == 0);
  }
  SECTION("121: an end without a close frame leaves the channel open until somebody says so") {
    CHECK(pair.device->expire(channel_ms_max) == refusal::none);
    CHECK(pair.device->open());
  }
}

TEST_CASE("a channel asks for a new handshake after 24 h or 2^32 frames, and then refuses") {
  channel_pair pair{5};
  CHECK(!pair.device->renewal_due(5 + channel_ms_max));
  CHECK(pair.device->renewal_due(6 + channel_ms_max));

  CHECK(!by_hand{frames_per_channel_max - frames_per_key - 1}.under_test.renewal_due(0));
  by_hand worn{frames_per_channel_max - 1};
  CHECK(worn.under_test.renewal_due(0));
  CHECK(worn.under_test.send(view("x")).why() == refusal::unknown_channel);
  REQUIRE(worn.give(last, view("the last frame there is")));
  CHECK(worn.give(last, view("one more")).why() == refusal::unknown_channel);
  CHECK(worn.under_test.close(refusal::timed_out)); // a frame was kept for it
}
