// A real daemon whose store fails it: EIO is a stop with a clean start behind it, a full map is a state.
#include "failing_disk.hpp"
#include "real_clinic.hpp"
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <fstream>
#include <sys/wait.h>
#include <thread>

using namespace wardline;
using namespace wardline::fault;

namespace {

std::vector<client::message_row> inbox(real_clinic& c) {
  c.act<client::nothing>("catching up", [&](auto then) { c.physician().device->catch_up(std::move(then)); });
  return c.physician().device->inbox();
}

bool nothing_waits(real_clinic& c) {
  auto rows = c.nurse().device->outbox();
  return std::all_of(rows.begin(), rows.end(),
                     [](const client::outbox_row& r) { return r.state == client::outbox_state::acked; });
}

/// What sending comes to first.
std::shared_ptr<std::optional<refusal>> begin_to_send(real_clinic& c, client::urgency level,
                                                      std::size_t text_bytes = 6) {
  auto came = std::make_shared<std::optional<refusal>>();
  client::draft what;
  what.text = std::string(text_bytes, 'x');
  what.level = level;
  c.nurse().device->send("physician", what, {}, [came](client::result<client::sent_message> r) {
    if (!*came)
      *came = r.why();
  });
  return came;
}

refusal send(real_clinic& c, client::urgency level, std::size_t text_bytes = 6) {
  auto came = begin_to_send(c, level, text_bytes);
  REQUIRE(c.run_until([&] { return came->has_value(); }));
  return **came;
}

bool settled(real_clinic& c) {
  return c.nurse().device->settled() && c.physician().device->settled();
}

/// The daemon's disk fails as long as this lives.
class broken {
public:
  broken(const std::filesystem::path& trigger, const char* what) : file_{trigger.string() + "." + what} {
    std::ofstream{file_} << '\n';
  }
  ~broken() { std::filesystem::remove(file_); }
  broken(const broken&) = delete;
  broken& operator=(const broken&) = delete;

private:
  std::filesystem::path file_;
};

} // namespace

TEST_CASE("EIO from the disk stops the daemon; nothing acknowledged is lost, and it starts clean") {
  REQUIRE(sodium_init() >= 0);
  real_clinic c;
  auto trigger = c.folder.path / "broken";
  failing_disk library{{{"", trigger.string()}}};
  c.daemon->end(SIGTERM);
  c.daemon->start();
  REQUIRE(c.run_until([&] { return settled(c); }));
  std::size_t sent = 0;
  for (const char* what : {"sync", "write"}) {
    INFO(what);
    REQUIRE(send(c, client::urgency::now) == refusal::none);
    ++sent;
    auto said = c.daemon->journal().size();
    {
      broken disk{trigger, what};
      auto came = begin_to_send(c, client::urgency::now);
      ++sent;
      REQUIRE(c.run_until([&] { return !c.daemon->alive(); }));
      CHECK_FALSE((*came && **came == refusal::none)); // not acknowledged
      auto why = c.daemon->journal().substr(said);
      CHECK(why.find("did not say whether a commit is durable") != std::string::npos);
      CHECK(why.find("what the disk really holds") != std::string::npos);
      // As long as the disk is broken the daemon does not serve.
      CHECK_THROWS(c.daemon->start(5'000));
    }
    c.daemon->start(); // load_store() has looked at the whole right edge of the log before it serves
    REQUIRE(c.run_until([&] { return settled(c) && nothing_waits(c); }, 120'000));
    auto rows = inbox(c);
    CHECK(rows.size() == sent); // what was acknowledged, and what was sent again, once each
    CHECK(c.nurse().device->sent().size() == sent);
  }
}

TEST_CASE("a full map keeps its reserve for what is urgent, then refuses by name, and a larger one goes on") {
  REQUIRE(sodium_init() >= 0);
  real_clinic c;
  auto settings = c.folder.path / "wardline.yaml";
  auto with_map = [&](std::uint64_t bytes) {
    c.daemon->end(SIGTERM);
    auto text = file_text(settings);
    text.replace(text.find("map_bytes: "), std::string::npos, "map_bytes: " + std::to_string(bytes) + "\n");
    std::ofstream{settings} << text;
    c.daemon->start();
    REQUIRE(c.run_until([&] { return settled(c); }));
  };
  with_map(16u << 20);
  constexpr std::size_t large = 60'000; // one body bucket of 64 KiB
  auto last = refusal::none;
  std::size_t accepted = 0;
  for (int i = 0; i < 400 && last == refusal::none; ++i)
    accepted += (last = send(c, client::urgency::routine, large)) == refusal::none ? 1u : 0u;
  CHECK(last == refusal::only_urgent_now);
  CHECK(accepted > 0);
  // The reserve: level 1 and 2, opening, log-in.
  CHECK(send(c, client::urgency::now) == refusal::none);
  CHECK(send(c, client::urgency::urgent) == refusal::none);
  accepted += 2;
  auto rows = inbox(c);
  REQUIRE(rows.size() == accepted);
  c.act<std::vector<client::opened_message>>("opening", [&](auto then) {
    c.physician().device->open(rows[0].conversation, {rows[0].seq}, wire::device::purpose::treatment,
                               std::move(then));
  });
  c.act<client::nothing>("logging off", [&](auto then) { c.physician().device->log_off(std::move(then)); });
  c.act<client::logged_in_as>("logging in", [&](auto then) {
    c.physician().device->log_in(real_clinic::password, six_digits_of("physician"), std::move(then));
  });
  // The reserve is used up: MDB_MAP_FULL itself.
  last = refusal::none;
  for (int i = 0; i < 400 && last == refusal::none; ++i)
    accepted += (last = send(c, client::urgency::now, large)) == refusal::none ? 1u : 0u;
  CHECK(last == refusal::storage_refused);
  CHECK(c.daemon->alive());
  CHECK(inbox(c).size() == accepted); // reading what is there goes on

  with_map(64u << 20);
  REQUIRE(c.run_until([&] { return nothing_waits(c); }, 120'000));
  const auto came = inbox(c).size(); // each once; her own device hears of the last one a moment later
  CHECK(c.run_until([&] { return c.nurse().device->sent().size() == came; }));
  CHECK(send(c, client::urgency::routine) == refusal::none);
}
