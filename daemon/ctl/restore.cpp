#include "restore.hpp"
#include "../durable_file.hpp"
#include "../lmdb_storage.hpp"
#include "../process_journal.hpp"
#include "../sealed_storage.hpp"
#include "../sodium_ports.hpp"
#include "files.hpp"
#include "rules/audit_tree.hpp"
#include "unfinished_setup.hpp"
#include <algorithm>
#include <fcntl.h>
#include <unistd.h>

namespace wardline::ctl {

namespace {

namespace fs = std::filesystem;
using progress_told = std::function<void(std::uint64_t, std::uint64_t)>;

/// Rows and bytes of one commit while a store is filled.
constexpr std::size_t fill_rows = 8'192;
constexpr std::size_t fill_bytes = 16u << 20;

/// A box that is being put together in a folder of its own.
class box_from_backup {
public:
  box_from_backup(const restore_order& order, fs::path folder, std::size_t map_bytes,
                  const progress_told& progress)
      : order_{order}, folder_{std::move(folder)}, map_bytes_{map_bytes}, progress_{progress} {}

  /// What is wrong, or nothing.
  std::string put_together(restored& out) {
    for (auto step : {&box_from_backup::open_table, &box_from_backup::fill, &box_from_backup::unseal,
                      &box_from_backup::check_log, &box_from_backup::copy_blobs})
      if (auto problem = (this->*step)(out); !problem.empty())
        return problem;
    return {};
  }

  std::string begin_life(restored& out) {
    restore_facts facts{dice_.make<incarnation_id>(), order_.now, std::move(table_.known),
                        std::move(table_.kept)};
    auto life = open_life(*rows_, dice_, facts);
    if (!life)
      return said(life.why());
    out.log_epoch = life->log_epoch;
    return {};
  }

  std::string save_keys(const fs::path& keys_dir) {
    std::error_code error;
    fs::create_directories(keys_dir, error);
    table_.keys.kek = kek_.copy();
    auto why = table_.keys.save(keys_dir);
    if (why == refusal::none && give_to_owner_of(keys_dir, daemon::credentials::files(keys_dir)))
      return {};
    return keys_dir.string() + ": " + said(why == refusal::none ? refusal::storage_refused : why);
  }

  void close() {
    rows_.reset();
    ring_.reset();
    lmdb_.reset();
  }

private:
  std::string open_table(restored& out) {
    auto bulks = bulks_in(order_.folder);
    out.bulk = order_.bulk.empty() && !bulks.empty() ? bulks.back() : order_.bulk;
    if (std::find(bulks.begin(), bulks.end(), out.bulk) == bulks.end())
      return order_.folder.string() + ": holds no " + (out.bulk.empty() ? "finished backup" : out.bulk);
    auto raw = read_whole(order_.folder / "current-table", daemon::current_table_bytes_max);
    auto table = raw ? daemon::open_current_table(*raw, order_.recovery)
                     : expected<daemon::current_table>{refusal::not_found};
    if (!table)
      return "current-table: " + said(table.why());
    table_ = std::move(*table);
    return {};
  }

  std::string fill(restored& out) {
    std::error_code error;
    fs::create_directories(folder_ / "store", error);
    fs::permissions(folder_, fs::perms::owner_all, error);
    auto lmdb = lmdb_storage::open(folder_ / "store", journal_, map_bytes_);
    if (!lmdb)
      return (folder_ / "store").string() + ": " + said(lmdb.why());
    lmdb_ = std::move(*lmdb);
    std::vector<ports::change> batch;
    std::size_t size = 0;
    std::uint64_t done = 0;
    bool refused = false;
    auto commit = [&] {
      refused = refused || lmdb_->commit(batch) != ports::commit_result::committed;
      done += batch.size();
      batch.clear();
      size = 0;
      progress_(done, 0);
      return !refused;
    };
    auto facts = read_bulk(order_.folder, out.bulk, [&](ports::change&& row) {
      size += row.key.size() + row.value.size();
      batch.push_back(std::move(row));
      return (batch.size() < fill_rows && size < fill_bytes) || commit();
    });
    if (refused || (!batch.empty() && !commit()))
      return folder_.string() + ": " + said(refusal::storage_refused);
    if (!facts.problem.empty())
      return out.bulk + "/" + facts.problem;
    if (facts.manifest.clinic != table_.clinic)
      return "current-table: belongs to another clinic than " + out.bulk;
    bool newer = facts.manifest.turn_mark > table_.turn_mark || facts.manifest.time > table_.time;
    if (newer)
      return "current-table: is older than " + out.bulk + ", whose keys it cannot hold";
    out.manifest = std::move(facts.manifest);
    blobs_ = std::move(facts.blobs);
    return {};
  }

  std::string unseal(restored& out) {
    auto ring = keyring::restore(folder_ / "keyring", kek_, std::move(table_.segments), table_.keyring_epoch,
                                 journal_);
    if (!ring)
      return (folder_ / "keyring").string() + ": " + said(ring.why());
    ring_ = std::move(*ring);
    rows_ = std::make_unique<sealed_storage>(*lmdb_, *ring_, dice_);
    auto why = rows_->check_rows();
    if (why == refusal::none)
      why = rows_->resume_turn();
    if (why != refusal::none)
      return out.bulk + ": " + said(why);
    return {};
  }

