// Files before a message names them: real files on a disk, one actor.
#include "attachments.hpp"
#include "blob_files.hpp"
#include "e2ee/attachment.hpp"
#include "message_rows.hpp"
#include "small_clinic.hpp"
#include "temp_folder.hpp"

using namespace wardline;

namespace {

constexpr std::size_t chunk = wire::sealed_chunk_bytes_max;
const auto nurse = id_of<device_id>(1);
const auto other = id_of<device_id>(2);

struct files_fixture {
  world w;
  store_fixture s;
  temp_folder folder;
  seeded_random dice;
  std::unique_ptr<blob_files> disk;
  attachments_actor files;

  files_fixture() { start(); }
  ~files_fixture() { stop(); }
  files_fixture(const files_fixture&) = delete;
  files_fixture& operator=(const files_fixture&) = delete;

  void start() {
    disk = std::move(*blob_files::open(folder.path / "blobs", dice, s.journal));
    files = w.sys.spawn(run_attachments, attachments_parts{disk.get(), &s.disk, &dice, &s.journal});
    w.run();
  }
  void stop() {
    caf::anon_send_exit(files, caf::exit_reason::user_shutdown);
    files = attachments_actor{};
    w.run();
  }
  template <class Answer, class Message>
  Answer ask(Message m) {
    auto asked = w.ask<Answer>(files, std::move(m));
    w.run();
    REQUIRE(asked->answer);
    return std::move(*asked->answer);
  }
  outcome put(std::uint8_t file, std::uint32_t index, bytes sealed, std::uint64_t blob_size,
              const device_id& by = nurse) {
    auto what = std::make_shared<const wire::device::put_chunk>(
        wire::device::put_chunk{id_of<attachment_id>(file), blob_size, index, std::move(sealed)});
    return ask<outcome>(take_chunk{by, what, {}});
  }
  /// A whole file of two chunks.
  void upload(std::uint8_t file, const device_id& by = nurse) {
    REQUIRE(chunks_of(put(file, 0, bytes(chunk, file), size, by)) == 1);
    REQUIRE(chunks_of(put(file, 1, last(file), size, by)) == 2);
  }
  static bytes last(std::uint8_t file) { return bytes(4'112, file); }
  static constexpr std::uint64_t size = chunk + 4'112;
  static std::uint32_t chunks_of(const outcome& o) {
    const auto* held = std::get_if<wire::device::upload>(&o.result);
    REQUIRE(held != nullptr);
    return held->chunks;
  }
  static refusal why(const outcome& o) {
    const auto* no = std::get_if<wire::device::refused>(&o.result);
    return no == nullptr ? refusal::none : no->why;
  }
  std::vector<unnamed_file> found(std::vector<std::uint8_t> wanted, const device_id& by = nurse) {
    find_files m{by, {}};
    for (auto n : wanted)
      m.wanted.push_back(id_of<attachment_id>(n));
    std::vector<unnamed_file> out;
    const auto answer = ask<files_found>(std::move(m));
    for (const auto& f : *answer.files)
      out.push_back({f.attachment, f.blob, f.key.copy(), f.hash, f.size});
    return out;
  }
  void pass(std::uint64_t steady) {
    caf::anon_send(files, tick{1, steady});
    w.run();
  }
  std::size_t on_disk() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator{folder.path / "blobs"}, {}));
  }
  void name(const ports::blob_id& blob, const conversation_id& c, const message_id& m) {
    write_row(put_row(ports::table::blob, to_bytes(blob.view()), rows::named_file{c, m}));
  }
  void write_row(stamped_change change) {
    change.change.value.insert(change.change.value.begin(), stamp_bytes, 0);
    const ports::change one = change.change;
    REQUIRE(s.disk.commit(std::span{&one, 1}) == ports::commit_result::committed);
  }
};

} // namespace

