#pragma once
// Acknowledging and recalling (e2ee 5.12): a signed act, staged on disk before it is sent, sent again by its
// request id until it is answered. The first entitled acknowledgement wins at the daemon.
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
  /// Of an own message. Refusals: not_found, not_entitled_to_act (somebody else wrote it), those of the
  /// daemon, overloaded as above.
  void recall(const message_id& message, done<acknowledged_message> then);
  /// The leaf of the order. Not staged: it needs a fresh second factor, and a person who repeats it.
  /// Refusals: not_found (no conversation of this device), those of the daemon.
  void destroy(const e2ee::conversation_head& head, e2ee::destroy_reason reason, done<std::uint64_t> then);
  /// What was staged and never answered, after a start.
  void send_all();

private:
  /// This device's signed word about a message kept here.
  [[nodiscard]] expected<bytes> word(e2ee::act_kind what, const message_id& message) const;
  [[nodiscard]] bytes sign(e2ee::act_fields act) const;
  void stage(e2ee::act_kind what, const message_id& message, done<acknowledged_message> then);
  void ask_now(const message_id& message, wire::device::request_body what, const user_id& owner,
               done<acknowledged_message> then);
  void send(const message_id& message, rows::staged_act staged, done<acknowledged_message> then);
  void take_answer(const message_id& message, e2ee::act_kind what, const result<wire::device::done>& answer,
                   const done<acknowledged_message>& then);

  core& core_;
  messages& messages_;
  std::set<message_id> on_way_;
};

} // namespace wardline::client