  /// Every row is opened; every leaf goes into the root that the restored head names.
  std::string check_log(restored& out) {
    rules::frontier tree;
    std::uint64_t seen = 0;
    for (std::uint8_t t = 1; t <= ports::table_max; ++t) {
      auto where = static_cast<ports::table>(t);
      bytes after;
      for (;;) {
        auto page = rows_->scan(where, {}, after, ports::scan_rows_max);
        for (const auto& row : page) {
          out.lost_rows += row.openable ? 0 : 1;
          if (where == ports::table::leaf && row.openable)
            rules::append(tree, rules::leaf_hash(row.value), [](const rules::tree_node&) {});
        }
        seen += page.size();
        progress_(seen, out.manifest.rows);
        if (page.size() < ports::scan_rows_max)
          break;
        after = page.back().key;
      }
    }
    auto start = load_store(*rows_);
    if (!start)
      return out.bulk + ": the audit log: " + said(start.why());
    if (start->head.tree != tree || tree.size < out.manifest.leaves)
      return out.bulk + ": the audit log: " + said(refusal::log_corrupt);
    out.root = rules::root(tree);
    return {};
  }

  std::string copy_blobs(restored&) {
    std::error_code error;
    auto to = folder_ / "blobs";
    fs::create_directories(to, error);
    fs::permissions(to, fs::perms::owner_all, error);
    for (const auto& id : blobs_) {
      auto file = to / hex(id.view());
      fs::copy_file(blob_path(order_.folder, id), file, error);
      fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write, error);
      int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
      bool whole = !error && fd >= 0 && ::fsync(fd) == 0;
      if (fd >= 0)
        ::close(fd);
      if (!whole)
        return file.string() + ": " + said(refusal::storage_refused);
    }
    return sync_folder(to) ? "" : to.string() + ": " + said(refusal::storage_refused);
  }

  const restore_order& order_;
  fs::path folder_;
  std::size_t map_bytes_;
  const progress_told& progress_;
  daemon::process_journal journal_;
  daemon::sodium_random dice_;
  secret32 kek_ = secret32::random();
  daemon::current_table table_;
  std::vector<ports::blob_id> blobs_;
  std::unique_ptr<lmdb_storage> lmdb_;
  std::unique_ptr<keyring> ring_;
  std::unique_ptr<sealed_storage> rows_;
};

std::string what_is_in_the_way(const daemon::config& conf, const fs::path& keys_dir) {
  std::error_code error;
  if (fs::exists(conf.state_dir, error) && !fs::is_empty(conf.state_dir, error))
    return conf.state_dir.string() +
           " is not empty; nothing was changed. Restore on a machine, or into a state_dir, that "
           "holds nothing.";
  for (const auto& file : daemon::credentials::files(keys_dir))
    if (fs::exists(file, error))
      return file.string() +
             " exists already; nothing was changed. Move the keys of the box before away first.";
  return {};
}

/// Files of a box belong to whom its folder belongs.
bool give_all(const fs::path& folder, const fs::path& like) {
  std::error_code error;
  std::vector<fs::path> all{folder};
  for (const auto& entry : fs::recursive_directory_iterator{folder, error})
    all.push_back(entry.path());
  return !error && give_to_owner_of(like, all);
}

} // namespace

restored run_restore(const restore_order& order, const daemon::config& conf, const fs::path& keys_dir,
                     const progress_told& progress) {
  restored out;
  out.problem = what_is_in_the_way(conf, keys_dir);
  if (!out.problem.empty())
    return out;
  auto beside = conf.state_dir;
  beside += ".restoring";
  std::error_code error;
  fs::remove_all(beside, error);
  box_from_backup box{order, beside, conf.map_bytes, progress};
  out.problem = box.put_together(out);
  if (out.problem.empty())
    out.problem = box.begin_life(out);
  box.close();
  if (out.problem.empty() && !give_all(beside, fs::exists(conf.state_dir, error) ? conf.state_dir : beside))
    out.problem = beside.string() + ": " + said(refusal::storage_refused);
  if (out.problem.empty())
    out.problem = box.save_keys(keys_dir);
  // Onto an empty folder or none: from here on it is the clinic.
  bool moved = out.problem.empty() && ::rename(beside.c_str(), conf.state_dir.c_str()) == 0 &&
               sync_folder(conf.state_dir.parent_path());
  if (out.problem.empty() && !moved) {
    out.problem = conf.state_dir.string() + ": " + said(refusal::storage_refused);
    for (const auto& file : daemon::credentials::files(keys_dir)) // they were made a moment ago, for this
      fs::remove(file, error);
  }
  if (!out.problem.empty())
    fs::remove_all(beside, error);
  return out;
}

restored verify_backup(const restore_order& order, const fs::path& scratch, const progress_told& progress) {
  restored out;
  daemon::config defaults;
  box_from_backup box{order, scratch, defaults.map_bytes, progress};
  out.problem = box.put_together(out);
  if (out.problem.empty())
    out.problem = box.begin_life(out);
  box.close();
  std::error_code error;
  fs::remove_all(scratch, error);
  return out;
}

} // namespace wardline::ctl
