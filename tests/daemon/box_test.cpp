// What keeps the daemon from starting is said in plain words, with what to do, and with the right exit code.
#include "audit_rows.hpp"
#include "box.hpp"
#include "temp_folder.hpp"
#include "test_ports.hpp"
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace wardline;
using namespace wardline::daemon;

namespace {

struct box_fixture {
  temp_folder folder;
  bool accept_changed_rows = false;
  std::filesystem::path state = folder.path / "state", keys = folder.path / "keys";

  box_fixture() {
    for (const auto& made : {state, keys, folder.path / "plugins.d"})
      std::filesystem::create_directory(made);
    std::ofstream{folder.path / "wardline.yaml"}
        << "state_dir: " << state.string() << "\ncredentials_dir: " << keys.string()
        << "\nplugins_dir: " << (folder.path / "plugins.d").string() << "\nstore:\n  map_bytes: 16777216\n";
    REQUIRE(credentials::make().save(keys) == refusal::none);
  }

  /// In a child, as another user if this one is root; the exit code, and what was said.
  std::pair<int, std::string> open(uid_t as) {
    auto said = folder.path / "said";
    auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      int fd = ::open(said.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      if (fd < 0 || ::dup2(fd, STDERR_FILENO) < 0 || (as != ::geteuid() && ::setresuid(as, as, as) != 0))
        ::_exit(99);
      kept_journal journal;
      seeded_random random;
      box out;
      ::_exit(open_box({folder.path / "wardline.yaml", accept_changed_rows, 1'000}, journal, random, out));
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    std::ifstream in{said};
    return {WEXITSTATUS(status), std::string{std::istreambuf_iterator<char>{in}, {}}};
  }
};

} // namespace

TEST_CASE("a store folder that cannot be made is the reason that is told") {
  box_fixture f;
  std::ofstream{f.state / "store"} << "a file";
  auto [code, said] = f.open(::geteuid());
  CHECK(code == unavailable);
  CHECK(said.find((f.state / "store").string() + " cannot be made") != std::string::npos);
}

TEST_CASE("without a clinic it names set-up; with a founding file of another user it names the owner") {
  box_fixture f;
  auto [none, nothing] = f.open(::geteuid());
  CHECK(none == bad_config);
  CHECK(nothing.find("run `wardctl setup` first") != std::string::npos);

  std::ofstream{f.state / founding_file_name} << "clinic";
  uid_t as = ::geteuid();
  if (as == 0) { // what root may not read does not exist
    as = 4711;
    REQUIRE(::chmod(f.folder.path.c_str(), 0755) == 0);
    for (const auto& entry : std::filesystem::recursive_directory_iterator{f.folder.path})
      REQUIRE(::chown(entry.path().c_str(), as, as) == 0);
    REQUIRE(::chown((f.state / founding_file_name).c_str(), 0, 0) == 0);
  }
  REQUIRE(::chmod((f.state / founding_file_name).c_str(), as == ::geteuid() ? 0 : 0600) == 0);
  auto [code, said] = f.open(as);
  INFO(said);
  CHECK(code == no_permission);
  CHECK(said.find("this user may not read it") != std::string::npos);
  CHECK(said.find("wardctl setup") == std::string::npos);
}

TEST_CASE("rows changed behind the daemon's back stop the start; accepted, they leave a leaf") {
  box_fixture f;
  f.open(::geteuid()); // makes the store and the keyring
  auto in_store = [&](const auto& what) {
    kept_journal journal;
    seeded_random random;
    std::string problem;
    auto keys = credentials::load(f.keys, problem);
    auto lmdb = lmdb_storage::open(f.state / "store", journal, 16'777'216);
    REQUIRE((keys && lmdb));
    auto ring = keyring::open(f.state / "keyring", keys->kek, journal);
    REQUIRE(ring);
    sealed_storage rows{**lmdb, **ring, random};
    what(**lmdb, rows);
  };
  in_store([](auto&, auto& rows) {
    auto one = ports::put(ports::table::device, bytes(16, 1), {1});
    CHECK(rows.commit({&one, 1}) == ports::commit_result::committed);
  });
  CHECK(f.open(::geteuid()).first == bad_config); // there is no clinic, but the store is good
  in_store([](auto& below, auto&) {
    auto gone = ports::del(ports::table::device, bytes(16, 1));
    CHECK(below.commit({&gone, 1}) == ports::commit_result::committed);
  });
  for (int tries = 0; tries < 2; ++tries) {
    auto [code, said] = f.open(::geteuid());
    CHECK(code == damaged);
    CHECK(said.find("rows_changed") != std::string::npos);
    CHECK(said.find("--accept-changed-rows") != std::string::npos);
  }
  f.accept_changed_rows = true;
  CHECK(f.open(::geteuid()).first == bad_config);
  f.accept_changed_rows = false;
  CHECK(f.open(::geteuid()).first == bad_config);
  in_store([](auto&, auto& rows) {
    auto stored = read_entry(rows, 0);
    REQUIRE(stored);
    auto entry = rules::decode_audit_entry(stored->entry);
    REQUIRE(entry);
    CHECK(entry->kind == rules::audit_kind::rows_accepted);
    CHECK(entry->time == 1'000);
    CHECK(load_store(rows)->head.tree.size == 1);
  });
}
