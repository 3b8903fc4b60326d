// What a reload and what a restart would change.
#include "config_keys.hpp"
#include "ctl/config_diff.hpp"
#include "ctl/time_words.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::ctl;

namespace {

admin::settings_report running_with(const daemon::config& conf,
                                    const std::vector<daemon::plugin_config>& plugins) {
  admin::settings_report out;
  for (const auto& key : daemon::config_keys())
    out.settings.push_back({std::string{key.name}, daemon::value_of(conf, key)});
  for (const auto& p : plugins)
    out.plugins.push_back({p.name, p.address, p.rights, static_cast<std::uint32_t>(p.keys.size()),
                           admin::hash_of_keys(p.keys)});
  return out;
}

} // namespace

TEST_CASE("settings and plugins of a running daemon against its files") {
  const public_key one{1}, two{2}, three{3};
  const daemon::plugin_config cli{"cli", "ipc:///c", {"channels"}, {one, two}};
  using all = std::vector<config_difference>;
  struct row {
    const char* name;
    std::vector<daemon::plugin_config> held, wanted;
    all expected;
  };
  auto with = [&](auto edit) {
    auto out = cli;
    edit(out);
    return std::vector{out};
  };
  const row rows[] = {
      {"nothing", {cli}, {cli}, {}},
      {"order of keys",
       {cli},
       with([&](auto& p) {
         p.keys = {two, one};
       }),
       {}},
      {"a key less",
       {cli},
       with([&](auto& p) { p.keys = {two}; }),
       {{"plugin cli: keys", "2 keys", "1 key", true}}},
      {"another key",
       {cli},
       with([&](auto& p) {
         p.keys = {two, three};
       }),
       {{"plugin cli: keys", "2 keys", "2 keys, others", true}}},
      {"address and rights",
       {cli},
       with([](auto& p) {
         p.address = "ipc:///d";
         p.rights = {};
       }),
       {{"plugin cli: address", "ipc:///c", "ipc:///d", false},
        {"plugin cli: rights", "channels", "nothing", false}}},
      {"a new one", {}, {cli}, {{"plugin cli", "nothing", "ipc:///c", false}}},
      {"one that is gone",
       {cli},
       {},
       {{"plugin cli: keys", "2 keys", "0 keys", true}, {"plugin cli", "ipc:///c", "nothing", false}}},
  };
  for (const auto& r : rows) {
    INFO(r.name);
    CHECK(differences(running_with({}, r.held), {}, r.wanted) == r.expected);
  }
  daemon::config next;
  next.plugins_dir = "/p";
  next.map_bytes = 16u << 20;
  CHECK(differences(running_with({}, {}), next, {}) ==
        all{{"plugins_dir", "/etc/wardline/plugins.d", "/p", true},
            {"store.map_bytes", "68719476736", "16777216", false}});
  CHECK(differences({}, {}, {}).size() == daemon::config_keys().size()); // a daemon that knows none of them
}

TEST_CASE("times and sizes are read by people") {
  CHECK(utc_time(0) == "1970-01-01 00:00:00 UTC");
  CHECK(utc_time(1'795'704'981'447) == "2026-11-26 14:56:21 UTC");
  CHECK(duration(999) == "0 s");
  CHECK(duration(65'000) == "1 min 5 s");
  CHECK(duration(3 * 86'400'000 + 4 * 3'600'000 + 1) == "3 days 4 h");
  CHECK(bytes_text(1'023) == "1023 B");
  CHECK(bytes_text(1'536) == "1.5 KiB");
  CHECK(bytes_text(std::uint64_t{64} << 30) == "64.0 GiB");
}
