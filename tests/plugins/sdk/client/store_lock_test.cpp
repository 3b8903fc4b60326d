// The halves of the store's key change at every log-in (e2ee 5.13): each row of its table with a kill at each
// step (negatives 139-142), and a half of a lower number (151).
#include "scripted_daemon.hpp"
#include <algorithm>
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::test;

namespace {

using log_in_result = client::result<client::logged_in_as>;

struct locked_clinic : little_clinic {
  locked_clinic() { REQUIRE(found().why() == refusal::none); }

  ward_user& admin() { return (*this)["admin"]; }
  client::device& device() { return *admin().device; }
  scripted_daemon::halves& held() { return daemon.shares.begin()->second; }

  /// The person goes, so that the next thing is a log-in.
  void log_off() {
    auto off =
        act<client::nothing>([&](client::done<client::nothing> then) { device().log_off(std::move(then)); });
    REQUIRE(off.why() == refusal::none);
    REQUIRE(device().stage() == client::device_stage::locked);
  }
  log_in_result log_in(std::uint64_t within = 60'000) {
    return act<client::logged_in_as>(
        [&](client::done<client::logged_in_as> then) {
          device().log_in("admin's password", scripted_daemon::six_digits, std::move(then));
        },
        within);
  }
  /// As after a power cut: the store is what was committed.
  void crash() {
    admin().store.outcome_of = nullptr;
    daemon.sessions.clear();
    restart("admin");
    run([&] { return device().needs_log_in(); });
  }
  std::vector<std::uint32_t> wraps() {
    std::vector<std::uint32_t> out;
    for (const auto& row : admin().store.scan(client::table::wrap, {}, {}, client::scan_rows_max))
      out.push_back(row.key.back());
    return out;
  }
  bool alarmed() {
    const auto& said = admin().said;
    return std::any_of(said.begin(), said.end(),
                       [](const client::notice& n) { return n.why == refusal::share_went_back; });
  }
  using numbers = std::vector<std::uint32_t>;
};

bool is_act(const d::request& r) {
  return std::holds_alternative<d::act>(r.what);
}

} // namespace

TEST_CASE("each log-in replaces the half, and the old wrap goes with it") {
  locked_clinic c;
  CHECK(c.held().number == 1);
  for (std::uint32_t n = 2; n < 5; ++n) {
    auto before = c.held().share;
    c.log_off();
    REQUIRE(c.log_in().why() == refusal::none);
    c.settle();
    CHECK(c.held().number == n);
    CHECK(c.held().share != before);
    CHECK(c.held().next.empty());
    CHECK(c.wraps() == locked_clinic::numbers{n});
  }
  CHECK_FALSE(c.alarmed());
  // A session that goes on brings the half in force and no new one.
  c.restart("admin");
  REQUIRE(c.run([&] { return c.device().settled(); }));
  CHECK(c.held().number == 4);
}

