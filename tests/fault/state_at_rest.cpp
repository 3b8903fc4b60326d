#include "state_at_rest.hpp"
#include "disk_audit.hpp"
#include "item_rows.hpp"
#include "lmdb_storage.hpp"

namespace wardline::fault {

namespace {

constexpr std::size_t map_bytes = std::size_t{1} << 30;

} // namespace

memory_storage::image image_of(const ports::reader& from) {
  memory_storage::image out;
  for (std::uint8_t t = 1; t <= ports::table_max; ++t) {
    auto& rows = out[t];
    for (bytes after;;) {
      auto page = from.scan(static_cast<ports::table>(t), {}, after, ports::scan_rows_max);
      if (page.empty())
        break;
      after = page.back().key;
      for (auto& r : page) {
        if (!r.openable)
          throw std::runtime_error{"a table cannot be walked to its end"};
        rows.emplace_hint(rows.end(), std::move(r.key), std::move(r.value));
      }
    }
  }
  return out;
}

state_at_rest::state_at_rest(const real_clinic& c) {
  std::filesystem::copy(c.state_folder() / "keyring", copy_.path / "keyring");
  std::filesystem::copy(c.state_folder() / "store", copy_.path / "store",
                        std::filesystem::copy_options::recursive);
  std::string problem;
  auto keys = daemon::credentials::load(c.conf.credentials_dir, problem);
  auto lmdb = lmdb_storage::open(copy_.path / "store", journal_, map_bytes);
  if (!keys || !lmdb)
    throw std::runtime_error{"a store at rest does not open"};
  keys_ = std::move(*keys);
  raw_.rows = image_of(**lmdb);
  auto ring = keyring::open(copy_.path / "keyring", keys_.kek, journal_);
  if (!ring)
    throw std::runtime_error{"a keyring at rest does not open"};
  ring_ = std::move(*ring);
  sealed_ = std::make_unique<sealed_storage>(raw_, *ring_, dice_);
}

std::vector<std::string> state_at_rest::wrong() {
  sim::box_disk disk;
  disk.rows.rows = raw_.rows;
  disk.keyring_file = copy_.path / "keyring";
  disk.keys.kek = keys_.kek.copy();
  std::vector<std::string> out;
  sim::audit_disk(disk, dice_, [&](const std::string& what) { out.push_back(what); });
  return out;
}

bool state_at_rest::holds(const promise& p) const {
  auto item = read_item(*sealed_, p.message);
  if (!item || item->row.conversation != p.conversation || item->row.seq != p.seq)
    return false;
  const auto& s = item->row.state;
  if (s.at == rules::phase::answered || s.owner)
    return true;
  return s.clock &&
         sealed_->read(ports::table::due, rows::encode(rows::due_key{s.level, s.clock->at, p.message}))
                 .status == ports::read_status::found;
}

std::size_t state_at_rest::steps_due() const {
  return raw_.rows[static_cast<std::size_t>(ports::table::due)].size();
}

} // namespace wardline::fault
