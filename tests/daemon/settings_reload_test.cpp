// Settings read again: keys come and go on live connections; what is wrong changes nothing.
#include "link_fixture.hpp"
#include "settings_reload.hpp"
#include "wire/link.hpp"
#include <catch2/catch.hpp>
#include <fstream>

using namespace wardline;
using namespace wardline::daemon;

namespace {

public_key key_of(std::uint8_t fill) {
  public_key k;
  k.fill(fill);
  return k;
}

void write_plugin(const std::filesystem::path& folder, const std::string& name, const std::string& keys) {
  std::ofstream{folder / (name + ".yaml")} << "address: ipc:///run/" << name << ".sock\nrights: [channels]\n"
                                           << "keys: [" << keys << "]\n";
}

} // namespace

TEST_CASE("what a new reading of plugins.d changes") {
  std::vector<plugin_config> held{{"cli", "ipc:///c", {"channels"}, {key_of(1)}},
                                  {"push", "ipc:///p", {"wakeup.message"}, {key_of(2)}},
                                  {"web", "ipc:///w", {"channels"}, {key_of(3), key_of(4)}}};
  std::vector<plugin_config> now{{"cli", "ipc:///c", {"channels"}, {key_of(1)}},
                                 {"hl7", "ipc:///h", {"channels"}, {key_of(9)}},
                                 {"web", "ipc:///other", {"channels"}, {key_of(4), key_of(5)}}};
  auto changes = change_plugins(held, now);
  CHECK(changes.forbidden == std::vector<public_key>{key_of(2), key_of(3)});
  REQUIRE(changes.allowed.size() == 1);
  CHECK(changes.allowed[0].key == key_of(5));
  CHECK(changes.allowed[0].plugin == "web");
  CHECK(changes.need_restart == std::vector<std::string>{"web", "hl7"});
  // In force: the endpoints of the start, the keys of now.
  REQUIRE(held.size() == 3);
  CHECK(held[1].keys.empty());
  CHECK(held[2].address == "ipc:///w");
  CHECK(held[2].keys == now[2].keys);
  CHECK(change_plugins(held, now).allowed.empty()); // twice is once
}

TEST_CASE("a plugin whose file comes back as it was is let in again without a restart") {
  std::vector<plugin_config> held{{"web", "ipc:///w", {"channels"}, {key_of(3)}}};
  auto whole = held;
  CHECK(change_plugins(held, {}).forbidden == std::vector<public_key>{key_of(3)});
  auto back = change_plugins(held, whole);
  CHECK(back.allowed.size() == 1);
  CHECK(back.need_restart.empty());
}

TEST_CASE("a reload cuts a live connection within a second, lets a new key in, and survives a bad file") {
  link_fixture f;
  temp_folder folder;
  settings_in_force in_force;
  in_force.file = folder.path / "wardline.yaml";
  auto write_settings = [&](const std::string& more) {
    std::ofstream{in_force.file} << "plugins_dir: " << folder.path.string() << "/plugins.d\n" << more;
  };
  auto plugins = folder.path / "plugins.d";
  std::filesystem::create_directory(plugins);
  write_settings("");
  auto next = curve_pair::fresh();
  in_force.plugins = {{"a", "ipc:///run/a.sock", {"channels"}, {f.own_a.open}}};
  REQUIRE(f.start() == std::nullopt);
  auto p = f.plugin("a", f.own_a, {.stays_cut = true});
  REQUIRE(p.send(said("one")));
  REQUIRE(f.hears(1));

  std::ofstream{plugins / "a.yaml"} << "address: ipc:///run/a.sock\nkeys: [oops]\n";
  auto refused = reload_settings(in_force, *f.link, f.journal, 5);
  CHECK(f.journal.count("settings_not_reloaded") == 1);
  CHECK(refused.at == 5);
  CHECK(refused.problems ==
        config_problems{(plugins / "a.yaml").string() + ":2:8: keys: expected 64 hex digits"});
  CHECK(in_force.plugins[0].keys.size() == 1);
  REQUIRE(p.send(said("two")));
  REQUIRE(f.hears(2)); // the last good keys stay

  write_plugin(plugins, "a", hex(next.open));
  write_settings("state_dri: /x\n");
  CHECK(reload_settings(in_force, *f.link, f.journal, 6).problems.size() == 1);
  CHECK(f.journal.count("settings_not_reloaded") == 2);
  CHECK(in_force.conf == config{}); // not even what was right in it
  REQUIRE(p.send(said("still")));
  REQUIRE(f.hears(3));

  write_settings("state_dir: /elsewhere\n");
  CHECK(reload_settings(in_force, *f.link, f.journal, 7).problems.empty());
  CHECK(f.journal.count("settings_reloaded") == 1);
  CHECK(in_force.conf.plugins_dir == plugins);          // a reload applies it
  CHECK(in_force.conf.state_dir == config{}.state_dir); // this takes a restart
  CHECK(p.happened(1'000) == ZMQ_EVENT_DISCONNECTED);
  auto fresh = f.plugin("a", next);
  REQUIRE(fresh.send(said("three")));
  REQUIRE(f.hears(4));
  CHECK(f.heard[3].from.user == link_keys::user_of(next.open, "a"));
}
