#pragma once
// Inside of zmq_link: its sockets, their thread's state, and who may touch what. Included by zmq_link*.cpp
// alone.
#include "link_keys.hpp"
#include "link_share.hpp"
#include "wire/limits.hpp"
#include "zmq_link.hpp"
#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <set>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>
#include <zmq.hpp>

namespace wardline::daemon {

/// Wakes the socket thread out of its poll.
class waker {
public:
  waker() : fd_{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)} {}
  ~waker() { ::close(fd_); }
  void wake() const {
    std::uint64_t one = 1;
    [[maybe_unused]] auto written = ::write(fd_, &one, sizeof one); // full means: awake already
  }
  void clear() const {
    std::uint64_t count;
    [[maybe_unused]] auto seen = ::read(fd_, &count, sizeof count);
  }
  [[nodiscard]] int fd() const { return fd_; }

private:
  int fd_;
};

/// What one plugin has waiting. Given back from any thread.
struct credit_account : waiting_frames {
  std::shared_ptr<waker> wake;

  [[nodiscard]] bool spent() const { return reach(wire::credit_frames_max, wire::credit_bytes_max); }
};

inline std::shared_ptr<const void> hold_credit(const std::shared_ptr<credit_account>& account,
                                               const std::shared_ptr<waiting_frames>& user,
                                               std::size_t size) {
  account->add(size);
  user->add(size);
  return {static_cast<const void*>(account.get()), [account, user, size](const void*) {
            bool was_spent = account->spent();
            user->give_back(size);
            account->give_back(size);
            if (was_spent && !account->spent())
              account->wake->wake(); // the thread has stopped polling this endpoint
          }};
}

using steady = std::chrono::steady_clock;

struct peer_state {
  std::string user;
  int fd = -1;            // of its last message: what shutdown(2) cuts
  bool dropped = false;   // frames still on the way in are nobody's any more
  std::deque<bytes> late; // frames that libzmq did not take yet, in order
  std::size_t late_bytes = 0;
};

/// A dropped peer, until what was said to it before is out.
struct pending_cut {
  steady::time_point at;
  bytes routing;
};

/// One accepted connection, until libzmq says that it ended.
struct connection {
  steady::time_point since;
  bool spoke = false;
};

struct endpoint_state {
  link_endpoint config;
  std::string dialled; // where this box itself reaches it
  zmq::socket_t router;
  zmq::socket_t monitor;
  std::shared_ptr<credit_account> credit = std::make_shared<credit_account>();
  std::map<int, connection> connections;  // by descriptor
  std::map<bytes, peer_state> peers;      // by routing id
  std::map<std::string, link_user> users; // by User-Id
  std::size_t users_here = 0;             // of them, those with a peer
  std::deque<pending_cut> cuts;           // the earliest first
  std::set<bytes> late;                   // routing ids of peers with late frames
  std::size_t late_bytes = 0;             // of all peers
  steady::time_point rests_until{};       // its only user was too fast
  steady::time_point silence_due{};       // when silent connections are looked for again
};

struct command {
  enum class kind : std::uint8_t { send, drop, forbid } what = kind::send;
  ports::link_peer peer;
  bytes frame;
};

struct zmq_link::sockets {
  std::vector<link_endpoint> wanted;
  const secret32& server_secret;
  ports::journal* journal;
  link_keys keys;
  link_listener listener;
  std::shared_ptr<waker> wake = std::make_shared<waker>();

  zmq::context_t context{1};
  zmq::socket_t zap;
  std::vector<std::unique_ptr<endpoint_state>> endpoints;
  std::thread thread;
  std::atomic<bool> hearing{false}; // the self-test has passed

  std::mutex mutex; // guards what follows
  std::deque<command> commands;
  std::map<std::string, std::size_t> out_bytes; // by plugin
  bool stopping = false;

  sockets(std::vector<link_endpoint> e, const secret32& secret, ports::journal* j)
      : wanted{std::move(e)}, server_secret{secret}, journal{j} {}

  // zmq_link_start.cpp
  std::optional<std::string> bind();
  std::optional<std::string> bind_one(const link_endpoint& config, bytes_view server_public);

  // zmq_link_in.cpp: the thread, and what comes in
  void serve();
  int wait_ms() const;
  bool hears(const endpoint_state& e) const;
  void answer_zap();
  void watch(endpoint_state& e);
  void ended(endpoint_state& e, int fd);
  void cut_silent(endpoint_state& e);
  void take_turn(endpoint_state& e);
  bool take_frames(endpoint_state& e, std::size_t frames);
  void take_frame(endpoint_state& e, zmq::message_t& routing, zmq::message_t& payload);
  void hand_on(endpoint_state& e, ports::link_peer from, const zmq::message_t& payload);
  std::pair<peer_state*, bool> met(endpoint_state& e, const ports::link_peer& from, int fd);
  void forget(endpoint_state& e, const bytes& routing);

  // zmq_link_out.cpp: what goes out, and who is cut
  bool enqueue(command c);
  bool run_commands();
  endpoint_state* endpoint_of(const ports::link_peer& peer);
  void send_now(command& c);
  bool make_room(endpoint_state& e, const bytes& routing, std::size_t size);
  void send_late(endpoint_state& e, const bytes& routing, peer_state& peer);
  void send_all_late(endpoint_state& e);
  void turn_away(endpoint_state& e, const bytes& routing, refusal why);
  void drop_now(const ports::link_peer& peer);
  void drop_soon(endpoint_state& e, const bytes& routing, peer_state& peer);
  void cut(endpoint_state& e, peer_state& peer);
  void cut_due(endpoint_state& e);
  void forbid_now(const std::string& user);
};

} // namespace wardline::daemon