TEST_CASE("a file is taken chunk by chunk, found when it is whole, and read again") {
  files_fixture f;
  CHECK(f.chunks_of(f.put(1, 0, bytes(chunk, 1), f.size)) == 1);
  CHECK(f.found({1}).empty());
  CHECK(f.chunks_of(f.put(1, 1, f.last(1), f.size)) == 2);
  auto found = f.found({1, 2});
  REQUIRE(found.size() == 1);
  CHECK(found[0].size == f.size);
  CHECK(found[0].hash == sha256({bytes(chunk, 1), f.last(1)}));
  CHECK(f.found({1}, other).empty()); // nobody names another device's file
  auto key = std::make_shared<const secret32>(found[0].key.copy());
  CHECK(f.ask<chunk_read>(read_chunk{found[0].blob, key, 1, {}}).sealed == f.last(1));
  CHECK_FALSE(f.ask<chunk_read>(read_chunk{found[0].blob, key, 2, {}}).sealed);
  auto wrong = std::make_shared<const secret32>();
  CHECK_FALSE(f.ask<chunk_read>(read_chunk{found[0].blob, wrong, 1, {}}).sealed);
}

TEST_CASE("what is held is said, and an upload goes on from there") {
  files_fixture f;
  auto held = [&] { return f.chunks_of(f.ask<outcome>(count_chunks{nurse, id_of<attachment_id>(1)})); };
  CHECK(held() == 0);
  CHECK(f.chunks_of(f.put(1, 1, f.last(1), f.size)) == 0); // too early
  CHECK(f.on_disk() == 0);
  f.put(1, 0, bytes(chunk, 1), f.size);
  CHECK(held() == 1);
  CHECK(f.chunks_of(f.put(1, 0, bytes(chunk, 1), f.size)) == 1); // once more
  f.put(1, 1, f.last(1), f.size);
  CHECK(held() == 2);
  CHECK(f.chunks_of(f.put(1, 1, f.last(1), f.size)) == 2);
  CHECK(f.on_disk() == 1);
}

