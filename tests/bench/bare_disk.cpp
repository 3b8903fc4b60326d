#include "bare_disk.hpp"
#include "measure.hpp"
#include "message_rows.hpp"
#include "rules/audit_entry.hpp"
#include "wire/hash.hpp"

namespace wardline::bench {

namespace {

bytes stamped(std::uint64_t leaf, std::uint64_t log, const bytes& row) {
  auto out = ports::row_key(leaf);
  auto second = ports::row_key(log);
  out.insert(out.end(), second.begin(), second.end());
  out.insert(out.end(), row.begin(), row.end());
  return out;
}

} // namespace

bare_disk::bare_disk(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  auto lmdb = lmdb_storage::open(folder, journal_);
  auto ring = keyring::create(folder / "keyring", secret32::random(), journal_);
  if (!lmdb || !ring)
    give_up("there is no disk for it");
  lmdb_ = std::move(*lmdb);
  ring_ = std::move(*ring);
  rows_ = std::make_unique<sealed_storage>(*lmdb_, *ring_, random);
}

void put_message(std::vector<ports::change>& out, ports::random& random, const conversation_id& c,
                 std::uint64_t n, const message_size& size) {
  using ports::table;
  auto message = random.make<message_id>();
  bytes slip(size.slip, 7);
  bytes body(size.body, 8);
  out.push_back(ports::put(table::log, ports::row_key(2 * n), rows::encode(rows::slip{c, n + 1, 1, slip})));
  out.push_back(
      ports::put(table::log, ports::row_key(2 * n + 1), rows::encode(rows::body{c, n + 1, message, body})));
  out.push_back(ports::put(
      table::index, rows::key_of_place(c, n + 1),
      stamped(n, 2 * n, rows::encode(rows::place{message, static_cast<std::uint32_t>(size.body)}))));
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

} // namespace wardline::bench
