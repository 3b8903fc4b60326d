#include "founding_file.hpp"
#include "temp_folder.hpp"
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

using namespace wardline;
using namespace wardline::daemon;

namespace {

founding sample() {
  founding f;
  f.clinic.value.fill(1);
  f.root = bytes(80, 2);
  f.server = bytes(200, 3);
  f.invitation = bytes(300, 4);
  f.code_salt.fill(5);
  f.code_hash.fill(6);
  f.link_key.emplace().fill(7);
  party_id p;
  p.value.fill(8);
  f.names = {{p, 1, "Dr. Ada  Lovelace"}, {p, 2, "On call"}};
  f.emergency.value.fill(9);
  f.emergency_name = "Emergency  room";
  return f;
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

refusal read_text(const std::string& text) {
  temp_folder folder;
  std::ofstream{folder.path / "founding.txt"} << text;
  return read_founding(folder.path / "founding.txt").why();
}

std::string sample_text() {
  temp_folder folder;
  REQUIRE(write_founding(folder.path / "founding.txt", sample()) == refusal::none);
  return text_of(folder.path / "founding.txt");
}

std::string without(const std::string& text, const std::string& name) {
  std::istringstream in{text};
  std::string out;
  for (std::string line; std::getline(in, line);)
    if (!line.starts_with(name + " "))
      out += line + "\n";
  return out;
}

} // namespace

TEST_CASE("what set-up leaves for the first start comes back as it was") {
  temp_folder folder;
  auto file = folder.path / "founding.txt";
  auto f = sample();
  REQUIRE(write_founding(file, f) == refusal::none);
  CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms(077)) ==
        std::filesystem::perms::none);
  CHECK(write_founding(file, f) == refusal::already_exists);
  auto back = read_founding(file);
  REQUIRE(back);
  CHECK(back->clinic == f.clinic);
  CHECK(back->root == f.root);
  CHECK(back->server == f.server);
  CHECK(back->invitation == f.invitation);
  CHECK(back->code_salt == f.code_salt);
  CHECK(back->code_hash == f.code_hash);
  CHECK(back->link_key == f.link_key);
  REQUIRE(back->names.size() == 2);
  CHECK(back->names[0].name == "Dr. Ada  Lovelace");
  CHECK(back->names[1].kind == 2);
  CHECK(back->emergency == f.emergency);
  CHECK(back->emergency_name == f.emergency_name);
}

TEST_CASE("the first person need not use ward: a link key may be missing, nothing else") {
  auto text = sample_text();
  CHECK(read_text(without(text, "link_key")) == refusal::none);
  for (const auto* name :
       {"clinic", "root", "server", "invitation", "code_salt", "code_hash", "emergency", "party"}) {
    INFO(name);
    CHECK(read_text(without(text, name)) == refusal::malformed_request);
  }
}

TEST_CASE("a damaged founding file is refused whole") {
  auto text = sample_text();
  CHECK(read_text("") == refusal::malformed_request);
  CHECK(read_text(text + "surplus 1\n") == refusal::malformed_request);
  CHECK(read_text(text + "clinic " + std::string(32, '0') + "\n") == refusal::malformed_request); // twice
  CHECK(read_text(text + "party 00 1 Short\n") == refusal::malformed_request);
  CHECK(read_text(text + "party " + std::string(32, '1') + " 9 Kind\n") == refusal::malformed_request);
  CHECK(read_text(text + "party " + std::string(32, '1') + " 1 \n") == refusal::malformed_request);
  CHECK(read_text(text + std::string(founding_file_bytes_max, ' ')) == refusal::malformed_request);
  CHECK(read_text(without(text, "emergency") + "emergency " + std::string(32, '1') + "\n") ==
        refusal::malformed_request);
  CHECK(read_text(without(text, "emergency") + "emergency 11 Short\n") == refusal::malformed_request);
  auto odd = text;
  odd.replace(odd.find("root ") + 5, 1, "z");
  CHECK(read_text(odd) == refusal::malformed_request);
  for (std::size_t end = 0; end + 20 < text.size(); end += 7) // cut inside each of its lines but the last
    if (text.find("party ", 0) > end) {
      INFO(end);
      CHECK(read_text(text.substr(0, end)) == refusal::malformed_request);
    }
  temp_folder folder;
  CHECK(read_founding(folder.path / "founding.txt").why() == refusal::not_found);
}
