#pragma once
// Messages of ours on their way (e2ee 6.5): written -> sent -> acked, each state on disk before the next
// step, and the same bytes in every retry. Sealed again when a party turned, at most five times in a row.
#include "client/conversations.hpp"
#include "client/uploads.hpp"
#include "e2ee/slip_seals.hpp"

namespace wardline::client {

/// Seals made anew in a row before a message is shown as not sent (e2ee 6.5).
inline constexpr std::uint8_t reseals_max = 5;
/// Rows kept. Acked ones stay so that a restored server can be offered them again; above this number the
/// oldest acked ones go, and with nothing acked among them writing is refused as overloaded.
inline constexpr std::size_t outbox_rows_max = 4'096;
/// Bytes of files of acked messages that are kept for the same reason; above it the oldest go.
inline constexpr std::uint64_t kept_files_bytes_max = wire::message_files_bytes_max;
/// Milliseconds until a message is sent again that the server could not store.
inline constexpr std::uint64_t resend_ms = 5'000;

class outbox {
public:
  /// Told of a row that was acked or that stopped, or why it still waits.
  using moved = std::function<void(const outbox_row&, const refused&)>;

  outbox(core& c, conversations& v, parties& p, messages& m, uploads& u)
      : core_{c}, conversations_{v}, parties_{p}, messages_{m}, uploads_{u} {}

  refusal load();
  /// The device is locked: what is on its way is told as not_logged_in when its answer comes, and sent again
  /// later.
  void forget() { all_.clear(); }

  /// Slip and body under a fresh K, on disk. Refusals: not_found (no such conversation), recipient_not_ready,
  /// overloaded, those of uploads::seal(), of seal_message and of the store.
  expected<message_id> stage(const conversation_id& where, const draft& what);
  /// Sends what is written or sent and not answered, in the order written; `then` is told once about this
  /// one.
  void send(const message_id& message, moved then);
  void send_all();
  /// stale_conversation, confirmed by the person: a new header around the same id, K and body.
  void confirm(const message_id& message, moved then);
  /// Into `changes`: what was acked in an earlier life of the server's store is sent once more; it knows by
  /// the id what came back. What was recalled meanwhile goes.
  refusal offer_again(store_changes& changes) const;
  /// Acked below this leaf: a backup holds it, and nothing of it is kept here any longer.
  refusal drop_safe(std::uint64_t safe_leaves);
  /// Nothing waits for an answer.
  [[nodiscard]] bool idle() const { return on_way_.empty(); }

  [[nodiscard]] std::vector<outbox_row> rows() const;
  moved other_moved; ///< told of rows nobody waits for

private:
  struct known {
    outbox_row shown;
    std::uint64_t order = 0;
  };

  expected<rows::outbox> read(const message_id& message) const;
  refusal write(const message_id& message, const rows::outbox& row);
  refusal make_room(store_changes& changes);
  void trim_files();
  /// Slip, body and the row that they stand in.
  refusal keep(const conversation_id& where, const draft& what, const message_id& id, secret32 key,
               std::vector<sealed_file> files);
  expected<std::vector<e2ee::recipient>> recipients(const std::vector<e2ee::conversation_party>& all) const;
  void post(const message_id& message);
  void upload_then_post(const message_id& message);
  void post_now(const message_id& message);
  void take_answer(const message_id& message, result<wire::device::posted> answer);
  void take_refusal(const message_id& message, const refused& no);
  void seal_again(const message_id& message, const refused& no);
  refusal resealed(rows::outbox& row) const;
  bool certified_anew(rows::outbox& row) const;
  void look_for(const message_id& message, const refused& no);
  void ack(const message_id& message, std::uint64_t seq, std::uint64_t leaf);
  void stop(const message_id& message, const refused& no);
  void tell(const message_id& message, const refused& no);

  core& core_;
  conversations& conversations_;
  parties& parties_;
  messages& messages_;
  uploads& uploads_;
  std::map<message_id, known> all_;
  std::map<message_id, moved> waiting_;
  std::set<message_id> on_way_;
  std::uint64_t next_order_ = 1;
};

} // namespace wardline::client
