// A secret cell under kill -9: at every call to the system inside write_cell and burn_cell the process dies
// once before the call and once in the middle of what it writes. What is found afterwards is the old content
// or the new, whole; never nothing, and no copy of the other stays.
#include "client/lmdb_device_store.hpp"
#include "dying_calls.hpp"
#include "temp_folder.hpp"
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

using namespace wardline;
using namespace wardline::client;

namespace {

const std::string old_secret(600, 'o'), new_secret(700, 'n');
const std::string piece_of_old(16, 'o'), piece_of_new(16, 'n');
constexpr int calls_max = 100; ///< more than any of the acts makes

bool somewhere(const std::filesystem::path& folder, const std::string& piece) {
  for (const auto& entry : std::filesystem::directory_iterator{folder}) {
    std::ifstream in{entry.path(), std::ios::binary};
    std::string all{std::istreambuf_iterator<char>{in}, {}};
    if (all.find(piece) != std::string::npos)
      return true;
  }
  return false;
}

/// The act in a child that dies at its nth call. False: it came to its end before.
template <class Act>
bool dies(const std::string& store, int nth, bool torn, Act act) {
  auto end = dying::run_and_die(nth, torn ? dying::death::torn : dying::death::kill, [&](auto arm) {
    auto s = open_lmdb_device_store(store);
    if (!s)
      return false;
    arm();
    return act(**s) == store_result::committed;
  });
  REQUIRE(end >= 0);
  return end == 1;
}

std::string cell_of(device_store& s) {
  auto raw = s.read_cell(secret_cell::enrolment);
  return raw ? std::string{text(raw->value)} : std::string{};
}

} // namespace

TEST_CASE("a kill at any step of writing a cell leaves the old content or the new") {
  bool torn = GENERATE(false, true);
  int left_old = 0;
  int left_new = 0;
  int nth = 0;
  for (bool died = true; died && nth < calls_max; ++nth) {
    INFO("call " << nth << (torn ? ", torn" : ""));
    temp_folder folder;
    auto path = (folder.path / "store").string();
    {
      auto s = open_lmdb_device_store(path);
      REQUIRE(s);
      REQUIRE((*s)->write_cell(secret_cell::enrolment, view(old_secret)) == store_result::committed);
    }
    died = dies(path, nth, torn,
                [](device_store& s) { return s.write_cell(secret_cell::enrolment, view(new_secret)); });
    auto s = open_lmdb_device_store(path);
    REQUIRE(s);
    auto found = cell_of(**s);
    CHECK((found == old_secret || found == new_secret));
    (found == old_secret ? left_old : left_new)++;
    CHECK(somewhere(path, piece_of_old) == (found == old_secret));
    CHECK(somewhere(path, piece_of_new) == (found == new_secret));
    // And it is written again as if nothing had been.
    REQUIRE((*s)->write_cell(secret_cell::enrolment, view(new_secret)) == store_result::committed);
    CHECK(cell_of(**s) == new_secret);
    CHECK_FALSE(somewhere(path, piece_of_old));
  }
  CHECK(nth > 8); // there were steps to die in, on both sides of the change
  CHECK(nth < calls_max);
  CHECK(left_old > 0);
  CHECK(left_new > 1);
}

TEST_CASE("a kill at any step of the first writing leaves nothing or all of it") {
  bool torn = GENERATE(false, true);
  int nth = 0;
  for (bool died = true; died && nth < calls_max; ++nth) {
    temp_folder folder;
    auto path = (folder.path / "store").string();
    died = dies(path, nth, torn,
                [](device_store& s) { return s.write_cell(secret_cell::enrolment, view(new_secret)); });
    auto s = open_lmdb_device_store(path);
    REQUIRE(s);
    auto found = cell_of(**s);
    CHECK((found.empty() || found == new_secret));
    CHECK((died || found == new_secret));
    CHECK(somewhere(path, piece_of_new) == (found == new_secret));
  }
  CHECK(nth > 3);
  CHECK(nth < calls_max);
}

TEST_CASE("a cell whose burning was cut short is burned by the next") {
  int nth = 0;
  for (bool died = true; died && nth < calls_max; ++nth) {
    temp_folder folder;
    auto path = (folder.path / "store").string();
    {
      auto s = open_lmdb_device_store(path);
      REQUIRE((*s)->write_cell(secret_cell::enrolment, view(old_secret)) == store_result::committed);
    }
    died = dies(path, nth, true, [](device_store& s) { return s.burn_cell(secret_cell::enrolment); });
    auto s = open_lmdb_device_store(path);
    REQUIRE(s);
    auto found = cell_of(**s);
    CHECK((found.empty() || found == old_secret)); // never half of it
    REQUIRE((*s)->burn_cell(secret_cell::enrolment) == store_result::committed);
    CHECK(cell_of(**s).empty());
    CHECK_FALSE(somewhere(path, piece_of_old));
  }
  CHECK(nth > 3);
  CHECK(nth < calls_max);
}
