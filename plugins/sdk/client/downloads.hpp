#pragma once
// Files of messages that were opened: chunk by chunk, each checked as it comes, and the file as a whole
// before anybody may call it one (e2ee 5.11). Kept nowhere here.
#include "client/messages.hpp"
#include "e2ee/attachment_seal.hpp"
#include "wire/content.hpp"

namespace wardline::client {

class downloads {
public:
  using writer = std::function<bool(bytes_view)>;

  downloads(core& c, messages& m) : core_{c}, messages_{m} {}

  /// The leaf behind which the last chunk came. Refusals: not_found (no such message or attachment here), the
  /// message's own reason if it is unreadable, message_destroyed, attachment_size, chunk_not_openable,
  /// padding_not_zero, attachment_mismatch, content_malformed, file_not_written (`write` said no), the
  /// daemon's.
  void fetch(const conversation_id& where, std::uint64_t seq, const wire::content_attachment& which,
             writer write, done<std::uint64_t> then);

private:
  struct going {
    wire::device::get_chunk next;
    std::uint64_t size = 0; ///< of the file
    std::uint64_t done = 0;
    e2ee::attachment_reader reader;
    writer write;
    client::done<std::uint64_t> then;
  };
  using going_ref = std::shared_ptr<going>;

  expected<e2ee::attachment_reader> begin(const conversation_id& where, std::uint64_t seq,
                                          const wire::content_attachment& which) const;
  void ask(const going_ref& g);
  void take(const going_ref& g, const wire::device::chunk& answer);

  core& core_;
  messages& messages_;
};

} // namespace wardline::client
