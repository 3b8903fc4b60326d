// V1 of e2ee 12, the channel: our prologue, the frames of e2ee 7.3, the rekeys of 7.4, and the refusals that
// need no clock.
#include "../wire/scripted_random.hpp"
#include "vectors_file.hpp"
#include "wire/channel.hpp"

using namespace wardline;
using namespace wardline::tests;

namespace {

wire::noise_key_pair pair_at(const json& x, const char* field) {
  return wire::noise_key_pair::from(secret_at(x, field));
}

/// Both ends of the handshake vector; the script gives each its ephemeral secret.
struct ends {
  std::optional<wire::channel> device, daemon;
  bytes first, second, hello;

  explicit ends(const json& x) {
    auto clinic = at<clinic_id>(x, "clinic");
    auto version = x.at("wire_version").get<std::uint16_t>();
    auto daemon_key = pair_at(x, "responder_secret");
    wire::channel_initiator initiator{clinic, pair_at(x, "initiator_secret"), daemon_key.pub, version};
    wire::channel_responder responder{clinic, daemon_key, version};
    {
      scripted_random script{bytes_at(x, "initiator_ephemeral")};
      auto message = initiator.start();
      REQUIRE(message);
      first = *message;
    }
    REQUIRE(responder.read(first) == refusal::none);
    CHECK(hex(responder.initiator()) == x.at("initiator_public"));
    {
      scripted_random script{bytes_at(x, "responder_ephemeral")};
      auto answered = responder.answer(bytes_at(x, "server_hello"), true, 0);
      REQUIRE(answered);
      second = answered->message;
      daemon = std::move(answered->channel);
    }
    auto opened = initiator.finish(second, 0);
    REQUIRE(opened);
    hello = opened->server_hello;
    device = std::move(opened->channel);
  }
};

bytes fragment_of(const json& frame) {
  return frame.contains("fragment") ? bytes_at(frame, "fragment")
                                    : rule_content(frame.at("fragment_size").get<std::size_t>());
}

bytes plain_of(const json& frame) {
  bytes out{frame.at("type").get<std::uint8_t>()};
  auto fragment = fragment_of(frame);
  out.insert(out.end(), fragment.begin(), fragment.end());
  return out;
}

bool same_frame(const bytes& made, const json& frame) {
  if (frame.contains("frame"))
    return hex(made) == frame.at("frame");
  return made.size() == frame.at("frame_size") && hex(sha256(made)) == frame.at("frame_hash");
}

/// What a channel whose receiving direction stands at this key and frame says to the frames; the last word.
refusal judge_frames(const json& x) {
  wire::noise_transport keys;
  keys.receiving = wire::cipher_state{secret_at(x, "key"), x.at("n").get<std::uint64_t>()};
  keys.sending = wire::cipher_state{secret32::random()};
  wire::channel receiver{std::move(keys), true, 0};
  std::vector<bytes> frames;
  if (x.contains("frames")) {
    for (const auto& f : x.at("frames"))
      frames.push_back(bytes_of(f));
  } else {
    wire::cipher_state sender{secret_at(x, "key")};
    const auto& sizes = x.at("fragment_sizes");
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      auto plain = rule_content(sizes[i].get<std::size_t>());
      plain.insert(plain.begin(), i + 1 == sizes.size() ? 1 : 0);
      frames.push_back(sender.seal_frame(plain));
    }
  }
  for (std::size_t i = 0; i < frames.size(); ++i) {
    auto event = receiver.receive(frames[i], 0);
    if (i + 1 == frames.size())
      return event.why();
    REQUIRE(event);
  }
  return refusal::none;
}

refusal judge_responder(const json& x) {
  wire::channel_responder responder{at<clinic_id>(x, "clinic"), pair_at(x, "secret"),
                                    x.at("wire_version").get<std::uint16_t>()};
  if (auto why = responder.read(bytes_at(x, "message")); why != refusal::none)
    return why;
  auto known = all_of<public_key>(x.at("known"));
  bool accepted = std::find(known.begin(), known.end(), responder.initiator()) != known.end();
  return responder.answer(view("server hello"), accepted, 0).why();
}

refusal judge_initiator(const json& x) {
  wire::channel_initiator initiator{at<clinic_id>(x, "clinic"), pair_at(x, "secret"),
                                    at<public_key>(x, "responder_public"),
                                    x.at("wire_version").get<std::uint16_t>()};
  scripted_random script{bytes_at(x, "ephemeral")};
  REQUIRE(initiator.start());
  return initiator.finish(bytes_at(x, "message"), 0).why();
}

} // namespace

