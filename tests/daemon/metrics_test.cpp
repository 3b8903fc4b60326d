// Figures for Prometheus: their form, and the socket that strangers may speak to.
#include "metrics.hpp"
#include "temp_folder.hpp"
#include "test_ports.hpp"
#include "unix_talk.hpp"
#include <catch2/catch.hpp>
#include <regex>
#include <set>
#include <sstream>

using namespace wardline;
using namespace wardline::daemon;

namespace {

admin::status_report sample_status() {
  admin::status_report s;
  s.version = "1.2.3";
  s.since = 1'795'704'980'436;
  s.map_bytes = 7;
  s.nearly_full = true;
  s.open_now = 3;
  s.open_urgent = 4;
  s.plugins = {{"cli", 1, 2}, {"we\"b\n", 0, 0}};
  return s;
}

} // namespace

TEST_CASE("every line is a comment or a sample of a family that was introduced, and each family comes once") {
  auto text = metrics_text(sample_status(), std::nullopt);
  const std::regex comment{"# (HELP|TYPE) (wardline_[a-z_]+) .+"};
  const std::regex sample{"(wardline_[a-z_]+)(\\{[a-z]+=\"[!-~]+\"\\})? [0-9]+"};
  std::set<std::string> helped, typed;
  std::istringstream in{text};
  std::smatch found;
  for (std::string line; std::getline(in, line);) {
    INFO(line);
    if (std::regex_match(line, found, comment))
      CHECK((found[1] == "HELP" ? helped : typed).insert(found[2]).second);
    else if (std::regex_match(line, found, sample))
      CHECK(typed.contains(found[1]));
    else
      FAIL_CHECK("no line of the format");
  }
  CHECK(helped == typed);
  CHECK(helped.size() == 22);
}

TEST_CASE("figures are those of the report") {
  auto text = metrics_text(sample_status(), reload_outcome{1, {"f:1:1: x"}});
  for (const auto* line :
       {"wardline_info{version=\"1.2.3\"} 1\n", "wardline_start_time_seconds 1795704980\n",
        "wardline_store_map_bytes 7\n", "wardline_store_nearly_full 1\n",
        "wardline_open_items{level=\"now\"} 3\n", "wardline_open_items{level=\"urgent\"} 4\n",
        "wardline_plugin_links{plugin=\"cli\"} 1\n", "wardline_plugin_channels{plugin=\"cli\"} 2\n",
        "wardline_plugin_links{plugin=\"web\"} 0\n", "wardline_reload_failed 1\n"}) {
    INFO(line);
    CHECK(text.find(line) != std::string::npos);
  }
  CHECK(metrics_text(sample_status(), reload_outcome{1, {}}).find("wardline_reload_failed 0\n") !=
        std::string::npos);
}

TEST_CASE("the socket answers GET /metrics, and whatever else comes costs only its own connection") {
  temp_folder folder;
  kept_journal journal;
  auto path = folder.path / "socket";
  metrics_socket door{path, [] { return std::string{"wardline_x 1\n"}; }, journal};
  REQUIRE(door.start());
  auto good = talk(path, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(good.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(good.find("Content-Length: 13\r\n") != std::string::npos);
  CHECK(good.ends_with("\r\n\r\nwardline_x 1\n"));
  CHECK(talk(path, "GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
  CHECK(talk(path, "POST /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
  CHECK(talk(path, "GET /metrics", true).starts_with("HTTP/1.1 400 ")); // cut off
  std::string largest = "GET /metrics HTTP/1.1\r\nX: ";
  largest += std::string(scrape_bytes_max - largest.size() - 4, 'x') + "\r\n\r\n";
  CHECK(talk(path, largest).starts_with("HTTP/1.1 200 "));
  auto too_long = talk(path, std::string(2 * scrape_bytes_max, 'x'));
  CHECK(
      (too_long.empty() || too_long.starts_with("HTTP/1.1 400 "))); // the rest of it may reset the connection
  CHECK(talk(path, "GET /metrics HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200 "));
  door.stop();
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a socket that cannot be made is journalled, and harms nobody") {
  temp_folder folder;
  kept_journal journal;
  metrics_socket nowhere{folder.path / "no" / "socket", [] { return std::string{}; }, journal};
  CHECK_FALSE(nowhere.start());
  CHECK(journal.count("metrics_socket_not_made") == 1);
  metrics_socket far{"/" + std::string(200, 'x'), [] { return std::string{}; }, journal};
  CHECK_FALSE(far.start());
  CHECK(journal.count("metrics_socket_path_too_long") == 1);
}
