#pragma once
#include "e2ee/act.hpp"
#include "e2ee/conversation.hpp"
#include "e2ee/slip.hpp"
#include "handles.hpp"
#include "item_rows.hpp"
#include "message_rows.hpp"
#include "ports/journal.hpp"
#include "rules/duty_plan.hpp"
#include "stored.hpp"
#include "wire/limits.hpp"
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <deque>
#include <set>
#include <variant>

namespace wardline {

/// Posts that wait for the write in flight; one more is refused as overloaded.
inline constexpr std::size_t posts_waiting_max = 256;
/// Slips and bodies of one write; a first post always goes.
inline constexpr std::size_t posts_bytes_max = 1u << 20;
/// Posts whose write was overtaken (new link, rows not as loaded) are looked at again this often.
inline constexpr unsigned post_tries_max = 3;
/// Opens and acts waiting for their leaf; one more is refused as overloaded.
inline constexpr std::size_t leaves_waiting_max = 256;
/// Items of a conversation that its actor remembers as not answered; later ones are answered by hand only.
inline constexpr std::size_t open_items_max = 4'096;
/// Items that one post answers, and that it looks at: others' that somebody else has are none of its.
inline constexpr std::size_t answered_by_one_max = 64;
inline constexpr std::size_t looked_at_by_one_max = 256;
/// Looks at an item that others change meanwhile; then its device asks again.
inline constexpr unsigned act_tries_max = 8;
/// Rows that could not be opened once, remembered by one conversation until they are met again.
inline constexpr std::size_t poison_met_max = 256;
/// Milliseconds that a leaf "this file was opened" holds for further chunks of it, and how many files one
/// conversation remembers as opened; beyond either a chunk costs a leaf.
inline constexpr std::uint64_t file_leaf_ms_max = 600'000;
inline constexpr std::size_t open_files_max = 256;
/// Of one page of slips; leaves room for the frame of a device message.
inline constexpr std::size_t slips_bytes_max = wire::open_bytes_max;

/// What a conversation works with. Pointers are main's and outlive every actor.
struct conversation_parts {
  const ports::reader* rows = nullptr;
  const rules::clinic_board* board = nullptr;
  store_actor store;
  ports::journal* journal = nullptr;
  const rules::duty_board* duty = nullptr;
  triage_actor triage;
  attachments_actor attachments{};
  std::shared_ptr<waiting_line> chunk_line{}; ///< chunks_waiting_max places
  signatures_actor signatures{};
  std::shared_ptr<waiting_line> unverified{}; ///< slips_unverified_max places
};

/// "Opened" is on disk: only a committed write makes one, and only its holder may read bodies (DESIGN 1,
/// principle 2).
class durable_leaf {
public:
  explicit durable_leaf(const committed& c) : index_{c.stamps.front().leaf} {}
  [[nodiscard]] std::uint64_t index() const { return index_; }

private:
  std::uint64_t index_;
};

/// Order and parties of one conversation. Loads its rows when spawned; after a crash it is spawned again from
/// what was committed, and whoever got no answer asks again by message id. At most one write of posts is on
/// its way, so that seqs are dense; what comes meanwhile goes with the next one.
struct conversation_state {
  static inline const char* name = "conversation";

  using promise = caf::typed_response_promise<outcome>;

  struct waiting_post {
    post_slip what;
    promise answer;
    unsigned tries = 0;
  };
  /// In the write that is on its way; answered when that is.
  struct written_post {
    waiting_post post;
    e2ee::slip slip;
    std::vector<message_id> answers{}; ///< items that are answered by it
  };
  /// Not answered, as far as is known here; escalation moves others' owners meanwhile.
  struct open_item {
    message_id message;
    user_id author;
  };
  /// The newest link, as committed.
  struct head {
    e2ee::conversation_link link;
    std::vector<party_id> parties;
    bytes stored; ///< of the conversation's row: a write is refused if somebody changed it meanwhile
  };
  /// A body that may be released, and where it lies.
  struct released {
    std::uint64_t seq = 0;
    std::uint64_t log_row = 0;
    message_id message;
  };
  struct page_plan {
    std::vector<released> bodies;
    std::uint32_t left_off = 0;
  };