TEST_CASE("vectors: handshake under our prologue") {
  const auto& cases = vector_cases("noise");
  const auto& x = named(cases, "handshake");
  CHECK(hex(wire::channel_prologue(at<clinic_id>(x, "clinic"), x.at("wire_version").get<std::uint16_t>())) ==
        x.at("prologue"));
  ends made{x};
  CHECK(hex(made.first) == x.at("messages")[0]);
  CHECK(hex(made.second) == x.at("messages")[1]);
  CHECK(hex(made.hello) == x.at("server_hello"));
  CHECK(hex(made.device->handshake_hash()) == x.at("handshake_hash"));
  CHECK(hex(made.daemon->handshake_hash()) == x.at("handshake_hash"));
}

TEST_CASE("vectors: frames are sealed and read in order") {
  const auto& cases = vector_cases("noise");
  const auto& keys = named(cases, "handshake");
  wire::cipher_state to_daemon{secret_at(keys, "to_responder")}, to_device{secret_at(keys, "to_initiator")};
  ends made{keys};
  made.daemon->greet(); // whoever has said Hello may send whole messages
  bytes assembled;
  for (const auto& frame : named(cases, "frames").at("frames")) {
    bool up = frame.at("direction") == "to_responder";
    auto& sender = up ? to_daemon : to_device;
    CHECK(sender.next() == frame.at("n"));
    auto sealed = sender.seal_frame(plain_of(frame));
    CHECK(same_frame(sealed, frame));
    auto event = (up ? made.daemon : made.device)->receive(sealed, 0);
    REQUIRE(event);
    auto type = frame.at("type").get<int>();
    auto fragment = fragment_of(frame);
    if (type == 2) {
      auto reason = static_cast<unsigned>(fragment.at(0)) << 8 | fragment.at(1);
      CHECK(std::get<wire::channel_closed>(*event).reason == reason);
    } else if (type == 0) {
      CHECK(std::holds_alternative<std::monostate>(*event));
      assembled.insert(assembled.end(), fragment.begin(), fragment.end());
    } else {
      assembled.insert(assembled.end(), fragment.begin(), fragment.end());
      CHECK(std::get<wire::channel_message>(*event).value == assembled);
      if (frame.at("n") == 2 && up)
        CHECK(assembled == bytes_at(named(cases, "frames"), "message"));
      assembled.clear();
    }
  }
}

TEST_CASE("vectors: our own end cuts, seals and closes as the judge does") {
  const auto& cases = vector_cases("noise");
  ends made{named(cases, "handshake")};
  const auto& frames = named(cases, "frames").at("frames");
  auto answer = made.daemon->send(view("answer"));
  REQUIRE(answer);
  CHECK(answer->size() == 1);
  CHECK(same_frame(answer->at(0), frames[3]));
  auto closed = made.daemon->close(refusal::replaced);
  REQUIRE(closed);
  CHECK(same_frame(*closed, frames.back()));
}

TEST_CASE("vectors: rekeys") {
  for (const auto& x : vector_cases("noise")) {
    if (!x.contains("key_before"))
      continue;
    INFO(x.at("name"));
    if (!x.contains("n")) {
      wire::cipher_state one{secret_at(x, "key_before")}, two{secret_at(x, "key_after")};
      one.rekey();
      CHECK(one.seal({}, view("the same key")) == two.seal({}, view("the same key")));
      continue;
    }
    auto n = x.at("n").get<std::uint64_t>();
    auto plain = bytes_at(x, "plain");
    wire::cipher_state sender{secret_at(x, "key_before"), n}, receiver{secret_at(x, "key_before"), n};
    for (const auto& frame : x.at("frames")) {
      CHECK(hex(sender.seal_frame(plain)) == frame);
      CHECK(receiver.open_frame(bytes_of(frame)) == plain);
    }
    wire::cipher_state fresh{secret_at(x, "key_after"), n + 1};
    CHECK(hex(fresh.seal({}, plain)) == x.at("frames")[1]);
  }
}

TEST_CASE("vectors: refusals of the channel") {
  std::size_t judged = 0;
  for (const auto& x : vector_cases("negative")) {
    auto check = x.value("check", "");
    if (check != "frames" && check != "responder" && check != "initiator")
      continue;
    INFO(x.at("number") << ": " << x.at("name"));
    auto why = check == "frames"      ? judge_frames(x)
               : check == "responder" ? judge_responder(x)
                                      : judge_initiator(x);
    CHECK((why == refusal::none ? "accepted" : to_string(why)) == x.at("expect"));
    ++judged;
  }
  CHECK(judged == 25);
}
