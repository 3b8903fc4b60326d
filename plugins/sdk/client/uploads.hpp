#pragma once
// Attachments of messages of ours, on their way ahead of them (e2ee 5.11, 6.5): sealed into the store before
// the message is, sent chunk by chunk from where the daemon left off, and kept until the message is accepted.
// The same sealed bytes in every try.
#include "client/core.hpp"
#include "e2ee/slip.hpp"
#include "wire/content.hpp"

namespace wardline::client {

/// Chunks of one commit while a file is sealed: 1 MiB.
inline constexpr std::size_t chunks_per_commit_max = 4;
/// Answers in a row that do not bring an upload further; then it is attachment_missing.
inline constexpr unsigned upload_stalls_max = 16;

/// What the content says of a file, and the slip of its blob.
struct sealed_file {
  wire::content_attachment said;
  e2ee::attachment_ref named;
};

class uploads {
public:
  using sent = std::function<void(const refused&)>; ///< none: all of it is at the daemon

  explicit uploads(core& c) : core_{c} {}

  /// What no message of the outbox wants any more is erased.
  refusal load(const std::function<bool(const message_id&)>& wanted);
  void forget() {
    all_.clear();
    going_.clear();
  }

  /// Every file under keys of K, into the store. Refusals: attachment_size (one, or all together),
  /// count_too_large, file_not_readable, those of the store; what was written by then is erased.
  expected<std::vector<sealed_file>> seal(const message_id& message, const secret32& key,
                                          const std::vector<outgoing_file>& files);
  [[nodiscard]] bool has(const message_id& message) const { return all_.contains(message); }
  /// Bytes of its blobs.
  [[nodiscard]] std::uint64_t size_of(const message_id& message) const;
  /// Everything that the daemon does not hold.
  void send(const message_id& message, sent then);
  /// The message is in a backup of the server, or was never written.
  void erase(const message_id& message);

private:
  struct going {
    message_id message;
    std::vector<rows::upload::file> left; ///< the first one is on its way
    unsigned stalls = 0;
    sent then;
  };
  using going_ref = std::shared_ptr<going>;

  expected<sealed_file> seal_one(const message_id& message, const secret32& key,
                                 const attachment_id& attachment, const outgoing_file& file);
  void ask(const going_ref& g);
  void put(const going_ref& g, std::uint32_t index);
  void took(const going_ref& g, std::uint32_t expected_chunks, const result<wire::device::upload>& answer);
  void told(transfer::stage at, const attachment_id& attachment, std::uint64_t done, std::uint64_t all) const;

  core& core_;
  std::map<message_id, rows::upload> all_;
  std::map<message_id, going_ref> going_;
};

} // namespace wardline::client
