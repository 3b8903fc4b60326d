#pragma once
// `wardctl audit`: the log as files that strangers can check (c2sp.org/tlog-tiles, c2sp.org/tlog-proof), and
// proofs about it. The log is a running daemon's; asked for in bounded pieces.
#include "audit_words.hpp"
#include <filesystem>
#include <functional>
#include <optional>

namespace wardline::ctl {

/// One request to the daemon, and its answer; nothing if nobody answers.
using ask_log = std::function<std::optional<bytes>(bytes_view)>;

/// Hashes of one tile, and entries of one bundle (c2sp.org/tlog-tiles).
inline constexpr std::size_t tile_width = 256;

struct exported {
  std::string problem; ///< empty: done
  std::uint64_t entries = 0;
  std::uint64_t tiles = 0;
};

/// Path below an export of tile `index` of `level` ("0", "1", ..., "entries") with `width` hashes, 1..256.
std::filesystem::path tile_path(const std::string& level, std::uint64_t index, std::size_t width);

/// Into `folder`, which must be new or empty: tile/, certificates/, verifier-key, and last of all checkpoint,
/// after the tree that was written is the tree that was signed. `progress` is told entries done and all.
exported export_log(const ask_log& ask, const std::filesystem::path& folder,
                    const std::function<void(std::uint64_t, std::uint64_t)>& progress);

struct log_proof {
  std::string problem; ///< empty: done
  std::string text;
  std::uint64_t size = 0; ///< of the checkpoint that it leads to
};

/// A tlog-proof of one entry under the newest checkpoint. `extra` is leaf data (34 bytes), then salt | entry
/// unless that was destroyed.
log_proof prove_entry(const ask_log& ask, std::uint64_t index);
/// That the newest checkpoint extends the tree of `old_size`: "old N", the hashes, a blank line, the
/// checkpoint (the body of c2sp.org/tlog-witness add-checkpoint).
log_proof prove_growth(const ask_log& ask, std::uint64_t old_size);

} // namespace wardline::ctl
