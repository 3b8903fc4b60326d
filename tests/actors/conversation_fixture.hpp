#pragma once
// One conversation actor over the real store.
#include "fake_actors.hpp"
#include "signatures.hpp"
#include "small_clinic.hpp"

namespace wardline {

/// Keeps which rows of table log were read, and how large the tree was then.
struct watched_reader : ports::reader {
  struct look {
    std::uint64_t row;
    std::size_t leaves;
  };
  const memory_storage& disk;
  mutable std::vector<look> log_looks;

  explicit watched_reader(const memory_storage& d) : disk{d} {}

  ports::read_result read(ports::table where, bytes_view key) const override {
    if (where == ports::table::log)
      log_looks.push_back({*ports::row_number(key), leaves()});
    return disk.read(where, key);
  }
  std::vector<ports::row> scan(ports::table where, bytes_view prefix, bytes_view after,
                               std::size_t limit) const override {
    return disk.scan(where, prefix, after, limit);
  }
  std::optional<ports::row> last(ports::table where, bytes_view prefix) const override {
    return disk.last(where, prefix);
  }
  bool nearly_full() const override { return disk.nearly_full(); }
  std::size_t leaves() const { return disk.rows[static_cast<std::size_t>(ports::table::leaf)].size(); }
};

struct conversation_fixture {
  world w;
  store_fixture s;
  small_clinic c;
  fake_directory d;
  fake_triage t;
  fake_attachments files;
  std::shared_ptr<waiting_line> chunk_line = std::make_shared<waiting_line>(2);
  std::shared_ptr<waiting_line> unverified = std::make_shared<waiting_line>(2);
  rules::duty_board duty;
  gate_before_store gate;
  watched_reader rows{s.disk};
  store_actor real = s.spawn(w);
  store_actor store;
  directory_actor directory = d.spawn(w.sys);
  triage_actor triage = t.spawn(w.sys);
  attachments_actor attachments = files.spawn(w.sys);
  signatures_actor looks;
  conversation_actor talk;

  conversation_fixture() {
    gate.behind = real;
    store = gate.spawn(w.sys);
    looks = w.sys.spawn(signatures, signatures_parts{&s.journal, store});
    w.ask<committed>(real, c.rows_of(c.link));
    w.run();
    talk = spawn();
  }
  ~conversation_fixture() {
    gate.refuse(refusal::storage_refused);
    w.run();
    stop(talk);
    stop(directory);
    stop(triage);
    stop(attachments);
    stop(looks);
    stop(store);
    stop(real);
  }
  conversation_fixture(const conversation_fixture&) = delete;
  conversation_fixture& operator=(const conversation_fixture&) = delete;

  conversation_actor spawn() {
    return w.sys.spawn(conversation, c.conversation, directory,
                       conversation_parts{&rows, &c.board, store, &s.journal, &duty, triage, attachments,
                                          chunk_line, looks, unverified});
  }

  template <class Handle>
  void stop(const Handle& h) {
    caf::anon_send_exit(h, caf::exit_reason::user_shutdown);
    w.run();
  }

  template <class Message>
  std::shared_ptr<asked<outcome>> ask(Message m) {
    return w.ask<outcome>(talk, std::move(m));
  }
  template <class Message>
  std::shared_ptr<asked<outcome>> ask_now(Message m) {
    auto out = ask(std::move(m));
    w.run();
    return out;
  }

  auto post(const test_person& author, std::uint8_t number, std::string_view text = "Room 4") {
    return ask_now(c.post(author, c.message(author, number, text)));
  }

  open_bodies open(const test_person& who, std::vector<std::uint64_t> seqs) const {
    return {c.caller_of(who), {c.conversation, std::move(seqs)}, small_clinic::now};
  }
  read_slips slips(const test_person& who, std::uint64_t after = 0, std::uint32_t max = 512) const {
    return {c.caller_of(who), {c.conversation, c.incarnation, after, max}};
  }

  /// Audit entries of this kind, in order.
  std::vector<rules::audit_entry> entries(rules::audit_kind kind) const {
    std::vector<rules::audit_entry> out;
    for (std::uint64_t i = 0; i < rows.leaves(); ++i) {
      auto raw = read_entry(s.disk, i);
      REQUIRE(raw);
      auto entry = rules::decode_audit_entry(raw->entry);
      REQUIRE(entry);
      if (entry->kind == kind)
        out.push_back(*entry);
    }
    return out;
  }

  /// Seqs in the index, which must be 1..n without a gap, and each message's rows where the index says.
  std::size_t dense_seqs() const {
    std::uint64_t next = 0;
    for (const auto& [key, value] : s.disk.rows[static_cast<std::size_t>(ports::table::index)]) {
      CHECK(rows::seq_of_place(key) == ++next);
      auto at = split_stamp(value);
      REQUIRE(at);
      auto slip = rows::decode<rows::slip>(s.disk.read(ports::table::log, ports::row_key(at->at.log)).value);
      auto body =
          rows::decode<rows::body>(s.disk.read(ports::table::log, ports::row_key(at->at.log + 1)).value);
      REQUIRE(slip);
      REQUIRE(body);
      CHECK(slip->seq == next);
      CHECK(body->seq == next);
    }
    return next;
  }
};

inline wire::device::slip slip_in(const fan_out& f) {
  auto m = wire::device::decode_from_daemon(*f.message);
  REQUIRE(m);
  return std::get<wire::device::slip>(*m);
}

} // namespace wardline
