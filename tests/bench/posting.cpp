#include "posting.hpp"
#include "bench_values.hpp"
#include "e2ee/conversation.hpp"
#include "e2ee/envelope.hpp"
#include "wire/content.hpp"
#include <algorithm>
#include <thread>
#include <unistd.h>

namespace wardline::bench {

namespace {

constexpr std::chrono::microseconds rest{50};
constexpr double stall_s = 180;

void make_conversation(talk& t) {
  e2ee::conversation_fields c;
  c.conversation = fresh<conversation_id>();
  c.n = 1;
  c.parties = {{t.author->party, e2ee::party_kind::user}};
  for (const auto& r : t.readers)
    c.parties.push_back({r->party, e2ee::party_kind::user});
  std::sort(c.parties.begin(), c.parties.end(),
            [](const auto& a, const auto& b) { return a.party < b.party; });
  c.signer_device = t.author->device;
  c.signer_certificate = t.author->certificate;
  c.time = 1;
  t.conversation = c.conversation;
  t.author->ask_and_wait(wire::device::submit{
      e2ee::sign_object(t.author->clinic, c, {{t.author->signing, e2ee::labels::conversation}}), {}, {}});
}

void make_posts_of(talk& t, unsigned count) {
  wire::content text;
  text.text = std::string(900, 'x'); // body bucket of 1 KiB
  auto content = wire::encode(text);
  t.posts.clear();
  t.next = 0;
  for (unsigned i = 0; i < count; ++i) {
    e2ee::draft d;
    d.header.message = fresh<message_id>();
    d.header.conversation = t.conversation;
    d.header.conversation_link = 1;
    d.header.author_user = t.author->user;
    d.header.author_device = t.author->device;
    d.header.author_certificate = t.author->certificate;
    d.header.time = 1;
    d.header.envelope = e2ee::encode(e2ee::envelope{});
    d.content = *content;
    d.recipients = {t.author->own_inbox()};
    for (const auto& r : t.readers)
      d.recipients.push_back(r->own_inbox());
    auto made = e2ee::seal_message(t.author->clinic, std::move(d), t.author->signing);
    if (!made)
      give_up("a message could not be made: " + to_string(made.why()));
    t.posts.push_back({std::move(made->slip), std::move(made->body)});
  }
  t.asked.assign(count, 0);
}

void post_next(talk& t, std::vector<double>& latencies) {
  if (t.next == t.posts.size())
    return;
  auto i = t.next++;
  t.asked[i] = now_seconds();
  t.author->ask(std::move(t.posts[i]), [&t, &latencies, i](wire::device::answer_body& a) {
    const auto* posted = std::get_if<wire::device::posted>(&a);
    if (posted == nullptr)
      give_up("a post was refused: " + to_string(std::get<wire::device::refused>(a).why));
    latencies.push_back(now_seconds() - t.asked[i]);
    ++t.acked;
    t.seqs_acked += posted->seq;
    post_next(t, latencies);
  });
}

void open_next(talk& t, std::uint64_t from) {
  constexpr unsigned page = 32; // well under 960 KiB of bodies
  if (from > t.acked)
    return;
  wire::device::open what{t.conversation, {}, wire::device::purpose::treatment};
  for (auto seq = from; seq <= t.acked && what.seqs.size() < page; ++seq)
    what.seqs.push_back(seq);
  t.readers.front()->ask(std::move(what), [&t, from](wire::device::answer_body& a) {
    auto* opened = std::get_if<wire::device::opened>(&a);
    if (opened == nullptr || opened->bodies.empty())
      give_up("an open was refused");
    for (std::size_t i = 0; i < opened->bodies.size(); ++i)
      need(opened->bodies[i].seq == from + i, "a body came out of its order");
    t.opened += opened->bodies.size();
    open_next(t, from + opened->bodies.size());
  });
}

std::uint64_t sum_acked(const std::vector<talk>& all) {
  std::uint64_t out = 0;
  for (const auto& t : all)
    out += t.acked;
  return out;
}

std::uint64_t sum_delivered(const std::vector<talk>& all) {
  std::uint64_t out = 0;
  for (const auto& t : all)
    for (auto n : t.delivered)
      out += n;
  return out;
}

void listen(std::vector<talk>& all) {
  for (auto& t : all)
    for (std::size_t r = 0; r < t.readers.size(); ++r)
      t.readers[r]->on_slip = [&t, r](wire::device::slip& s) {
        need(s.conversation == t.conversation && s.seq == ++t.delivered[r], "a slip came out of its order");
      };
}

void turn_all(std::vector<talk>& all) {
  for (auto& t : all) {
    t.author->turn(0);
    for (auto& r : t.readers)
      r->turn(0);
  }
}

} // namespace

std::vector<talk> make_talks(bench_registrar& registrar, unsigned talks, unsigned readers) {
  std::vector<talk> all(talks);
  for (unsigned i = 0; i < talks; ++i) {
    auto& t = all[i];
    t.author = registrar.let_in("author " + std::to_string(i));
    for (unsigned r = 0; r < readers; ++r)
      t.readers.push_back(registrar.let_in("reader " + std::to_string(i) + " " + std::to_string(r)));
    t.delivered.resize(readers);
  }
  for (auto& t : all)
    make_conversation(t);
  return all;
}

void make_posts(std::vector<talk>& all, unsigned of_each) {
  std::atomic<std::size_t> next{0};
  auto work = [&] {
    for (auto i = next++; i < all.size(); i = next++)
      make_posts_of(all[i], of_each);
  };
  std::vector<std::jthread> others(std::max(std::thread::hardware_concurrency(), 1u) - 1);
  for (auto& t : others)
    t = std::jthread{work};
  work();
}

message_size size_of_posts(const std::vector<talk>& all) {
  return {all.front().posts.front().slip.size(), all.front().posts.front().body.size()};
}

void keep_readers_logged_in(std::vector<talk>& all) {
  for (auto& t : all)
    for (auto& r : t.readers)
      r->ask_and_wait(wire::device::list_conversations{});
}

posted_part post_and_deliver(std::vector<talk>& all, unsigned window, const daemon_process& daemon) {
  posted_part out;
  std::vector<double> latencies;
  for (const auto& t : all)
    out.messages += t.posts.size();
  auto count = static_cast<double>(out.messages);
  auto acked = sum_acked(all) + out.messages;
  auto delivered = sum_delivered(all);
  auto slips = out.messages * all.front().readers.size();
  listen(all);
  auto written = daemon.written_bytes();
  auto disk = daemon.bytes_written_to_disk();
  auto cpu = daemon.cpu_seconds();
  auto own_cpu = cpu_seconds_of(::getpid());
  auto machine_cpu = cpu_seconds_of_machine();
  auto begin = now_seconds();
  for (auto& t : all)
    for (unsigned i = 0; i < window; ++i)
      post_next(t, latencies);
  double accepted_at = 0;
  auto moved_at = begin;
  while (accepted_at == 0 || sum_delivered(all) < delivered + slips) {
    auto before = sum_acked(all) + sum_delivered(all);
    turn_all(all);
    // Devices would sleep; one that asks without a pause takes a core from the daemon.
    if (sum_acked(all) + sum_delivered(all) != before)
      moved_at = now_seconds();
    else
      std::this_thread::sleep_for(rest);
    need(now_seconds() - moved_at < stall_s,
         std::to_string(sum_acked(all) + out.messages - acked) + " of " + std::to_string(out.messages) +
             " messages were accepted, " + std::to_string(sum_delivered(all) - delivered) + " of " +
             std::to_string(slips) + " slips delivered, and nothing comes any more");
    if (accepted_at == 0 && sum_acked(all) == acked)
      accepted_at = now_seconds();
  }
  auto seconds = now_seconds() - begin;
  auto cpu_spent = daemon.cpu_seconds() - cpu;
  out.daemon_cpu_cores = cpu_spent / seconds;
  out.daemon_cpu_us = cpu_spent / count * 1e6;
  auto own_spent = cpu_seconds_of(::getpid()) - own_cpu;
  out.load_cpu_us = own_spent / count * 1e6;
  out.foreign_cpu_cores =
      std::max(cpu_seconds_of_machine() - machine_cpu - cpu_spent - own_spent, 0.0) / seconds;
  out.accepted_per_second = count / (accepted_at - begin);
  out.delivered_per_second = static_cast<double>(slips) / seconds;
  out.ack_p50_ms = quantile(latencies, 0.5) * 1e3;
  out.ack_p99_ms = quantile(latencies, 0.99) * 1e3;
  if (auto now = daemon.written_bytes(); written && now)
    out.bytes_written = static_cast<double>(*now - *written) / count;
  if (auto now = daemon.bytes_written_to_disk(); disk && now)
    out.disk_bytes_written = static_cast<double>(*now - *disk) / count;
  for (const auto& t : all)
    need(t.seqs_acked == t.acked * (t.acked + 1) / 2, "the numbers of a conversation have a hole");
  return out;
}

nlohmann::json to_json(const posted_part& p) {
  return {{"messages", p.messages},
          {"accepted_per_second", p.accepted_per_second},
          {"delivered_per_second", p.delivered_per_second},
          {"ack_p50_ms", p.ack_p50_ms},
          {"ack_p99_ms", p.ack_p99_ms},
          {"daemon_cpu_cores", p.daemon_cpu_cores},
          {"daemon_cpu_us_per_message", p.daemon_cpu_us},
          {"load_cpu_us_per_message", p.load_cpu_us},
          {"foreign_cpu_cores", p.foreign_cpu_cores},
          {"disk_bytes_written_per_message", or_null(p.disk_bytes_written)},
          {"bytes_written_per_message", or_null(p.bytes_written)}};
}

double open_all(std::vector<talk>& all) {
  auto total = sum_acked(all);
  auto begin = now_seconds();
  for (auto& t : all)
    open_next(t, 1);
  auto opened = [&] {
    std::uint64_t out = 0;
    for (const auto& t : all)
      out += t.opened;
    return out;
  };
  while (opened() < total)
    for (auto& t : all)
      t.readers.front()->turn(0);
  return static_cast<double>(total) / (now_seconds() - begin);
}

} // namespace wardline::bench
