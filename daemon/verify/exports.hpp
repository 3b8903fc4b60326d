#pragma once
// A whole export (c2sp.org/tlog-tiles), from its entries up to its signed checkpoint.
#include "certificates.hpp"
#include "hashing.hpp"
#include "text_forms.hpp"
#include <filesystem>
#include <functional>

namespace verify {

inline constexpr std::size_t tile_width = 256;

struct finding {
  std::string problem;                  ///< empty: all is well
  std::optional<std::uint64_t> entry{}; ///< the first wrong entry
  std::uint64_t entries = 0;            ///< checked
  std::string origin;
  std::string clinic_name; ///< as the certificate calls it
  std::string identity;    ///< hex of the clinic's identity key: compare it with one from another source
};

/// "x001/067", or "067.p/112".
std::filesystem::path tile_name(std::uint64_t index, std::size_t width);

/// `width` entries, each u16 BE length | data, and nothing else. Views into `raw`.
std::optional<std::vector<bytes_view>> read_bundle(bytes_view raw, std::size_t width);

/// `identity`: hex of the identity key that the clinic must have; empty: any. `progress` is told entries done
/// and all.
finding check_export(hasher& with, const std::filesystem::path& folder, const std::string& identity,
                     const std::function<void(std::uint64_t, std::uint64_t)>& progress);

/// The log's key of an export, after its certificates were checked; problem set otherwise.
std::optional<log_key> certified_key(const std::filesystem::path& folder, const std::string& identity,
                                     finding& out);

/// At most `most` bytes, or nothing.
std::optional<bytes> read_file(const std::filesystem::path& file, std::size_t most);

} // namespace verify
