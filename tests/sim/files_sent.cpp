#include "files_sent.hpp"
#include "wire/limits.hpp"

namespace wardline::sim {

namespace {

client::outgoing_file file_of(const bytes& content) {
  client::outgoing_file out{"note.txt", "text/plain", content.size(), {}};
  out.read = [content](std::uint64_t offset, std::size_t length) -> std::optional<bytes> {
    auto begin = content.begin() + static_cast<std::ptrdiff_t>(offset);
    return bytes(begin, begin + static_cast<std::ptrdiff_t>(length));
  };
  return out;
}

} // namespace

void files_sent::maybe_add(std::size_t n, client::draft& what) {
  auto chance = world_.roll(24);
  if (chance > 2)
    return;
  auto size = chance == 0 ? wire::chunk_bytes_max + world_.roll(5'000) : world_.roll(9'000);
  auto& content = by_message_[n] = bytes(size, static_cast<std::uint8_t>(n));
  what.files.push_back(file_of(content));
}

void files_sent::check(wired_device& d, const client::opened_message& one) {
  for (const auto& [n, content] : by_message_) {
    if (world_.promised[n].message != one.row.message)
      continue;
    if (one.content.attachments.size() != 1)
      return world_.broken("an acknowledged message has lost its file at " + d.name);
    bytes came;
    auto r = world_.wait_for<std::uint64_t>([&](auto then) {
      d.device->fetch(
          one.row.conversation, one.row.seq, one.content.attachments[0],
          [&came](bytes_view piece) {
            came.insert(came.end(), piece.begin(), piece.end());
            return true;
          },
          std::move(then));
    });
    if (world_.must(r, "fetching a file at " + d.name) && came != content)
      world_.broken("an acknowledged message has another file at " + d.name);
    ++world_.report.files_read;
  }
}

void files_sent::check_disk(const std::function<bool(const message_id&)>& kept,
                            const std::function<bool(const message_id&)>& may_stay) const {
  std::size_t least = 0;
  std::size_t most = 0;
  for (const auto& [n, content] : by_message_) {
    const auto& p = world_.promised[n];
    least += p.seq != 0 && kept(p.message) ? 1 : 0;
    most += may_stay(p.message) ? 1 : 0;
  }
  auto there = world_.files_on_disk();
  if (there < least || there > most)
    world_.broken("the daemon's disk holds " + std::to_string(there) + " files, and not " +
                  std::to_string(least) + " to " + std::to_string(most));
}

} // namespace wardline::sim
