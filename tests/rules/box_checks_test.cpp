// Every check of a box in each of its outcomes.
#include "rules/box_checks.hpp"
#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <set>

using namespace wardline::rules;

namespace {

box_facts healthy() {
  box_facts f;
  f.settings_file = "/etc/w.yaml";
  f.state_dir = "/s";
  f.state_mode = 0700;
  f.keys_dir = "/k";
  f.keys = std::vector<key_file_facts>{{"/k/kek", true, true, 0400}, {"/k/log-key", true, true, 0600}};
  f.disk = room_facts{1'000, 500};
  f.inodes = room_facts{1'000, 500};
  f.file_system = "ext4";
  f.file_system_is_remote = f.file_system_is_memory = false;
  f.clock_in_step = true;
  f.socket = "/run/w/socket";
  f.socket_mode = 0660;
  f.socket_folder_mode = 0750;
  daemon_facts d;
  d.map_bytes = 1'000;
  d.used_bytes = 10;
  d.open_files = 20;
  d.files_max = 65'536;
  d.locked_bytes_max = 64u << 20;
  d.core_files = false;
  d.log_size = 9;
  d.checkpoint_size = 8;
  d.checkpoint_age_ms = 1'000;
  d.plugins = {{"cli", true}};
  d.emergency_role = true;
  d.emergency_devices = 1;
  f.daemon = d;
  f.checkpoint = checkpoint_facts::verified;
  return f;
}

check_result found(const box_facts& f, const std::string& name) {
  auto all = check_box(f);
  auto one = std::find_if(all.begin(), all.end(), [&](const auto& c) { return c.name == name; });
  REQUIRE(one != all.end());
  return *one;
}

} // namespace

TEST_CASE("a healthy box passes every check, and there is nothing to mend") {
  auto all = check_box(healthy());
  CHECK(all.size() == 17);
  std::set<std::string> names;
  for (const auto& c : all) {
    INFO(c.name << ": " << c.what);
    CHECK(c.state == check_state::good);
    CHECK(c.fix.empty());
    CHECK_FALSE(c.what.empty());
    names.insert(c.name);
  }
  CHECK(names.size() == all.size());
}

TEST_CASE("each check sees what is wrong, only that, and names one thing to do") {
  struct row {
    const char* name;
    check_state state;
    std::function<void(box_facts&)> spoil;
    std::string says;
  };
  const auto bad = check_state::bad, warning = check_state::warning, unknown = check_state::unknown;
  const row rows[] = {
      {"settings", bad,
       [](auto& f) {
         f.setting_problems = {"w.yaml:1:1: x", "y"};
       },
       "2 problems in the settings, first: w.yaml:1:1: x"},
      {"state_folder", bad, [](auto& f) { f.state_there = false; }, "/s is not there"},
      {"state_folder", bad, [](auto& f) { f.state_mode = 0750; }, "mode 0750"},
      {"state_folder", unknown, [](auto& f) { f.state_mode.reset(); }, "cannot be looked at"},
      {"keys", bad, [](auto& f) { (*f.keys)[1].there = false; }, "/k/log-key is missing"},
      {"keys", bad, [](auto& f) { (*f.keys)[0].whole = false; }, "/k/kek does not hold 32 bytes"},
      {"keys", bad, [](auto& f) { (*f.keys)[0].mode = 0644; }, "mode 0644"},
      {"keys", unknown, [](auto& f) { f.keys.reset(); }, "cannot be looked at"},
      {"disk", warning, [](auto& f) { f.disk->free = 99; }, "9 % of the bytes"},
      {"disk", bad, [](auto& f) { f.disk->free = 19; }, "1 % of the bytes"},
      {"disk", unknown, [](auto& f) { f.disk.reset(); }, "does not say"},
      {"inodes", warning, [](auto& f) { f.inodes->free = 20; }, "2 % of the inodes"},
      {"inodes", bad, [](auto& f) { f.inodes->free = 0; }, "0 % of the inodes"},
      {"inodes", unknown, [](auto& f) { f.inodes.reset(); }, "does not say"},
      {"file_system", bad, [](auto& f) { f.file_system_is_remote = true; }, "another machine"},
      {"file_system", bad, [](auto& f) { f.file_system_is_memory = true; }, "in memory"},
      {"file_system", warning, [](auto& f) { f.erasure = "it copies on write"; },
       "proves nothing on ext4: it copies on write"},
      {"file_system", unknown, [](auto& f) { f.file_system.reset(); }, "not known"},
      {"clock", warning, [](auto& f) { f.clock_in_step = false; }, "No time service"},
      {"clock", unknown, [](auto& f) { f.clock_in_step.reset(); }, "does not say"},
      {"admin_socket", bad,
       [](auto& f) {
         f.socket_mode = 0666;
         f.socket_folder_mode = 0755;
       },
       "Every user"},
      {"admin_socket", bad, [](auto& f) { f.socket_folder_mode = 0770; }, "of their own"},
      {"admin_socket", unknown, [](auto& f) { f.socket_mode.reset(); }, "cannot be looked at"},
      {"files", warning, [](auto& f) { f.daemon->files_max = 1'024; }, "20 of 1024"},
      {"files", bad, [](auto& f) { f.daemon->open_files = 60'000; }, "60000 of 65536"},
      {"locked_memory", warning, [](auto& f) { f.daemon->locked_bytes_max = 65'536; }, "65536 bytes"},
      {"core_files", bad, [](auto& f) { f.daemon->core_files = true; }, "could leave"},
      {"store", bad, [](auto& f) { f.daemon->nearly_full = true; }, "only urgent"},
      {"store", warning, [](auto& f) { f.daemon->used_bytes = 800; }, "80 %"},
      {"checkpoint", bad, [](auto& f) { f.checkpoint = checkpoint_facts::wrong; }, "does not verify"},
      {"checkpoint", bad, [](auto& f) { f.daemon->checkpoint_age_ms = 16 * 60'000; }, "1 new entries"},
      {"checkpoint", warning, [](auto& f) { f.checkpoint = checkpoint_facts::none_yet; },
       "no checkpoint yet"},
      {"checkpoint", unknown, [](auto& f) { f.checkpoint.reset(); }, "Only the running daemon"},
      {"plugins", bad, [](auto& f) { f.daemon->plugins.clear(); }, "No plugin"},
      {"plugins", warning,
       [](auto& f) {
         f.daemon->plugins = {{"cli", true}, {"web", false}, {"hl7", false}};
       },
       "web, hl7"},
      {"emergency_role", bad, [](auto& f) { f.daemon->emergency_role = false; }, "no emergency role"},
      {"emergency_role", bad, [](auto& f) { f.daemon->emergency_devices = 0; }, "Nobody's device"},
      {"certificates", warning, [](auto& f) { f.daemon->certificates_ending = 2; },
       "2 device certificates will end"},
      {"certificates", warning, [](auto& f) { f.daemon->certificates_ended = 1; },
       "1 device certificate ended"},
  };
  for (const auto& r : rows) {
    auto f = healthy();
    r.spoil(f);
    auto one = found(f, r.name);
    INFO(r.name << ": " << one.what);
    CHECK(one.state == r.state);
    CHECK(one.what.find(r.says) != std::string::npos);
    CHECK_FALSE(one.fix.empty());
    CHECK(one.fix.find('\n') == std::string::npos);
    auto all = check_box(f);
    CHECK(std::count_if(all.begin(), all.end(), [](const auto& c) { return c.state != check_state::good; }) ==
          1);
  }
}

TEST_CASE("without a daemon one check is bad, and what only it knows is unknown") {
  auto f = healthy();
  f.daemon.reset();
  f.daemon_silent = "nobody answers";
  f.checkpoint.reset();
  CHECK(found(f, "daemon").state == check_state::bad);
  CHECK(found(f, "daemon").what.find("nobody answers") != std::string::npos);
  for (const auto* name : {"files", "locked_memory", "core_files", "store", "checkpoint", "plugins",
                           "emergency_role", "certificates"}) {
    INFO(name);
    CHECK(found(f, name).state == check_state::unknown);
    CHECK_FALSE(found(f, name).fix.empty());
  }
}

TEST_CASE("entries that came since a young checkpoint are no problem, and an old checkpoint of all entries "
          "is none") {
  auto f = healthy();
  f.daemon->checkpoint_size = 1;
  CHECK(found(f, "checkpoint").state == check_state::good);
  f.daemon->checkpoint_size = f.daemon->log_size;
  f.daemon->checkpoint_age_ms = 100 * checkpoint_age_ms_max;
  CHECK(found(f, "checkpoint").state == check_state::good);
  f.daemon->checkpoint_size = f.daemon->log_size + 1; // the log grew between two answers
  CHECK(found(f, "checkpoint").state == check_state::good);
  CHECK(word_of(check_state::good) == "good");
  CHECK(word_of(check_state::unknown) == "unknown");
  CHECK(word_of(check_state::warning) == "warning");
  CHECK(word_of(check_state::bad) == "bad");
}
