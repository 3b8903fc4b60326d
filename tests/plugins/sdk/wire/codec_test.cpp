// Round trips of link, device and content messages: every kind, every field.
#include "content.pb.h"
#include "device.pb.h"
#include "every_field.hpp"
#include "link.pb.h"
#include "message_samples.hpp"
#include <set>

namespace wardline::wire {

using namespace wardline::tests;

namespace {

/// The schema's own view of the bytes: every field set. Fails the test if they do not parse.
template <class Message>
void check_complete(const bytes& raw) {
  Message m;
  REQUIRE(m.ParseFromArray(raw.data(), static_cast<int>(raw.size())));
  check_every_field(m);
}

} // namespace

TEST_CASE("link frames of every kind pass unchanged") {
  std::set<std::size_t> kinds;
  for (const auto& frame : sample_frames()) {
    kinds.insert(frame.index());
    auto raw = link::encode(frame);
    check_complete<::wardline::link::v1::Frame>(raw);
    auto back = link::decode(raw);
    INFO("kind " << frame.index() << " " << name_of(back.why()));
    REQUIRE(back);
    CHECK(back->index() == frame.index());
    CHECK(link::encode(*back) == raw);
  }
  CHECK(kinds.size() == std::variant_size_v<link::frame>);
}

TEST_CASE("requests of every kind pass unchanged") {
  std::set<std::size_t> kinds;
  for (const auto& request : sample_requests()) {
    kinds.insert(request.what.index());
    auto raw = device::encode(request);
    check_complete<::wardline::device::v1::Request>(raw);
    request_id id;
    auto back = device::decode_request(raw, &id);
    INFO("kind " << request.what.index() << " " << name_of(back.why()));
    REQUIRE(back);
    CHECK(id == request.id);
    CHECK(back->id == request.id);
    CHECK(back->what.index() == request.what.index());
    CHECK(device::encode(*back) == raw);
  }
  CHECK(kinds.size() == std::variant_size_v<device::request_body>);
}

TEST_CASE("answers and news of every kind pass unchanged") {
  std::set<std::size_t> answers;
  std::set<std::size_t> kinds;
  for (const auto& message : sample_answers()) {
    kinds.insert(message.index());
    if (const auto* answer = std::get_if<device::answer>(&message))
      answers.insert(answer->result.index());
    auto raw = device::encode(message);
    check_complete<::wardline::device::v1::FromDaemon>(raw);
    auto back = device::decode_from_daemon(raw);
    INFO("message " << kinds.size() << "/" << answers.size() << " " << name_of(back.why()));
    REQUIRE(back);
    CHECK(back->index() == message.index());
    CHECK(device::encode(*back) == raw);
  }
  CHECK(answers.size() == std::variant_size_v<device::answer_body>);
  CHECK(kinds.size() == std::variant_size_v<device::from_daemon>);
}

TEST_CASE("the server hello passes unchanged, complete and for an enrolment") {
  auto hello = sample_server_hello();
  auto raw = device::encode(hello);
  check_complete<::wardline::device::v1::ServerHello>(raw);
  auto back = device::decode_server_hello(raw);
  REQUIRE(back);
  CHECK(device::encode(*back) == raw);
  hello.checkpoint.clear();
  hello.heads_digest.reset();
  back = device::decode_server_hello(device::encode(hello));
  REQUIRE(back);
  CHECK(!back->heads_digest);
  CHECK(back->incarnation == hello.incarnation);
}

TEST_CASE("content passes unchanged") {
  auto raw = encode(sample_content());
  REQUIRE(raw);
  check_complete<::wardline::content::v1::Content>(*raw);
  auto back = decode_content(*raw);
  REQUIRE(back);
  CHECK(back->text == sample_content().text);
  CHECK(*encode(*back) == *raw);
  auto nothing = decode_content({});
  REQUIRE(nothing);
  CHECK(nothing->text.empty());
  CHECK(!nothing->reply_to);
}

TEST_CASE("what is optional may be missing") {
  auto id = sample_id<request_id>(1);
  auto log_in = device::decode_request(device::encode({id, device::log_in{{}, "pw"}}));
  REQUIRE(log_in);
  CHECK(!std::get<device::log_in>(log_in->what).user);
  auto welcome = device::decode_from_daemon(device::encode(device::answer{id, device::welcome{}}));
  REQUIRE(welcome);
  CHECK(std::get<device::welcome>(std::get<device::answer>(*welcome).result).share.number == 0);
  auto refused =
      device::decode_from_daemon(device::encode(device::answer{id, device::refused{refusal::not_found}}));
  REQUIRE(refused);
  CHECK(std::get<device::refused>(std::get<device::answer>(*refused).result).why == refusal::not_found);
  auto end = link::decode(link::encode(link::channel_closed{3, refusal::none}));
  REQUIRE(end);
  CHECK(std::get<link::channel_closed>(*end).why == refusal::none);
}

} // namespace wardline::wire
