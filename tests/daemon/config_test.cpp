// Settings: every problem at once, each with its place.
#include "config_keys.hpp"
#include "plugin_grants.hpp"
#include "temp_folder.hpp"
#include "wire/limits.hpp"
#include <catch2/catch.hpp>
#include <fstream>

using namespace wardline;
using namespace wardline::daemon;

namespace {

std::filesystem::path write_text(const std::filesystem::path& file, const std::string& text) {
  std::ofstream{file} << text;
  return file;
}

/// Problems of a wardline.yaml with this text, without the folder in front.
config_problems problems_of(const std::string& text) {
  temp_folder folder;
  config out;
  auto found = read_config(write_text(folder.path / "wardline.yaml", text), out);
  for (auto& p : found)
    p.erase(0, folder.path.string().size() + 1);
  return found;
}

config_problems plugin_problems_of(const std::string& name, const std::string& text) {
  temp_folder folder;
  write_text(folder.path / name, text);
  std::vector<plugin_config> out;
  auto found = read_plugins(folder.path, out);
  for (auto& p : found)
    p.erase(0, folder.path.string().size() + 1);
  return found;
}

const std::string key_hex(64, 'a');

} // namespace

TEST_CASE("settings are read, and what is not said keeps its default") {
  temp_folder folder;
  config out;
  auto file = write_text(folder.path / "wardline.yaml", "state_dir: /srv/w\nstore:\n  map_bytes: 16777216\n");
  CHECK(read_config(file, out).empty());
  CHECK(out.state_dir == "/srv/w");
  CHECK(out.map_bytes == 16'777'216);
  CHECK(out.plugins_dir == config{}.plugins_dir);
}

TEST_CASE("the settings that are shipped are fine") {
  config out;
  CHECK(read_config(WARDLINE_SOURCE_DIR "/etc/wardline.yaml", out).empty());
  std::vector<plugin_config> plugins;
  CHECK(read_plugins(WARDLINE_SOURCE_DIR "/etc/plugins.d", plugins).empty());
  REQUIRE_FALSE(plugins.empty());
}

