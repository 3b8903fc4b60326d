#include "exports.hpp"
#include <algorithm>
#include <bit>
#include <cstdio>
#include <fstream>

namespace verify {

namespace {

constexpr std::size_t bundle_bytes_max = tile_width * (2 + 65'535);
constexpr unsigned levels_max = 8;

std::string as_text(const bytes& raw) {
  return {raw.begin(), raw.end()};
}

/// RFC 6962 2.1 over these hashes as leaves' hashes.
hash top_of(hasher& with, std::span<const hash> row) {
  if (row.size() == 1)
    return row[0];
  auto left = std::bit_floor(row.size() - 1);
  return with.node(top_of(with, row.first(left)), top_of(with, row.subspan(left)));
}

struct walk {
  hasher& with;
  std::filesystem::path tiles;
  std::uint64_t size;
  finding& out;
  /// Of each level, the hashes behind its last full tile.
  std::array<std::vector<hash>, levels_max> open{};
  std::array<std::uint64_t, levels_max> full{};

  bool wrong(const std::string& what, std::uint64_t entry) {
    out.problem = what;
    out.entry = entry;
    return false;
  }

  /// The tile file of `level`, against what stands in open[level]; then it is closed into the level above.
  bool close(unsigned level) {
    auto& row = open[level];
    auto name = std::to_string(level) / tile_name(full[level], row.size());
    auto first = full[level] * tile_width << (8 * level);
    auto raw = read_file(tiles / name, tile_width * 32);
    if (!raw || raw->size() != row.size() * 32)
      return wrong("tile/" + name.string() + " is missing, or has not " + std::to_string(row.size()) +
                       " hashes",
                   first);
    for (std::size_t i = 0; i < row.size(); ++i)
      if (!std::equal(row[i].begin(), row[i].end(), raw->begin() + static_cast<std::ptrdiff_t>(i * 32))) {
        auto entry = first + (std::uint64_t{i} << (8 * level));
        return wrong(level == 0
                         ? "entry " + std::to_string(entry) + " is not what tile/" + name.string() + " says"
                         : "tile/" + name.string() + " is wrong where it stands for the entries from " +
                               std::to_string(entry) + " on",
                     entry);
      }
    if (row.size() < tile_width)
      return true;
    auto above = top_of(with, row);
    row.clear();
    ++full[level];
    return level + 1 >= levels_max || add(level + 1, above);
  }

  bool add(unsigned level, const hash& h) {
    open[level].push_back(h);
    return open[level].size() < tile_width || close(level);
  }

  bool bundle(std::uint64_t index, std::size_t width) {
    auto name = "entries" / tile_name(index, width);
    auto raw = read_file(tiles / name, bundle_bytes_max);
    auto entries = raw ? read_bundle(*raw, width) : std::nullopt;
    if (!entries)
      return wrong("tile/" + name.string() + " is missing, or does not hold exactly " +
                       std::to_string(width) + " entries",
                   index * tile_width);
    for (const auto& data : *entries)
      if (!add(0, with.leaf(data)))
        return false;
    out.entries += width;
    return true;
  }

  /// The right edge, smallest subtrees first, is what is open on each level.
  hash root() {
    if (size == 0)
      return with.of({});
    std::optional<hash> out_hash;
    for (unsigned level = 0; level < levels_max; ++level) {
      auto row = open[level];
      // Whole subtrees of this level only; what is not whole hangs to the right of them.
      auto left = row.size();
      while (left != 0) {
        auto width = left & (~left + 1); // the last and smallest power of two
        auto part = top_of(with, std::span{row}.subspan(left - width, width));
        out_hash = out_hash ? with.node(part, *out_hash) : part;
        left -= width;
      }
    }
    return *out_hash;
  }
};

} // namespace

std::optional<bytes> read_file(const std::filesystem::path& file, std::size_t most) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error) || error)
    return std::nullopt;
  auto size = std::filesystem::file_size(file, error);
  if (error || size > most)
    return std::nullopt;
  bytes out(static_cast<std::size_t>(size));
  std::ifstream in{file, std::ios::binary};
  in.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(size));
  return in.gcount() == static_cast<std::streamsize>(size) ? std::optional{std::move(out)} : std::nullopt;
}

