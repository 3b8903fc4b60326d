// Backups: what their files hold, what of it is refused, and the daemon's side of making one.
#include "backup_session.hpp"
#include "e2ee/signing.hpp"
#include "key_turn_row.hpp"
#include "people_rows.hpp"
#include "sample_log.hpp"
#include "storages.hpp"
#include "store_batch.hpp"
#include "test_ports.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::daemon;

namespace {

credentials keys_of_box() {
  auto out = credentials::make();
  return out;
}

/// A store with a clinic's certificates, signed for these keys.
struct backed_up : sealed_over<in_lmdb> {
  credentials keys = keys_of_box();
  e2ee::signing_key identity = e2ee::signing_key::from_seed(secret32{sha256(bytes{1})});
  clinic_id clinic{};
  std::unique_ptr<blob_files> blobs = std::move(*blob_files::open(folder.path / "blobs", dice, journal));
  secret32 recovery = secret32::random();

  backed_up() {
    clinic.value.fill(0xc1);
    auto root = e2ee::sign_object(clinic, e2ee::root_fields{identity.public_part(), "Sample", 1},
                                  {{identity, e2ee::labels::root}});
    e2ee::server_fields fields;
    fields.serial = 1;
    fields.noise_key = x25519_public(keys.noise_key);
    fields.log_key = ed25519_public(keys.log_key);
    fields.daemon_key = ed25519_public(keys.daemon_key);
    fields.until = 2;
    auto server = e2ee::sign_object(clinic, fields, {{identity, e2ee::labels::server}});
    rows::clinic row;
    row.id = clinic;
    row.root = sha256(root);
    row.server = sha256(server);
    act a;
    a.entry.kind = rules::audit_kind::object_accepted;
    a.changes = {put_row(ports::table::meta, to_bytes(view(rows::clinic_key)), row),
                 put_object(row.root, root), put_object(row.server, server),
                 put_row(ports::table::device, rows::key_of_gate(device_id{{1, 2, 3}}), rows::gate{})};
    commit(std::move(a));
  }
  void commit(act a) {
    store_batch batch{*storage, dice, load_store(*storage)->head};
    wardline::write all;
    all.acts.push_back(std::move(a));
    REQUIRE(batch.add(std::move(all)));
    REQUIRE(storage->commit(batch.rows()) == ports::commit_result::committed);
  }
  backup_sources sources() { return {*storage, *below.storage, *keys_of_segments(), *blobs, keys}; }
  keyring* keys_of_segments() { return sealed_over<in_lmdb>::keys.get(); }
};

/// Everything of one backup, as wardctl asks for it.
struct copied {
  bytes rows, current, manifest;
};

copied copy_all(backup_sessions& s, const public_key& to) {
  auto begun = s.answer(admin::begin_backup{}, to, 1'000);
  REQUIRE(begun.why == refusal::none);
  copied out;
  for (;;) {
    auto piece = s.answer(admin::backup_rows{begun.session}, to, 1'000);
    REQUIRE(piece.why == refusal::none);
    if (piece.piece.empty())
      break;
    out.rows.insert(out.rows.end(), piece.piece.begin(), piece.piece.end());
  }
  REQUIRE(s.answer(admin::backup_blobs{begun.session, {}}, to, 1'000).why == refusal::none);
  out.current = s.answer(admin::backup_current_table{begun.session, 0}, to, 1'000).piece;
  out.manifest = s.answer(admin::backup_manifest{begun.session}, to, 1'000).piece;
  return out;
}

} // namespace

TEST_CASE("a backup holds every row as it lies, and says whose it is") {
  backed_up b;
  backup_sessions s{b.sources()};
  auto all = copy_all(s, x25519_public(b.recovery));
  auto m = read_manifest(all.manifest);
  REQUIRE(m);
  CHECK(m->clinic == b.clinic);
  CHECK(m->leaves == 1);
  CHECK(m->rows_hash == sha256(all.rows));
  row_pieces rows;
  rows.add(all.rows);
  std::uint64_t count = 0;
  while (auto row = rows.next()) {
    ++count;
    auto lies = b.below.storage->read(row->where, row->key);
    REQUIRE(lies);
    CHECK(*lies == row->value);
  }
  CHECK(rows.whole());
  CHECK(count == m->rows);
  auto table = open_current_table(all.current, b.recovery);
  REQUIRE(table);
  CHECK(table->segments.size() == b.keys_of_segments()->size());
  CHECK(to_bytes(table->keys.log_key.view()) == to_bytes(b.keys.log_key.view()));
  CHECK(table->kept.size() == 3); // two certificates and a gate
  SECTION("another recovery key opens nothing") {
    CHECK(open_current_table(all.current, secret32::random()).why() == refusal::wrong_recovery_key);
  }
  SECTION("every changed byte of manifest and table is noticed") {
    for (std::size_t i = 0; i < all.manifest.size(); ++i) {
      auto bent = all.manifest;
      bent[i] ^= 1;
      CHECK_FALSE(read_manifest(bent));
    }
    for (std::size_t i = 0; i < all.current.size(); i += 97) {
      auto bent = all.current;
      bent[i] ^= 1;
      CHECK_FALSE(open_current_table(bent, b.recovery));
    }
  }
  SECTION("every cut is noticed") {
    for (std::size_t n = 0; n < all.manifest.size(); ++n)
      CHECK_FALSE(read_manifest(bytes_view{all.manifest}.first(n)));
    auto plain = encode(*table);
    for (std::size_t n = 0; n < plain.value.size(); n += 61)
      CHECK_FALSE(decode_current_table(bytes_view{plain.value}.first(n)));
    row_pieces cut;
    cut.add(bytes_view{all.rows}.first(all.rows.size() - 1));
    while (cut.next()) {
    }
    CHECK_FALSE(cut.whole());
  }
}

TEST_CASE("a backup is one snapshot, whatever is written meanwhile") {
  backed_up b;
  backup_sessions s{b.sources()};
  auto to = x25519_public(b.recovery);
  auto begun = s.answer(admin::begin_backup{}, to, 1'000);
  act a;
  a.entry.kind = rules::audit_kind::heartbeat;
  b.commit(a);
  auto first = s.answer(admin::backup_rows{begun.session}, to, 1'000).piece;
  row_pieces rows;
  rows.add(first);
  std::size_t leaves = 0;
  while (auto row = rows.next())
    leaves += row->where == ports::table::leaf ? 1 : 0;
  CHECK(leaves == 1);
}

TEST_CASE("what cannot be backed up is refused by name") {
  backed_up b;
  backup_sessions s{b.sources()};
  auto to = x25519_public(b.recovery);
  CHECK(s.answer(admin::begin_backup{}, {}, 1'000).why == refusal::no_recovery_key);
  CHECK(s.answer(admin::backup_rows{77}, to, 1'000).why == refusal::backup_session_over);
  auto begun = s.answer(admin::begin_backup{}, to, 1'000);
  CHECK(s.answer(admin::backup_manifest{begun.session}, to, 1'000).why ==
        refusal::backup_session_over); // rows first
  CHECK(s.answer(admin::backup_blob{begun.session, ports::blob_id{{9}}, 0}, to, 1'000).why ==
        refusal::not_found);
  SECTION("another one has begun") {
    s.answer(admin::begin_backup{}, to, 1'000);
    CHECK(s.answer(admin::backup_rows{begun.session}, to, 1'000).why == refusal::backup_session_over);
  }
  SECTION("nobody asked for a minute") {
    s.let_go(1'000 + backup_idle_ms);
    CHECK(s.answer(admin::backup_rows{begun.session}, to, 2'000).why == refusal::none);
    s.let_go(2'000 + backup_idle_ms + 1);
    CHECK(s.answer(admin::backup_rows{begun.session}, to, 3'000).why == refusal::backup_session_over);
  }
  SECTION("the current table alone has no rows") {
    auto small = s.answer(admin::begin_backup{false}, to, 1'000);
    CHECK(s.answer(admin::backup_rows{small.session}, to, 1'000).why == refusal::backup_session_over);
    CHECK_FALSE(s.answer(admin::backup_current_table{small.session, 0}, to, 1'000).piece.empty());
  }
}

TEST_CASE("keys that are turned while they are copied are no backup") {
  backed_up b;
  /// The row about the turn is another one at every look.
  struct turning : ports::storage {
    sealed_storage* above = nullptr;
    ports::storage& below;
    mutable std::uint64_t number = 1;
    mutable bool at_it = false; // the commit looks at the row that it replaces
    explicit turning(ports::storage& s) : below{s} {}
    ports::read_result read(ports::table where, bytes_view key) const override {
      if (above != nullptr && !at_it && where == ports::table::meta && to_bytes(key) == turn_row_key()) {
        turn_row next;
        next.at = ports::key_turn::phase::over;
        next.number = number++;
        auto row = ports::put(ports::table::meta, turn_row_key(), encode(next));
        at_it = true;
        (void)above->commit({&row, 1});
        at_it = false;
      }
      return below.read(where, key);
    }
    std::vector<ports::row> scan(ports::table t, bytes_view p, bytes_view a, std::size_t n) const override {
      return below.scan(t, p, a, n);
    }
    std::optional<ports::row> last(ports::table t, bytes_view p) const override { return below.last(t, p); }
    ports::commit_result commit(std::span<const ports::change> c) override { return below.commit(c); }
  } disk{*b.below.storage};
  sealed_storage rows{disk, *b.keys_of_segments(), b.dice};
  disk.above = &rows;
  backup_sessions s{{rows, *b.below.storage, *b.keys_of_segments(), *b.blobs, b.keys}};
  CHECK(s.answer(admin::begin_backup{}, x25519_public(b.recovery), 1'000).why == refusal::keys_turning);
}

TEST_CASE("questions and reports about backups are decoded whole or not at all") {
  for (const admin::backup_question& q :
       {admin::backup_question{admin::begin_backup{true}}, admin::backup_question{admin::backup_rows{7}},
        admin::backup_question{admin::backup_blobs{7, ports::blob_id{{1}}}},
        admin::backup_question{admin::backup_blob{7, ports::blob_id{{2}}, 9}},
        admin::backup_question{admin::backup_current_table{7, 3}},
        admin::backup_question{admin::backup_manifest{7}}}) {
    auto raw = admin::encode(q);
    CHECK(admin::is_backup_question(raw));
    CHECK(*admin::decode_backup_question(raw) == q);
    for (std::size_t n = 0; n < raw.size(); ++n)
      CHECK_FALSE(admin::decode_backup_question(bytes_view{raw}.first(n)));
    raw.push_back(0);
    CHECK(admin::decode_backup_question(raw).why() == refusal::trailing_bytes);
  }
  admin::backup_report r{refusal::none, 1, 2, 3, 4, bytes{5, 6}};
  CHECK(*admin::decode_backup_report(admin::encode(r)) == r);
  r.piece = bytes(admin::backup_piece_bytes_max + 1);
  CHECK(admin::decode_backup_report(admin::encode(r)).why() == refusal::count_too_large);
}

TEST_CASE("bytes of anybody's are decoded or refused, and nothing else happens") {
  backed_up b;
  backup_sessions s{b.sources()};
  auto all = copy_all(s, x25519_public(b.recovery));
  auto table = encode(*open_current_table(all.current, b.recovery));
  seeded_random dice;
  auto draw = [&](std::size_t n) {
    std::array<std::uint8_t, 8> raw{};
    dice.fill(raw);
    return static_cast<std::size_t>(*ports::row_number(raw) % n);
  };
  auto bent = [&](bytes from) {
    for (auto n = 1 + draw(4); n > 0; --n)
      from[draw(from.size())] = static_cast<std::uint8_t>(draw(256));
    from.resize(draw(3) == 0 ? draw(from.size() + 1) : from.size());
    return from;
  };
  for (int i = 0; i < 3'000; ++i) {
    (void)read_manifest(bent(all.manifest));
    (void)decode_current_table(bent(table.value));
    row_pieces rows;
    rows.add(bent(all.rows));
    std::size_t n = 0;
    for (; rows.next(); ++n) {
    }
    REQUIRE(n <= all.rows.size() / 7); // the least that a row has
  }
}