TEST_CASE("every problem of the settings has its place and says what is expected") {
  const std::string number = "expected a whole number from 16777216 to 17592186044416";
  struct row {
    std::string text;
    config_problems expected;
  };
  const std::string known =
      "known are admin_socket, backup, credentials_dir, metrics_socket, plugins_dir, state_dir, store";
  const std::string eights =
      " counts in eights to some readers of YAML (octal); write it without the zero in front; ";
  const std::string sixties = " counts in sixties to some readers of YAML; write the number itself; ";
  const std::string truth = " is true or false to some readers of YAML; ";
  const std::string bytes = "wardline.yaml:2:14: store.map_bytes: ";
  const row rows[] = {
      {"state_dur: /x\n", {"wardline.yaml:1:1: state_dur: unknown key; did you mean state_dir? " + known}},
      {"port: 1\n", {"wardline.yaml:1:1: port: unknown key; " + known}},
      {"state_dir: /x\n\nstate_dir: /y\n",
       {"wardline.yaml:3:1: state_dir: stands here twice, first in line 1; remove one"}},
      {"port: 1\nport: 1\n",
       {"wardline.yaml:1:1: port: unknown key; " + known,
        "wardline.yaml:2:1: port: stands here twice, first in line 1; remove one"}},
      {"state_dir: x/y\n", {"wardline.yaml:1:12: state_dir: expected an absolute path"}},
      {"state_dir: off\n", {"wardline.yaml:1:12: state_dir: off" + truth + "expected an absolute path"}},
      {"state_dir: 'off'\n", {"wardline.yaml:1:12: state_dir: expected an absolute path"}},
      {"state_dir: \"/x\\0y\"\n",
       {"wardline.yaml:1:12: state_dir: expected a path without control characters"}},
      {"state_dir:\nstore:\n",
       {"wardline.yaml:1:1: state_dir: has no value", "wardline.yaml:2:1: store: has no value"}},
      {"state_dir: [/x]\n", {"wardline.yaml:1:12: state_dir: expected an absolute path"}},
      {"state_dir: /" + std::string(4'095, 'x') + "\n",
       {"wardline.yaml:1:12: state_dir: expected a path of at most 4095 bytes"}},
      {"admin_socket: /" + std::string(107, 'x') + "\n",
       {"wardline.yaml:1:15: admin_socket: expected a path of at most 107 bytes"}},
      {"store: 7\n", {"wardline.yaml:1:8: store: expected a list of key: value lines"}},
      {"store:\n  map: 1\n", {"wardline.yaml:2:3: store.map: unknown key; known are map_bytes"}},
      {"store:\n  map_byte: 1\n",
       {"wardline.yaml:2:3: store.map_byte: unknown key; did you mean map_bytes? known are map_bytes"}},
      {"store:\n  map_bytes: 0100000000\n", {bytes + "0100000000" + eights + number}},
      {"store:\n  map_bytes: 0x2000000\n", {bytes + "0x2000000 is not written in decimal digits; " + number}},
      {"store:\n  map_bytes: 67_108_864\n",
       {bytes + "67_108_864 is a number to some readers of YAML only; write it without the underscore; " +
        number}},
      {"store:\n  map_bytes: 1e9\n", {bytes + "1e9 is no whole number written in digits; " + number}},
      {"store:\n  map_bytes: 1:30\n", {bytes + "1:30" + sixties + number}},
      {"store:\n  map_bytes: yes\n", {bytes + "yes" + truth + number}},
      {"store:\n  map_bytes: On\n", {bytes + "On" + truth + number}},
      {"store:\n  map_bytes: \"67108864\"\n", {bytes + "what stands in quotes is text; " + number}},
      {"store:\n  map_bytes: -1\n", {bytes + number}},
      {"store:\n  map_bytes: many\n", {bytes + number}},
      {"store:\n  map_bytes: 16777215\n", {bytes + number}},
      {"store:\n  map_bytes: 17592186044417\n", {bytes + number}},
      {"store:\n  map_bytes: 99999999999999999999999\n", {bytes + number}},
      {"- a\n- b\n", {"wardline.yaml:1:1: the file: expected a list of key: value lines"}},
      {"state_dur: /x\nstore:\n  map_bytes: 1\n",
       {"wardline.yaml:1:1: state_dur: unknown key; did you mean state_dir? " + known,
        "wardline.yaml:3:14: store.map_bytes: " + number}},
  };
  for (const auto& r : rows) {
    INFO(r.text);
    CHECK(problems_of(r.text) == r.expected);
  }
}

TEST_CASE("text that is no YAML is said with its place, whatever it is") {
  for (const std::string text : {"a: [1, 2\n", "\t\tx", "a: 'b\n", "{", "? [", "&a *a", "a: *nobody\n",
                                 "\x01\x02\xff", "---\n---\n---", "a: b: c: d\n"}) {
    INFO(text);
    CHECK_FALSE(problems_of(text).empty());
  }
  auto found = problems_of("state_dir: /x\nstore: [1\n");
  REQUIRE(found.size() == 1);
  CHECK(found[0].find("wardline.yaml:") == 0);
  CHECK(found[0].find(":", 14) != std::string::npos);
}

TEST_CASE("a file that is missing, unreadable or too large is said in words") {
  temp_folder folder;
  config out;
  auto missing = read_config(folder.path / "no.yaml", out);
  REQUIRE(missing.size() == 1);
  CHECK(missing[0].find("cannot be read") != std::string::npos);
  auto a_folder = read_config(folder.path, out);
  REQUIRE(a_folder.size() == 1);
  CHECK(a_folder[0].find("cannot be read") != std::string::npos);
  auto large = read_config(write_text(folder.path / "large.yaml", std::string((4u << 20) + 1, '#')), out);
  REQUIRE(large.size() == 1);
  CHECK(large[0].find("larger than 4194304 bytes") != std::string::npos);
  CHECK(read_config("/dev/zero", out) == config_problems{"/dev/zero: larger than 4194304 bytes"});
  std::vector<plugin_config> plugins;
  auto no_folder = read_plugins(folder.path / "nowhere", plugins);
  REQUIRE(no_folder.size() == 1);
  CHECK(no_folder[0].find("cannot be read; check plugins_dir") != std::string::npos);
}

TEST_CASE("an empty settings file is not an answer") {
  CHECK_FALSE(problems_of("").empty());
}

TEST_CASE("every problem of a plugin's file has its place") {
  const std::string address = "address: ipc:///run/x.sock\n";
  struct row {
    std::string file;
    std::string text;
    config_problems expected;
  };
  const row rows[] = {
      {"cli.yaml", address + "rights: [channels]\nkeys: [" + key_hex + "]\n", {}},
      {"cli.yaml", "rights: [channels]\n", {"cli.yaml: address is missing"}},
      {"cli.yaml",
       "address: /run/x.sock\n",
       {"cli.yaml:1:10: address: expected ipc:///path or tcp://host:port"}},
      {"cli.yaml",
       address + "rights: [everything]\n",
       {"cli.yaml:2:9: rights: everything is no right; expected channels, wakeup.message"}},
      {"cli.yaml",
       address + "rights: channels\n",
       {"cli.yaml:2:9: rights: expected a list of channels, wakeup.message"}},
      {"cli.yaml", address + "keys: [abc]\n", {"cli.yaml:2:8: keys: expected 64 hex digits"}},
      {"cli.yaml",
       address + "keys: " + key_hex + "\n",
       {"cli.yaml:2:7: keys: expected a list of CURVE keys, 64 hex digits each"}},
      {"cli.yaml", address + "keys: [" + key_hex + "00]\n", {"cli.yaml:2:8: keys: expected 64 hex digits"}},
      {"cli.yaml",
       address + "secret: 1\n",
       {"cli.yaml:2:1: secret: unknown key; known are address, keys, rights"}},
      {"cli.yaml",
       address + "adress: x\n",
       {"cli.yaml:2:1: adress: unknown key; did you mean address? known are address, keys, rights"}},
      {"cli.yaml",
       address + address,
       {"cli.yaml:2:1: address: stands here twice, first in line 1; remove one"}},
      {"cli.yaml",
       "address: ipc:///" + std::string(107, 'x') + "\n",
       {"cli.yaml:1:10: address: expected an address of at most 255 bytes, and at most 107 of an ipc path"}},
      {"cli.yaml",
       "address: tcp://" + std::string(250, 'x') + "\n",
       {"cli.yaml:1:10: address: expected an address of at most 255 bytes, and at most 107 of an ipc path"}},
      {"cli.yaml",
       address + "rights: [channels, channels, channels]\n",
       {"cli.yaml:2:9: rights: expected at most 2"}},
      {"C li.yaml", address, {"C li.yaml: the name of this file is the plugin's: use a-z, 0-9 and -"}},
      {"notes.txt", "nothing to see", {}},
  };
  for (const auto& r : rows) {
    INFO(r.file << "\n" << r.text);
    CHECK(plugin_problems_of(r.file, r.text) == r.expected);
  }
}

TEST_CASE("a key that stands in two plugins, or twice in one, is refused with both places") {
  temp_folder folder;
  auto cli = write_text(folder.path / "cli.yaml", "address: ipc:///run/a.sock\nkeys: [" + key_hex + "]\n");
  auto web = write_text(folder.path / "web.yaml", "address: ipc:///run/b.sock\nkeys:\n  - " +
                                                      std::string(64, 'b') + "\n  - " + key_hex + "\n");
  std::vector<plugin_config> out;
  CHECK(read_plugins(folder.path, out) ==
        config_problems{web.string() + ":4:5: keys: this key is already one of plugin cli (" + cli.string() +
                        ":2:8); each plugin needs its own"});
  write_text(web, "address: ipc:///run/b.sock\nkeys:\n  - " + std::string(64, 'b') + "\n  - " +
                      std::string(64, 'b') + "\n");
  out.clear();
  CHECK(read_plugins(folder.path, out) ==
        config_problems{web.string() + ":4:5: keys: this key is already one of plugin web (" + web.string() +
                        ":3:5); each plugin needs its own"});
}

TEST_CASE("plugins and their keys are bounded") {
  std::string keys = "keys:\n";
  for (std::size_t i = 0; i <= plugin_keys_max; ++i) {
    auto digits = std::to_string(i);
    keys += "  - " + std::string(64 - digits.size(), '0') + digits + "\n";
  }
  const std::string address = "address: ipc:///run/x.sock\n";
  CHECK(plugin_problems_of("cli.yaml", address + keys) ==
        config_problems{"cli.yaml:3:3: keys: expected at most 4096 keys"});
  keys.erase(keys.rfind("  - "));
  CHECK(plugin_problems_of("cli.yaml", address + keys).empty());

  temp_folder folder;
  std::vector<plugin_config> out;
  for (std::size_t i = 0; i < plugins_max; ++i)
    write_text(folder.path / ("p" + std::to_string(i) + ".yaml"), address);
  CHECK(read_plugins(folder.path, out).empty());
  CHECK(out.size() == plugins_max);
  write_text(folder.path / "more.yaml", address);
  CHECK(read_plugins(folder.path, out) == config_problems{folder.path.string() + ": more than 64 plugins"});
}

TEST_CASE("every key of the table is read into its member, and what differs is told") {
  config fresh;
  for (const auto& key : config_keys()) {
    INFO(key.name);
    CHECK(value_of(fresh, key) == key.initial);
    auto section = std::string{section_of(key.name)};
    auto value = key.type == key_type::path         ? std::string{"/else"}
                 : key.type == key_type::public_key ? std::string(64, 'a')
                                                    : std::to_string(key.least);
    auto text =
        (section.empty() ? "" : section + ":\n  ") + std::string{name_in_section(key.name)} + ": " + value;
    config out;
    config_origins origins;
    REQUIRE(read_config_text("w.yaml", text, out, &origins).empty());
    CHECK(value_of(out, key) == value);
    CHECK(origins == config_origins{{std::string{key.name}, section.empty() ? 1 : 2}});
    CHECK(
        changes_between(fresh, out) ==
        std::vector<config_change>{{std::string{key.name}, std::string{key.initial}, value, key.on_reload}});
    CHECK(changes_between(out, out).empty());
  }
}

TEST_CASE("rights decide how large a plugin's frames may be") {
  std::vector<plugin_config> plugins{{"cli", "ipc:///a", {"channels"}, {}},
                                     {"push", "ipc:///b", {"wakeup.message"}, {}}};
  auto endpoints = endpoints_of(plugins);
  REQUIRE(endpoints.size() == 2);
  CHECK(endpoints[0].frame_bytes_max == wire::frame_bytes_max);
  CHECK(endpoints[1].frame_bytes_max == wire::listener_frame_bytes_max);
  CHECK(rights_of(plugins).at("push") == std::set<std::string>{"wakeup.message"});
}

TEST_CASE("plugins come in the order of their names") {
  temp_folder folder;
  for (const auto* name : {"web.yaml", "cli.yaml", "push.yaml"})
    write_text(folder.path / name, "address: ipc:///run/x.sock\n");
  std::vector<plugin_config> out;
  CHECK(read_plugins(folder.path, out).empty());
  REQUIRE(out.size() == 3);
  CHECK(out[0].name == "cli");
  CHECK(out[1].name == "push");
  CHECK(out[2].name == "web");
}
