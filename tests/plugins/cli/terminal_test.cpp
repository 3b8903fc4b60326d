// What scripts rely on: exit codes, words for levels, files that are not overwritten.
#include "temp_folder.hpp"
#include "terminal.hpp"
#include <catch2/catch.hpp>
#include <fstream>

using namespace wardline;
using namespace wardline::cli;

TEST_CASE("exit codes say what to do about it") {
  CHECK(exit_code_of(refusal::none) == exit_ok);
  CHECK(exit_code_of(refusal::link_down) == exit_unavailable);
  CHECK(exit_code_of(refusal::not_found) == exit_no_such_person);
  CHECK(exit_code_of(refusal::timed_out) == exit_try_later);
  CHECK(exit_code_of(refusal::store_locked) == exit_try_later);
  CHECK(exit_code_of(refusal::wrong_password) == exit_not_allowed);
  CHECK(exit_code_of(refusal::body_mismatch) == exit_bad_data);
}

TEST_CASE("levels are read as they are shown; unscored is shown as today") {
  for (auto level : {client::urgency::now, client::urgency::urgent, client::urgency::today,
                     client::urgency::routine, client::urgency::info})
    CHECK(read_level(show_level(level)) == level);
  CHECK(show_level(client::urgency::unscored) == "today");
  CHECK_FALSE(read_level("high"));
  CHECK_FALSE(read_level(""));
}

TEST_CASE("a password is a file's first line") {
  temp_folder folder;
  auto path = (folder.path / "password").string();
  auto read = [&](const std::string& content) {
    std::ofstream{path, std::ios::binary | std::ios::trunc} << content;
    return read_password_file(path);
  };
  CHECK(*read("secret words\n") == "secret words");
  CHECK(*read("secret words\r\nmore\n") == "secret words");
  CHECK(*read("no end") == "no end");
  CHECK(read("").value().empty());
  CHECK_FALSE(read(std::string(2'000, 'x')));
  CHECK_FALSE(read_password_file((folder.path / "none").string()));
}

TEST_CASE("a reserved file is there at once and goes again unless it is filled") {
  temp_folder folder;
  auto path = (folder.path / "invitation").string();
  {
    reserved_file first{path};
    REQUIRE(first.made());
    CHECK(std::filesystem::exists(path));
    reserved_file second{path};
    CHECK_FALSE(second.made());
  }
  CHECK_FALSE(std::filesystem::exists(path));
  {
    reserved_file again{path};
    REQUIRE(again.made());
    CHECK(again.fill(view("content")));
  }
  CHECK(text(*read_file(path, 100)) == "content");
  CHECK_FALSE(reserved_file{(folder.path / "nowhere" / "x").string()}.made());
}

TEST_CASE("a new file is the owner's and never overwrites") {
  temp_folder folder;
  auto path = (folder.path / "invitation").string();
  CHECK(write_new_file(path, view("first")));
  CHECK_FALSE(write_new_file(path, view("second")));
  CHECK(text(*read_file(path, 100)) == "first");
  CHECK_FALSE(read_file(path, 4));
  CHECK(std::filesystem::status(path).permissions() ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}
