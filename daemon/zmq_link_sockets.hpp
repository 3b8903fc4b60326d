#pragma once
// Inside of zmq_link: its sockets, their thread's state, and who may touch what. Included by zmq_link*.cpp
// alone.
#include "link_keys.hpp"
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

/// Frames and bytes of one plugin that nobody has dealt with yet. Given back from any thread.
struct credit_account {
  std::atomic<std::size_t> frames{0};
  std::atomic<std::size_t> bytes_held{0};
  std::shared_ptr<waker> wake;

  [[nodiscard]] bool spent() const {
    return frames.load() >= wire::credit_frames_max || bytes_held.load() >= wire::credit_bytes_max;
  }
};

inline std::shared_ptr<const void> hold_credit(const std::shared_ptr<credit_account>& account,
                                               std::size_t size) {
  account->frames += 1;
  account->bytes_held += size;
  return {static_cast<const void*>(account.get()), [account, size](const void*) {
            bool was_spent = account->frames.fetch_sub(1) >= wire::credit_frames_max;
            was_spent |= account->bytes_held.fetch_sub(size) >= wire::credit_bytes_max;
            if (was_spent && !account->spent())
              account->wake->wake(); // the thread has stopped polling this endpoint
          }};
}

struct peer_state {
  std::string user;
  int fd = -1;            // of its last message: what shutdown(2) cuts
  bool dropped = false;   // frames still on the way in are nobody's any more
  std::deque<bytes> late; // frames that libzmq did not take yet, in order
  std::size_t late_bytes = 0;
};

/// A dropped peer, until what was said to it before is out.
struct pending_cut {
  std::chrono::steady_clock::time_point at;
  bytes routing;
};

struct endpoint_state {
  link_endpoint config;
  zmq::socket_t router;
  zmq::socket_t monitor;
  std::shared_ptr<credit_account> credit = std::make_shared<credit_account>();
  std::map<bytes, peer_state> peers; // by routing id
  std::deque<pending_cut> cuts;      // the earliest first
  std::set<bytes> late;              // routing ids of peers with late frames
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

  std::mutex mutex; // guards what follows
  std::deque<command> commands;
  std::map<std::string, std::size_t> out_bytes; // by plugin
  bool stopping = false;

  sockets(std::vector<link_endpoint> e, const secret32& secret, ports::journal* j)
      : wanted{std::move(e)}, server_secret{secret}, journal{j} {}

  std::optional<std::string> bind();
  std::optional<std::string> bind_one(const link_endpoint& config, bytes_view server_public);
  std::optional<std::string> refuses_strangers(const link_endpoint& config, bytes_view server_public);
  void serve();
  bool run_commands();
  void send_now(command& c);
  void send_late(endpoint_state& e, const bytes& routing, peer_state& peer);
  void send_all_late(endpoint_state& e);
  void drop_now(const ports::link_peer& peer);
  void cut(peer_state& peer);
  void cut_due(endpoint_state& e);
  void forbid_now(const std::string& user);
  void answer_zap();
  void watch(endpoint_state& e);
  void take_turn(endpoint_state& e);
  bool take_frames(endpoint_state& e, std::size_t frames);
  void take_frame(endpoint_state& e, zmq::message_t& routing, zmq::message_t& payload);
  void forget(endpoint_state& e, const bytes& routing);
  endpoint_state* endpoint_of(const ports::link_peer& peer);
  bool enqueue(command c);
};

} // namespace wardline::daemon
