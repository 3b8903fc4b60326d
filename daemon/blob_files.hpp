#pragma once
// The blobs port on files: one per blob, sealed chunk by chunk under the file's own key. Format v1, final:
//   header, 32 bytes: "WLBLOB" | u8 version 1 | zero | u32 chunk bytes | 4 zero | 16 B nonce prefix
//   chunk i: XChaCha20-Poly1305, nonce = prefix | u64 i, AAD = lab("wardline stored blob v1") | id | header |
//   u64 i
//            | u8 last; every chunk but the last has the header's size (plus its tag of 16)
#include "ports/blobs.hpp"
#include "ports/journal.hpp"
#include "ports/random.hpp"
#include "wire/expected.hpp"
#include <filesystem>

namespace wardline {

class blob_files : public ports::blobs {
public:
  /// Makes the folder (0700) and removes what was never finished. Refuses storage_refused.
  static expected<std::unique_ptr<blob_files>> open(const std::filesystem::path& folder, ports::random& dice,
                                                    ports::journal& journal);

  std::unique_ptr<ports::blob_writer> create(const ports::blob_id& id, bytes_view key) override;
  ports::blob_chunk read(const ports::blob_id& id, bytes_view key, std::uint32_t chunk) const override;
  /// At most `length` bytes of the file as it lies, sealed, for a backup; `size`: of the whole file.
  /// Refusals: not_found, storage_refused.
  refusal read_raw(const ports::blob_id& id, std::uint64_t offset, std::size_t length, bytes& piece,
                   std::uint64_t& size) const;
  bool remove(const ports::blob_id& id) override;
  std::size_t sweep(const std::function<bool(const ports::blob_id&)>& wanted) override;

private:
  blob_files(std::filesystem::path folder, ports::random& dice, ports::journal& journal);

  std::filesystem::path folder_;
  ports::random& dice_;
  ports::journal& journal_;
};

} // namespace wardline
