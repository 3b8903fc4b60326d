#include "storages.hpp"
#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace wardline;
using namespace wardline::ports;

namespace {

std::vector<change> rows(std::uint64_t from, std::uint64_t count, std::size_t value_bytes) {
  std::vector<change> out;
  for (auto i = from; i < from + count; ++i)
    out.push_back(put(table::log, row_key(i), bytes(value_bytes, 1)));
  return out;
}

/// Fills until refused; how many commits of 16 rows went in.
std::uint64_t fill(storage& disk, commit_result& end) {
  std::uint64_t commits = 0;
  while ((end = disk.commit(rows(commits * 16, 16, 3000))) == commit_result::committed)
    ++commits;
  return commits;
}

} // namespace

TEST_CASE("a full map is refused, nothing of it is there, and smaller things go on") {
  temp_folder folder;
  kept_journal journal;
  auto disk = std::move(*lmdb_storage::open(folder.path, journal, 4u << 20));
  commit_result end{};
  auto commits = fill(*disk, end);
  CHECK(end == commit_result::refused);
  CHECK(commits > 10);
  CHECK(disk->read(table::log, row_key(commits * 16)).status == read_status::absent);
  CHECK(disk->read(table::log, row_key(commits * 16 - 1)).status == read_status::found);
  auto used = disk->usage();
  CHECK(used.map_bytes == 4u << 20);
  CHECK(used.used_bytes * 100 > used.map_bytes * 80);
  disk.reset();
  disk = std::move(*lmdb_storage::open(folder.path, journal, 8u << 20)); // a larger map, and it goes on
  CHECK(disk->commit(rows(commits * 16, 16, 3000)) == commit_result::committed);
}

TEST_CASE("a full disk is refused, not unknown") {
  // In a mount namespace of a child: a file system of 6 MiB.
  temp_folder folder;
  auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", folder.path.c_str(), "tmpfs", 0, "size=6m") != 0)
      ::_exit(77);
    kept_journal journal;
    auto opened = lmdb_storage::open(folder.path, journal, 64u << 20);
    if (!opened)
      ::_exit(2);
    commit_result end{};
    auto commits = fill(**opened, end);
    bool reads = (*opened)->read(table::log, row_key(commits * 16 - 1)).status == read_status::found;
    bool still = (*opened)->commit(rows(commits * 16, 16, 3000)) == commit_result::refused;
    ::_exit(end == commit_result::refused && reads && still ? 0 : 3);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77)
    std::puts("skipped: may not mount a small file system here");
  else
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("a write that the disk breaks off is unknown, and all before it is there") {
  // A file size limit inside a page: LMDB's next growth is a short write, with room on the disk.
  temp_folder folder;
  auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    kept_journal journal;
    auto opened = lmdb_storage::open(folder.path, journal, test_map_bytes);
    if (!opened || (*opened)->commit(rows(0, 16, 3000)) != commit_result::committed)
      ::_exit(2);
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{200'100, 200'100};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    commit_result end{};
    for (std::uint64_t i = 1; (end = (*opened)->commit(rows(i * 16, 16, 3000))) == commit_result::committed;
         ++i)
      if (i > 100)
        ::_exit(3);
    ::_exit(end == commit_result::unknown ? 0 : 4);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  kept_journal journal;
  auto again = lmdb_storage::open(folder.path, journal, test_map_bytes);
  REQUIRE(again);
  auto last = (*again)->last(table::log, {});
  REQUIRE(last);
  CHECK((*row_number(last->key) + 1) % 16 == 0); // whole commits only
  CHECK((*again)->commit(rows(*row_number(last->key) + 1, 16, 3000)) == commit_result::committed);
}

