// `wardctl plugin grant` adds a key to a file that an administrator wrote, and changes nothing else in it.
#include "ctl/plugin_files.hpp"
#include "temp_folder.hpp"
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <sys/stat.h>

using namespace wardline;
using namespace wardline::daemon;

namespace {

const std::filesystem::path file = "/etc/wardline/plugins.d/web.yaml";
const std::string head =
    "# ours\naddress: ipc:///run/wardline/link/web.sock # the socket\nrights: [channels]\n";

public_key key(std::uint8_t n) {
  public_key out;
  out.fill(n);
  return out;
}

std::vector<public_key> keys_in(const std::string& text) {
  plugin_config read;
  REQUIRE(read_plugin_text(file, text, read).empty());
  return read.keys;
}

std::string content(const std::filesystem::path& of) {
  std::ifstream in{of};
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

TEST_CASE("a key is added however the list is written, and comments stay") {
  auto k1 = hex(key(1)), k2 = hex(key(2));
  const std::pair<std::string, std::size_t> lists[] = {
      {"keys: []\n", 0},
      {"keys: [ ] # none yet\n", 0},
      {"keys: [" + k1 + "] # web 1\n", 1},
      {"keys: ['" + k1 + "', \"" + k2 + "\"]\n", 2},
      {"keys: [\n  " + k1 + ", # old\n  " + k2 + "\n]\n# the end\n", 2},
      {"keys:\n  - " + k1 + "   # web 1\n  - " + k2 + "\n# the end\n", 2},
      {"keys:\n- " + k1 + "\n- " + k2, 2},
      {"keys:\n    - \"" + k1 + "\"\n\n\n", 1},
  };
  for (const auto& [list, count] : lists) {
    INFO(list);
    for (const auto& text : {head + list, list + (list.back() == '\n' ? "" : "\n") + head}) {
      auto out = ctl::with_key(file, text, key(9));
      REQUIRE(out);
      auto keys = keys_in(*out);
      REQUIRE(keys.size() == count + 1);
      CHECK(keys.back() == key(9));
      for (const auto* comment : {"# ours", "# the socket"})
        CHECK(out->find(comment) != std::string::npos);
      auto without = *out;
      without.erase(without.find(hex(key(9))), 64);
      CHECK(without.size() <= text.size() + 8); // a comma, a dash, a line's end
      auto twice = ctl::with_key(file, *out, key(8));
      REQUIRE(twice);
      CHECK(keys_in(*twice).size() == count + 2);
    }
  }
}

TEST_CASE("a key that is there, a full list and a file that cannot be read are refused") {
  CHECK(ctl::with_key(file, head + "keys: [" + hex(key(1)) + "]\n", key(1)).why() == refusal::already_exists);
  CHECK(ctl::with_key(file, head + "keys: [wrong]\n", key(1)).why() == refusal::malformed_request);
  CHECK(ctl::with_key(file, "", key(1)).why() == refusal::malformed_request);
  CHECK(ctl::with_key(file, head, key(1)).why() == refusal::malformed_request);
  std::string full = head + "keys:\n";
  for (std::size_t i = 0; i < plugin_keys_max; ++i) {
    public_key k;
    k.fill(3);
    k[0] = static_cast<std::uint8_t>(i >> 8);
    k[1] = static_cast<std::uint8_t>(i);
    full += "  - " + hex(k) + "\n";
  }
  CHECK(ctl::with_key(file, full, key(1)).why() == refusal::count_too_large);
}

TEST_CASE("a new plugin's file says what was asked for") {
  plugin_config asked{"hl7", "tcp://127.0.0.1:4100", {"channels", "wakeup.message"}, {key(1)}};
  plugin_config read;
  REQUIRE(read_plugin_text("/x/hl7.yaml", ctl::new_plugin_text(asked), read).empty());
  CHECK(read == asked);
}

TEST_CASE("a replaced file keeps its mode; a new one is not for everybody; nothing half is left") {
  temp_folder folder;
  auto at = folder.path / "web.yaml";
  auto mode = [&] {
    struct stat s {};
    REQUIRE(::stat(at.c_str(), &s) == 0);
    return s.st_mode & 0777u;
  };
  REQUIRE(ctl::replace_file(at, "one\n") == refusal::none);
  CHECK(mode() == 0640u);
  REQUIRE(::chmod(at.c_str(), 0600) == 0);
  std::ofstream{folder.path / "web.yaml.unfinished"} << "half";
  REQUIRE(ctl::replace_file(at, "two\n") == refusal::none);
  CHECK(mode() == 0600u);
  CHECK(content(at) == "two\n");
  CHECK_FALSE(std::filesystem::exists(folder.path / "web.yaml.unfinished"));
  CHECK(ctl::replace_file(folder.path / "none" / "web.yaml", "x") == refusal::storage_refused);
}
