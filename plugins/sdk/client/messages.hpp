#pragma once
// Messages on this device (e2ee 5.9): slips judged as a reader, their keys kept, what happened to them since.
#include "client/core.hpp"
#include "e2ee/act.hpp"
#include "e2ee/conversation.hpp"
#include "e2ee/slip.hpp"

namespace wardline::client {

/// What a slip or an act hangs on that is not held here.
struct lacking {
  std::vector<hash32> objects; ///< certificates of authors
  bool parties = false;        ///< an epoch that is newer than the chain held, or an author nobody named yet
  [[nodiscard]] bool nothing() const { return objects.empty() && !parties; }
};

/// An act object, and the leaf where the daemon says it stands; 0: it did not say.
struct placed_act {
  bytes object;
  std::uint64_t leaf = 0;
};

inline placed_act acknowledgement_of(const wire::device::slip& s) {
  return {s.acknowledgement, s.acknowledgement_leaf};
}
inline placed_act recall_of(const wire::device::slip& s) {
  return {s.recall, s.recall_leaf};
}

/// A slip as judged, ready to be kept.
struct judged_slip {
  std::uint64_t seq = 0;
  rows::message row;
  message_row shown;
  hash32 h{};
  placed_act acknowledgement; ///< that came with it, not looked at
  placed_act recall;          ///< likewise
};

/// What somebody else's word about the key can heal: everything before the seal was right.
bool wants_key(refusal why);

/// What this device knew of a message in an earlier life of the server's store (lives.hpp).
struct earlier_message {
  hash32 h{};
  std::uint64_t opened = 0;
  secret32 key; ///< zero if it was unreadable
  user_id author;
  user_id acknowledged_by;
  time_ms recalled = 0;
};
using earlier_messages = std::map<message_id, earlier_message>;

class messages {
public:
  explicit messages(core& c) : core_{c} {}

  /// The index of what is kept. value_not_openable.
  refusal load();
  void forget();
  /// Everything of one conversation out of memory, and into `changes` out of the store.
  earlier_messages begin_anew(const conversation_id& where, store_changes& changes);
  /// The same message once more, under another seq perhaps: what only this device knows of it stays.
  void inherit(judged_slip& slip, const earlier_message& before) const;

  /// What has to be fetched before judge() can say more than `needs`.
  [[nodiscard]] lacking lacks(const wire::device::slip& slip) const;
  /// Every check of a reader; a slip that fails one is kept with the reason, and shown as unreadable.
  /// `given`: its key out of a key list, for a slip whose seals cannot be opened here.
  [[nodiscard]] judged_slip judge(const wire::device::slip& slip, const e2ee::conversation_head& head,
                                  const secret32* given = nullptr) const;
  /// One that is kept, with what happened to it since. value_not_openable, not_found.
  [[nodiscard]] expected<judged_slip> judge_kept(const conversation_id& where, std::uint64_t seq,
                                                 const e2ee::conversation_head& head,
                                                 const secret32* given = nullptr) const;
  /// Signed by its author, and no seal here opens to the key it commits to: a request for the key (e2ee 5.9).
  [[nodiscard]] std::vector<std::pair<conversation_id, std::uint64_t>> unopenable() const;
  /// Kept without a key, or without its author's certificate (e2ee 6.10), in order.
  [[nodiscard]] std::vector<std::pair<conversation_id, std::uint64_t>> in_need() const;
  /// Into `changes`; remember() after they are committed.
  void put(store_changes& changes, const conversation_id& where, const judged_slip& slip) const;
  void remember(const judged_slip& slip);

  /// An acknowledgement for a message kept here: verified as of its place in the log, committed, told.
  /// Refusals: needs (its device's certificate), not_found, and those of e2ee 5.12; not_entitled_to_act may
  /// mean that a grant is not known here yet.
  refusal take_acknowledgement(const e2ee::conversation_head& head, std::uint64_t seq, const placed_act& act);
  /// A recall of a message kept here, by its author, on any device of hers: as above.
  refusal take_recall(const e2ee::conversation_head& head, std::uint64_t seq, const placed_act& act);
  /// The daemon has accepted a recall of ours; `with` goes into the same commit.
  refusal note_recall(const message_id& message, time_ms at, store_changes with);
  /// The daemon's word about who was first, with an answer to an act of ours; `with` goes into the same
  /// commit.
  refusal note_acknowledgement(const message_id& message, const user_id& by, time_ms at, store_changes with);
  refusal note_opened(const conversation_id& where, const std::vector<std::uint64_t>& seqs,
                      std::uint64_t leaf);

  [[nodiscard]] const message_row* find(const message_id& message) const;
  [[nodiscard]] const message_row* find(const conversation_id& where, std::uint64_t seq) const;
  [[nodiscard]] hash32 h_of(const message_id& message) const;
  /// Slip and K as kept. value_not_openable, not_found.
  [[nodiscard]] expected<rows::message> row(const conversation_id& where, std::uint64_t seq) const;
  /// The one with this id, wherever it lies; unreadable ones too, for key lists: nothing is shown by it.
  [[nodiscard]] expected<rows::message> row_of(const message_id& message) const;
  [[nodiscard]] std::vector<message_row> all_in(const conversation_id& where) const;
  [[nodiscard]] std::vector<message_row> inbox() const;
  [[nodiscard]] std::vector<message_row> sent() const;
  /// The lowest seq that nobody is known to have acknowledged.
  [[nodiscard]] std::optional<std::uint64_t> oldest_waiting(const conversation_id& where) const;

private:
  struct known {
    message_row shown;
    hash32 h{};
  };
  using place = std::pair<conversation_id, std::uint64_t>;

  [[nodiscard]] refusal check(const e2ee::slip& s, std::uint64_t leaf) const;
  [[nodiscard]] expected<secret32> open_key(const e2ee::slip& s) const;
  [[nodiscard]] message_row describe(const conversation_id& where, std::uint64_t seq,
                                     const rows::message& row, const std::optional<e2ee::slip>& s) const;
  [[nodiscard]] refusal check_act(const e2ee::act& a, std::uint64_t leaf, const known& message,
                                  const e2ee::conversation_head& head) const;
  refusal change(const place& at, const std::function<void(rows::message&)>& how, store_changes with = {});

  core& core_;
  std::map<place, known> all_;
  std::map<message_id, place> by_id_;
  std::map<message_id, place> needy_; ///< unreadable here, by the id that their slip claims
};

} // namespace wardline::client
