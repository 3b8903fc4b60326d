// What lies in a folder of backups, read back.
#include "backup.hpp"
#include "files.hpp"
#include "wire/hash.hpp"
#include <algorithm>
#include <fstream>

namespace wardline::ctl {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view bulk_prefix = "bulk-";
constexpr std::string_view unfinished = ".unfinished";
constexpr std::size_t read_bytes = 1u << 20;

bool read_rows(const fs::path& file, const std::function<bool(ports::change&&)>& each, std::uint64_t& count,
               hash32& hash, std::string& problem) {
  running_sha256 all;
  daemon::row_pieces rows;
  bool through = each_piece(file, [&](bytes_view piece) {
    all.add(piece);
    rows.add(piece);
    while (auto row = rows.next()) {
      ++count;
      if (!each(std::move(*row)))
        return false;
    }
    return true;
  });
  if (!through)
    return false;
  hash = all.finish();
  if (!rows.whole())
    problem = "rows: " + said(rows.why() == refusal::none ? refusal::truncated : rows.why());
  return true;
}

std::string check_blobs(const fs::path& folder, const std::string& name, bulk_facts& out) {
  std::ifstream in{folder / name / "blobs.sha256"};
  for (std::string line; std::getline(in, line);) {
    auto slash = line.rfind('/');
    auto raw = slash == std::string::npos ? std::nullopt : from_hex(line.substr(slash + 1));
    auto id = raw ? ports::blob_id::from(*raw) : std::nullopt;
    if (!id)
      return "blobs.sha256: " + said(refusal::malformed_request);
    running_sha256 hash;
    each_piece(blob_path(folder, *id), [&](bytes_view piece) { return hash.add(piece), true; });
    if (hex(hash.finish()) != line.substr(0, 64))
      return "blobs/" + hex(id->view()) + ": is missing or damaged";
    out.blobs.push_back(*id);
  }
  return {};
}

} // namespace

bool each_piece(const fs::path& file, const std::function<bool(bytes_view)>& visit) {
  std::ifstream in{file, std::ios::binary};
  bytes piece(read_bytes);
  while (in.read(reinterpret_cast<char*>(piece.data()), static_cast<std::streamsize>(piece.size())) ||
         in.gcount() > 0)
    if (!visit(bytes_view{piece}.first(static_cast<std::size_t>(in.gcount()))))
      return false;
  return true;
}

std::vector<std::string> bulks_in(const fs::path& folder) {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{folder, error}) {
    auto name = entry.path().filename().string();
    if (name.starts_with(bulk_prefix) && !name.ends_with(unfinished))
      out.push_back(name);
  }
  std::sort(out.begin(), out.end());
  return out;
}

fs::path blob_path(const fs::path& folder, const ports::blob_id& id) {
  return folder / "blobs" / hex(id.view());
}

bulk_facts read_bulk(const fs::path& folder, const std::string& name,
                     const std::function<bool(ports::change&&)>& each_row) {
  bulk_facts out;
  auto raw = read_whole(folder / name / "manifest", daemon::manifest_bytes_max);
  auto manifest = raw ? daemon::read_manifest(*raw) : expected<daemon::backup_manifest>{refusal::not_found};
  if (!manifest) {
    out.problem = "manifest: " + said(manifest.why());
    return out;
  }
  out.manifest = std::move(*manifest);
  std::uint64_t rows = 0;
  hash32 hash{};
  if (!read_rows(folder / name / "rows", each_row, rows, hash, out.problem))
    return out;
  if (out.problem.empty() && (rows != out.manifest.rows || hash != out.manifest.rows_hash))
    out.problem = "rows: not the bytes that the daemon signed";
  if (out.problem.empty())
    out.problem = check_blobs(folder, name, out);
  return out;
}

std::optional<bytes> read_whole(const fs::path& file, std::size_t bytes_max) {
  std::error_code error;
  auto size = fs::file_size(file, error);
  if (error || size > bytes_max)
    return std::nullopt;
  bytes out(size);
  std::ifstream in{file, std::ios::binary};
  in.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(size));
  return in ? std::optional{std::move(out)} : std::nullopt;
}

} // namespace wardline::ctl