TEST_CASE("negative 97: changed bytes under a used id, and sizes that are none") {
  files_fixture f;
  f.put(1, 0, bytes(chunk, 1), f.size);
  CHECK(f.why(f.put(1, 0, bytes(chunk, 2), f.size)) == refusal::attachment_mismatch);
  CHECK(f.why(f.put(1, 1, bytes(8'208, 1), chunk + 8'208)) == refusal::attachment_mismatch);
  CHECK(f.why(f.put(1, 1, bytes(4'111, 1), f.size)) == refusal::attachment_size);
  CHECK(f.why(f.put(2, 0, bytes(17, 1), 17)) == refusal::attachment_size);
  CHECK(f.why(f.put(2, 0, bytes(chunk, 1), chunk * 401)) == refusal::attachment_size);
  CHECK(f.why(f.put(2, 5, bytes(4'112, 1), f.size)) == refusal::attachment_size);
  CHECK(f.chunks_of(f.put(1, 1, f.last(1), f.size)) == 2); // the first one is whole all the same
  CHECK(f.why(f.put(1, 1, f.last(2), f.size)) == refusal::attachment_mismatch);
}

TEST_CASE("nothing but urgent things is taken on a nearly full disk, and a full one says so") {
  files_fixture f;
  f.put(2, 0, bytes(chunk, 2), f.size);
  f.s.disk.full = true;
  CHECK(f.why(f.put(1, 0, bytes(chunk, 1), f.size)) == refusal::only_urgent_now);
  CHECK(f.why(f.put(2, 1, f.last(2), f.size)) == refusal::only_urgent_now); // also in the middle of one
  CHECK(f.chunks_of(f.put(2, 0, bytes(chunk, 2), f.size)) == 1);
  f.s.disk.full = false;
  CHECK(f.chunks_of(f.put(2, 1, f.last(2), f.size)) == 2);
  std::filesystem::remove_all(f.folder.path / "blobs");
  CHECK(f.why(f.put(1, 0, bytes(chunk, 1), f.size)) == refusal::storage_refused);
  std::filesystem::create_directory(f.folder.path / "blobs");
  f.upload(1);
}

TEST_CASE("unnamed files of one device are bounded: the one that rested longest goes") {
  files_fixture f;
  f.upload(200, other);
  for (std::size_t n = 1; n <= unnamed_files_max; ++n) {
    f.pass(n);
    f.upload(static_cast<std::uint8_t>(n));
  }
  CHECK(f.found({1}).size() == 1); // now it rested shorter than 2
  f.upload(100);
  CHECK(f.found({2}).empty());
  CHECK(f.found({1, 3, 100}).size() == 3);
  CHECK(f.found({200}, other).size() == 1);
  CHECK(f.on_disk() == unnamed_files_max + 1);
  SECTION("by their bytes, too") {
    std::uint64_t whole = chunk * 400;
    for (std::uint8_t n = 110; n < 110 + unnamed_bytes_max / whole + 2; ++n)
      f.put(n, 0, bytes(chunk, n), whole);
    CHECK(f.found({1, 3, 100}).empty());
  }
}

TEST_CASE("what no message names within an hour is dropped; what one names stays") {
  files_fixture f;
  f.upload(1);
  f.upload(2);
  f.put(3, 0, bytes(chunk, 3), f.size);
  auto named = f.found({2})[0].blob;
  f.name(named, id_of<conversation_id>(1), id_of<message_id>(1));
  f.pass(unnamed_file_ms_max);
  CHECK(f.found({1}).size() == 1);
  f.pass(2 * unnamed_file_ms_max + 1);
  CHECK(f.found({1, 2, 3}).empty());
  CHECK(f.on_disk() == 1);
  CHECK(std::filesystem::exists(f.folder.path / "blobs" / hex(named.view())));
}

TEST_CASE("an orderly end and a crash leave no file that no message names") {
  files_fixture f;
  f.upload(1);
  f.put(2, 0, bytes(chunk, 2), f.size);
  SECTION("end") {
    f.stop();
    CHECK(f.on_disk() == 1); // the whole one: a post that names it may still be on its way
    f.start();
  }
  SECTION("crash") {
    auto before = f.folder.path / "blobs";
    std::filesystem::copy(before, f.folder.path / "copy", std::filesystem::copy_options::recursive);
    f.stop();
    std::filesystem::remove_all(before);
    std::filesystem::rename(f.folder.path / "copy", before);
    CHECK(f.on_disk() > 0);
    f.start();
  }
  CHECK(f.on_disk() == 0);
  CHECK(f.found({1}).empty());
}

TEST_CASE("a file whose post is committed behind the end of this actor is there afterwards") {
  files_fixture f;
  f.upload(1);
  f.stop(); // the store ends last, and commits what waits in it
  auto name = std::filesystem::directory_iterator {
    f.folder.path / "blobs"
    } -> path().filename().string();
  bytes row(stamp_bytes);
  auto named = rows::encode(rows::named_file{});
  row.insert(row.end(), named.begin(), named.end());
  f.s.disk.rows[static_cast<std::size_t>(ports::table::blob)][*from_hex(name)] = row;
  f.start();
  CHECK(f.on_disk() == 1);
}

TEST_CASE("files of recalled messages and destroyed conversations are swept, others not") {
  files_fixture f;
  std::vector<ports::blob_id> blobs;
  for (std::uint8_t n = 1; n <= 4; ++n) {
    f.upload(n);
    blobs.push_back(f.found({n})[0].blob);
    f.name(blobs.back(), id_of<conversation_id>(n), id_of<message_id>(n));
  }
  f.write_row(put_row(ports::table::idempotency, rows::key_of_recall(id_of<message_id>(2)),
                      rows::recalled{1, bytes{1}}));
  f.write_row(put_row(ports::table::conversation, rows::key_of_destruction(id_of<conversation_id>(3)),
                      rows::destroyed{1, bytes{1}}));
  const ports::change damaged = ports::put(ports::table::blob, to_bytes(blobs[3].view()), bytes(20, 9));
  REQUIRE(f.s.disk.commit(std::span{&damaged, 1}) == ports::commit_result::committed);
  caf::anon_send(f.files, sweep_files{});
  f.w.run();
  auto there = [&](int n) { return std::filesystem::exists(f.folder.path / "blobs" / hex(blobs[n].view())); };
  CHECK(there(0));
  CHECK_FALSE(there(1));
  CHECK_FALSE(there(2));
  CHECK(there(3)); // nobody knows: it stays
}
