// Files of this machine: nothing is replaced, nothing is half there, nobody's words are a path.
#include "local_files.hpp"
#include "progress.hpp"
#include "temp_folder.hpp"
#include "wire/limits.hpp"
#include <catch2/catch.hpp>
#include <fstream>
#include <sys/stat.h>

using namespace wardline;
using namespace wardline::cli;

namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

TEST_CASE("a file goes out with its name, kind, size and bytes") {
  temp_folder folder;
  std::ofstream{folder.path / "ECG 12.pdf"} << "0123456789";
  auto file = outgoing_file_at(folder.path / "ECG 12.pdf");
  REQUIRE(file);
  CHECK(file->name == "ECG 12.pdf");
  CHECK(file->media_type == "application/pdf");
  CHECK(file->size == 10);
  CHECK(file->read(3, 4) == to_bytes(view("3456")));
  CHECK_FALSE(file->read(8, 3));
  std::filesystem::remove(folder.path / "ECG 12.pdf");
  CHECK(file->read(0, 10)); // held open: nobody puts another one in its place
  std::ofstream{folder.path / "plain"} << "x";
  CHECK(outgoing_file_at(folder.path / "plain")->media_type == "application/octet-stream");
}

TEST_CASE("what is no file, or too large, or has an impossible name does not go") {
  temp_folder folder;
  CHECK(outgoing_file_at(folder.path).why() == refusal::file_not_readable);
  CHECK(outgoing_file_at(folder.path / "none").why() == refusal::file_not_readable);
  REQUIRE(::mkfifo((folder.path / "pipe").c_str(), 0600) == 0);
  CHECK(outgoing_file_at(folder.path / "pipe").why() == refusal::file_not_readable);
  std::ofstream{folder.path / "large"};
  std::filesystem::resize_file(folder.path / "large", wire::attachment_bytes_max + 1);
  CHECK(outgoing_file_at(folder.path / "large").why() == refusal::attachment_size);
  std::ofstream{folder.path / "a\nb"};
  CHECK(outgoing_file_at(folder.path / "a\nb").why() == refusal::bad_text);
}

TEST_CASE("a file comes in under its name only when it is whole, and replaces nothing") {
  temp_folder folder;
  auto path = folder.path / "ecg.pdf";
  {
    incoming_file half{folder.path, "ecg.pdf"};
    REQUIRE(half.begin() == refusal::none);
    CHECK(half.add(view("half")));
    CHECK(std::filesystem::exists(folder.path / "ecg.pdf.part"));
  }
  CHECK(std::filesystem::is_empty(folder.path));
  {
    std::ofstream{folder.path / "ecg.pdf.part"} << "of an earlier try";
    incoming_file whole{folder.path, "ecg.pdf"};
    REQUIRE(whole.begin() == refusal::none);
    CHECK(whole.add(view("who")));
    CHECK(whole.add(view("le")));
    CHECK(whole.keep() == refusal::none);
  }
  CHECK(text_of(path) == "whole");
  CHECK_FALSE(std::filesystem::exists(folder.path / "ecg.pdf.part"));
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
  CHECK(incoming_file{folder.path, "ecg.pdf"}.begin() == refusal::already_exists);
  {
    incoming_file late{folder.path, "note.txt"};
    REQUIRE(late.begin() == refusal::none);
    std::ofstream{folder.path / "note.txt"} << "somebody's";
    CHECK(late.keep() == refusal::already_exists);
  }
  CHECK(text_of(folder.path / "note.txt") == "somebody's");
  CHECK(incoming_file{folder.path / "none", "x"}.begin() == refusal::file_not_written);
}

TEST_CASE("an author's name for a file is never a path") {
  temp_folder folder;
  for (const char* name : {"", ".", "..", "../x", "/etc/passwd", "a/b"}) {
    INFO(name);
    CHECK(incoming_file{folder.path, name}.begin() == refusal::bad_text);
  }
}

TEST_CASE("sizes and progress are for people") {
  CHECK(show_size(0) == "0 bytes");
  CHECK(show_size(1) == "1 byte");
  CHECK(show_size(1'023) == "1023 bytes");
  CHECK(show_size(1'536) == "1.5 KiB");
  CHECK(show_size(100u << 20) == "100.0 MiB");
  using stage = client::transfer::stage;
  CHECK(progress_line({stage::sealing, {}, 0, 0}) ==
        "Encrypting [####################] 100 %  0 bytes of 0 bytes");
  CHECK(progress_line({stage::sending, {}, 4u << 20, 10u << 20}) ==
        "Sending    [########............]  40 %  4.0 MiB of 10.0 MiB");
  CHECK(
      progress_line({stage::fetching, {}, 1, 1'000}).starts_with("Fetching   [....................]   0 %"));
}