TEST_CASE("one owner at a time") {
  temp_folder folder;
  kept_journal journal;
  auto first = lmdb_storage::open(folder.path, journal, test_map_bytes);
  REQUIRE(first);
  auto child = ::fork();
  if (child == 0) {
    auto second = lmdb_storage::open(folder.path, journal, test_map_bytes);
    ::_exit(second.why() == refusal::store_locked ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("a folder that is not there is refused") {
  kept_journal journal;
  CHECK(lmdb_storage::open("/nonexistent/folder", journal, test_map_bytes).why() == refusal::storage_refused);
}

TEST_CASE("a truncated or foreign file does not open, and never kills by SIGBUS") {
  temp_folder folder;
  kept_journal journal;
  auto file = folder.path / "data.mdb";
  {
    auto disk = std::move(*lmdb_storage::open(folder.path, journal, test_map_bytes));
    for (std::uint64_t i = 0; i < 20; ++i)
      REQUIRE(disk->commit(rows(i * 50, 50, 400)) == commit_result::committed);
  }
  auto whole = std::filesystem::file_size(file);
  CHECK(whole > 400'000);
  auto opens = [&] {
    // LMDB may find its own invariants broken and end the process: that is "does not start", too.
    auto child = ::fork();
    if (child == 0)
      ::_exit(lmdb_storage::open(folder.path, journal, test_map_bytes).why() == refusal::log_corrupt ? 40
                                                                                                     : 41);
    int status = 0;
    ::waitpid(child, &status, 0);
    INFO("status " << status);
    CHECK(WIFEXITED(status));
    return WEXITSTATUS(status) == 41;
  };
  CHECK(opens());
  SECTION("half of it is gone") {
    std::filesystem::resize_file(file, whole / 2 / 4096 * 4096);
  }
  SECTION("all but the meta pages is gone") {
    std::filesystem::resize_file(file, 8192);
  }
  SECTION("a torn start") {
    std::filesystem::resize_file(file, 100);
  }
  SECTION("it is something else") {
    std::ofstream{file} << std::string(20'000, 'x');
  }
  CHECK_FALSE(opens());
  CHECK_FALSE(opens()); // still not, although the first look made the file longer
}

TEST_CASE("unused pages that are missing at the end are no damage") {
  temp_folder folder;
  kept_journal journal;
  auto file = folder.path / "data.mdb";
  {
    auto disk = std::move(*lmdb_storage::open(folder.path, journal, test_map_bytes));
    REQUIRE(disk->commit(rows(0, 10, 100)) == commit_result::committed);
    // Large rows at the end of the file, then freed: their pages are in nobody's use.
    std::vector<change> large, gone;
    for (std::uint8_t i = 0; i < 10; ++i) {
      large.push_back(put(table::user, {i}, bytes(100'000, 1)));
      gone.push_back(del(table::user, {i}));
    }
    REQUIRE(disk->commit(large) == commit_result::committed);
    REQUIRE(disk->commit(gone) == commit_result::committed);
    // Pages that the newest state needs must not be the last ones: move them forward into freed room.
    for (std::uint64_t i = 10; i < 16; ++i)
      REQUIRE(disk->commit(rows(i, 1, 100)) == commit_result::committed);
  }
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 16 * 4096);
  auto again = lmdb_storage::open(folder.path, journal, test_map_bytes);
  REQUIRE(again);
  for (std::uint64_t i = 0; i < 16; ++i)
    CHECK((*again)->read(table::log, row_key(i)));
}

TEST_CASE("an empty store says so") {
  in_lmdb s;
  CHECK(s.storage->empty());
  REQUIRE(s.storage->commit(rows(0, 1, 1)) == commit_result::committed);
  CHECK_FALSE(s.storage->empty());
  CHECK(s.storage->check_readers() == 0);
}

TEST_CASE("no read sees a commit before it is durable, and none goes back behind an earlier read") {
  // More readers than processors: some are put to sleep inside LMDB's begin of a read (was_overtaken). The
  // meta page is synced while it is written, so what they saw of it too early is not there a moment later.
  constexpr int readers = 12;
  constexpr std::uint64_t commits = 1'500;
  in_lmdb s;
  auto count = to_bytes(view("n"));
  auto write = [&](std::uint64_t n) {
    std::vector<change> changes{put(table::log, row_key(n), {1}), put(table::meta, count, row_key(n))};
    return s.disk().commit(changes) == commit_result::committed;
  };
  REQUIRE(write(0));
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < readers; ++i)
    threads.emplace_back([&] {
      for (std::uint64_t last = 0; !stop;) {
        auto n = row_number(*s.disk().read(table::meta, count));
        if (!n || *n < last || !s.disk().read(table::log, row_key(*n)))
          ++wrong;
        last = n.value_or(last);
      }
    });
  bool committed = true;
  for (std::uint64_t n = 1; n < commits; ++n)
    committed = write(n) && committed;
  stop = true;
  for (auto& t : threads)
    t.join();
  CHECK(committed);
  CHECK(wrong == 0);
}
