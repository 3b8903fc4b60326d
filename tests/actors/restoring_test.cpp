// A bulk that was copied back becomes the beginning of a new life (restoring.hpp), and devices of the life
// before are met (meeting_life.hpp).
#include "e2ee/life.hpp"
#include "meeting_life.hpp"
#include "message_rows.hpp"
#include "people_fixture.hpp"
#include "restoring.hpp"
#include "store_batch.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

incarnation_id life_of(std::uint8_t n) {
  incarnation_id out;
  out.value.fill(n);
  return out;
}

/// A clinic with a nurse, whose house was stopped: its disk is the bulk.
struct bulk : people_fixture {
  build::enrolled* nurse = nullptr;
  incarnation_id first;

  bulk() {
    open();
    nurse = &bring_in(c.person("nurse1", {c.party("nurse1")}), {name_of("nurse1", 1)});
    first = read_row<rows::clinic>(s.disk, ports::table::meta, view(rows::clinic_key))->row.incarnation;
    stop_house();
  }
  std::uint64_t leaves() const { return load_store(s.disk)->head.tree.size; }
  expected<rows::life> restored(std::uint8_t n, std::vector<kept_row> kept = {}) {
    return open_life(s.disk, s.dice, {life_of(n), now, {}, std::move(kept)});
  }
  rules::audit_entry entry(std::uint64_t leaf) const {
    return rules::decode_audit_entry(read_entry(s.disk, leaf)->entry).value();
  }
};

} // namespace

