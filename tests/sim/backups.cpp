#include "backups.hpp"
#include <fstream>

namespace wardline::sim {

namespace {

bytes content_of(const std::filesystem::path& file) {
  bytes out(std::filesystem::file_size(file)); // a keyring has eight megabytes: no iterators
  std::ifstream in{file, std::ios::binary};
  in.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
  return out;
}

void write_file(const std::filesystem::path& file, const bytes& content) {
  std::ofstream out{file, std::ios::binary | std::ios::trunc};
  out.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
}

} // namespace

void backups::begin(daemon_life& life, time_ms now) {
  life.note_backup(0, 0, now);
}

void backups::take_whole(daemon_life& life, time_ms now) {
  bulk next{disk_.rows.rows, {}, life.turn()};
  for (const auto& entry : std::filesystem::directory_iterator{disk_.blob_folder})
    next.blobs[entry.path().filename()] = content_of(entry.path());
  auto leaves = load_store(life.rows());
  whole_ = std::move(next);
  current_ = {content_of(disk_.keyring_file), kept_rows_of(life.rows()), {}};
  if (auto known = read_checkpoint(life.rows()))
    current_.known = std::move(*known);
  if (leaves)
    life.note_backup(leaves->head.tree.size, whole_->turn.first, now);
}

void backups::refresh(daemon_life& life, time_ms now) {
  if (!whole_ || whole_->turn != life.turn())
    return take_whole(life, now);
  current_ = {content_of(disk_.keyring_file), kept_rows_of(life.rows()), {}};
  if (auto known = read_checkpoint(life.rows()))
    current_.known = std::move(*known);
}

std::optional<std::uint64_t> backups::restore(ports::random& dice, time_ms now,
                                              const std::function<void(const std::string&)>& broken) {
  disk_.rows.rows = whole_->rows;
  write_file(disk_.keyring_file, current_.keyring);
  std::filesystem::remove_all(disk_.blob_folder);
  std::filesystem::create_directories(disk_.blob_folder);
  for (const auto& [name, content] : whole_->blobs)
    write_file(disk_.blob_folder / name, content);
  kept_journal journal;
  auto ring = keyring::open(disk_.keyring_file, disk_.keys.kek, journal);
  if (!ring)
    return broken("the keyring of a backup does not open: " + to_string(ring.why())), std::nullopt;
  sealed_storage rows{disk_.rows, **ring, dice};
  if (auto why = rows.check_rows(); why != refusal::none)
    return broken("the rows of a backup are not those of one commit: " + to_string(why)), std::nullopt;
  if (auto why = rows.resume_turn(); why != refusal::none)
    return broken("the key turn of a backup does not go on: " + to_string(why)), std::nullopt;
  auto life = open_life(rows, dice, {dice.make<incarnation_id>(), now, current_.known, current_.kept});
  if (!life)
    return broken("a backup is not restored: " + to_string(life.why())), std::nullopt;
  return life->restored;
}

} // namespace wardline::sim
