// wardline-bench [latency|growth|channels|recipients|turns] [--quick] [--json]: what the daemon does in a
// second, beside what its disk alone could do, in one run.
#include "key_turns.hpp"
#include "measures.hpp"
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <sodium.h>
#include <unistd.h>

namespace {

using namespace wardline::bench;

/// What a run may not miss: a tenth of the goals in ./check, the goals themselves by hand.
struct limits {
  double bare_loop_at_least = 0;
  double opened_at_least = 0;
  double ack_at_most = 0; ///< 0: anything goes; so are the next
  double cost_at_most = 0;
  double channel_bytes_at_most = 0;
};

struct options {
  place_of_work at;
  throughput_plan throughput;
  latency_plan latency;
  growth_plan growth;
  channels_plan channels;
  recipients_plan recipients;
  limits fail_if;
  unsigned turns = 1;
  bool quick = false;
  bool json = false;
};

/// The figure is printed all the same; whoever asked for a limit gets its exit status.
bool keeps(const nlohmann::json& out, const char* figure, double limit, bool at_least) {
  auto value = out.at(figure).get<double>();
  if (at_least ? value >= limit : limit == 0 || value <= limit)
    return true;
  std::fprintf(stderr, "wardline-bench: %s is %.3f; its limit is %.3f\n", figure, value, limit);
  return false;
}

void print(const options& o, const nlohmann::json& out) {
  std::puts(out.dump(o.json ? -1 : 2).c_str());
}

bool run_turns(const options& o) {
  print_key_turns(o.at.folder, o.turns, o.json);
  return true;
}

bool run_latency(const options& o) {
  auto out = measure_latency(o.at, o.latency);
  print(o, out);
  return keeps(out, "ack_over_bare_transaction", o.fail_if.ack_at_most, false);
}

bool run_throughput(const options& o) {
  auto out = measure_throughput(o.at, o.throughput);
  print(o, out);
  bool bare = keeps(out, "accepted_over_bare_loop", o.fail_if.bare_loop_at_least, true);
  return keeps(out, "opened_over_accepted", o.fail_if.opened_at_least, true) && bare;
}

bool run_growth(const options& o) {
  auto out = measure_growth(o.at, o.growth);
  print(o, out);
  return keeps(out, "most_over_least_cost", o.fail_if.cost_at_most, false);
}

void add_throughput(CLI::App& app, options& o) {
  app.add_option("--pairs", o.throughput.pairs, "Authors, and as many readers")->capture_default_str();
  app.add_option("--messages", o.throughput.messages, "Of each author")->capture_default_str();
  app.add_option("--window", o.throughput.window, "Of each author, without an answer")->capture_default_str();
  app.add_option("--at-least", o.fail_if.bare_loop_at_least, "Fail if accepted_over_bare_loop is below this");
  app.add_option("--opened-at-least", o.fail_if.opened_at_least,
                 "Fail if opened_over_accepted is below this");
}

void add_latency(CLI::App& app, options& o) {
  app.add_option("--pairs", o.latency.pairs, "Authors, and as many readers")->capture_default_str();
  app.add_option("--messages", o.latency.messages, "Of each author and round")->capture_default_str();
  app.add_option("--rounds", o.latency.rounds, "By turns with the bare loop")->capture_default_str();
  app.add_option("--at-most", o.fail_if.ack_at_most, "Fail if ack_over_bare_transaction is above this");
}

void add_growth(CLI::App& app, options& o) {
  app.add_option("--pairs", o.growth.pairs, "Authors, and as many readers")->capture_default_str();
  app.add_option("--messages", o.growth.messages, "In the store at the end")->capture_default_str();
  app.add_option("--at-most", o.fail_if.cost_at_most, "Fail if most_over_least_cost is above this");
}

bool run_channels(const options& o) {
  auto out = measure_idle_channels(o.at, o.channels);
  print(o, out);
  return keeps(out.at("stations"), "own_bytes_per_channel", o.fail_if.channel_bytes_at_most, false);
}

void add_channels(CLI::App& app, options& o) {
  app.add_option("--stations", o.channels.stations, "Greeted, nobody logged in")->capture_default_str();
  app.add_option("--people", o.channels.people, "Logged in")->capture_default_str();
  app.add_option("--at-most", o.fail_if.channel_bytes_at_most, "Fail if own_bytes_per_channel is above this");
}

bool run_recipients(const options& o) {
  print(o, measure_recipients(o.at, o.recipients));
  return true;
}

void add_recipients(CLI::App& app, options& o) {
  app.add_option("--authors", o.recipients.authors, "Each with a conversation of its own")
      ->capture_default_str();
  app.add_option("--recipients", o.recipients.recipients, "Of each message")->check(CLI::Range(2U, 31U));
  app.add_option("--messages", o.recipients.messages, "Of each author")->capture_default_str();
  app.add_option("--window", o.recipients.window, "Of each author, without an answer")->capture_default_str();
}

void shorten(options& o) {
  o.throughput.pairs = 10;
  o.throughput.messages = 200;
  o.latency.rounds = 3;
  o.growth.messages = 10'000;
  o.channels.stations = 1'100;
  o.channels.people = 20;
  o.recipients.messages = 100;
}

std::filesystem::path own_folder() {
  return std::filesystem::temp_directory_path() / ("wardline-bench-" + std::to_string(::getpid()));
}

} // namespace

int main(int argc, char** argv) {
  options o;
  CLI::App app{"Measures the daemon beside a bare commit loop of the same rows"};
  app.require_subcommand(0, 1);
  app.fallthrough();
  o.at.wardlined = (std::filesystem::canonical("/proc/self/exe").parent_path() / "../../daemon/wardlined")
                       .lexically_normal();
  app.add_option("--wardlined", o.at.wardlined, "The daemon to measure")->capture_default_str();
  app.add_flag("--quick", o.quick, "Less of everything, for ./check");
  app.add_flag("--json", o.json, "One JSON object, nothing else");
  add_throughput(app, o);
  auto* latency = app.add_subcommand("latency", "One message of each author at a time");
  add_latency(*latency, o);
  auto* growth =
      app.add_subcommand("growth", "A message's cost while the store grows; a start with all of it");
  add_growth(*growth, o);
  auto* channels = app.add_subcommand("channels", "Idle channels of many devices on few connections");
  add_channels(*channels, o);
  auto* recipients = app.add_subcommand("recipients", "Messages to one, and to many");
  add_recipients(*recipients, o);
  auto* turns = app.add_subcommand("turns", "Key turns alone, a line each; no daemon");
  turns->add_option("--times", o.turns, "So often")->check(CLI::Range(1U, 100U));
  CLI11_PARSE(app, argc, argv);
  if (o.quick)
    shorten(o);
  if (sodium_init() < 0)
    give_up("libsodium does not start on this machine");
  o.at.quiet = o.json;
  o.at.folder = own_folder();
  std::filesystem::remove_all(o.at.folder);
  const std::pair<CLI::App*, bool (*)(const options&)> measures[] = {{latency, run_latency},
                                                                     {growth, run_growth},
                                                                     {channels, run_channels},
                                                                     {recipients, run_recipients},
                                                                     {turns, run_turns}};
  const auto* asked =
      std::find_if(std::begin(measures), std::end(measures), [](const auto& m) { return m.first->parsed(); });
  bool good = asked == std::end(measures) ? run_throughput(o) : asked->second(o);
  std::filesystem::remove_all(o.at.folder);
  return good ? 0 : 1;
}
