// wardline-bench [--quick] [--json]: what the daemon does in a second, beside what its disk alone could do,
// in one run.
#include "bare_loop.hpp"
#include "bench_clinic.hpp"
#include "e2ee/conversation.hpp"
#include "e2ee/envelope.hpp"
#include "wire/content.hpp"
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sodium.h>

namespace {

using namespace wardline;
using namespace wardline::bench;

struct options {
  unsigned pairs = 50;
  unsigned messages = 400; ///< of each sender
  unsigned window = 64;    ///< of each sender, without an answer
  double at_least = 0;     ///< of accepted_over_bare_loop; below it the run fails
  std::string wardlined;
  unsigned turns = 0; ///< so often each key turn is measured, and nothing else
  bool json = false;
};

/// A sender, its receiver, and the messages made before the clock starts.
struct pair_of_devices {
  std::unique_ptr<bench_device> sender;
  std::unique_ptr<bench_device> receiver;
  conversation_id conversation;
  std::vector<wire::device::post> posts;
  std::vector<double> asked; ///< seconds
  std::size_t next = 0, acked = 0, delivered = 0, opened = 0;
};

void make_conversation(pair_of_devices& p) {
  e2ee::conversation_fields c;
  randombytes_buf(c.conversation.value.data(), c.conversation.value.size());
  c.n = 1;
  c.parties = {{p.sender->party, e2ee::party_kind::user}, {p.receiver->party, e2ee::party_kind::user}};
  std::sort(c.parties.begin(), c.parties.end(),
            [](const auto& a, const auto& b) { return a.party < b.party; });
  c.signer_device = p.sender->device;
  c.signer_certificate = p.sender->certificate;
  c.time = 1;
  p.conversation = c.conversation;
  p.sender->ask_and_wait(wire::device::submit{
      e2ee::sign_object(p.sender->clinic, c, {{p.sender->signing, e2ee::labels::conversation}}), {}, {}});
}

void make_posts(pair_of_devices& p, unsigned count) {
  wire::content text;
  text.text = std::string(900, 'x'); // body bucket of 1 KiB
  auto content = wire::encode(text);
  for (unsigned i = 0; i < count; ++i) {
    e2ee::draft d;
    randombytes_buf(d.header.message.value.data(), d.header.message.value.size());
    d.header.conversation = p.conversation;
    d.header.conversation_link = 1;
    d.header.author_user = p.sender->user;
    d.header.author_device = p.sender->device;
    d.header.author_certificate = p.sender->certificate;
    d.header.time = 1;
    d.header.envelope = e2ee::encode(e2ee::envelope{});
    d.content = *content;
    d.recipients = {p.sender->own_inbox(), p.receiver->own_inbox()};
    auto made = e2ee::seal_message(p.sender->clinic, std::move(d), p.sender->signing);
    if (!made)
      give_up("a message could not be made: " + to_string(made.why()));
    p.posts.push_back({std::move(made->slip), std::move(made->body)});
  }
  p.asked.resize(count);
}

struct timed_part {
  double accepted_per_second = 0, delivered_per_second = 0, opened_per_second = 0, p50_ms = 0, p99_ms = 0;
  double daemon_cpu = 0; ///< seconds per second, while posting
};

void post_next(pair_of_devices& p, std::vector<double>& latencies) {
  if (p.next == p.posts.size())
    return;
  auto i = p.next++;
  p.asked[i] = now_seconds();
  p.sender->ask(std::move(p.posts[i]), [&p, &latencies, i](wire::device::answer_body& a) {
    if (!std::holds_alternative<wire::device::posted>(a))
      give_up("a post was refused: " + to_string(std::get<wire::device::refused>(a).why));
    latencies.push_back(now_seconds() - p.asked[i]);
    ++p.acked;
    post_next(p, latencies);
  });
}

std::size_t sum(const std::vector<pair_of_devices>& all, std::size_t pair_of_devices::*what) {
  std::size_t out = 0;
  for (const auto& p : all)
    out += p.*what;
  return out;
}

timed_part post_and_deliver(std::vector<pair_of_devices>& all, const options& o,
                            const daemon_process& daemon) {
  timed_part out;
  std::vector<double> latencies;
  auto total = static_cast<std::size_t>(o.messages) * all.size();
  for (auto& p : all)
    p.receiver->on_slip = [&p](wire::device::slip&) { ++p.delivered; };
  auto cpu = daemon.cpu_seconds();
  auto begin = now_seconds();
  for (auto& p : all)
    for (unsigned i = 0; i < o.window; ++i)
      post_next(p, latencies);
  double accepted_at = 0;
  while (sum(all, &pair_of_devices::delivered) < total || sum(all, &pair_of_devices::acked) < total) {
    for (auto& p : all) {
      p.sender->turn(0);
      p.receiver->turn(0);
    }
    if (accepted_at == 0 && sum(all, &pair_of_devices::acked) == total)
      accepted_at = now_seconds();
  }
  auto end = now_seconds();
  out.daemon_cpu = (daemon.cpu_seconds() - cpu) / (end - begin);
  out.accepted_per_second = static_cast<double>(total) / ((accepted_at == 0 ? end : accepted_at) - begin);
  out.delivered_per_second = static_cast<double>(total) / (end - begin);
  std::sort(latencies.begin(), latencies.end());
  out.p50_ms = latencies[latencies.size() / 2] * 1e3;
  out.p99_ms = latencies[latencies.size() * 99 / 100] * 1e3;
  return out;
}

void open_next(pair_of_devices& p, std::uint64_t from, unsigned last) {
  constexpr unsigned page = 32; // well under 960 KiB of bodies
  if (from > last)
    return;
  wire::device::open what{p.conversation, {}, wire::device::purpose::treatment};
  for (auto seq = from; seq <= last && what.seqs.size() < page; ++seq)
    what.seqs.push_back(seq);
  p.receiver->ask(std::move(what), [&p, from, last](wire::device::answer_body& a) {
    auto* opened = std::get_if<wire::device::opened>(&a);
    if (opened == nullptr || opened->bodies.empty())
      give_up("an open was refused");
    p.opened += opened->bodies.size();
    open_next(p, from + opened->bodies.size(), last);
  });
}

double open_all(std::vector<pair_of_devices>& all, const options& o) {
  auto total = static_cast<std::size_t>(o.messages) * all.size();
  auto begin = now_seconds();
  for (auto& p : all)
    open_next(p, 1, o.messages);
  while (sum(all, &pair_of_devices::opened) < total)
    for (auto& p : all)
      p.receiver->turn(0);
  return static_cast<double>(total) / (now_seconds() - begin);
}

/// null where the system does not tell.
nlohmann::json or_null(const std::optional<double>& figure) {
  return figure ? nlohmann::json(*figure) : nlohmann::json(nullptr);
}

void progress(const options& o, const std::string& what) {
  if (!o.json)
    std::fprintf(stderr, "%s\n", what.c_str());
}

constexpr std::size_t body_bytes = 1'024 + 16;
/// Of a message to two parties (DESIGN 3: 0.5 KB, and 0.1 KB a party), where none was made.
constexpr std::size_t usual_slip_bytes = 704;

std::filesystem::path new_folder() {
  return std::filesystem::temp_directory_path() / ("wardline-bench-" + std::to_string(::getpid()));
}

turn_report measured_turn(const std::filesystem::path& folder, std::uint64_t destroyed,
                          std::size_t slip_bytes) {
  return run_turn(folder / ("turn" + std::to_string(destroyed)), 100'000, destroyed, slip_bytes, body_bytes);
}

nlohmann::json turn_json(const turn_report& t) {
  return {{"messages", t.messages},
          {"destroyed", t.destroyed},
          {"segments", t.segments},
          {"rows_resealed", t.resealed},
          {"turn_ms", t.turn_ms},
          {"longest_pause_of_the_writer_ms", t.longest_step_ms},
          {"longest_post_between_ms", t.longest_post_ms}};
}

/// Key turns alone, a line each, as they may be quoted. Needs no daemon.
int run_turns(const options& o) {
  nlohmann::json out = {{"key_turns", nlohmann::json::array()}};
  for (unsigned i = 0; i < o.turns; ++i)
    for (std::uint64_t destroyed : {1, 1'000}) {
      auto folder = new_folder();
      auto t = measured_turn(folder, destroyed, usual_slip_bytes);
      std::filesystem::remove_all(folder);
      out["key_turns"].push_back(turn_json(t));
      if (!o.json)
        std::printf(
            "destroying %llu of %llu messages: %.1f ms, %llu segments, %llu rows re-sealed; longest pause of "
            "the writer %.1f ms, longest post between %.1f ms\n",
            static_cast<unsigned long long>(t.destroyed), static_cast<unsigned long long>(t.messages),
            t.turn_ms, static_cast<unsigned long long>(t.segments),
            static_cast<unsigned long long>(t.resealed), t.longest_step_ms, t.longest_post_ms);
    }
  if (o.json)
    std::puts(out.dump().c_str());
  return 0;
}

int run(const options& o) {
  auto folder = new_folder();
  std::filesystem::remove_all(folder);
  nlohmann::json out;
  std::size_t slip_bytes = 0;
  {
    daemon_process daemon{o.wardlined, folder / "clinic"};
    bench_registrar registrar{daemon};
    auto idle = daemon.resident_bytes();
    std::vector<pair_of_devices> all(o.pairs);
    progress(o, "enrolling " + std::to_string(2 * o.pairs) + " devices");
    for (unsigned i = 0; i < o.pairs; ++i) {
      all[i].sender = registrar.let_in("sender " + std::to_string(i));
      all[i].receiver = registrar.let_in("receiver " + std::to_string(i));
    }
    auto per_device =
        (static_cast<double>(daemon.resident_bytes()) - static_cast<double>(idle)) / (2.0 * o.pairs);
    progress(o, "making messages");
    for (auto& p : all) {
      make_conversation(p);
      make_posts(p, o.messages);
    }
    slip_bytes = all[0].posts[0].slip.size();
    auto written = daemon.written_bytes();
    progress(o, "posting");
    auto t = post_and_deliver(all, o, daemon);
    auto all_written = daemon.written_bytes();
    std::optional<double> per_message;
    if (written && all_written)
      per_message =
          static_cast<double>(*all_written - *written) / (static_cast<double>(o.messages) * o.pairs);
    progress(o, "opening");
    t.opened_per_second = open_all(all, o);
    out = {{"pairs", o.pairs},
           {"window", o.window},
           {"messages", o.messages * o.pairs},
           {"accepted_per_second", t.accepted_per_second},
           {"delivered_per_second", t.delivered_per_second},
           {"opened_per_second", t.opened_per_second},
           {"ack_p50_ms", t.p50_ms},
           {"ack_p99_ms", t.p99_ms},
           {"daemon_cpu_cores", t.daemon_cpu},
           {"bytes_written_per_message", or_null(per_message)},
           {"resident_bytes_per_idle_device", per_device}};
    if (!per_message)
      out["bytes_written_unknown_because"] =
          "/proc/PID/io of a process that keeps its memory private is open to root alone: run this as root";
  }
  progress(o, "bare loop");
  auto bare = run_bare_loop(folder / "bare", static_cast<std::uint64_t>(o.messages) * o.pairs, 512,
                            slip_bytes, body_bytes);
  out["bare_loop_per_second"] = bare.messages_per_second;
  out["bare_loop_commit_p50_ms"] = bare.commit_p50_ms;
  out["bare_loop_bytes_written_per_message"] = or_null(bare.bytes_written_per_message);
  out["accepted_over_bare_loop"] = out["accepted_per_second"].get<double>() / bare.messages_per_second;
  progress(o, "key turns");
  for (std::uint64_t destroyed : {1, 1'000})
    out["key_turns"].push_back(turn_json(measured_turn(folder, destroyed, slip_bytes)));
  std::filesystem::remove_all(folder);
  out["at_least"] = o.at_least;
  std::puts(out.dump(o.json ? -1 : 2).c_str());
  if (out["accepted_over_bare_loop"].get<double>() >= o.at_least)
    return 0;
  std::fprintf(stderr, "wardline-bench: accepted_over_bare_loop is below its limit of %.3f\n", o.at_least);
  return 1;
}

} // namespace

int main(int argc, char** argv) {
  options o;
  bool quick = false;
  CLI::App app{"Measures the daemon beside a bare commit loop of the same rows"};
  o.wardlined = (std::filesystem::canonical("/proc/self/exe").parent_path() / "../../daemon/wardlined")
                    .lexically_normal();
  app.add_option("--wardlined", o.wardlined, "The daemon to measure")->capture_default_str();
  app.add_option("--pairs", o.pairs, "Senders, and as many receivers")->capture_default_str();
  app.add_option("--messages", o.messages, "Of each sender")->capture_default_str();
  app.add_option("--window", o.window, "Of each sender, without an answer")->capture_default_str();
  app.add_option("--at-least", o.at_least, "Fail if accepted_over_bare_loop is below this")
      ->capture_default_str();
  app.add_option("--turns", o.turns, "Measure key turns alone, so often")->check(CLI::Range(1U, 100U));
  app.add_flag("--quick", quick, "10 pairs, 200 messages each");
  app.add_flag("--json", o.json, "One JSON object, nothing else");
  CLI11_PARSE(app, argc, argv);
  if (quick) {
    o.pairs = 10;
    o.messages = 200;
  }
  if (sodium_init() < 0)
    give_up("libsodium does not start on this machine");
  return o.turns != 0 ? run_turns(o) : run(o);
}
