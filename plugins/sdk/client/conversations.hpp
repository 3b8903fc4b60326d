#pragma once
// Conversations on this device: their links verified (e2ee 5.8), their slips fetched from the cursor on, kept
// in one commit with it, pushes taken in order (e2ee 11, rules 1-3).
#include "client/messages.hpp"
#include "client/parties.hpp"
#include "e2ee/conversation.hpp"

namespace wardline::client {

/// Slips in one page of catching up; one page is one commit.
inline constexpr std::uint32_t slips_per_page_max = 128;
/// Links of one conversation followed back to the one held, or to the first.
inline constexpr std::uint32_t conversation_links_max = 64;
/// Pages of the list of conversations.
inline constexpr unsigned conversation_pages_max = 256;
/// Milliseconds until slips are fetched again whose author or key could not be asked for.
inline constexpr std::uint64_t catch_up_again_ms = 5'000;

class conversations {
public:
  using ended = std::function<void(refusal)>;

  conversations(core& c, objects& o, changes& h, parties& p, messages& m)
      : core_{c}, objects_{o}, changes_{h}, parties_{p}, messages_{m} {}

  refusal load();
  /// The device is locked: what is on its way ends with not_logged_in.
  void forget() {
    all_.clear();
    earlier_.clear();
  }

  /// Lists them, verifies what is new or changed, and fetches every new slip.
  void catch_up_all(ended then);
  void catch_up(const conversation_id& where, ended then);
  /// Slips that were kept without their key are judged once more, with what came since (e2ee 6.10): after a
  /// start, and after links, packs and key lists.
  void judge_again(ended then);
  /// The same for slips whose keys came in a key list.
  refusal take_keys(const conversation_id& where, const std::map<message_id, secret32>& keys);
  /// A slip that came by itself: taken at once if it is the next one and everything it needs is here, else
  /// fetched in order. A known one only tells who acknowledged.
  void on_slip(const wire::device::slip& slip);
  /// Told of own words about a message that the server has forgotten, and the message not: to be said again.
  std::function<void(const message_id&message)> forgotten_acknowledgement, forgotten_recall;
  /// Told of slips that were kept and cannot be read.
  std::function<void(const conversation_id& where, std::uint64_t seq)> unreadable;

  /// The conversation with exactly these parties; made if there is none. Their chains are held.
  void with(std::vector<e2ee::conversation_party> all, const party_id& subject, done<conversation_id> then);
  /// One more party in it (e2ee 5.8). Its chain is held. Refusals: not_found, already_exists,
  /// count_too_large, conversation_taken (somebody changed it meanwhile: look, then ask again), those of the
  /// daemon.
  void add(const conversation_id& where, const e2ee::conversation_party& who, done<conversation_id> then);
  /// Fetches the newest link of one conversation again (stale_conversation).
  void refresh(const conversation_id& where, ended then);

  struct entry {
    e2ee::conversation_head head;
    incarnation_id incarnation;
    std::uint64_t seq = 0;
  };
  [[nodiscard]] const entry* find(const conversation_id& where) const;
  [[nodiscard]] const std::map<conversation_id, entry>& all() const { return all_; }
  /// The server was restored and has forgotten it: whoever signed its newest link offers it again.
  [[nodiscard]] bool awaited(const conversation_id& where) const {
    const auto* held = find(where);
    return held != nullptr && held->incarnation != core_.incarnation;
  }
  /// As the daemon listed roles; kept for this session.
  void name_role(const party_id& party, std::string name) { role_names_[party] = std::move(name); }
  [[nodiscard]] std::string name_of(const party_id& party) const;

private:
  struct catching {
    std::vector<ended> waiting;
    bool again = false; ///< something was pushed meanwhile
  };

  using listed_then = std::function<void(refusal, std::vector<wire::device::conversation>)>;
  void list(listed_then then);
  void take_listed(std::vector<wire::device::conversation> listed, ended then);
  void adopt(const bytes& link, ended then);
  void adopt_checked(const e2ee::conversation_link& link, ended then);
  /// As it stands there in the log: what came behind it does not count.
  [[nodiscard]] refusal judge_link(const e2ee::conversation_link& link, const e2ee::log_place& at) const;
  void adopt_by_place(const e2ee::conversation_link& link, refusal now, const ended& then);
  refusal commit_link(const e2ee::conversation_link& link);
  // after_restore.cpp
  /// Links of this device's that the server has forgotten, submitted once more; `then` gets how many.
  void offer_links(const std::vector<wire::device::conversation>& listed,
                   std::function<void(std::size_t)> then);
  refusal begin_anew(const conversation_id& where);
  void say_again(const conversation_id& where);
  /// True: it was known here before the restore, and is no news.
  bool recognise(const conversation_id& where, judged_slip& slip) const;
  void take_all_listed(std::vector<wire::device::conversation> listed, ended then);

  void fetch_page(const conversation_id& where);
  void take_page(const conversation_id& where, const wire::device::slips& page);
  void fetch_lacking(const conversation_id& where, const wire::device::slips& page, ended then);
  void fetch(const conversation_id& where, lacking all, ended then);
  void list_page(std::vector<wire::device::conversation> before, unsigned pages, listed_then then);
  void tell_changed(const std::vector<judged_slip>& changed);
  void judge_in(const conversation_id& where, std::vector<std::uint64_t> seqs, ended then);
  refusal keep(const conversation_id& where, const std::vector<wire::device::slip>& slips);
  /// Acknowledgement and recall, as they came with a slip.
  void take_acts(const conversation_id& where, std::uint64_t seq, const placed_act& acknowledgement,
                 const placed_act& recall);
  using taking = refusal (messages::*)(const e2ee::conversation_head&, std::uint64_t, const placed_act&);
  void take_act(const conversation_id& where, std::uint64_t seq, const placed_act& act, taking how);
  void look_back_all(ended then);
  void look_back(const conversation_id& where, std::uint64_t after_seq, ended then);
  void end(const conversation_id& where, refusal why);
  void submit(e2ee::conversation_fields link, done<conversation_id> then);

  core& core_;
  objects& objects_;
  changes& changes_;
  parties& parties_;
  messages& messages_;
  std::map<conversation_id, entry> all_;
  std::map<conversation_id, catching> catching_;
  std::set<conversation_id> again_; ///< a timer will fetch them once more
  std::map<party_id, std::string> role_names_;
  std::map<conversation_id, earlier_messages> earlier_; ///< of conversations that began anew; in memory alone
};

} // namespace wardline::client
