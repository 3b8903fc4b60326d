// The files that are made from the table of settings are those that are shipped, and they say what the parser
// does.
#include "config_keys.hpp"
#include "ctl/config_texts.hpp"
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

using namespace wardline;
using namespace wardline::daemon;

namespace {

std::string shipped(const std::string& name) {
  std::ifstream in{std::filesystem::path{WARDLINE_SOURCE_DIR} / "etc" / name, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

TEST_CASE("what is shipped is what the table makes; `wardctl config print` makes it anew") {
  CHECK(shipped("wardline.yaml") == ctl::config_default_file());
  CHECK(shipped("man/wardline.yaml.5") == ctl::config_manual());
  CHECK(shipped("schema/wardline.schema.json") == ctl::config_schema());
  CHECK(shipped("schema/plugin.schema.json") == ctl::plugin_schema());
}

TEST_CASE("the shipped file names every key, and each has its default") {
  config out;
  out.map_bytes = 1;
  config_origins origins;
  REQUIRE(read_config_text("wardline.yaml", ctl::config_default_file(), out, &origins).empty());
  CHECK(out == config{});
  CHECK(origins.size() == config_keys().size());
}

TEST_CASE("the manual names every key with its unit and default, and man reads it without a warning") {
  auto text = ctl::config_manual();
  auto says = [&](std::string what) {
    std::string out;
    for (char c : what)
      out += c == '-' ? std::string{"\\-"} : std::string{c};
    INFO(out);
    CHECK(text.find(out) != std::string::npos);
  };
  for (const auto& keys : {config_keys(), plugin_keys()})
    for (const auto& key : keys) {
      says(".TP\n.B " + std::string{key.name} + "\n" + std::string{key.meaning});
      says(std::to_string(key.most));
      if (!key.initial.empty())
        says("Default: " + std::string{key.initial} + ".");
    }
  // Every warning of groff's goes to the file that is empty afterwards.
  std::string page = std::string{WARDLINE_SOURCE_DIR} + "/etc/man/wardline.yaml.5";
  CHECK(std::system(("test -z \"$(groff -man -ww -z -Tutf8 '" + page + "' 2>&1)\"").c_str()) == 0);
  CHECK(std::system("test -z \"$(printf '.TH A 5\\n.XX\\n' | groff -man -ww -z -Tutf8 2>&1)\"") != 0);
}

TEST_CASE("the schemas are what the table says") {
  auto box = nlohmann::json::parse(ctl::config_schema());
  CHECK(box["additionalProperties"] == false);
  for (const auto& key : config_keys()) {
    INFO(key.name);
    auto section = std::string{section_of(key.name)};
    const auto& within = section.empty() ? box : box["properties"][section];
    CHECK(within["additionalProperties"] == false);
    const auto& one = within["properties"][std::string{name_in_section(key.name)}];
    REQUIRE(one.is_object());
    CHECK(one["description"].get<std::string>().starts_with(key.meaning));
    if (key.type == key_type::whole_number) {
      CHECK(one["minimum"] == key.least);
      CHECK(one["maximum"] == key.most);
      CHECK(one["default"].dump() == key.initial);
    } else {
      CHECK(one["maxLength"] == key.most);
      CHECK(one["default"] == key.initial);
    }
  }
  auto plugin = nlohmann::json::parse(ctl::plugin_schema());
  CHECK(plugin["required"] == nlohmann::json{"address"});
  CHECK(plugin["properties"].size() == plugin_keys().size());
  CHECK(plugin["properties"]["rights"]["items"]["enum"] == nlohmann::json{"channels", "wakeup.message"});
}
