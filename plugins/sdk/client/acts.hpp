#pragma once
// Acknowledging (e2ee 5.12): a signed act, staged on disk before it is sent, sent again by its request id
// until it is answered. The first entitled one wins at the daemon.
#include "client/messages.hpp"

namespace wardline::client {

class acts {
public:
  acts(core& c, messages& m) : core_{c}, messages_{m} {}

  /// Refusals: not_found, already_acknowledged (with user and time), those of the daemon. Not while it is on
  /// its way already: overloaded.
  void acknowledge(const message_id& message, done<acknowledged_message> then);
  /// Takes it over at this version. Not staged: whoever got no answer looks again first.
  void claim(const message_id& message, std::uint32_t version, done<acknowledged_message> then);
  void release(const message_id& message, done<acknowledged_message> then);
  /// What was staged and never answered, after a start.
  void send_all();

private:
  /// This device's signed word about a message kept here.
  [[nodiscard]] expected<bytes> word(e2ee::act_kind what, const message_id& message) const;
  void ask_now(const message_id& message, wire::device::request_body what, const user_id& owner,
               done<acknowledged_message> then);
  void send(const message_id& message, rows::staged_act staged, done<acknowledged_message> then);
  void take_answer(const message_id& message, const result<wire::device::done>& answer,
                   const done<acknowledged_message>& then);

  core& core_;
  messages& messages_;
  std::set<message_id> on_way_;
};

} // namespace wardline::client
