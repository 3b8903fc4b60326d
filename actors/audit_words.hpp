#pragma once
// What `wardctl audit` asks a running daemon about its log, and the report it gets. Only reads: the answers
// come from committed rows, never through an actor.
#include "wire/expected.hpp"
#include "wire/ids.hpp"
#include <string>
#include <variant>
#include <vector>

namespace wardline::admin {

/// Leaves of one report: 16 tiles' worth, 136 KiB.
inline constexpr std::size_t log_leaves_max = 4'096;
/// Hashes of one proof (RFC 6962: at most two for each of 63 levels).
inline constexpr std::size_t log_proof_max = 126;
inline constexpr std::size_t log_note_bytes_max = 65'535;
inline constexpr std::size_t log_certificate_bytes_max = 256;
inline constexpr std::size_t log_entry_bytes_max = 16'384;

/// The newest checkpoint, and the certificates of who signed it.
struct log_head_question {
  bool operator==(const log_head_question&) const = default;
};
struct log_leaves_question {
  std::uint64_t first = 0;
  std::uint16_t count = 1; ///< 1..log_leaves_max
  bool operator==(const log_leaves_question&) const = default;
};
/// Proved to stand under the newest checkpoint.
struct log_inclusion_question {
  std::uint64_t leaf = 0;
  bool operator==(const log_inclusion_question&) const = default;
};
/// The newest checkpoint extends the tree of this size.
struct log_consistency_question {
  std::uint64_t old_size = 1;
  bool operator==(const log_consistency_question&) const = default;
};

using log_question =
    std::variant<log_head_question, log_leaves_question, log_inclusion_question, log_consistency_question>;

/// One shape for all four; what a question does not ask for is empty.
struct log_report {
  refusal why = refusal::none;
  std::uint64_t size = 0;    ///< of the newest checkpoint
  std::string note;          ///< that checkpoint
  std::string verifier_key;  ///< of the log's key, as C2SP writes it
  bytes root, server;        ///< certificates: who the log's key belongs to
  bytes leaves;              ///< leaf data, 34 bytes each
  bytes salted_entry;        ///< salt | entry; empty if it was destroyed
  std::vector<hash32> proof; ///< RFC 6962
  bool operator==(const log_report&) const = default;
};

/// By its first two bytes; false for every act.
bool is_log_question(bytes_view frame);

bytes encode(const log_question& q);
bytes encode(const log_report& r);
/// Complete and bounded, or a refusal.
expected<log_question> decode_log_question(bytes_view raw);
expected<log_report> decode_log_report(bytes_view raw);

} // namespace wardline::admin
