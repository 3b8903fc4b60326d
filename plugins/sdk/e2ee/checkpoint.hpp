#pragma once
// Checkpoints of the audit log as C2SP signed notes (c2sp.org/tlog-checkpoint, c2sp.org/signed-note),
// their signature, and the pin that every device keeps of them (e2ee 5.15, security 2.2).
//
//   <origin>\n<size, decimal>\n<root, base64>\n
//   \n
//   — <key name> base64(key id, 4 bytes | Ed25519 signature, 64 bytes)\n      one to 16 of these
//
// The signature covers the three lines with their last newline. Key name of the log's own key = origin.
#include "e2ee/merkle.hpp"
#include "wire/expected.hpp"
#include <functional>
#include <string>
#include <vector>

namespace wardline::e2ee {

inline constexpr std::size_t note_bytes_max = 65'536; ///< 16 signatures of the largest known kind
inline constexpr std::size_t note_signatures_max = 16;
inline constexpr std::size_t origin_bytes_max = 255;

/// What a checkpoint says. `size` in leaves.
struct checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  hash32 root{};
  bool operator==(const checkpoint&) const = default;
};

using note_key_id = std::array<std::uint8_t, 4>;

struct note_signature {
  std::string name;
  note_key_id key_id{};
  bytes blob; ///< what stands behind the key id: 64 bytes for Ed25519, other lengths for other kinds
};

/// A note as received. Signatures are not checked yet.
struct checkpoint_note {
  std::string raw;
  std::size_t body_bytes = 0; ///< the signed part: the first three lines of `raw`
  checkpoint head;
  std::vector<note_signature> signatures;
};

/// Refuses: `object_too_large`, `truncated` (fewer lines, no signature), `trailing_bytes` (a fourth line,
/// bytes behind the last signature), `bad_text` (CR, control characters, invalid UTF-8, a space or plus in a
/// name), `unknown_value` (size not the shortest decimal, base64 not canonical), `count_too_large` (17
/// signatures), `not_sorted` (two signatures of one key).
expected<checkpoint_note> decode_note(std::string_view note);

/// SHA-256(name | 0a | 01 | key), first 4 bytes (c2sp.org/signed-note, Ed25519).
note_key_id key_id_of(std::string_view name, const public_key& key);

/// name+hex(key id)+base64(01 | key): what foreign verifiers ask for.
std::string verifier_key(std::string_view name, const public_key& key);

/// Exactly the pinned origin (`log_other_origin`) and a valid signature of the log's key over the received
/// bytes (`bad_signature`). Signatures by other keys, witnesses', are ignored.
[[nodiscard]] refusal check_note(const checkpoint_note& note, std::string_view origin,
                                 const public_key& log_key);

/// Decode, then check. A note that `decode_note` refuses is not one of the pinned log: `log_other_origin`
/// (e2ee 5.15).
expected<checkpoint> verify_note(std::string_view note, std::string_view origin, const public_key& log_key);

/// The three signed lines. Refuses what `decode_note` would: `bad_text` for the origin, `unknown_value` for
/// the size.
expected<std::string> note_body(const checkpoint& head);

/// RFC 4648, section 4, with padding: the one form of bytes in notes and proofs.
std::string base64(bytes_view raw);

/// A whole note with one signature. The caller holds the log's key: it signs the bytes it is given.
expected<std::string> make_note(const checkpoint& head, const public_key& log_key,
                                const std::function<signature64(bytes_view)>& sign);

/// What a device keeps of the log. It only moves forward (e2ee 4), in the same store transaction as whatever
/// was accepted under it.
struct log_pin {
  incarnation_id incarnation;
  checkpoint head;
  /// Leaves that all lives followed so far have in common (life.hpp); no limit: there was no restore.
  std::uint64_t shared = UINT64_MAX;
  bool operator==(const log_pin&) const = default;
};

/// The pin after `next`, whose signature the caller has checked. Refuses: `log_other_origin`,
/// `log_rolled_back` (smaller), `log_forked` (equal size with another root, or the proof from the pinned size
/// does not hold). The caller keeps note and pin as evidence, and goes on with levels 1 and 2.
expected<log_pin> advance_pin(const log_pin& pin, const checkpoint& next, std::span<const hash32> proof);

} // namespace wardline::e2ee
