#pragma once
// A real plugin link between real sockets in one process, and what its listener was told.
#include "link_keys.hpp"
#include "raw_plugin.hpp"
#include "temp_folder.hpp"
#include "test_ports.hpp"
#include "wire/limits.hpp"
#include "zmq_link.hpp"
#include <condition_variable>
#include <mutex>

namespace wardline::daemon {

struct link_fixture {
  struct heard_frame {
    ports::link_peer from;
    bytes frame;
    std::shared_ptr<const void> credit;
  };

  temp_folder folder;
  kept_journal journal;
  curve_pair server = curve_pair::fresh();
  curve_pair own_a = curve_pair::fresh();
  curve_pair own_b = curve_pair::fresh();
  bool keeps_credit = false; ///< as a house that does not get on with its work

  std::mutex mutex;
  std::condition_variable news;
  std::vector<heard_frame> heard;
  std::vector<ports::link_peer> gone;
  std::optional<zmq_link> link; // last: its thread calls into all of the above

  link_fixture() {
    link.emplace(std::vector<link_endpoint>{{"a", address("a"), wire::frame_bytes_max},
                                            {"b", address("b"), wire::listener_frame_bytes_max}},
                 server.secret, &journal);
    link->allow(own_a.open, "a");
    link->allow(own_b.open, "b");
  }

  [[nodiscard]] std::string address(const std::string& plugin) const {
    return "ipc://" + (folder.path / plugin).string();
  }

  std::optional<std::string> start() {
    return link->start(
        {[this](ports::link_peer from, bytes frame, std::shared_ptr<const void> credit) {
           std::lock_guard hold{mutex};
           heard.push_back({std::move(from), std::move(frame), keeps_credit ? std::move(credit) : nullptr});
           news.notify_all();
         },
         [this](ports::link_peer peer) {
           std::lock_guard hold{mutex};
           gone.push_back(std::move(peer));
           news.notify_all();
         }});
  }

  raw_plugin plugin(const std::string& name, const curve_pair& key, const raw_plugin::settings& s = {}) {
    return {address(name), server.open, key, s};
  }

  template <class Holds>
  bool wait(Holds holds, int within_ms = 10'000) {
    std::unique_lock hold{mutex};
    return news.wait_for(hold, std::chrono::milliseconds{within_ms}, holds);
  }

  bool hears(std::size_t frames, int within_ms = 10'000) {
    return wait([&] { return heard.size() >= frames; }, within_ms);
  }

  bool loses(std::size_t peers, int within_ms = 10'000) {
    return wait([&] { return gone.size() >= peers; }, within_ms);
  }

  std::size_t heard_of(const std::string& user) {
    std::lock_guard hold{mutex};
    std::size_t n = 0;
    for (const auto& h : heard)
      n += h.from.user == user ? 1 : 0;
    return n;
  }
};

inline bytes said(std::string_view words) {
  return to_bytes(view(words));
}

} // namespace wardline::daemon
