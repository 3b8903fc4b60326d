// Rosters and chains as files: read with line and column, zones from the machine, and the socket that takes
// them.
#include "admin_socket.hpp"
#include "ctl/plan_commands.hpp"
#include "ctl/plan_files.hpp"
#include "ctl/zone_tables.hpp"
#include "temp_folder.hpp"
#include "test_ports.hpp"
#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace wardline;
using namespace wardline::ctl;

namespace {

constexpr time_ms now = 1'795'000'000'000; // November 2026

const std::string good_roster = "role: nurses\n"
                                "zone: Europe/Vienna\n"
                                "start: 2026-11-23 08:00\n"
                                "shift: 12h\n"
                                "people: [A. Able, B. Baker]\n"
                                "overrides:\n"
                                "  - replace: [C. Charlie]\n"
                                "    from: 2026-12-24 08:00\n"
                                "    until: 2026-12-26 08:00\n";
const std::string good_chain = "role: nurses\n"
                               "steps:\n"
                               "  - wake: [on duty]\n"
                               "    wait: {now: 90s, today: 4h}\n"
                               "  - wake:\n"
                               "      - everyone: charge nurses\n"
                               "      - person: D. Delta\n"
                               "lapse: {urgent: never}\n";

struct plan_folder {
  temp_folder folder;
  std::filesystem::path file(const std::string& text) const {
    auto out = folder.path / "plan.yaml";
    std::ofstream{out} << text;
    return out;
  }
  std::string roster_problems(const std::string& text) const {
    admin::set_roster out;
    return joined(read_roster(file(text), now, out));
  }
  std::string chain_problems(const std::string& text) const {
    admin::set_chain out;
    return joined(read_chain(file(text), out));
  }
  static std::string joined(const std::vector<std::string>& lines) {
    std::string out;
    for (const auto& l : lines)
      out += l + "\n";
    return out;
  }
};

std::string with(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

} // namespace

TEST_CASE("a roster is read with the place of everything that the daemon may complain about") {
  plan_folder f;
  admin::set_roster out;
  REQUIRE(plan_folder::joined(read_roster(f.file(good_roster), now, out)).empty());
  CHECK(out.role == admin::placed_name{"nurses", {1, 7}});
  CHECK(out.people == std::vector<admin::placed_name>{{"A. Able", {5, 10}}, {"B. Baker", {5, 19}}});
  CHECK(out.rotation_at == admin::file_place{3, 8});
  CHECK(out.roster.rotation.shift_hours == 12);
  CHECK(out.roster.rotation.start == *read_wall_time("2026-11-23 08:00"));
  REQUIRE(out.roster.overrides.size() == 1);
  CHECK(out.roster.overrides[0].what == rules::duty_override::kind::replace);
  CHECK(out.roster.overrides[0].from == 1'798'095'600'000); // 2026-12-24 07:00 UTC
  CHECK(out.overrides[0].people[0].name == "C. Charlie");
}

TEST_CASE("a chain is read; what is not named is the default") {
  plan_folder f;
  admin::set_chain out;
  REQUIRE(plan_folder::joined(read_chain(f.file(good_chain), out)).empty());
  REQUIRE(out.steps.size() == 2);
  CHECK(out.steps[0].targets[0].what == admin::set_chain::target_kind::on_duty);
  CHECK(out.steps[0].targets[0].of.name.empty());
  CHECK(out.steps[0].wait_s == rules::lane_seconds{90, rules::default_wait_s[1], 4 * 3'600});
  CHECK(out.steps[1].targets[0].of == admin::placed_name{"charge nurses", {6, 19}});
  CHECK(out.steps[1].targets[1].what == admin::set_chain::target_kind::person);
  CHECK(out.lapse_s == rules::lane_seconds{rules::default_lapse_s[0], 0, rules::default_lapse_s[2]});
}

TEST_CASE("what is wrong is said with file, line and column, all of it") {
  plan_folder f;
  auto roster = [&](const std::string& from, const std::string& to) {
    return f.roster_problems(with(good_roster, from, to));
  };
  CHECK(roster("Vienna", "Vienne").find("plan.yaml:2:7: zone: there is no time zone") != std::string::npos);
  CHECK(roster("08:00\nshift", "8:00\nshift").find("plan.yaml:3:8: start: expected a time") !=
        std::string::npos);
  CHECK(roster("12h", "12").find("plan.yaml:4:8: shift: expected") != std::string::npos);
  CHECK(roster("[A. Able, B. Baker]", "A. Able").find("plan.yaml:5:9: people: expected a list") !=
        std::string::npos);
  CHECK(roster("replace: [C. Charlie]", "swap: [C. Charlie]")
            .find("plan.yaml:7:5: overrides.swap: unknown key") != std::string::npos);
  CHECK(roster("    until: 2026-12-26 08:00\n", "").find("overrides.until: is missing") != std::string::npos);
  CHECK(roster("role: nurses\n", "").find("role: is missing") != std::string::npos);
  CHECK(roster("shift: 12h\n", "shift: 12h\nshift: 1d\n").find("stands here twice") != std::string::npos);
  auto both = f.roster_problems(with(with(good_roster, "12h", "x"), "Vienna", "Vienne"));
  CHECK(std::count(both.begin(), both.end(), '\n') == 2);
  auto chain = [&](const std::string& from, const std::string& to) {
    return f.chain_problems(with(good_chain, from, to));
  };
  CHECK(chain("[on duty]", "[sleeping]").find("plan.yaml:3:12: steps.wake: expected on duty") !=
        std::string::npos);
  CHECK(chain("90s", "90x").find("plan.yaml:4:17: steps.wait.now: expected a time") != std::string::npos);
  CHECK(chain("- person: D. Delta", "- person").find("steps.wake: expected on duty") != std::string::npos);
  CHECK(chain("{now: 90s, today: 4h}", "{now: never}").find("steps.wait.now: expected") != std::string::npos);
  CHECK(f.chain_problems("[").find("plan.yaml:") != std::string::npos);
  CHECK(f.chain_problems("5").find("expected a list of key: value lines") != std::string::npos);
  admin::set_chain none;
  CHECK(read_chain("/nowhere/plan.yaml", none).size() == 1);
}

TEST_CASE("times as people write them") {
  CHECK(read_wall_time("1970-01-02 00:01") == 86'460'000);
  for (const auto* bad :
       {"", "2026-11-23", "2026-02-30 08:00", "2026-11-23 24:00", "2026-11-23T08:00", "2026-1a-23 08:00"})
    CHECK_FALSE(read_wall_time(bad));
  CHECK(read_seconds("2m", "smh") == 120u);
  CHECK(read_seconds("1w", "hdw") == 604'800u);
  for (const auto* bad : {"", "5", "m", "5d", "-5m", "5 m", "99999999s"})
    CHECK_FALSE(read_seconds(bad, "smh"));
}

TEST_CASE("zones are those of this machine, years ahead") {
  auto vienna = zone_table("Europe/Vienna", now);
  REQUIRE(vienna);
  CHECK(vienna->changes.front().at == 0);
  CHECK(vienna->changes.size() >= 20);
  CHECK(rules::instant_of(*vienna, *read_wall_time("2027-07-01 08:00"), rules::occurrence::first) ==
        static_cast<time_ms>(*read_wall_time("2027-07-01 06:00")));
  auto phoenix = zone_table("America/Phoenix", now);
  REQUIRE(phoenix);
  CHECK(phoenix->changes.size() == 1);
  CHECK_FALSE(zone_table("Europe/Vienne", now));
  CHECK_FALSE(zone_table("../../etc/passwd", now));
}

TEST_CASE("the socket takes one bounded request and gives its answer") {
  temp_folder folder;
  kept_journal journal;
  auto path = folder.path / "socket";
  std::vector<bytes> asked;
  daemon::admin_socket door{
      path,
      [&](bytes_view frame) {
        asked.push_back(to_bytes(frame));
        return admin::encode(admin::answer{{}, {{refusal::roster_gap, {3, 8}, "nurses"}}, 9});
      },
      journal};
  REQUIRE(door.start());
  struct stat s {};
  REQUIRE(::stat(path.c_str(), &s) == 0);
  CHECK((s.st_mode & 0777) == 0660);

  std::ofstream{folder.path / "chain.yaml"} << good_chain;
  auto done = set_chain_from(folder.path / "chain.yaml", path);
  CHECK(done.done);
  CHECK(done.leaf == 9);
  REQUIRE(done.warnings.size() == 1);
  CHECK(done.warnings[0].find("chain.yaml:3:8: nurses: There are times") != std::string::npos);
  REQUIRE(asked.size() == 1);
  CHECK(admin::decode_act(asked[0]));

  SECTION("what is too long, cut off or silent harms nobody") {
    auto knock = [&](bytes_view raw) {
      int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
      sockaddr_un to{};
      to.sun_family = AF_UNIX;
      std::copy(path.native().begin(), path.native().end(), to.sun_path);
      REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
      REQUIRE(::write(fd, raw.data(), raw.size()) == static_cast<ssize_t>(raw.size()));
      ::shutdown(fd, SHUT_WR);
      char end = 0;
      CHECK(::read(fd, &end, 1) <= 0); // nothing but the end
      ::close(fd);
    };
    knock(bytes{0xff, 0xff, 0xff, 0xff, 1, 2, 3});
    knock(bytes{0, 0, 0, 9, 1});
    knock(bytes{0});
    CHECK(asked.size() == 1);
    CHECK(journal.count("admin_frame_malformed") == 3);
    CHECK(daemon::ask_daemon(path, bytes{1, 2}));
    CHECK(asked.size() == 2);
  }
  SECTION("started again over what a killed one left") {
    door.stop();
    CHECK_FALSE(daemon::ask_daemon(path, bytes{1}));
    int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::copy(path.native().begin(), path.native().end(), at.sun_path);
    REQUIRE(::bind(left, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
    ::close(left);
    REQUIRE(door.start());
    CHECK(daemon::ask_daemon(path, bytes{1}));
  }
  SECTION("a file that is no socket stays") {
    door.stop();
    std::ofstream{path} << "kept";
    CHECK_FALSE(door.start());
    CHECK(std::filesystem::file_size(path) == 4);
  }
  door.stop();
  auto silent = set_chain_from(folder.path / "chain.yaml", path);
  CHECK_FALSE(silent.answered);
}

TEST_CASE("without a file descriptor left, the socket waits instead of spinning, and then answers") {
  temp_folder folder;
  kept_journal journal;
  auto path = folder.path / "socket";
  daemon::admin_socket door{path, [](bytes_view) { return bytes{7}; }, journal};
  REQUIRE(door.start());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  int client = ::socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(client >= 0);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none{static_cast<rlim_t>(client) + 1, before.rlim_max}; // descriptors below are taken up
  std::vector<int> taken;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  for (int fd = ::dup(client); fd >= 0; fd = ::dup(client))
    taken.push_back(fd);
  auto cpu_ms = [] {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1'000 +
           (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1'000;
  };
  bool connected = ::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  auto cpu_before = cpu_ms();
  ::poll(nullptr, 0, 600);
  auto spent = cpu_ms() - cpu_before;
  for (int fd : taken)
    ::close(fd);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(connected);
  CHECK(spent < 150);
  const std::uint8_t request[] = {0, 0, 0, 1, 1};
  CHECK(::write(client, request, sizeof request) == sizeof request);
  std::uint8_t answer[5] = {};
  CHECK(::recv(client, answer, sizeof answer, MSG_WAITALL) == sizeof answer);
  CHECK(answer[4] == 7);
  ::close(client);
}

TEST_CASE("a path that no system takes is said, and nothing starts") {
  kept_journal journal;
  daemon::admin_socket door{"/" + std::string(200, 'x'), [](bytes_view) { return bytes{}; }, journal};
  CHECK_FALSE(door.start());
  CHECK(journal.count("admin_socket_path_too_long") == 1);
}
