#include "bare_loop.hpp"
#include "bench_clinic.hpp"
#include "keyring.hpp"
#include "lmdb_storage.hpp"
#include "message_rows.hpp"
#include "process_journal.hpp"
#include "rules/audit_entry.hpp"
#include "sealed_storage.hpp"
#include "sodium_ports.hpp"
#include "wire/hash.hpp"
#include <algorithm>

namespace wardline::bench {

namespace {

bytes stamped(std::uint64_t leaf, std::uint64_t log, const bytes& row) {
  auto out = ports::row_key(leaf);
  auto second = ports::row_key(log);
  out.insert(out.end(), second.begin(), second.end());
  out.insert(out.end(), row.begin(), row.end());
  return out;
}

void put_message(std::vector<ports::change>& out, ports::random& random, const conversation_id& c,
                 std::uint64_t n, std::size_t slip_bytes, std::size_t body_bytes) {
  using ports::table;
  auto message = random.make<message_id>();
  bytes slip(slip_bytes, 7);
  bytes body(body_bytes, 8);
  out.push_back(ports::put(table::log, ports::row_key(2 * n), rows::encode(rows::slip{c, n + 1, 1, slip})));
  out.push_back(
      ports::put(table::log, ports::row_key(2 * n + 1), rows::encode(rows::body{c, n + 1, message, body})));
  out.push_back(ports::put(
      table::index, rows::key_of_place(c, n + 1),
      stamped(n, 2 * n, rows::encode(rows::place{message, static_cast<std::uint32_t>(body_bytes)}))));
  out.push_back(ports::put(table::idempotency, to_bytes(message.view()),
                           stamped(n, 2 * n, rows::encode(rows::accepted{sha256(slip), c, n + 1}))));
  rules::audit_entry e;
  e.kind = rules::audit_kind::posted;
  e.detail = ports::row_key(n);
  rules::audit_salt salt;
  random.fill(salt);
  auto entry = rules::encode(e);
  auto leaf = rules::leaf_data_of(e.kind, salt, entry);
  out.push_back(ports::put(table::leaf, ports::row_key(n), bytes{leaf.begin(), leaf.end()}));
  bytes salted{salt.begin(), salt.end()};
  salted.insert(salted.end(), entry.begin(), entry.end());
  out.push_back(ports::put(table::entry, ports::row_key(n), std::move(salted)));
}

/// A sealed store of its own, without a daemon.
class bare_disk {
public:
  explicit bare_disk(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    auto lmdb = lmdb_storage::open(folder, journal_);
    auto ring = keyring::create(folder / "keyring", secret32::random(), journal_);
    if (!lmdb || !ring)
      give_up("there is no disk for it");
    lmdb_ = std::move(*lmdb);
    ring_ = std::move(*ring);
    rows_ = std::make_unique<sealed_storage>(*lmdb_, *ring_, random);
  }

  daemon::sodium_random random;
  [[nodiscard]] sealed_storage& rows() { return *rows_; }

private:
  daemon::process_journal journal_;
  std::unique_ptr<lmdb_storage> lmdb_;
  std::unique_ptr<keyring> ring_;
  std::unique_ptr<sealed_storage> rows_;
};

} // namespace

turn_report run_turn(const std::filesystem::path& folder, std::uint64_t messages, std::uint64_t destroyed,
                     std::size_t slip_bytes, std::size_t body_bytes) {
  bare_disk disk{folder};
  auto& rows = disk.rows();
  auto& random = disk.random;
  auto c = random.make<conversation_id>();
  std::uint64_t next = 0;
  auto post = [&](std::size_t count) {
    std::vector<ports::change> changes;
    for (std::size_t i = 0; i < count; ++i, ++next)
      put_message(changes, random, c, next, slip_bytes, body_bytes);
    auto before = now_seconds();
    if (rows.commit(changes) != ports::commit_result::committed)
      give_up("a commit beside the key turn failed");
    return (now_seconds() - before) * 1e3;
  };
  while (next < messages)
    post(512);
  turn_report out;
  out.messages = next;
  std::vector<ports::row_place> doomed;
  for (std::uint64_t i = 0; i < destroyed; ++i)
    doomed.push_back({ports::table::log, ports::row_key(2 * (messages * (2 * i + 1) / (2 * destroyed)) + 1)});
  out.destroyed = doomed.size();
  auto step = [&](ports::commit_result result, double before) {
    if (result != ports::commit_result::committed)
      give_up("a step of the key turn failed");
    auto ms = (now_seconds() - before) * 1e3;
    out.turn_ms += ms;
    out.longest_step_ms = std::max(out.longest_step_ms, ms);
    out.longest_post_ms = std::max(out.longest_post_ms, post(1));
  };
  auto begun = now_seconds();
  step(rows.begin(doomed, {}), begun);
  while (rows.current().at != ports::key_turn::phase::over) {
    auto before = now_seconds();
    step(rows.step(), before);
  }
  out.segments = rows.current().segments;
  out.resealed = rows.current().resealed_rows;
  return out;
}

bare_loop_report run_bare_loop(const std::filesystem::path& folder, std::uint64_t messages, std::size_t batch,
                               std::size_t slip_bytes, std::size_t body_bytes) {
  bare_disk disk{folder};
  auto& rows = disk.rows();
  auto& random = disk.random;
  std::vector<conversation_id> conversations(50);
  for (auto& c : conversations)
    c = random.make<conversation_id>();
  std::vector<double> commits;
  auto written = written_bytes_of("self");
  auto begin = now_seconds();
  for (std::uint64_t n = 0; n < messages;) {
    std::vector<ports::change> changes;
    for (std::size_t i = 0; i < batch && n < messages; ++i, ++n)
      put_message(changes, random, conversations[n % conversations.size()], n, slip_bytes, body_bytes);
    auto before = now_seconds();
    if (rows.commit(changes) != ports::commit_result::committed)
      give_up("a commit of the bare loop failed");
    commits.push_back(now_seconds() - before);
  }
  auto seconds = now_seconds() - begin;
  std::sort(commits.begin(), commits.end());
  auto count = static_cast<double>(messages);
  bare_loop_report out{count / seconds, commits[commits.size() / 2] * 1e3, {}};
  auto all_written = written_bytes_of("self");
  if (written && all_written)
    out.bytes_written_per_message = static_cast<double>(*all_written - *written) / count;
  return out;
}

} // namespace wardline::bench
