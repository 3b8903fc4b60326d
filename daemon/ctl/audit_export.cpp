#include "audit_export.hpp"
#include "e2ee/checkpoint.hpp"
#include "files.hpp"
#include "rules/audit_entry.hpp"
#include "rules/audit_tree.hpp"
#include <array>
#include <cstdio>
#include <fstream>

namespace wardline::ctl {

namespace {

expected<admin::log_report> asked(const ask_log& ask, const admin::log_question& q) {
  auto raw = ask(admin::encode(q));
  if (!raw)
    return refusal::link_down;
  auto report = admin::decode_log_report(*raw);
  if (report && report->why != refusal::none)
    return report->why;
  return report;
}

bool put_file(const std::filesystem::path& file, bytes_view content) {
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  std::ofstream out{file, std::ios::binary};
  out.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
  return !error && out.flush().good();
}

/// Writes tiles as they fill, level by level, and keeps no more than one open tile of each.
class tile_writer {
public:
  explicit tile_writer(const std::filesystem::path& folder) : folder_{folder} {}

  bool add_leaf(bytes_view data) {
    bundle_.push_back(static_cast<std::uint8_t>(data.size() >> 8));
    bundle_.push_back(static_cast<std::uint8_t>(data.size()));
    bundle_.insert(bundle_.end(), data.begin(), data.end());
    auto leaf = rules::leaf_hash(data);
    rules::append(tree_, leaf, [](const rules::tree_node&) {});
    return (tree_.size % tile_width != 0 || put_bundle(tile_width)) && add(0, leaf);
  }

  /// The tiles that are not full.
  bool finish() {
    if (auto rest = tree_.size % tile_width; rest != 0 && !put_bundle(rest))
      return false;
    for (std::size_t level = 0; level < open_.size(); ++level)
      if (!open_[level].empty() && !put_tile(level))
        return false;
    return true;
  }

  [[nodiscard]] const rules::frontier& tree() const { return tree_; }
  [[nodiscard]] std::uint64_t tiles() const { return tiles_; }

private:
  bool put_bundle(std::size_t width) {
    auto done = put_file(folder_ / tile_path("entries", (tree_.size - 1) / tile_width, width), bundle_);
    bundle_.clear();
    return done;
  }

  bool put_tile(std::size_t level) {
    bytes raw;
    for (const auto& h : open_[level])
      raw.insert(raw.end(), h.begin(), h.end());
    ++tiles_;
    return put_file(folder_ / tile_path(std::to_string(level), full_[level], open_[level].size()), raw);
  }

  bool add(std::size_t level, const hash32& hash) {
    open_[level].push_back(hash);
    if (open_[level].size() < tile_width)
      return true;
    if (!put_tile(level))
      return false;
    auto& row = open_[level];
    for (auto width = tile_width; width > 1; width /= 2)
      for (std::size_t i = 0; i < width / 2; ++i)
        row[i] = rules::node_hash(row[2 * i], row[2 * i + 1]);
    auto above = row[0];
    row.clear();
    ++full_[level];
    return add(level + 1, above);
  }

  static constexpr std::size_t levels = 8; // 256^8 leaves
  std::filesystem::path folder_;
  rules::frontier tree_;
  bytes bundle_;
  std::array<std::vector<hash32>, levels> open_;
  std::array<std::uint64_t, levels> full_{};
  std::uint64_t tiles_ = 0;
};

std::string write_export(const ask_log& ask, const admin::log_report& head,
                         const std::filesystem::path& folder, exported& out,
                         const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  const std::string full = folder.string() + ": cannot be written; is the disk full?";
  if (!put_file(folder / "verifier-key", view(head.verifier_key + "\n")) ||
      !put_file(folder / "certificates" / "root", head.root) ||
      !put_file(folder / "certificates" / "server", head.server))
    return full;
  tile_writer tiles{folder};
  while (out.entries < head.size) {
    auto count = std::min<std::uint64_t>(head.size - out.entries, admin::log_leaves_max);
    auto part = asked(ask, admin::log_leaves_question{out.entries, static_cast<std::uint16_t>(count)});
    if (!part)
      return "entry " + std::to_string(out.entries) + ": " + said(part.why());
    if (part->leaves.size() != count * rules::leaf_data_bytes)
      return "entry " + std::to_string(out.entries) + ": " + said(refusal::count_mismatch);
    for (std::uint64_t i = 0; i < count; ++i)
      if (!tiles.add_leaf(
              bytes_view{part->leaves}.subspan(i * rules::leaf_data_bytes, rules::leaf_data_bytes)))
        return full;
    out.entries += count;
    progress(out.entries, head.size);
  }
  if (!tiles.finish())
    return full;
  auto note = e2ee::decode_note(head.note);
  if (!note || note->head.root != rules::root(tiles.tree()))
    return said(refusal::log_corrupt);
  out.tiles = tiles.tiles();
  return put_file(folder / "checkpoint", view(head.note)) ? "" : full;
}

std::string lines_of(const std::vector<hash32>& proof) {
  std::string out;
  for (const auto& h : proof)
    out += e2ee::base64(h) + "\n";
  return out;
}

} // namespace

std::filesystem::path tile_path(const std::string& level, std::uint64_t index, std::size_t width) {
  char digits[8];
  std::snprintf(digits, sizeof digits, "%03u", static_cast<unsigned>(index % 1'000));
  std::string name = digits;
  for (index /= 1'000; index != 0; index /= 1'000) {
    std::snprintf(digits, sizeof digits, "x%03u", static_cast<unsigned>(index % 1'000));
    name = std::string{digits} + "/" + name;
  }
  if (width < tile_width)
    name += ".p/" + std::to_string(width);
  return std::filesystem::path{"tile"} / level / name;
}

exported export_log(const ask_log& ask, const std::filesystem::path& folder,
                    const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  exported out;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error || !std::filesystem::is_empty(folder, error) || error) {
    out.problem = folder.string() + ": must be a new or an empty folder that you may write to";
    return out;
  }
  auto head = asked(ask, admin::log_head_question{});
  out.problem = head ? write_export(ask, *head, folder, out, progress) : said(head.why());
  return out;
}

log_proof prove_entry(const ask_log& ask, std::uint64_t index) {
  auto report = asked(ask, admin::log_inclusion_question{index});
  if (!report)
    return {"entry " + std::to_string(index) + ": " + said(report.why()), {}, 0};
  auto extra = report->leaves;
  extra.insert(extra.end(), report->salted_entry.begin(), report->salted_entry.end());
  return {{},
          "c2sp.org/tlog-proof@v1\nextra " + e2ee::base64(extra) + "\nindex " + std::to_string(index) + "\n" +
              lines_of(report->proof) + "\n" + report->note,
          report->size};
}

log_proof prove_growth(const ask_log& ask, std::uint64_t old_size) {
  auto report = asked(ask, admin::log_consistency_question{old_size});
  if (!report)
    return {"size " + std::to_string(old_size) + ": " + said(report.why()), {}, 0};
  return {{},
          "old " + std::to_string(old_size) + "\n" + lines_of(report->proof) + "\n" + report->note,
          report->size};
}

} // namespace wardline::ctl
