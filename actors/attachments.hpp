#pragma once
#include "handles.hpp"
#include "ports/blobs.hpp"
#include "ports/journal.hpp"
#include "ports/random.hpp"
#include "ports/storage.hpp"
#include "wire/hash.hpp"
#include "wire/limits.hpp"
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <map>

namespace wardline {

/// Chunks on their way to the disk or from it, of all devices: 16 MiB. One more is refused as overloaded.
inline constexpr std::size_t chunks_waiting_max = 64;
/// Files that no message names, of one device; the one that rested longest goes for the next one.
inline constexpr std::size_t unnamed_files_max = 64;
/// Bytes of them, as their sizes say: twice what one message may have.
inline constexpr std::uint64_t unnamed_bytes_max = 2 * wire::message_files_bytes_max;
/// Milliseconds that a file waits for its next chunk or its message.
inline constexpr std::uint64_t unnamed_file_ms_max = 3'600'000;

/// What it works with. Pointers are main's and outlive every actor.
struct attachments_parts {
  ports::blobs* disk = nullptr;
  const ports::reader* rows = nullptr;
  ports::random* dice = nullptr;
  ports::journal* journal = nullptr;
};

/// Files whose message is still to come are known here alone, their keys too: nothing of them is in the store
/// until the post is committed, so that nothing of them has to be destroyed there. After a crash they are
/// garbage, and their device uploads them again. What a message names is the store's: here it is only read,
/// and swept when the message is gone.
struct attachments_state {
  static inline const char* name = "attachments";

  struct upload {
    ports::blob_id blob;
    secret32 key;
    std::uint64_t size = 0;
    std::unique_ptr<ports::blob_writer> writing;
    running_sha256 running;
    hash32 hash{}; ///< once it is whole
    std::uint32_t chunks_all = 0;
    std::vector<hash32> chunks; ///< of each one held
    std::uint64_t used = 0;     ///< by the steady clock
    std::uint64_t order = 0;    ///< as begun

    [[nodiscard]] bool whole() const { return chunks.size() == chunks_all; }
  };
  using upload_key = std::pair<device_id, attachment_id>;

  attachments_parts parts;
  std::uint64_t steady = 0; // of the last tick
  std::uint64_t next_order = 0;
  /// At the end whole files stay: a post that names one may still wait in the store, which ends last and
  /// commits it. What nobody names the next start sweeps.
  std::map<upload_key, upload> uploads;

  outcome on(const take_chunk& m);
  outcome on(const count_chunks& m);
  files_found on(const find_files& m);
  chunk_read on(const read_chunk& m) const;
  void on(const tick& m);
  void sweep();

private:
  refusal begin(const upload_key& key, std::uint64_t blob_size);
  refusal append(upload& u, bytes_view sealed, bool last);
  void make_room(const device_id& device, std::uint64_t blob_size);
  void drop(std::map<upload_key, upload>::iterator gone);
  [[nodiscard]] bool is_named(const ports::blob_id& blob) const;
};

attachments_actor::behavior_type run_attachments(attachments_actor::stateful_pointer<attachments_state> self,
                                                 attachments_parts parts);

} // namespace wardline
