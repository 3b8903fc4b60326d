// The watcher of the simulation is itself watched: every way to release a body without its leaf is noticed.
#include "memory_storage.hpp"
#include "message_rows.hpp"
#include "rules/audit_entry.hpp"
#include "watched_storage.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::sim;

namespace {

template <class Id>
Id made_of(std::uint8_t b) {
  Id out;
  out.value.fill(b);
  return out;
}

const auto here = made_of<conversation_id>(1);
const auto nurse = made_of<user_id>(2), physician = made_of<user_id>(3);
const auto desk = made_of<device_id>(4), phone = made_of<device_id>(5);

struct watched_fixture {
  memory_storage below;
  watched_storage disk{below};
  opening_ledger ledger;
  std::vector<std::string> broken;

  watched_fixture() {
    disk.broken = [this](const std::string& what) { broken.push_back(what); };
    disk.opened = [this](const opening& o) { ledger.write(o); };
    for (std::uint64_t seq : {1, 2}) {
      std::vector<ports::change> body{ports::put(ports::table::log, ports::row_key(seq),
                                                 rows::encode(rows::body{here, seq, {}, bytes(100, 7)}))};
      REQUIRE(disk.commit(body) == ports::commit_result::committed);
    }
  }

  ports::commit_result leaf(std::uint64_t number, const user_id& user, const device_id& device,
                            std::initializer_list<std::uint64_t> seqs) {
    rules::audit_entry e;
    e.kind = rules::audit_kind::opened;
    e.user = user;
    e.device = device;
    e.conversation = here;
    e.detail = {1};
    for (auto seq : seqs) {
      auto raw = ports::row_key(seq);
      e.detail.insert(e.detail.end(), raw.begin(), raw.end());
    }
    bytes salted(rules::audit_salt_bytes);
    auto entry = rules::encode(e);
    salted.insert(salted.end(), entry.begin(), entry.end());
    std::vector<ports::change> row{ports::put(ports::table::entry, ports::row_key(number), salted)};
    return disk.commit(row);
  }

  void read(std::uint64_t seq) { REQUIRE(disk.read(ports::table::log, ports::row_key(seq))); }
};

} // namespace

TEST_CASE("one leaf lets one reading pass, a second reader needs a leaf of its own") {
  watched_fixture f;
  REQUIRE(f.leaf(0, nurse, desk, {1, 2}) == ports::commit_result::committed);
  f.read(1);
  f.read(2);
  CHECK(f.broken.empty());
  f.read(1); // somebody else, for whom nothing was written
  REQUIRE(f.broken.size() == 1);
  CHECK(f.broken[0].find("without a durable leaf of its own") != std::string::npos);
  REQUIRE(f.leaf(1, physician, phone, {1}) == ports::commit_result::committed);
  f.read(1);
  CHECK(f.broken.size() == 1);
  CHECK(f.disk.bodies_read() == 4);
}

TEST_CASE("a scan reads bodies too") {
  watched_fixture f;
  CHECK(f.disk.scan(ports::table::log, {}, {}, 10).size() == 2);
  CHECK(f.broken.size() == 2);
}

TEST_CASE("a leaf that is not surely on disk lets nothing pass") {
  watched_fixture f;
  for (auto fault :
       {disk_fault::refused, disk_fault::unknown_and_lost, disk_fault::unknown_and_kept, disk_fault::lied}) {
    f.broken.clear();
    f.disk.fault = [fault] { return fault; };
    static_cast<void>(f.leaf(0, nurse, desk, {1}));
    f.read(1);
    CHECK(f.broken.size() == 1);
  }
}

TEST_CASE("a release stands in a leaf of its own reader, device and message, once") {
  watched_fixture f;
  REQUIRE(f.leaf(0, nurse, desk, {1}) == ports::commit_result::committed);
  CHECK(f.ledger.take(0, physician, desk, here, 1).find("another reader") != std::string::npos);
  CHECK(f.ledger.take(0, nurse, phone, here, 1).find("another reader") != std::string::npos);
  CHECK(f.ledger.take(0, nurse, desk, made_of<conversation_id>(9), 1).find("does not name") !=
        std::string::npos);
  CHECK(f.ledger.take(0, nurse, desk, here, 2).find("does not name") != std::string::npos);
  CHECK(f.ledger.take(1, nurse, desk, here, 1).find("not durable") != std::string::npos);
  CHECK(f.ledger.take(0, nurse, desk, here, 1).empty());
  CHECK(f.ledger.take(0, nurse, desk, here, 1).find("two releases") != std::string::npos);
}
