#include "blob_files.hpp"
#include "temp_folder.hpp"
#include "test_ports.hpp"
#include <catch2/catch.hpp>
#include <fstream>

using namespace wardline;
using namespace wardline::ports;

namespace {

struct box {
  temp_folder folder;
  seeded_random dice;
  kept_journal journal;
  std::unique_ptr<blob_files> files;
  bytes key = bytes(32, 5);

  box() { open(); }
  void open() { files = std::move(*blob_files::open(folder.path / "blobs", dice, journal)); }

  static blob_id id(std::uint8_t n) {
    blob_id out;
    out.value.fill(n);
    return out;
  }
  std::filesystem::path path(std::uint8_t n) { return folder.path / "blobs" / hex(id(n).view()); }

  blob_result store(std::uint8_t n, const std::vector<bytes>& chunks) {
    auto w = files->create(id(n), key);
    if (!w)
      return blob_result::refused;
    for (const auto& c : chunks)
      if (auto r = w->append(c); r != blob_result::stored)
        return r;
    return w->finish();
  }
};

} // namespace

TEST_CASE("a blob is read back chunk by chunk, also after a restart") {
  box b;
  std::vector<bytes> chunks{bytes(1000, 1), bytes(1000, 2), bytes(7, 3)};
  REQUIRE(b.store(1, chunks) == blob_result::stored);
  REQUIRE(b.store(2, {bytes(1, 9)}) == blob_result::stored);
  for (int life = 0; life < 2; ++life) {
    for (std::uint32_t i = 0; i < 3; ++i) {
      auto c = b.files->read(box::id(1), b.key, i);
      CHECK(c.status == blob_status::found);
      CHECK(c.content == chunks[i]);
      CHECK(c.last == (i == 2));
    }
    CHECK(b.files->read(box::id(1), b.key, 3).status == blob_status::absent);
    CHECK(b.files->read(box::id(2), b.key, 0).last);
    CHECK(b.files->read(box::id(3), b.key, 0).status == blob_status::absent);
    b.open();
  }
}

TEST_CASE("whole chunks at the end are the last, too") {
  box b;
  REQUIRE(b.store(1, {bytes(64, 1), bytes(64, 2)}) == blob_result::stored);
  CHECK_FALSE(b.files->read(box::id(1), b.key, 0).last);
  CHECK(b.files->read(box::id(1), b.key, 1).last);
}

TEST_CASE("nothing of a blob stands on the disk in clear") {
  box b;
  bytes marker = to_bytes(view("planted-marker-0123456789"));
  REQUIRE(b.store(1, {marker}) == blob_result::stored);
  std::ifstream in{b.path(1), std::ios::binary};
  bytes raw{std::istreambuf_iterator<char>{in}, {}};
  CHECK(raw.size() == 32 + marker.size() + 16);
  CHECK(std::search(raw.begin(), raw.end(), marker.begin(), marker.end()) == raw.end());
  CHECK((std::filesystem::status(b.path(1)).permissions() & std::filesystem::perms::others_all) ==
        std::filesystem::perms::none);
}

TEST_CASE("damaged, cut, renamed or with another key: not openable") {
  box b;
  REQUIRE(b.store(1, {bytes(100, 1), bytes(100, 2), bytes(50, 3)}) == blob_result::stored);
  auto status = [&](std::uint8_t n, std::uint32_t chunk) {
    return b.files->read(box::id(n), b.key, chunk).status;
  };
  SECTION("another key") {
    CHECK(b.files->read(box::id(1), bytes(32, 6), 0).status == blob_status::not_openable);
    CHECK(b.files->read(box::id(1), bytes(31, 5), 0).status == blob_status::not_openable);
  }
  SECTION("cut at a chunk's end: the new last one is not a last one") {
    std::filesystem::resize_file(b.path(1), 32 + 2 * 116);
    CHECK(status(1, 0) == blob_status::found);
    CHECK(status(1, 1) == blob_status::not_openable);
  }
  SECTION("cut in a chunk") {
    std::filesystem::resize_file(b.path(1), 32 + 116 + 3);
    CHECK(status(1, 1) == blob_status::not_openable);
  }
  SECTION("cut in the header") {
    std::filesystem::resize_file(b.path(1), 20);
    CHECK(status(1, 0) == blob_status::not_openable);
  }
  SECTION("under another name") {
    std::filesystem::rename(b.path(1), b.path(2));
    CHECK(status(2, 0) == blob_status::not_openable);
  }
  SECTION("every byte of header and first chunk") {
    std::ifstream in{b.path(1), std::ios::binary};
    std::string raw{std::istreambuf_iterator<char>{in}, {}};
    for (std::size_t i = 0; i < 32 + 116; ++i) {
      auto bad = raw;
      bad[i] = static_cast<char>(bad[i] ^ 1);
      std::ofstream{b.path(1), std::ios::binary} << bad;
      INFO("byte " << i);
      CHECK(status(1, 0) != blob_status::found);
    }
  }
}

