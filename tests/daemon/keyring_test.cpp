#include "keyring.hpp"
#include "storages.hpp"
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace wardline;
using ports::commit_result;
using ports::table;

namespace {

struct at_file {
  temp_folder folder;
  kept_journal journal;
  std::filesystem::path file = folder.path / "keyring";

  std::unique_ptr<keyring> make() { return std::move(*keyring::create(file, test_kek(), journal)); }
  expected<std::unique_ptr<keyring>> open(std::uint8_t kek = 7) {
    return keyring::open(file, test_kek(kek), journal);
  }

  bytes content() {
    bytes out(std::filesystem::file_size(file));
    std::ifstream{file, std::ios::binary}.read(reinterpret_cast<char*>(out.data()),
                                               static_cast<std::streamsize>(out.size()));
    return out;
  }

  void damage(std::size_t at) {
    std::fstream f{file, std::ios::in | std::ios::out | std::ios::binary};
    f.seekg(static_cast<std::streamoff>(at));
    auto was = f.get();
    f.seekp(static_cast<std::streamoff>(at));
    f.put(static_cast<char>(was ^ 0x55));
  }

  /// Puts the first `count` bytes of a copy back to an earlier content: a write that was torn there.
  void tear(const bytes& before, std::size_t copy, std::size_t from) {
    std::fstream f{file, std::ios::in | std::ios::out | std::ios::binary};
    auto at = copy * keyring_copy_bytes + from;
    f.seekp(static_cast<std::streamoff>(at));
    f.write(reinterpret_cast<const char*>(before.data() + at),
            static_cast<std::streamsize>(keyring_copy_bytes - from));
  }
};

bytes key_of(const keyring& ring, segment s) {
  bytes out;
  ring.with_newest(s, [&](std::uint32_t epoch, bytes_view key) {
    CHECK(epoch == 1);
    out = to_bytes(key);
  });
  return out;
}

std::vector<segment> segments(std::uint32_t from, std::uint32_t count) {
  std::vector<segment> out;
  for (auto i = from; i < from + count; ++i)
    out.push_back({table::log, i});
  return out;
}

} // namespace

TEST_CASE("keys are made once, differ, and survive a restart") {
  at_file f;
  bytes first;
  {
    auto ring = f.make();
    CHECK(ring->size() == 0);
    CHECK_FALSE(ring->has({table::log, 0}));
    REQUIRE(ring->ensure(segments(0, 3)) == commit_result::committed);
    first = key_of(*ring, {table::log, 0});
    CHECK(first.size() == 32);
    CHECK(first != key_of(*ring, {table::log, 1}));
    auto epoch = ring->file_epoch();
    REQUIRE(ring->ensure(segments(0, 3)) == commit_result::committed);
    CHECK(ring->file_epoch() == epoch); // nothing was missing, nothing was written
    REQUIRE(ring->ensure(segments(2, 2)) == commit_result::committed);
    CHECK(ring->file_epoch() == epoch + 1);
    CHECK_FALSE(ring->has({table::leaf, 0}));
  }
  auto ring = f.open();
  REQUIRE(ring);
  CHECK((*ring)->size() == 4);
  CHECK(key_of(**ring, {table::log, 0}) == first);
  CHECK((*ring)->with({table::log, 0}, 1, [](bytes_view) {}));
  CHECK_FALSE((*ring)->with({table::log, 0}, 2, [](bytes_view) {}));
  CHECK(f.journal.count("keyring_copy_healed") == 0);
}

TEST_CASE("no key stands in the file in clear, and the wrong KEK opens nothing") {
  at_file f;
  bytes key;
  {
    auto ring = f.make();
    REQUIRE(ring->ensure(segments(0, 1)) == commit_result::committed);
    key = key_of(*ring, {table::log, 0});
  }
  auto raw = f.content();
  CHECK(raw.size() == 2 * keyring_copy_bytes);
  CHECK(std::search(raw.begin(), raw.end(), key.begin(), key.end()) == raw.end());
  CHECK(f.open(8).why() == refusal::keyring_not_openable);
  CHECK(f.open());
}

TEST_CASE("it is overwritten in place: same file, same length") {
  at_file f;
  auto ring = f.make();
  auto inode = [&] {
    struct stat s {};
    ::stat(f.file.c_str(), &s);
    return s.st_ino;
  };
  auto before = inode();
  REQUIRE(ring->ensure(segments(0, 500)) == commit_result::committed);
  CHECK(inode() == before);
  CHECK(std::filesystem::file_size(f.file) == 2 * keyring_copy_bytes);
  CHECK((std::filesystem::status(f.file).permissions() & std::filesystem::perms::others_all) ==
        std::filesystem::perms::none);
}