std::filesystem::path tile_name(std::uint64_t index, std::size_t width) {
  char digits[8];
  std::snprintf(digits, sizeof digits, "%03u", static_cast<unsigned>(index % 1'000));
  std::string name = digits;
  while ((index /= 1'000) != 0) {
    std::snprintf(digits, sizeof digits, "x%03u", static_cast<unsigned>(index % 1'000));
    name.insert(0, std::string{digits} + "/");
  }
  return width < tile_width ? name + ".p/" + std::to_string(width) : name;
}

std::optional<std::vector<bytes_view>> read_bundle(bytes_view raw, std::size_t width) {
  std::vector<bytes_view> out;
  for (; out.size() < width; raw = raw.subspan(out.back().size())) {
    if (raw.size() < 2)
      return std::nullopt;
    auto length = static_cast<std::size_t>(raw[0] << 8 | raw[1]);
    raw = raw.subspan(2);
    if (length > raw.size())
      return std::nullopt;
    out.push_back(raw.first(length));
  }
  return raw.empty() ? std::optional{std::move(out)} : std::nullopt;
}

std::optional<log_key> certified_key(const std::filesystem::path& folder, const std::string& identity,
                                     finding& out) {
  auto read = [&](const char* name, std::size_t most) {
    return read_file(folder / name, most).value_or(bytes{});
  };
  auto root = read_root(read("certificates/root", certificate_bytes_max));
  auto server = read_server(read("certificates/server", certificate_bytes_max));
  auto key = read_log_key(as_text(read("verifier-key", 1'024)));
  if (!root || !is_self_signed(*root))
    out.problem = "certificates/root is no root certificate, or is not signed by its identity key";
  else if (!server || !is_certified(*server, *root))
    out.problem =
        "certificates/server is no server certificate, or is not signed by the clinic's identity key";
  else if (!identity.empty() && identity != hex(root->identity))
    out.problem = "the clinic's identity key is " + hex(root->identity) + ", not the one you gave";
  else if (!key || key->key != server->log_key)
    out.problem = "verifier-key is damaged, or is not the log key that the server certificate names";
  else if (!key->name.starts_with("wardline/" + hex(root->clinic) + "/audit/"))
    out.problem = "verifier-key names another clinic's log";
  if (!out.problem.empty())
    return std::nullopt;
  out.clinic_name = root->clinic_name;
  out.identity = hex(root->identity);
  return key;
}

finding check_export(hasher& with, const std::filesystem::path& folder, const std::string& identity,
                     const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  finding out;
  auto key = certified_key(folder, identity, out);
  if (!key)
    return out;
  auto head = read_checkpoint(as_text(read_file(folder / "checkpoint", text_bytes_max).value_or(bytes{})));
  if (!head || !is_signed(*head, *key)) {
    out.problem = head ? "checkpoint is not signed by the log's key"
                       : "checkpoint is missing or malformed; an export that did not end has none";
    return out;
  }
  out.origin = head->origin;
  walk w{with, folder / "tile", head->size, out};
  for (std::uint64_t done = 0; done < head->size; progress(out.entries, head->size)) {
    auto width = std::min<std::uint64_t>(tile_width, head->size - done);
    if (!w.bundle(done / tile_width, static_cast<std::size_t>(width)))
      return out;
    done += width;
  }
  for (unsigned level = 0; level < levels_max; ++level)
    if (!w.open[level].empty() && !w.close(level))
      return out;
  if (w.root() != head->root)
    out.problem = "the entries and tiles agree with each other, but not with the signed checkpoint";
  return out;
}

} // namespace verify
