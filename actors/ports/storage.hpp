#pragma once
// What the house needs from a disk: snapshot reads, and one durable transaction at a time.
#include "wire/ids.hpp"
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace wardline::ports {

/// Every table of the store. The numbers are final: they stand in the header and the AAD of sealed values.
enum class table : std::uint8_t {
  meta = 1,          ///< the store's own rows: frontier, counters, last checkpoint, incarnation
  log = 2,           ///< u64 BE row number -> slip, body, link, ... in commit order
  index = 3,         ///< conversation id | u64 BE seq -> number of the log row
  leaf = 4,          ///< u64 BE leaf index -> 34 bytes of leaf data (security 2.2)
  entry = 5,         ///< u64 BE leaf index -> salt (16) | audit entry
  node = 6,          ///< u8 level | u64 BE index -> hash of a complete subtree (rules/audit_tree.hpp)
  idempotency = 7,   ///< message id -> what its post was answered with
  object = 8,        ///< object hash -> signed object
  device = 9,        ///< device id -> record
  user = 10,         ///< user id -> record
  party = 11,        ///< party id -> record
  conversation = 12, ///< conversation id -> record
  item = 13,         ///< message id -> what becomes of it: level, owner, chain, the word that won
  invitation = 14,   ///< invitation id -> record
  link_key = 15,     ///< plugin keys, by their hash
  session = 16,      ///< session id -> record
  seed_seal = 17,    ///< party id | device id | u32 BE link number -> the member's seal of the link's seed
  due = 18,          ///< u8 lane | u64 BE time | message id: steps and lapses to come
  waiting = 19,      ///< conversation id | u64 BE seq -> message id of what is not answered
  plan = 20,         ///< u8 kind | party id -> duty roster, or chain of escalation
  blob = 21,         ///< blob id -> the message that names the file
};

constexpr std::uint8_t table_max = 21;
constexpr std::size_t key_bytes_max = 480;        ///< LMDB's limit is 511
constexpr std::size_t value_bytes_max = 4u << 20; ///< of one value, before sealing
constexpr std::size_t scan_rows_max =
    512; ///< of one scan: long reads keep LMDB from reusing pages (security 3)

/// Keyed by u64 BE, written in ascending order only: LMDB appends instead of searching. Rewritten by key
/// turns alone, which change the sealing and not the value; removed by destruction alone.
constexpr bool is_monotone(table t) {
  return t == table::log || t == table::leaf || t == table::entry;
}

/// The key of a monotone table.
inline bytes row_key(std::uint64_t number) {
  bytes out(8);
  for (int i = 7; i >= 0; --i, number >>= 8)
    out[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(number);
  return out;
}

/// Nothing unless the key has exactly 8 bytes.
inline std::optional<std::uint64_t> row_number(bytes_view key) {
  if (key.size() != 8)
    return std::nullopt;
  std::uint64_t out = 0;
  for (auto b : key)
    out = out << 8 | b;
  return out;
}

/// One row written or removed. Keys are clear on disk: random ids, hashes of public objects or counters only.
struct change {
  enum class kind : std::uint8_t { put, del };
  kind what = kind::put;
  table where = table::meta;
  bytes key;   ///< 1..key_bytes_max bytes
  bytes value; ///< at most value_bytes_max bytes; empty for del. del of an absent row is no error.
};

inline change put(table where, bytes key, bytes value) {
  return {change::kind::put, where, std::move(key), std::move(value)};
}

inline change del(table where, bytes key) {
  return {change::kind::del, where, std::move(key), {}};
}

/// What sealing adds to a value at most; a storage below the sealing one takes that much more.
constexpr std::size_t sealing_bytes_max = 64;

/// False: no storage takes it; the commit that holds it is refused whole.
inline bool in_range(const change& c, std::size_t more_value_bytes = 0) {
  auto t = static_cast<std::uint8_t>(c.where);
  return t >= 1 && t <= table_max && !c.key.empty() && c.key.size() <= key_bytes_max &&
         c.value.size() <= value_bytes_max + more_value_bytes &&
         (c.what == change::kind::put || c.value.empty());
}

enum class commit_result : std::uint8_t {
  committed, ///< durable, all of it
  refused,   ///< nothing of it happened (disk or map full, key or value out of range): a state to live in
  unknown, ///< it may or may not be on disk (EIO): the process must end and start again into a verified state
};

/// A poison row is a state, not a stop: whoever meets it refuses that one thing by `value_not_openable`.
enum class read_status : std::uint8_t { found, absent, not_openable };

struct read_result {
  read_status status = read_status::absent;
  bytes value; ///< only if found

  explicit operator bool() const { return status == read_status::found; }
  const bytes& operator*() const { return value; }
  const bytes* operator->() const { return &value; }
};

struct row {
  bytes key;
  bytes value;          ///< empty if not openable
  bool openable = true; ///< false: damaged, moved, or its segment's key is destroyed
};

/// Reads of the last committed state. Every call is one short snapshot of its own and may come from any
/// thread; two calls may see two commits. Never throws.
struct reader {
  virtual ~reader() = default;

  [[nodiscard]] virtual read_result read(table where, bytes_view key) const = 0;

  /// Rows whose key starts with `prefix` (empty: all) and is greater than `after` (empty: from the first),
  /// ascending by unsigned bytes, at most min(limit, scan_rows_max). Page on with the last key as `after`.
  [[nodiscard]] virtual std::vector<row> scan(table where, bytes_view prefix, bytes_view after,
                                              std::size_t limit) const = 0;

  /// The row with the greatest key that starts with `prefix` (empty: of the table).
  [[nodiscard]] virtual std::optional<row> last(table where, bytes_view prefix) const = 0;

  /// Only the reserve is left, which is kept for log-ins, releases, acts, levels 1-2 and what destroys. A
  /// commit is still taken: who asks decides what can wait.
  [[nodiscard]] virtual bool nearly_full() const { return false; }
};

struct storage : reader {
  /// One transaction, durable when it returns `committed`; later changes of a key win over earlier ones.
  /// One caller at a time (the store actor). Never throws.
  [[nodiscard]] virtual commit_result commit(std::span<const change> changes) = 0;
};

} // namespace wardline::ports
