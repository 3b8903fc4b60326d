#pragma once
// One run of `ward`: the store opened and locked, the device on it, the link to the daemon, and the loop that
// drives both. Nothing runs but inside wait().
#include "client/link.hpp"
#include "client/lmdb_device_store.hpp"
#include "terminal.hpp"

namespace wardline::cli {

/// Milliseconds that a command waits for a daemon that does not answer.
inline constexpr std::uint64_t answer_within_ms = 10'000;
/// Milliseconds for a log-in or an enrolment: the daemon hashes passwords one after the other.
inline constexpr std::uint64_t log_in_within_ms = 30'000;
/// Milliseconds of one turn of the loop.
inline constexpr std::uint64_t turn_ms = 20;

class connection final : public client::pipe, private client::link::channel_listener {
public:
  connection(client::device_store& store, terminal& out);
  ~connection() override;

  [[nodiscard]] client::device& device() { return device_; }

  /// By the device's own enrolment. False: there is none.
  bool connect();
  /// By an invitation, before there is an enrolment.
  void connect(const client::invitation_file& file);

  /// Drives until `ended`, or for so long. True: it ended.
  bool wait(const std::function<bool()>& ended, std::uint64_t within_ms = answer_within_ms);

  /// The same, for as long as a file moves.
  bool wait_for_files(const std::function<bool()>& ended);

  /// Starts an act and drives until it calls back. Nothing after `within_ms`: nobody knows what became of it.
  template <class T>
  std::optional<client::result<T>> act(const std::function<void(client::done<T>)>& start,
                                       std::uint64_t within_ms = answer_within_ms) {
    auto ended = std::make_shared<std::optional<client::result<T>>>();
    start([ended](client::result<T> r) { ended->emplace(std::move(r)); });
    wait([&] { return ended->has_value(); }, within_ms);
    return std::move(*ended);
  }

  /// The same, for as long as a file moves.
  template <class T>
  std::optional<client::result<T>> act_on_files(const std::function<void(client::done<T>)>& start) {
    auto ended = std::make_shared<std::optional<client::result<T>>>();
    start([ended](client::result<T> r) { ended->emplace(std::move(r)); });
    wait_for_files([&] { return ended->has_value(); });
    return std::move(*ended);
  }

  /// How far files are; may stay unset.
  std::function<void(const client::transfer&)> on_transfer;
  /// Somebody is to be woken; may stay unset, as the next ones.
  std::function<void(const message_id&, client::urgency)> on_wake;
  std::function<void(const client::message_row&)> on_arrived;
  std::function<void(const client::message_row&)> on_acknowledged;
  std::function<void(const client::message_row&)> on_recalled;

  /// link_down or what the daemon refused: why nothing came.
  [[nodiscard]] refusal why_silent() const;

private:
  void open() override;
  void send(bytes_view payload) override;
  void close() override;
  void on_channel_data(bytes_view payload) override;
  void on_channel_closed(refusal why) override;
  client::device_events told();

  terminal& out_;
  std::uint64_t moves_ = 0; ///< chunks that went either way
  std::unique_ptr<client::link> link_;
  client::device device_;
};

/// Milliseconds since 1970 UTC.
time_ms wall_clock();

} // namespace wardline::cli
