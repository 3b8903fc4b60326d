// Attachments of a conversation: named with their message, released behind a leaf.
#include "conversation_fixture.hpp"

using namespace wardline;

namespace {

const auto ecg = id_of<attachment_id>(7);

struct files_fixture : conversation_fixture {
  hash32 hash = sha256(view("blob"));
  ports::blob_id blob = id_of<ports::blob_id>(70);
  std::size_t reads = 0;

  files_fixture() {
    files.on_read = [this](const read_chunk& m) -> chunk_read {
      ++reads;
      bool right = m.blob == blob && m.key->data()[0] == 9;
      return right && m.index < 2 ? chunk_read{bytes(5, static_cast<std::uint8_t>(m.index))} : chunk_read{};
    };
  }
  /// A message that names the file, with what its device has uploaded.
  post_slip with_file(std::uint8_t number, bool uploaded = true) const {
    auto h = c.header(c.nurse, number);
    h.attachments = {{ecg, hash, 4'112}};
    auto out = c.post(c.nurse, c.sealed(c.nurse, h, {c.recipient(c.nurse), c.recipient(c.physician)}));
    std::vector<unnamed_file> there;
    if (uploaded)
      there.push_back({ecg, blob, secret32{bytes(32, 9)}, hash, 4'112});
    out.files = std::make_shared<const std::vector<unnamed_file>>(std::move(there));
    return out;
  }
  std::shared_ptr<asked<outcome>> fetch(const test_person& who, std::uint32_t index = 0,
                                        const attachment_id& which = ecg, std::uint64_t seq = 1,
                                        time_ms at = small_clinic::now) {
    return ask_now(open_chunk{c.caller_of(who), {c.conversation, seq, which, index}, at});
  }
};

const wire::device::chunk& chunk_in(const std::shared_ptr<asked<outcome>>& a) {
  REQUIRE(a->answer);
  const auto* out = std::get_if<wire::device::chunk>(&a->answer->result);
  REQUIRE(out != nullptr);
  return *out;
}

} // namespace

TEST_CASE("a message names its files in one transaction, or nothing is taken") {
  files_fixture f;
  SECTION("not uploaded") {
    CHECK(why_of(f.ask_now(f.with_file(1, false))) == refusal::attachment_missing);
    auto none = f.with_file(1);
    none.files.reset();
    CHECK(why_of(f.ask_now(none)) == refusal::attachment_missing);
  }
  SECTION("another file") {
    f.hash[0] ^= 1;
    auto named = f.with_file(1);
    f.hash[0] ^= 1;
    named.files = f.with_file(2).files;
    CHECK(why_of(f.ask_now(named)) == refusal::attachment_mismatch);
  }
  CHECK(f.ask_now(f.with_file(1))->answer);
  CHECK(f.s.disk.rows[static_cast<std::size_t>(ports::table::blob)].size() == 1);
  CHECK(f.entries(rules::audit_kind::posted).size() == 1);
  // The same file by another message: its row is there.
  CHECK(why_of(f.ask_now(f.with_file(2))) == refusal::precondition_failed);
  CHECK(f.entries(rules::audit_kind::posted).size() == 1);
}

TEST_CASE("a file is released behind a leaf, once for all its chunks and once more after ten minutes") {
  files_fixture f;
  f.ask_now(f.with_file(1));
  auto first = chunk_in(f.fetch(f.c.physician, 0));
  auto second = chunk_in(f.fetch(f.c.physician, 1));
  CHECK(first.sealed == bytes(5, 0));
  CHECK(second.sealed == bytes(5, 1));
  CHECK(second.leaf == first.leaf);
  auto leaves = f.entries(rules::audit_kind::file_opened);
  REQUIRE(leaves.size() == 1);
  CHECK(leaves[0].device == f.c.physician.device);
  CHECK(leaves[0].user == f.c.physician.user);
  CHECK(leaves[0].object == ecg.value);
  CHECK(leaves[0].conversation == f.c.conversation);
  bytes detail = ports::row_key(1);
  detail.push_back(0);
  CHECK(leaves[0].detail == detail);
  SECTION("others have leaves of their own") {
    CHECK(chunk_in(f.fetch(f.c.nurse)).leaf != first.leaf);
    CHECK(f.entries(rules::audit_kind::file_opened).size() == 2);
  }
  SECTION("later, and on a clock that went back") {
    auto at = small_clinic::now;
    chunk_in(f.fetch(f.c.physician, 0, ecg, 1, at + file_leaf_ms_max - 1));
    CHECK(f.entries(rules::audit_kind::file_opened).size() == 1);
    chunk_in(f.fetch(f.c.physician, 0, ecg, 1, at + file_leaf_ms_max));
    CHECK(f.entries(rules::audit_kind::file_opened).size() == 2);
    chunk_in(f.fetch(f.c.physician, 0, ecg, 1, at));
    CHECK(f.entries(rules::audit_kind::file_opened).size() == 3);
  }
}

TEST_CASE("no chunk is read from the disk before its leaf is committed") {
  files_fixture f;
  f.ask_now(f.with_file(1));
  f.gate.hold = true;
  auto asked = f.fetch(f.c.physician);
  CHECK_FALSE(asked->answer);
  CHECK(f.reads == 0);
  f.gate.refuse(refusal::storage_refused);
  f.w.run();
  CHECK(why_of(asked) == refusal::storage_refused);
  CHECK(f.reads == 0);
}

TEST_CASE("a file is given to members of its conversation, as long as its message may be opened") {
  files_fixture f;
  f.ask_now(f.with_file(1));
  CHECK(why_of(f.fetch(f.c.stranger)) == refusal::not_found);
  CHECK(why_of(f.fetch(f.c.physician, 0, id_of<attachment_id>(8))) == refusal::not_found);
  CHECK(why_of(f.fetch(f.c.physician, 0, ecg, 2)) == refusal::not_found);
  CHECK(why_of(f.fetch(f.c.physician, 2)) == refusal::value_not_openable);
  CHECK(f.entries(rules::audit_kind::file_opened).size() == 1); // for what it has, and nothing else
  chunk_in(f.fetch(f.c.physician, 1));
  auto h = f.c.header(f.c.nurse, 1);
  e2ee::act_fields a;
  a.act = e2ee::act_kind::recall;
  a.target = h.message.value;
  auto slip = e2ee::slip::decode(f.with_file(1).post->slip, f.c.id);
  REQUIRE(slip);
  auto row = read_row<rows::accepted>(f.s.disk, ports::table::idempotency, h.message.view());
  REQUIRE(row);
  a.h = row->row.h;
  a.time = small_clinic::now;
  auto word = std::make_shared<const wire::device::act>(wire::device::act{f.c.act_bytes(f.c.nurse, a)});
  auto recalled = f.ask_now(
      apply_act{f.c.caller_of(f.c.nurse), f.c.conversation, h.message, word, small_clinic::now, {}});
  REQUIRE(why_of(recalled) == refusal::none);
  auto before = f.reads;
  CHECK(why_of(f.fetch(f.c.physician, 1)) == refusal::message_destroyed);
  CHECK(f.reads == before);
}

TEST_CASE("more chunks at once than there is room for are refused as overloaded") {
  files_fixture f;
  f.ask_now(f.with_file(1));
  auto one = f.chunk_line->take();
  auto two = f.chunk_line->take();
  CHECK(why_of(f.fetch(f.c.physician)) == refusal::overloaded);
  one.reset();
  chunk_in(f.fetch(f.c.physician));
}

TEST_CASE("leaves that a conversation remembers are bounded: beyond that a chunk costs another one") {
  files_fixture f;
  f.ask_now(f.with_file(1));
  chunk_in(f.fetch(f.c.nurse));
  for (std::size_t i = 0; i < open_files_max; ++i) {
    auto who = std::make_shared<caller>(*f.c.caller_of(f.c.physician));
    who->user.value = {static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i), 1};
    auto a = f.ask_now(open_chunk{who, {f.c.conversation, 1, ecg, 0}, small_clinic::now + 1 + i});
    chunk_in(a);
  }
  auto leaves = f.entries(rules::audit_kind::file_opened).size();
  chunk_in(f.fetch(f.c.nurse, 1, ecg, 1, small_clinic::now + 2));
  CHECK(f.entries(rules::audit_kind::file_opened).size() == leaves + 1);
}
