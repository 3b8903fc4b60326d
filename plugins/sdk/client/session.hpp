#pragma once
// One device's talk with the daemon: channel, hello, requests and their answers (e2ee 7). Without input,
// output, clock or thread: the driver hands in what came and what time it is, `pipe` takes what goes out.
//
// Requests survive cuts: what is unanswered when a channel ends is sent again by the same request id on the
// next one, because nobody knows whether it happened (DESIGN 4). A request ends with its answer or by drop();
// never by time.
#include "client/pipe.hpp"
#include "client/result.hpp"
#include "wire/channel.hpp"
#include <map>
#include <memory>

namespace wardline::client {

/// Milliseconds until an unanswered handshake or hello is given up, and until a channel that says nothing
/// while a request waits is. The second is longer than any time the daemon gives its own parts (40 s).
inline constexpr std::uint64_t greeting_ms_max = 10'000;
inline constexpr std::uint64_t silence_ms_max = 45'000;
/// A request refused as overloaded, timed_out or too_many_unanswered is asked again by its id after this many
/// milliseconds, doubled each time, so often; then the refusal is its answer.
inline constexpr std::uint64_t retry_ms_min = 200;
inline constexpr unsigned retries_max = 6;
/// Milliseconds before the first new try after a lost channel, and the longest wait; doubled in between.
inline constexpr std::uint64_t reconnect_ms_min = 100;
inline constexpr std::uint64_t reconnect_ms_max = 5'000;
/// Requests waiting for their turn behind the 64 unanswered ones; ask() refuses above it.
inline constexpr std::size_t requests_waiting_max = 4'096;

/// What the session shows of itself.
enum class session_state : std::uint8_t {
  idle,     ///< not started, or stopped
  down,     ///< no channel; tries again by itself
  shaking,  ///< first handshake message sent
  greeting, ///< channel open, hello not answered yet
  ready,    ///< hello answered (enrolling: channel open)
};

/// Who talks. Without `device` the channel is for an enrolment: no hello is said.
struct session_identity {
  clinic_id clinic;
  public_key server_noise_key{};
  wire::noise_key_pair noise;
  device_id device;
  hash32 certificate_hash{};
  std::array<std::uint8_t, 16> store_instance{};
};

/// What the session tells its owner. All are called from within the driver's calls.
struct session_events {
  /// The daemon's hello, before anything else of a channel.
  std::function<void(const wire::device::server_hello&)> greeted;
  /// Hello was answered; requests that wait go out after this returns.
  std::function<void(wire::device::welcome&)> welcomed;
  /// Hello was refused; the channel is given up and tried again later.
  std::function<void(const refused&)> turned_away;
  std::function<void(wire::device::slip&)> slip;
  std::function<void(const wire::device::party_changed&)> party_changed;
  std::function<void(wire::device::pending&)> pending;
  std::function<void(const wire::device::wake&)> woken;
  std::function<void(refusal)> ended;            ///< nobody is logged in any more
  std::function<void(std::uint32_t)> share_gone; ///< the daemon has destroyed this lock share
  std::function<void(bytes_view)> wiped;         ///< a wipe order came; not looked at yet
  std::function<void(refusal)> lost;             ///< the channel is gone; it comes back by itself
  std::function<std::uint64_t()> pin_size;       ///< of the pinned checkpoint, for the hello
};

class session {
public:
  session(pipe& out, session_events events);
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  ~session();

  // ---- the driver's side

  /// Connects, and goes on connecting.
  void start(session_identity who, time_ms now);
  /// Says a channel's orderly end, if one is open, and stays idle. Pending requests stay pending.
  void stop();
  /// The device's newest certificate, for the next hello.
  void renewed(const hash32& certificate) {
    if (who_)
      who_->certificate_hash = certificate;
  }
  void on_channel_data(bytes_view payload, time_ms now);
  void on_channel_closed(refusal why, time_ms now);
  /// At least once a second while something is waited for; in virtual time, whenever convenient.
  void tick(time_ms now);

  // ---- the owner's side

  /// Sends `what` when the channel is ready, and again after each cut. `on_answer` gets the answer, a refusal
  /// being one. Refuses at once with too_many_unanswered above requests_waiting_max.
  using on_answer = std::function<void(wire::device::answer_body&)>;
  request_id ask(wire::device::request_body what, on_answer then);
  /// The same under an id that was persisted before (outbox, acts, enrolment).
  void ask_as(const request_id& id, wire::device::request_body what, on_answer then);
  /// As ask(), with the answer sorted out: another kind of answer than T is malformed_request.
  template <class T>
  void ask_for(wire::device::request_body what, done<T> then) {
    ask(std::move(what), sorted<T>(std::move(then)));
  }
  template <class T>
  void ask_for_as(const request_id& id, wire::device::request_body what, done<T> then) {
    ask_as(id, std::move(what), sorted<T>(std::move(then)));
  }
  /// Forgets a request: its answer, should it still come, is ignored. The act may have happened.
  void drop(const request_id& id);
  void drop_all();

  [[nodiscard]] session_state state() const { return state_; }
  /// Why the last channel ended; none before the first end.
  [[nodiscard]] refusal last_loss() const { return last_loss_; }
  [[nodiscard]] std::size_t pending() const { return requests_.size(); }
  [[nodiscard]] time_ms now() const { return now_; }

private:
  struct pending_request {
    wire::device::request_body what;
    on_answer then;
    std::uint64_t order = 0; ///< as asked
    unsigned retries = 0;
    bool on_channel = false; ///< sent on the live channel, no answer yet
  };

  template <class T>
  static on_answer sorted(done<T> then) {
    return [then = std::move(then)](wire::device::answer_body& a) {
      if (auto* yes = std::get_if<T>(&a))
        then(std::move(*yes));
      else if (auto* no = std::get_if<refused>(&a))
        then(std::move(*no));
      else
        then(refusal::malformed_request);
    };
  }

  void connect();
  void lose(refusal why);
  void finish_handshake(bytes_view payload);
  void say_hello();
  void take_message(bytes_view raw);
  void take_answer(wire::device::answer& a);
  void take_welcome(wire::device::answer& a);
  bool ask_again_later(const request_id& id, pending_request& r, const wire::device::answer_body& a);
  void send_message(bytes_view raw);
  void send_waiting();

  pipe& out_;
  session_events events_;
  std::optional<session_identity> who_;
  session_state state_ = session_state::idle;
  std::optional<wire::channel_initiator> shaking_;
  std::optional<wire::channel> channel_;
  std::map<request_id, pending_request> requests_;
  std::map<std::uint64_t, request_id> waiting_;   ///< by order; not on the live channel
  std::multimap<time_ms, std::uint64_t> resting_; ///< not before -> order; refused as overloaded and the like
  std::uint64_t next_order_ = 0;
  std::size_t unanswered_ = 0; ///< on the live channel
  request_id hello_;
  time_ms now_ = 0;
  time_ms heard_ = 0; ///< last sign of life of the channel
  time_ms next_try_ = 0;
  std::uint64_t wait_ms_ = reconnect_ms_min;
  refusal last_loss_ = refusal::none;
};

} // namespace wardline::client
