#pragma once
// Conversations that are written in: messages made before the clock starts, then posted with so many of each
// author unanswered, delivered, opened. Order and counts are checked; times are only reported.
#include "bare_disk.hpp"
#include "bench_clinic.hpp"

namespace wardline::bench {

constexpr std::size_t body_bytes = 1'024 + 16; ///< of the bucket that every message here fills

/// One author, its readers, and the messages that wait to be posted.
struct talk {
  std::unique_ptr<bench_device> author;
  std::vector<std::unique_ptr<bench_device>> readers;
  conversation_id conversation;
  std::vector<wire::device::post> posts;
  std::vector<double> asked;    ///< seconds, of `posts`
  std::size_t next = 0;         ///< of `posts`
  std::uint64_t acked = 0;      ///< of all posts so far; so are the next three
  std::uint64_t seqs_acked = 0; ///< sum of their numbers
  std::uint64_t opened = 0;
  std::vector<std::uint64_t> delivered; ///< of each reader
};

/// Devices, and a conversation of each author with its readers.
std::vector<talk> make_talks(bench_registrar& registrar, unsigned talks, unsigned readers);
/// So many more of each author; on all cores, because it costs more than posting them.
void make_posts(std::vector<talk>& all, unsigned of_each);
message_size size_of_posts(const std::vector<talk>& all);

struct posted_part {
  std::uint64_t messages = 0;
  double accepted_per_second = 0;
  double delivered_per_second = 0; ///< slips at readers
  double ack_p50_ms = 0;
  double ack_p99_ms = 0;
  double daemon_cpu_cores = 0;              ///< seconds per second
  double daemon_cpu_us = 0;                 ///< of each message, its deliveries included
  double load_cpu_us = 0;                   ///< the same of this program
  double foreign_cpu_cores = 0;             ///< seconds per second of everything else on this machine
  std::optional<double> disk_bytes_written; ///< of each message, by everybody
  std::optional<double> bytes_written;      ///< of each message; nothing: this user may not know
};

/// Readers only listen, and the daemon logs off who does nothing for a quarter of an hour: each asks
/// something.
void keep_readers_logged_in(std::vector<talk>& all);

/// Posts what was made. Ends the program unless every message was accepted once, under the next number of its
/// conversation, and every reader saw all of them in order.
posted_part post_and_deliver(std::vector<talk>& all, unsigned window, const daemon_process& daemon);
nlohmann::json to_json(const posted_part& p);

/// All bodies of all conversations by each first reader, 32 behind a leaf. Bodies a second.
double open_all(std::vector<talk>& all);

} // namespace wardline::bench