TEST_CASE("the new life begins with an entry that names the one before, behind everything that came back") {
  bulk b;
  auto before = b.leaves();
  checkpoint_note known{before + 3, {}, "a note\n"};
  auto life = open_life(b.s.disk, b.s.dice, {life_of(2), b.now, known, {}});
  REQUIRE(life);
  CHECK(life->restored == before);
  CHECK(life->log_epoch == b.now / 1'000);
  auto opened = b.entry(before);
  CHECK(opened.kind == rules::audit_kind::incarnation_opened);
  CHECK(opened.object == life_of(2).value);
  auto said = e2ee::decode_opened_life(opened.detail);
  REQUIRE(said);
  CHECK(*said == e2ee::opened_life{life->log_epoch, b.first, before, before + 3, "a note\n"});
  auto clinic = read_row<rows::clinic>(b.s.disk, ports::table::meta, view(rows::clinic_key));
  CHECK(clinic->row.incarnation == life_of(2));
  CHECK(lives_of(b.s.disk)->size() == 1);
  auto start = load_store(b.s.disk);
  REQUIRE(start);
  CHECK_FALSE(start->checkpoint); // the first one of this life covers its opening
  CHECK(registry::load(b.s.disk));
  SECTION("twice the same is nothing") {
    CHECK(b.restored(2).why() == refusal::already_exists);
    CHECK(b.leaves() == before + 2); // opened, and secrets burned
  }
  SECTION("a further one has a later epoch, also within one second, and there is a most") {
    CHECK(b.restored(3)->log_epoch == life->log_epoch + 1);
    for (std::uint8_t n = 4; lives_of(b.s.disk)->size() < rows::lives_max; ++n)
      REQUIRE(b.restored(n));
    CHECK(b.restored(200).why() == refusal::count_too_large);
  }
}

TEST_CASE("one-time secrets are burned, sessions and waiting invitations end") {
  bulk b;
  auto key = rows::key_of_factor(b.nurse->user);
  act a;
  a.entry.kind = rules::audit_kind::factor_changed;
  auto factor = read_row<rows::second_factor>(b.s.disk, ports::table::user, key);
  REQUIRE(factor);
  factor->row.recovery = {hash32{1}, hash32{2}};
  a.changes = {put_row(ports::table::user, key, factor->row),
               put_row(ports::table::session, to_bytes(b.nurse->device.view()),
                       rows::session{b.nurse->user, 1, 2, 1, {}})};
  rows::invitation waiting;
  waiting.state = rows::invitation_state::waiting;
  a.changes.push_back(put_row(ports::table::invitation, bytes(16, 0x5a), waiting));
  store_batch batch{b.s.disk, b.s.dice, load_store(b.s.disk)->head};
  REQUIRE(batch.add(write_of({a})));
  REQUIRE(b.s.disk.commit(batch.rows()) == ports::commit_result::committed);

  REQUIRE(b.restored(2));
  auto burned = read_row<rows::second_factor>(b.s.disk, ports::table::user, key);
  REQUIRE(burned);
  CHECK(burned->row.secret == factor->row.secret);
  CHECK(burned->row.recovery.empty());
  auto step = rules::step_at(b.now);
  CHECK_FALSE(rules::may_use(burned->row.used, step + rules::totp_window_steps, step));
  CHECK(rules::may_use(burned->row.used, step + 3, step + 3));
  CHECK(b.s.disk.scan(ports::table::session, {}, {}, 10).empty());
  auto dead = read_row<rows::invitation>(b.s.disk, ports::table::invitation, bytes(16, 0x5a));
  CHECK(dead->row.state == rows::invitation_state::dead);
}

TEST_CASE("everything but messages comes back as the current table has it") {
  bulk b;
  auto disk = b.s.disk.rows;
  auto leaves_then = b.leaves();
  b.start();
  auto& late = b.bring_in(b.c.person("nurse2", {b.c.party("nurse2")}), {b.name_of("nurse2", 1)});
  b.stop_house();
  message_id message;
  message.value.fill(0x33);
  act a;
  a.entry.kind = rules::audit_kind::gate_closed;
  a.changes = {put_row(ports::table::idempotency, rows::key_of_recall(message), rows::recalled{1, bytes{1}}),
               put_row(ports::table::idempotency, to_bytes(message.view()), rows::accepted{{}, {}, 1}),
               close_gate(b.nurse->device),
               {ports::del(ports::table::device, rows::key_of_share(b.nurse->device)), false}};
  store_batch batch{b.s.disk, b.s.dice, load_store(b.s.disk)->head};
  REQUIRE(batch.add(write_of({a})));
  REQUIRE(b.s.disk.commit(batch.rows()) == ports::commit_result::committed);
  auto kept = kept_rows_of(b.s.disk);
  auto certificate = late.certificate.hash();
  REQUIRE(read_object(b.s.disk, certificate));

  b.s.disk.rows = disk; // the bulk is older
  REQUIRE_FALSE(read_object(b.s.disk, certificate));
  auto life = b.restored(2, kept);
  REQUIRE(life);
  CHECK(life->restored == leaves_then);
  auto object = read_object(b.s.disk, certificate);
  REQUIRE(object);
  CHECK(object->leaf > life->restored); // with an entry of its own
  CHECK(b.entry(object->leaf).hash == certificate);
  CHECK(is_recalled(b.s.disk, message));
  CHECK(b.s.disk.read(ports::table::idempotency, message.view()).status == ports::read_status::absent);
  CHECK(gated_on_disk(b.s.disk, b.nurse->device));
  CHECK(b.s.disk.read(ports::table::device, rows::key_of_share(b.nurse->device)).status ==
        ports::read_status::absent);
  auto known = registry::load(b.s.disk);
  REQUIRE(known);
  CHECK(known->person(late.user) != nullptr);
  CHECK(load_store(b.s.disk));
}

TEST_CASE("a device of the life before hears what came back, and has written down what did not") {
  bulk b;
  auto life = b.restored(2);
  REQUIRE(life);
  b.start();
  auto meets = [&](const incarnation_id& earlier, std::uint64_t size) {
    return b.says(*b.nurse, ask::meet_life{earlier, size, hash32{7}});
  };
  auto all_back = as<ask::exposure>(meets(b.first, life->restored));
  REQUIRE(all_back.leaves.size() == 1);
  CHECK(all_back.leaves[0].leaf == life->restored);
  auto more_seen = as<ask::exposure>(meets(b.first, life->restored + 5));
  REQUIRE(more_seen.leaves.size() == 2);
  auto said = b.entry(more_seen.leaves[1].leaf);
  CHECK(said.kind == rules::audit_kind::pin_shown);
  CHECK(said.device == b.nurse->device);
  CHECK(said.object == b.first.value);
  CHECK(said.detail == ports::row_key(life->restored + 5));
  auto again = as<ask::exposure>(meets(b.first, life->restored + 5));
  CHECK(again.leaves[1].leaf == more_seen.leaves[1].leaf);   // once
  auto lost_life = as<ask::exposure>(meets(life_of(77), 1)); // nobody here knows what it was: all there is
  CHECK(lost_life.leaves.size() == 2);
}

TEST_CASE("without a restore there is no other life to be met") {
  bulk b;
  b.start();
  CHECK(why(b.says(*b.nurse, ask::meet_life{life_of(9), 5, {}})) == refusal::other_incarnation);
}
