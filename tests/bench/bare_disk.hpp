#pragma once
// The store without a daemon: the same sealing and the same LMDB code, and the rows of a posted message.
#include "keyring.hpp"
#include "lmdb_storage.hpp"
#include "process_journal.hpp"
#include "sealed_storage.hpp"
#include "sodium_ports.hpp"

namespace wardline::bench {

/// A sealed store of its own, without a daemon.
class bare_disk {
public:
  explicit bare_disk(const std::filesystem::path& folder);

  daemon::sodium_random random;
  [[nodiscard]] sealed_storage& rows() { return *rows_; }

private:
  daemon::process_journal journal_;
  std::unique_ptr<lmdb_storage> lmdb_;
  std::unique_ptr<keyring> ring_;
  std::unique_ptr<sealed_storage> rows_;
};

/// Bytes of what a message brings.
struct message_size {
  std::size_t slip = 0;
  std::size_t body = 0;
};

/// The rows that the n-th posted message leaves behind: two log rows, index, idempotency, leaf, entry; same
/// tables, keys and sizes.
void put_message(std::vector<ports::change>& out, ports::random& random, const conversation_id& c,
                 std::uint64_t n, const message_size& size);

} // namespace wardline::bench