TEST_CASE("limits and order of chunks") {
  box b;
  CHECK(b.store(1, {}) == blob_result::refused);
  CHECK(b.store(1, {bytes{}}) == blob_result::refused);
  CHECK(b.store(1, {bytes(blob_chunk_bytes_max + 1, 1)}) == blob_result::refused);
  CHECK(b.store(1, {bytes(10, 1), bytes(11, 1)}) == blob_result::refused);
  CHECK(b.store(1, {bytes(10, 1), bytes(9, 1), bytes(9, 1)}) == blob_result::refused);
  CHECK(b.store(1, std::vector<bytes>(blob_chunks_max + 1, bytes(1, 1))) == blob_result::refused);
  CHECK_FALSE(std::filesystem::exists(b.path(1))); // nothing is left behind
  CHECK(std::filesystem::is_empty(b.folder.path / "blobs"));
  CHECK(b.store(1, std::vector<bytes>(blob_chunks_max, bytes(1, 1))) == blob_result::stored);
  CHECK(b.store(2, {bytes(blob_chunk_bytes_max, 1)}) == blob_result::stored);
  CHECK_FALSE(b.files->create(box::id(3), bytes(31, 1)));
}

TEST_CASE("an id is taken once") {
  box b;
  REQUIRE(b.store(1, {bytes(10, 1)}) == blob_result::stored);
  CHECK(b.store(1, {bytes(10, 2)}) == blob_result::refused);
  auto first = b.files->create(box::id(2), b.key);
  REQUIRE(first);
  CHECK_FALSE(b.files->create(box::id(2), b.key)); // somebody is at it
  first.reset();
  CHECK(b.store(2, {bytes(10, 1)}) == blob_result::stored);
  CHECK(b.files->read(box::id(1), b.key, 0).content == bytes(10, 1));
}

TEST_CASE("a writer that is dropped, and one that a crash ended, leave nothing") {
  box b;
  {
    auto w = b.files->create(box::id(1), b.key);
    REQUIRE(w->append(bytes(10, 1)) == blob_result::stored);
  }
  CHECK(std::filesystem::is_empty(b.folder.path / "blobs"));
  std::ofstream{b.path(2).native() + ".part"} << "half";
  b.open();
  CHECK(std::filesystem::is_empty(b.folder.path / "blobs"));
}

TEST_CASE("orphans are swept, what rows name stays, foreign files too") {
  box b;
  for (std::uint8_t n = 1; n <= 4; ++n)
    REQUIRE(b.store(n, {bytes(10, n)}) == blob_result::stored);
  std::ofstream{b.folder.path / "blobs" / "README"} << "not ours";
  auto gone = b.files->sweep([](const blob_id& id) { return id == box::id(1) || id == box::id(3); });
  CHECK(gone == 2);
  CHECK(b.files->read(box::id(1), b.key, 0).status == blob_status::found);
  CHECK(b.files->read(box::id(2), b.key, 0).status == blob_status::absent);
  CHECK(std::filesystem::exists(b.folder.path / "blobs" / "README"));
  CHECK(b.files->remove(box::id(1)));
  CHECK(b.files->remove(box::id(1))); // also when there is none
  CHECK(b.files->read(box::id(1), b.key, 0).status == blob_status::absent);
  CHECK(b.journal.count("blobs_swept") == 1);
}
