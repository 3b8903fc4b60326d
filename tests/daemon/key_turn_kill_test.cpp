// A key turn under kill -9, torn writes and power cuts at every call to the system that it makes: what is
// left goes on to the same end, and nothing is called destroyed before its keys are gone.
#include "dying_calls.hpp"
#include "turn_rows.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using phase = ports::key_turn::phase;

namespace {

constexpr int calls_max = 400; ///< more than the turn makes
constexpr std::uint64_t turn_step_rows = ports::turn_step_rows_max;

struct opened_box {
  kept_journal journal;
  seeded_random dice;
  std::unique_ptr<lmdb_storage> lmdb;
  std::unique_ptr<keyring> keys;
  std::unique_ptr<sealed_storage> rows;

  /// False: it does not open as it should after any crash.
  explicit opened_box(const std::filesystem::path& folder) : dice{static_cast<std::uint64_t>(::getpid())} {
    auto store = lmdb_storage::open(folder, journal, test_map_bytes);
    auto ring = keyring::open(folder / "keyring", test_kek(), journal);
    if (!store || !ring)
      return;
    lmdb = std::move(*store);
    keys = std::move(*ring);
    rows = std::make_unique<sealed_storage>(*lmdb, *keys, dice);
    if (rows->check_rows() != refusal::none || rows->resume_turn() != refusal::none)
      rows.reset();
  }
};

/// Planted once, copied for each death.
struct planted_box {
  temp_folder folder;
  turn_rows rows{turn_step_rows + 100, 97, 64}; ///< two steps for the log, one for a shard
  memory_storage::image everything_ever_sealed;
  std::size_t keys_before = 0;

  planted_box() {
    kept_journal journal;
    REQUIRE(keyring::create(folder.path / "keyring", test_kek(), journal));
    opened_box box{folder.path};
    REQUIRE(box.rows);
    rows.plant(*box.rows);
    everything_ever_sealed = image_of(*box.lmdb);
    keys_before = box.keys->size();
  }

  void copy_to(const std::filesystem::path& to) const {
    for (const auto* file : {"keyring", "data.mdb"})
      std::filesystem::copy_file(folder.path / file, to / file);
  }

  /// The whole act, in the child that dies.
  bool turn(const std::filesystem::path& where, const std::function<void()>& arm) const {
    opened_box box{where};
    if (!box.rows)
      return false;
    arm();
    auto result = ports::commit_result::committed;
    if (box.rows->current().at == phase::none)
      result = box.rows->begin(rows.doomed(), {});
    while (result == ports::commit_result::committed && box.rows->current().at != phase::over)
      result = box.rows->step();
    return result == ports::commit_result::committed;
  }

  /// What must hold whenever nobody runs.
  void check(const std::filesystem::path& where) const {
    opened_box box{where};
    REQUIRE(box.rows);
    auto at = box.rows->current().at;
    CHECK(at != phase::resealed); // finished before serving
    auto left = all_rows(*box.rows);
    auto whole = rows.survivors;
    if (at != phase::over)
      whole.insert(rows.destroyed.begin(), rows.destroyed.end());
    CHECK(left == whole);
    CHECK(readable(everything_ever_sealed, *box.keys, rows.doomed()) ==
          (at == phase::over ? 0 : rows.destroyed.size()));
  }
};

const planted_box& planted() {
  static planted_box one;
  return one;
}

/// How many deaths there were.
int die_everywhere(dying::death how) {
  const auto& p = planted();
  int nth = 0;
  for (int end = 1; end == 1; ++nth) {
    INFO("call " << nth);
    REQUIRE(nth < calls_max);
    temp_folder box;
    p.copy_to(box.path);
    end = dying::run_and_die(nth, how, [&](auto arm) { return p.turn(box.path, arm); });
    REQUIRE(end >= 0);
    p.check(box.path);
    // Once more, while it picks up what is left.
    REQUIRE(dying::run_and_die(nth * 7 % 23, how, [&](auto arm) { return p.turn(box.path, arm); }) >= 0);
    p.check(box.path);
    REQUIRE(dying::run_and_die(-1, how, [&](auto arm) { return p.turn(box.path, arm); }) == 0);
    p.check(box.path);
    opened_box after{box.path};
    CHECK(after.rows->current().at == phase::over);
    CHECK(after.keys->size() == p.keys_before);
  }
  return nth - 1;
}

} // namespace

TEST_CASE("a key turn killed at any step goes on to its end") {
  CHECK(die_everywhere(dying::death::kill) > 40);
}

TEST_CASE("a key turn whose write is torn at any step goes on to its end") {
  CHECK(die_everywhere(dying::death::torn) > 40);
}

TEST_CASE("a key turn that loses power at any step goes on to its end") {
  CHECK(die_everywhere(dying::death::power_cut) > 40);
}
