// The proof at the start that strangers are refused, against endpoints that do not refuse them.
#include "link_fixture.hpp"
#include "zmq_link_self_test.hpp"
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

using namespace wardline;
using namespace wardline::daemon;

namespace {

/// An endpoint as the daemon's, whose ZAP handler answers `status` to everybody; none: there is no handler.
class careless_endpoint {
public:
  careless_endpoint(const std::string& address, const curve_pair& server, std::optional<std::string> status)
      : status_{std::move(status)} {
    if (status_) {
      zap_.emplace(context_, zmq::socket_type::rep);
      zap_->set(zmq::sockopt::linger, 0);
      zap_->set(zmq::sockopt::rcvtimeo, 20);
      zap_->bind("inproc://zeromq.zap.01");
      thread_ = std::thread{[this] { answer(); }};
    }
    router_.set(zmq::sockopt::linger, 0);
    router_.set(zmq::sockopt::curve_server, true);
    router_.set(zmq::sockopt::curve_secretkey, std::string{text(server.secret.view())});
    router_.set(zmq::sockopt::zap_domain, "a");
    router_.bind(address);
  }
  ~careless_endpoint() {
    over_ = true;
    if (thread_.joinable())
      thread_.join();
  }

  std::string address() const { return router_.get(zmq::sockopt::last_endpoint); }

private:
  void answer() {
    while (!over_) {
      std::vector<std::string> asked;
      zmq::message_t part;
      do {
        if (!zap_->recv(part))
          break;
        asked.push_back(part.to_string());
      } while (part.more());
      if (asked.size() < 2)
        continue;
      for (const auto& s : {std::string{"1.0"}, asked[1], *status_, std::string{"OK"}, std::string{"a/1"}})
        zap_->send(zmq::buffer(s), zmq::send_flags::sndmore);
      zap_->send(zmq::message_t{}, zmq::send_flags::none);
    }
  }

  std::optional<std::string> status_;
  zmq::context_t context_{1};
  std::optional<zmq::socket_t> zap_;
  zmq::socket_t router_{context_, zmq::socket_type::router};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

struct place {
  temp_folder folder;
  curve_pair server = curve_pair::fresh();
  std::string address = "ipc://" + (folder.path / "a").string();
};

} // namespace

TEST_CASE("the self-test fires when ZAP says yes to all") {
  place p;
  careless_endpoint yes{p.address, p.server, "200"};
  auto problem = refuses_strangers("a", p.address, p.server.open);
  REQUIRE(problem);
  CHECK(problem->find("the self-test of endpoint a failed: a client with an unknown key was not refused") ==
        0);
}

TEST_CASE("the self-test fires when no ZAP handler is bound") {
  place p;
  careless_endpoint unasked{p.address, p.server, std::nullopt};
  auto problem = refuses_strangers("a", p.address, p.server.open);
  REQUIRE(problem);
  CHECK(problem->find("was not refused") != std::string::npos);
}

TEST_CASE("the self-test passes where strangers are refused, and only there") {
  place p;
  careless_endpoint no{p.address, p.server, "400"};
  CHECK(refuses_strangers("a", p.address, p.server.open) == std::nullopt);
  auto nobody = refuses_strangers("a", "tcp://no such place", p.server.open);
  REQUIRE(nobody);
  CHECK(nobody->find("cannot connect to tcp://no such place") != std::string::npos);
}

TEST_CASE("a wildcard is tested where this box reaches it") {
  CHECK(dialled_address("tcp://0.0.0.0:7000") == "tcp://127.0.0.1:7000");
  CHECK(dialled_address("tcp://[::]:7000") == "tcp://[::1]:7000");
  CHECK(dialled_address("tcp://127.0.0.1:7000") == "tcp://127.0.0.1:7000");
  CHECK(dialled_address("ipc:///run/x.sock") == "ipc:///run/x.sock");
}

TEST_CASE("an endpoint at every address of the box starts") {
  link_fixture f;
  zmq_link link{{{"a", "tcp://*:*", 1'024}}, f.server.secret, &f.journal};
  CHECK(link.start({[](auto, auto, auto) {}, [](auto) {}}) == std::nullopt);
}
