#pragma once
// Key lists (e2ee 5.7, 6.9): keys of single messages for a device that replaced all others of its person,
// given by a member of another party of the conversation after a person has agreed, never by itself; and the
// one key of a message that a device has reported (reports.hpp).
#include "client/conversations.hpp"
#include "e2ee/keylist_seal.hpp"

namespace wardline::client {

/// Answers in a row with further parts.
inline constexpr unsigned key_list_pages_max = 4'096;

class key_lists {
public:
  using ended = std::function<void(refusal)>;

  key_lists(core& c, parties& p, messages& m, conversations& v)
      : core_{c}, parties_{p}, messages_{m}, conversations_{v} {}

  /// Lists made for this device, for every conversation with a slip that has no key here. One attempt.
  void fetch_all(ended then);
  /// Every key that is held here of the conversation, from the date in the replacement's invitation on. How
  /// many. Refusals: not_found (no such conversation, no message), those of make_key_lists and of the daemon.
  void give(const conversation_id& where, const device_id& to, done<std::size_t> then);

  /// This device's reports of this run, by message: what answers are judged against.
  std::map<message_id, e2ee::act> reported;
  /// Answers to them, in one conversation.
  void fetch_answers(const conversation_id& where, ended then) {
    fetch(where, e2ee::answers_from_part, 0, std::move(then));
  }
  /// The key of the one message that a device has reported, if it is held here. Refusals as give().
  void answer(const conversation_id& where, const e2ee::act& report, done<std::size_t> then);

private:
  void fetch(const conversation_id& where, std::uint32_t from_part, unsigned pages, ended then);
  void take(const conversation_id& where, const std::vector<bytes>& lists);
  [[nodiscard]] std::vector<device_id> members_of(const conversation_id& where) const;
  [[nodiscard]] e2ee::thread_of_keys thread() const;
  void submit(std::vector<bytes> left, std::size_t keys, const std::optional<hash32>& report,
              done<std::size_t> then);

  core& core_;
  parties& parties_;
  messages& messages_;
  conversations& conversations_;
};

} // namespace wardline::client
