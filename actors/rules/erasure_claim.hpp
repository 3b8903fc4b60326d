#pragma once
// What an overwritten key proves on the disk it lay on (security 5.1, 5.3): decided from what the box can see
// of its own file system, never better than that.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wardline::rules {

/// What can be seen of the file system that holds the key file.
struct disk_facts {
  std::string file_system;          ///< as the kernel names it; empty: it could not be found out
  std::vector<std::string> options; ///< of the mount
  bool shared_blocks = false;       ///< the key file shares blocks with a copy of it (reflink)
  bool rotational = false;          ///< the kernel says that the disk turns
};

/// The words are those of NIST SP 800-88r2. "Purge" is never among them: nothing here reaches flash chips
/// that a disk has set aside, and no key is in a TPM.
enum class erasure_claim : std::uint8_t {
  unproved = 0,       ///< the old key was overwritten in the file; its old blocks may still hold it
  clear_on_flash = 1, ///< Clear; chips that the disk has set aside may hold an old block
  clear = 2,          ///< Clear, on a disk that overwrites in place
};

/// Why the claim is not higher. The numbers are final.
enum class claim_limit : std::uint8_t {
  unknown_file_system = 1,
  copies_on_write, ///< the file system writes every change to another place
  data_journal,    ///< data=journal keeps what was written in its journal, too
  shared_blocks,
  memory_only, ///< the state folder lies in memory: it may be in swap, and is gone at the next start
  remote,      ///< a server elsewhere decides what becomes of old blocks
  flash,       ///< or a disk that does not say what it is
};

struct claim {
  erasure_claim level = erasure_claim::unproved;
  std::vector<claim_limit> limits; ///< ascending
};

[[nodiscard]] claim claim_of(const disk_facts& facts);

/// One word, for the journal and JSON.
[[nodiscard]] std::string_view word_of(erasure_claim level);
[[nodiscard]] std::string_view word_of(claim_limit limit);
/// For people, and for the text of a certificate: what a destruction proves here, what it does not, and what
/// the box cannot see. Whole sentences.
[[nodiscard]] std::string text_of(const claim& c);

} // namespace wardline::rules