  conversation_actor::pointer self = nullptr;
  conversation_id id;
  directory_actor directory;
  conversation_parts parts;
  std::optional<head> now_head;
  std::uint64_t last_seq = 0;
  bool link_changed = false; // while a write was on its way
  bool destroyed = false;    // or about to be: nothing is taken or given any more
  std::deque<waiting_post> waiting;
  std::vector<written_post> in_flight;
  std::size_t leaves_waiting = 0;
  std::map<std::uint64_t, open_item> open_items;      // by seq
  std::map<user_id, std::set<std::uint64_t>> open_of; // their seqs by author: a post answers others' alone
  std::set<std::pair<std::uint64_t, rows::poison>> met_once;
  std::set<std::pair<std::uint64_t, rows::poison>> quarantined;
  /// A file that a device has open, and behind which leaf.
  struct file_reader {
    device_id device;
    user_id user;
    std::uint64_t seq = 0;
    attachment_id attachment;
    auto operator<=>(const file_reader&) const = default;
  };
  struct opened_file {
    std::uint64_t leaf = 0;
    time_ms since = 0;
    ports::blob_id blob;
    std::shared_ptr<const secret32> key;
  };
  std::map<file_reader, opened_file> open_files;

  void load();
  caf::result<outcome> on(const post_slip& m);
  caf::result<outcome> on(const open_bodies& m);
  outcome on(const read_slips& m);
  caf::result<outcome> on(const apply_act& m);
  caf::result<outcome> on(const open_chunk& m);
  void on(const conversation_changed&);

private:
  /// none; not_found for whoever is not in it, with the same bytes as for one that does not exist.
  refusal standing(const caller& who);

  // conversation.cpp: posts
  void write_waiting();
  std::variant<outcome, e2ee::slip> decide(const post_slip& m, const rules::clinic& clinic) const;
  act act_of(written_post& p, std::uint64_t seq);
  void wrote(const committed& c);
  void not_written(refusal why);
  void write_next();
  void have_verified(const e2ee::slip& slip, time_ms now);

  // conversation_reads.cpp: bodies and slips
  expected<page_plan> plan(const wire::device::open& what) const;
  outcome release(const durable_leaf& leaf, const page_plan& plan, const caller& who, time_ms asked);
  expected<wire::device::slip> slip_at(std::uint64_t seq, bytes_view stored_place) const;

  // conversation_files.cpp: attachments
  [[nodiscard]] expected<stamped_row<rows::place>> releasable(std::uint64_t seq) const;
  [[nodiscard]] refusal may_open_file(const wire::device::get_chunk& what) const;
  void open_file(const open_chunk& m, const file_reader& reader, const durable_leaf& leaf, promise answer);
  void give_chunk(const open_chunk& m, const opened_file& file, promise answer);

  // conversation_items.cpp: what waits for somebody
  using waiting_visit = std::function<bool(std::uint64_t seq, const message_id&, const rows::item&)>;
  void each_waiting(const waiting_visit& goes_on) const;
  void load_items();
  void keep_open(std::uint64_t seq, const message_id& message, const user_id& author);
  void close_item(const message_id& message);
  using open_visit = std::function<bool(const open_item&)>;
  void each_open_of_others(const user_id& writer, const open_visit& goes_on) const;
  rows::item item_of(const e2ee::slip& slip, std::uint64_t seq, time_ms now) const;
  void answer_items(written_post& p, act& with) const;
  void remember_items(const written_post& p, std::uint64_t seq);

  // conversation_acts.cpp: who has a message
  struct asked_act {
    apply_act request;
    e2ee::act word;
    unsigned looks = 0;
  };
  [[nodiscard]] act act_by(const apply_act& m, const e2ee::act& a, rules::audit_kind kind) const;
  refusal judge(const e2ee::act& a, const rows::accepted& message) const;
  void settle(asked_act a, promise answer);
  void commit_word(asked_act a, const stamped_row<rows::item>& before, rules::item_state next,
                   promise answer);
  void commit_late(const asked_act& a, outcome said, promise answer);
  void spread_word(const message_id& message);
  void report(const apply_act& m, const e2ee::act& a, promise answer);

  // conversation_poison.cpp
  void load_quarantine();
  [[nodiscard]] bool is_quarantined(std::uint64_t seq, rows::poison what) const;
  void met(std::uint64_t seq, rows::poison what, time_ms now);
  [[nodiscard]] refusal withheld(std::uint64_t seq, const message_id& message) const;

  // conversation_recall.cpp
  void recall(asked_act a, const rows::accepted& message, promise answer);
  caf::result<outcome> destroy(const apply_act& m);
  [[nodiscard]] bool somebody_is_due() const;
  void commit_end(act what, promise answer, const std::function<void()>& then,
                  const std::function<void()>& overtaken);
};

conversation_actor::behavior_type conversation(conversation_actor::stateful_pointer<conversation_state> self,
                                               const conversation_id& id, directory_actor directory,
                                               conversation_parts parts);

} // namespace wardline
