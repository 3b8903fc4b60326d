// Noise handshake and frames. Tags keep a blind fuzzer out, so inputs are scripts that alter good messages,
// or plaintexts that are sealed with the right key: the frame rules behind the tag are hostile ground too.
#include "entries.hpp"
#include "script.hpp"
#include "wire/channel.hpp"
#include <sodium.h>

namespace wardline::fuzz {

namespace {

using namespace wire;

noise_key_pair fixed_pair(std::uint8_t n) {
  return noise_key_pair::from(secret32{bytes(32, n)});
}

/// Ephemeral keys out of a counter: the same input does the same on every run.
class counted_random {
public:
  counted_random() {
    static randombytes_implementation counted{
        [] { return "counter"; }, [] { return std::uint32_t{0}; }, nullptr, nullptr, fill, nullptr};
    counter() = 0;
    randombytes_set_implementation(&counted);
  }
  ~counted_random() { randombytes_set_implementation(&randombytes_sysrandom_implementation); }
  counted_random(const counted_random&) = delete;
  counted_random& operator=(const counted_random&) = delete;

private:
  static std::uint8_t& counter() {
    static std::uint8_t n = 0;
    return n;
  }
  static void fill(void* to, std::size_t n) { std::fill_n(static_cast<std::uint8_t*>(to), n, ++counter()); }
};

/// Cut or lengthened, then some bytes changed: u16 size (0 = as it is), then pairs of u16 place, u8 xor.
bytes altered(bytes message, script& in) {
  if (auto size = in.u16(); size != 0)
    message.resize(size % (noise_message_bytes_max + 2));
  while (!in.done() && !message.empty()) {
    auto place = in.u16() % message.size();
    message[place] ^= in.u8();
  }
  return message;
}

bool respond(bytes_view first, const bytes& good) {
  channel_responder responder{clinic_of_corpus, fixed_pair(2)};
  auto read = responder.read(first);
  auto answered = responder.answer(view("server hello"), true, 0);
  if (to_bytes(first) == good) {
    promise(read == refusal::none && responder.initiator() == fixed_pair(1).pub && answered);
    promise(!answered->channel.confirmed());
    return true;
  }
  // Nobody without the initiator's keys makes another message that opens.
  promise(read == refusal::handshake_failed || read == refusal::first_payload_not_empty);
  promise(is_zero(responder.initiator()) && !answered);
  return false;
}

} // namespace

/// u8 side (odd: the answer is attacked), u8 way (odd: the rest is the message itself), then the script.
bool run_handshake(bytes_view input) {
  script in{input};
  counted_random counted;
  channel_initiator initiator{clinic_of_corpus, fixed_pair(1), fixed_pair(2).pub};
  auto good = *initiator.start();
  bool attack_answer = in.u8() % 2 == 1;
  bool raw = in.u8() % 2 == 1;
  if (!attack_answer)
    return respond(raw ? to_bytes(in.rest()) : altered(good, in), good);
  channel_responder responder{clinic_of_corpus, fixed_pair(2)};
  promise(responder.read(good) == refusal::none);
  auto answered = responder.answer(view("server hello"), true, 0);
  promise(bool(answered));
  auto answer = raw ? to_bytes(in.rest()) : altered(answered->message, in);
  auto opened = initiator.finish(answer, 0);
  if (answer == answered->message) {
    promise(opened && text(opened->server_hello) == "server hello");
    return true;
  }
  promise(opened.why() == refusal::handshake_failed || opened.why() == refusal::wrong_server_key);
  return false;
}

/// Steps: u8 what, and its numbers. The peer holds the right key and does what it likes; a model of twenty
/// lines says what the channel must answer.
bool run_channel_frames(bytes_view input) {
  secret32 key{bytes(32, 3)};
  cipher_state peer{key.copy()};
  channel under_test{noise_transport{cipher_state{secret32{bytes(32, 4)}}, cipher_state{key.copy()}, {}},
                     true, 0};
  script in{input};
  time_ms now = 0;
  time_ms since = 0;
  bytes assembled;
  bool delivered = false;
  while (!in.done()) {
    auto step = in.u8();
    if (step == 0xff) { // time goes on
      now += in.u16() * 8u;
      continue;
    }
    // Bits: 1 altered, 2 lost and the next one sent, 4 many bytes; the type is the next number.
    auto type = in.u8();
    auto fragment =
        (step & 4) != 0 ? bytes(in.u16() % (fragment_bytes_max + 1), 0x61) : to_bytes(in.take(in.u8()));
    bytes plain{type};
    plain.insert(plain.end(), fragment.begin(), fragment.end());
    auto frame = peer.seal_frame(plain);
    if ((step & 2) != 0)
      frame = peer.seal_frame(plain);
    if ((step & 1) != 0)
      frame[in.u16() % frame.size()] ^= static_cast<std::uint8_t>(in.u8() | 1);

    auto why = refusal::none;
    if ((step & 3) != 0)
      why = refusal::frame_not_openable;
    else if (!assembled.empty() && now - since > assembly_ms_max)
      why = refusal::message_unfinished;
    else if (type > 2 || (type == 2 && fragment.size() != 2))
      why = refusal::unknown_frame;
    else if (type != 2 && fragment.empty())
      why = refusal::empty_part;
    else if (type != 2 && assembled.size() + fragment.size() > message_bytes_max)
      why = refusal::message_too_large;

    auto event = under_test.receive(frame, now);
    promise(event.why() == why);
    promise(under_test.assembling_bytes() <= message_bytes_max);
    if (why != refusal::none || type == 2) {
      promise(!under_test.open() && under_test.assembling_bytes() == 0);
      promise(under_test.close().has_value() == (why != refusal::none && why != refusal::frame_not_openable));
      promise(under_test.receive(peer.seal_frame(plain), now).why() == refusal::unknown_channel);
      return delivered || type == 2;
    }
    if (assembled.empty())
      since = now;
    assembled.insert(assembled.end(), fragment.begin(), fragment.end());
    promise(std::holds_alternative<channel_message>(*event) == (type == 1));
    if (type == 1) {
      promise(std::get<channel_message>(*event).value == assembled);
      assembled.clear();
      delivered = true;
    }
  }
  return delivered;
}

} // namespace wardline::fuzz