TEST_CASE("139: killed before the new wrap is durable, the same pair comes again") {
  for (bool kept : {false, true})
    for (std::uint64_t die_at : {0, 1}) { // which half was used last, and the new wrap
      INFO("commit " << die_at << (kept ? ", kept" : ", lost"));
      locked_clinic c;
      c.log_off();
      bool died = false;
      c.admin().store.keep_when_unknown = kept;
      c.admin().store.outcome_of = [&, first = c.admin().store.commits()](std::uint64_t n) {
        if (n - first != die_at)
          return client::store_result::committed;
        died = true;
        return client::store_result::unknown;
      };
      (void)c.log_in(5'000);
      REQUIRE(died);
      CHECK(c.wraps() == (kept && die_at == 1 ? locked_clinic::numbers{1, 2} : locked_clinic::numbers{1}));
      auto offered = c.held().next;
      CHECK(c.held().number == 1);
      c.crash();
      REQUIRE(c.log_in().why() == refusal::none);
      c.settle();
      CHECK(c.held().number == 2);
      CHECK(c.held().share == offered);
      CHECK(c.wraps() == locked_clinic::numbers{2});
      CHECK_FALSE(c.alarmed());
    }
}

TEST_CASE("a full disk opens the store all the same, and the half is replaced later") {
  locked_clinic c;
  c.log_off();
  c.admin().store.outcome_of = [](std::uint64_t) { return client::store_result::refused; };
  (void)c.log_in();
  CHECK(c.device().stage() == client::device_stage::open);
  CHECK(c.held().number == 1);
  CHECK(c.wraps() == locked_clinic::numbers{1});
  c.crash();
  REQUIRE(c.log_in().why() == refusal::none);
  c.settle();
  CHECK(c.wraps() == locked_clinic::numbers{2});
}

TEST_CASE("140: the confirmation got lost, the next log-in opens with the old half and confirms again") {
  locked_clinic c;
  c.log_off();
  bool processed = GENERATE(false, true);
  if (processed)
    c.daemon.silent = is_act;
  else
    c.daemon.swallow = is_act;
  c.daemon.swallow_news = [](const d::from_daemon&) { return true; };
  REQUIRE(c.log_in().why() == refusal::none);
  CHECK(c.wraps() == locked_clinic::numbers{1, 2});
  c.daemon.silent = c.daemon.swallow = nullptr;
  c.daemon.swallow_news = nullptr;
  auto number = c.held().number;
  CHECK(number == (processed ? 2 : 1));
  c.crash();
  REQUIRE(c.log_in().why() == refusal::none);
  c.settle();
  CHECK(c.held().number == number + 1);
  CHECK(c.wraps() == locked_clinic::numbers{number + 1});
  CHECK_FALSE(c.alarmed());
}

TEST_CASE("141: ShareGone got lost, the next log-in opens with the new half and drops the old wrap") {
  locked_clinic c;
  c.log_off();
  c.daemon.swallow_news = [](const d::from_daemon&) { return true; };
  REQUIRE(c.log_in().why() == refusal::none);
  c.settle();
  CHECK(c.held().number == 2);
  CHECK(c.wraps() == locked_clinic::numbers{1, 2});
  c.restart("admin"); // its session is alive
  REQUIRE(c.run([&] { return c.device().settled(); }));
  CHECK(c.wraps() == locked_clinic::numbers{2});
  CHECK_FALSE(c.alarmed());
}

TEST_CASE("142: a daemon restored with the old half alone still opens, as long as ShareGone was not said") {
  locked_clinic c;
  auto backup = c.held();
  c.log_off();
  c.daemon.swallow_news = [](const d::from_daemon&) { return true; };
  REQUIRE(c.log_in().why() == refusal::none);
  c.settle();
  c.daemon.swallow_news = nullptr;
  c.held() = backup;
  c.crash();
  REQUIRE(c.log_in().why() == refusal::none);
  c.settle();
  CHECK(c.held().number == 2);
  CHECK(c.wraps() == locked_clinic::numbers{2});
  // The new pair is the one in force: it opens once more.
  c.crash();
  CHECK(c.log_in().why() == refusal::none);
}

TEST_CASE("151: a half of a lower number than the last is an alarm; it opens only what has a wrap") {
  locked_clinic c;
  auto backup = c.held();
  auto wrap = c.admin().store.scan(client::table::wrap, {}, {}, client::scan_rows_max);
  c.log_off();
  REQUIRE(c.log_in().why() == refusal::none);
  c.settle();
  c.log_off();
  REQUIRE(c.log_in().why() == refusal::none);
  c.settle();
  REQUIRE(c.held().number == 3);
  c.held() = backup;
  bool has_wrap = GENERATE(true, false);
  if (has_wrap) // somebody put an old page of the disk back
    REQUIRE(c.admin().store.commit(std::vector<client::store_change>{
                {client::table::wrap, wrap.front().key, wrap.front().value}}) ==
            client::store_result::committed);
  c.crash();
  auto in = c.log_in();
  if (has_wrap) {
    CHECK(in.why() == refusal::none);
    CHECK(c.alarmed());
  } else {
    CHECK(in.why() == refusal::share_went_back);
    CHECK(c.device().stage() == client::device_stage::locked);
  }
}

TEST_CASE("a daemon that calls shares gone talks nobody out of the last wrap") {
  locked_clinic c;
  c.log_off();
  c.daemon.tamper = [&](const d::request& r, d::answer_body&) {
    if (is_act(r))
      c.daemon.swallow_news = [](const d::from_daemon&) { return true; };
  };
  REQUIRE(c.log_in().why() == refusal::none);
  c.settle();
  c.daemon.tamper = nullptr;
  c.daemon.swallow_news = nullptr;
  c.daemon.news_for_all(d::share_gone{UINT32_MAX});
  c.settle();
  CHECK(c.wraps() == locked_clinic::numbers{1, 2});
  c.daemon.news_for_all(d::share_gone{1});
  c.settle();
  CHECK(c.wraps() == locked_clinic::numbers{2});
}
