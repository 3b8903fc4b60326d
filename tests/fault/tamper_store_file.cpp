// The store's file as an intruder left it, read by LMDB in a process of its own: it may not survive that.
#include "lmdb_storage.hpp"
#include "state_at_rest.hpp"
#include "tamper_judges.hpp"
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

namespace wardline::fault {

namespace {

constexpr std::size_t store_map_bytes = std::size_t{1} << 30;
constexpr int first_code = 10; ///< of a child's verdict; below it LMDB has ended the child

} // namespace

void write_file(const std::filesystem::path& file, bytes_view content) {
  std::ofstream{file, std::ios::binary}.write(reinterpret_cast<const char*>(content.data()),
                                              static_cast<std::streamsize>(content.size()));
}

judge tamper_court::judged_here(const bytes& data_file) {
  auto folder = scratch_.path / "store";
  std::filesystem::create_directories(folder);
  std::filesystem::remove(folder / "lock.mdb");
  write_file(folder / "data.mdb", data_file);
  kept_journal journal;
  auto lmdb = lmdb_storage::open(folder, journal, store_map_bytes);
  if (!lmdb)
    return judge::start;
  box_state s = all_.back();
  try {
    s.rows = image_of(**lmdb);
  } catch (const std::exception&) { // LMDB itself refuses to read on
    return judge::reading;
  }
  return look(s);
}

judge tamper_court::look_at_store_file(const bytes& data_file) {
  auto child = ::fork();
  if (child == 0) {
    ::alarm(30);
    [[maybe_unused]] auto* quiet = std::freopen("/dev/null", "w", stderr); // what LMDB says before it ends
    try {
      ::_exit(first_code + static_cast<int>(judged_here(data_file)));
    } catch (const std::exception&) {
      ::_exit(first_code + static_cast<int>(judges));
    }
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  keyring_there_.clear(); // the child may have written there
  if (!WIFEXITED(status) || WEXITSTATUS(status) < first_code)
    return judge::crash;
  if (WEXITSTATUS(status) == first_code + static_cast<int>(judges))
    throw std::runtime_error{"a judge failed"};
  return static_cast<judge>(WEXITSTATUS(status) - first_code);
}

} // namespace wardline::fault