TEST_CASE("one damaged copy is healed from the other, two are refused") {
  auto copy = GENERATE(std::size_t{0}, std::size_t{1});
  auto where = GENERATE(std::size_t{0}, std::size_t{9}, std::size_t{17}, std::size_t{50}, std::size_t{200});
  at_file f;
  bytes key;
  {
    auto ring = f.make();
    REQUIRE(ring->ensure(segments(0, 10)) == commit_result::committed);
    key = key_of(*ring, {table::log, 9});
  }
  f.damage(copy * keyring_copy_bytes + where);
  {
    auto ring = f.open();
    REQUIRE(ring);
    CHECK(key_of(**ring, {table::log, 9}) == key);
    CHECK(f.journal.count("keyring_copy_healed") == 1);
  }
  f.damage((1 - copy) * keyring_copy_bytes + where); // the healed one carries it alone now
  {
    auto ring = f.open();
    REQUIRE(ring);
    CHECK(key_of(**ring, {table::log, 9}) == key);
  }
  f.damage(where);
  f.damage(keyring_copy_bytes + where);
  CHECK(f.open().why() == refusal::keyring_not_openable);
}

TEST_CASE("a write that a crash tore anywhere loses no key that was in use") {
  at_file f;
  bytes before, after;
  bytes old_key;
  {
    auto ring = f.make();
    REQUIRE(ring->ensure(segments(0, 100)) == commit_result::committed);
    old_key = key_of(*ring, {table::log, 99});
    before = f.content();
    REQUIRE(ring->ensure(segments(100, 100)) == commit_result::committed);
    after = f.content();
  }
  for (std::size_t torn_copy : {0u, 1u})
    for (std::size_t from : {std::size_t{0}, std::size_t{64}, std::size_t{4096}, std::size_t{8192}}) {
      INFO("copy " << torn_copy << " from " << from);
      std::ofstream{f.file, std::ios::binary | std::ios::in}.write(
          reinterpret_cast<const char*>(after.data()), static_cast<std::streamsize>(after.size()));
      f.tear(before, torn_copy, from);
      if (torn_copy == 0)
        f.tear(before, 1, 0); // the second copy is written only after the first
      auto ring = f.open();
      REQUIRE(ring);
      CHECK(key_of(**ring, {table::log, 99}) == old_key);
      auto again = f.open(); // and both copies are whole now
      REQUIRE(again);
      CHECK((*again)->size() == (*ring)->size());
    }
}

TEST_CASE("what is not a keyring is refused by name") {
  at_file f;
  CHECK(f.open().why() == refusal::not_found);
  { auto ring = f.make(); }
  CHECK(keyring::create(f.file, test_kek(), f.journal).why() == refusal::already_exists);
  std::filesystem::resize_file(f.file, 70);
  CHECK(f.open().why() == refusal::keyring_not_openable);
  CHECK(keyring::create("/nonexistent/keyring", test_kek(), f.journal).why() == refusal::storage_refused);
  // A crash while it was made leaves no keyring, and the next try succeeds.
  std::filesystem::remove(f.file);
  std::ofstream{f.file.native() + ".new"} << "half";
  CHECK(f.make());
  CHECK(f.open());
}

TEST_CASE("the alarm comes at 80 %, and a full keyring refuses") {
  at_file f;
  auto ring = f.make();
  auto alarm = static_cast<std::uint32_t>(keyring_keys_max * keyring_alarm_percent / 100);
  REQUIRE(ring->ensure(segments(0, alarm - 1)) == commit_result::committed);
  CHECK(f.journal.count("keyring_filling") == 0);
  REQUIRE(ring->ensure(segments(alarm - 1, 2)) == commit_result::committed);
  CHECK(f.journal.count("keyring_filling") == 1);
  auto left = static_cast<std::uint32_t>(keyring_keys_max - ring->size());
  CHECK(ring->ensure(segments(alarm + 1, left + 1)) == commit_result::refused);
  CHECK(f.journal.count("keyring_full") == 1);
  CHECK(ring->size() == alarm + 1);
  REQUIRE(ring->ensure(segments(alarm + 1, left)) == commit_result::committed);
  CHECK(ring->size() == keyring_keys_max);
  auto key = key_of(*ring, {table::log, static_cast<std::uint32_t>(keyring_keys_max - 1)});
  ring.reset();
  auto again = f.open();
  REQUIRE(again);
  CHECK(key_of(**again, {table::log, static_cast<std::uint32_t>(keyring_keys_max - 1)}) == key);
}
