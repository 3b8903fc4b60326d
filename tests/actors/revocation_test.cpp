// Turning a device out: who may, and that everything of it goes in one transaction (e2ee 5.5, 6.7).
#include "e2ee/wipe.hpp"
#include "fake_session.hpp"
#include "reroute_rows.hpp"
#include "role_links.hpp"
#include "rules/sign_in_limits.hpp"
#include "wire/hash.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

using e2ee::revocation_reason;
using e2ee::subject_kind;

struct lost_phone : people_fixture {
  public_key link_key = build::drawn("nurse1's link");
  build::enrolled* nurse1 = nullptr;
  build::enrolled* second = nullptr; ///< of the same person
  build::enrolled* nurse2 = nullptr;
  fake_session channel;

  lost_phone() {
    open();
    auto& one = c.person("nurse1", {c.party("nurse1")});
    auto m = invite(one, {name_of("nurse1", 1)});
    m.link_key = link_key;
    as<ask::submitted>(says(c.admin(), m));
    as<ask::enrolled>(enrols(one));
    nurse1 = &one;
    second = &bring_in(c.person("nurse1's second", {c.party("nurse1")}, "nurse1"), {});
    nurse2 = &nurse("nurse2");
    channel.spawn(w.sys);
    caf::anon_send(house, session_online{caller_now(*nurse1), channel.actor});
    w.run();
    proved = now;
  }
  ~lost_phone() { stop(channel.actor); }

  e2ee::revocation_fields of(const device_id& d, const build::enrolled& by) const {
    return {subject_kind::device, d, revocation_reason::lost, now, by.device, by.certificate.hash()};
  }
  e2ee::revocation_fields by_registrar(const device_id& d) {
    auto x = of(d, c.admin());
    x.signer = c.registrar_of(c.admin()).hash();
    return x;
  }
  ask::submit signed_by(const e2ee::revocation_fields& x, const e2ee::signing_key& key) const {
    return {e2ee::sign_object(c.id, x, {{key, e2ee::labels::revocation}}), {}, {}};
  }
  bool present(ports::table where, const bytes& key) const {
    return s.disk.read(where, key).status != ports::read_status::absent;
  }
  void refused_as(const build::enrolled& who, const ask::submit& m, refusal expected) {
    auto before = s.disk.rows;
    CHECK(to_string(why(says(who, m))) == to_string(expected));
    CHECK(s.disk.rows == before);
  }
  /// Rows of a device that is logged in.
  void put_rows(const device_id& d) {
    auto put = [&](ports::table where, bytes key, const bytes& value) {
      bytes stored(stamp_bytes);
      stored.insert(stored.end(), value.begin(), value.end());
      s.disk.rows[static_cast<std::size_t>(where)][std::move(key)] = stored;
    };
    put(ports::table::device, rows::key_of_share(d), rows::encode(rows::lock_share{1, bytes(32, 5)}));
    put(ports::table::device, rows::key_of_wrong_passwords(d, nurse1->user),
        rows::encode(rows::wrong_passwords{2, now}));
    rows::session session;
    session.user = nurse1->user;
    session.until = now + build::hour;
    put(ports::table::session, to_bytes(d.view()), rows::encode(session));
  }
};

} // namespace

TEST_CASE("a revocation takes gate, session, shares and link key with it, in one commit") {
  lost_phone f;
  auto d = f.nurse1->device;
  f.put_rows(d);
  f.put_rows(f.nurse2->device);
  auto leaves = f.leaves();
  auto commits = f.s.disk.commits;
  auto m = f.signed_by(f.by_registrar(d), f.c.admin().signing);
  auto done = as<ask::submitted>(f.says(f.c.admin(), m));
  CHECK(f.leaves() == leaves + 1);
  CHECK(f.s.disk.commits == commits + 1);
  CHECK(f.last_entry().hash == done.hash);
  CHECK(f.last_entry().object == d.value);
  CHECK(f.board->now()->device(d)->gated);
  CHECK(f.channel.ended == std::vector{refusal::device_revoked});
  CHECK(f.link.forbidden.empty()); // its channel has just been told why
  caf::anon_send(f.house, tick{f.now, last_word_ms});
  f.w.run();
  CHECK(f.link.forbidden == std::vector{f.link_key});
  CHECK_FALSE(f.present(ports::table::session, to_bytes(d.view())));
  CHECK_FALSE(f.present(ports::table::device, rows::key_of_share(d)));
  CHECK_FALSE(f.present(ports::table::device, rows::key_of_wrong_passwords(d, f.nurse1->user)));
  auto curve = sha256(f.link_key);
  CHECK_FALSE(f.present(ports::table::link_key, to_bytes(curve)));
  auto order =
      read_row<rows::reroute_order>(f.s.disk, ports::table::meta, rows::key_of_reroute(f.nurse1->user));
  REQUIRE(order); // what she has in hand goes back to everybody
  CHECK(order->row.device == d);
  CHECK(order->at.leaf == done.leaf);
  // Nobody else loses anything.
  auto other = f.nurse2->device;
  CHECK(f.present(ports::table::session, to_bytes(other.view())));
  CHECK(f.present(ports::table::device, rows::key_of_share(other)));
  CHECK_FALSE(f.board->now()->device(other)->gated);
  CHECK(read_row<rows::device>(f.s.disk, ports::table::device, d.view())->row.gated);

  CHECK(as<ask::submitted>(f.says(f.c.admin(), m)).leaf == done.leaf);
  CHECK(why(f.answer_to(sign_in{f.caller_of(*f.nurse1), {}, password, "123456", {}, f.now})) ==
        refusal::device_revoked);
  f.restart();
  CHECK(f.board->now()->device(d)->gated);
  CHECK(std::none_of(f.link.allowed.begin(), f.link.allowed.end(),
                     [&](const auto& k) { return k.first == f.link_key; }));
}

TEST_CASE("a device that is connected gets a signed order to destroy its store, with a leaf that says so") {
  lost_phone f;
  f.signs_orders = true;
  f.restart();
  caf::anon_send(f.house, session_online{f.caller_now(*f.nurse1), f.channel.actor});
  f.w.run();
  f.channel.got.clear();
  auto m = f.signed_by(f.by_registrar(f.nurse1->device), f.c.admin().signing);
  auto done = as<ask::submitted>(f.says(f.c.admin(), m));
  f.w.run();
  auto orders = f.channel.take<ask::wipe_order>();
  REQUIRE(orders.size() == 1);
  auto order = e2ee::wipe_order::decode(orders[0].object, f.c.id);
  REQUIRE(order);
  CHECK(e2ee::check_wipe_order(*order, f.nurse1->device, f.c.daemon_key.public_part(),
                               f.board->now()->incarnation) == refusal::none);
  CHECK(order->revocation == done.hash);
  CHECK(order->scope == e2ee::wipe_scope::whole_store);
  auto leaf = f.last_entry();
  CHECK(leaf.kind == rules::audit_kind::wipe_sent);
  CHECK(leaf.device == f.nurse1->device);
  CHECK(leaf.hash == order->hash());
  // Who is not connected gets none: the log claims no more than was done.
  auto leaves = f.leaves();
  as<ask::submitted>(f.says(f.c.admin(), f.signed_by(f.by_registrar(f.second->device), f.c.admin().signing)));
  f.w.run();
  CHECK(f.leaves() == leaves + 1);
}

TEST_CASE("a person turns out her own device, a stranger does not") {
  lost_phone f;
  auto itself = f.of(f.nurse1->device, *f.nurse1);
  f.refused_as(*f.nurse2, f.signed_by(f.of(f.nurse1->device, *f.nurse2), f.nurse2->signing),
               refusal::signer_may_not_revoke);
  f.refused_as(*f.nurse2, f.signed_by(itself, f.nurse1->signing), refusal::author_not_channel);
  f.refused_as(*f.nurse1, f.signed_by(itself, f.nurse2->signing), refusal::bad_signature);
  as<ask::submitted>(f.says(*f.nurse1, f.signed_by(itself, f.nurse1->signing)));
  CHECK(f.board->now()->device(f.nurse1->device)->gated);
}

TEST_CASE("a person turns out her lost device from another one of hers") {
  lost_phone f;
  as<ask::submitted>(f.says(*f.second, f.signed_by(f.of(f.nurse1->device, *f.second), f.second->signing)));
  CHECK(f.board->now()->device(f.nurse1->device)->gated);
  CHECK_FALSE(f.board->now()->device(f.second->device)->gated);
  // Who was turned out turns nobody out.
  f.refused_as(*f.nurse1, f.signed_by(f.of(f.second->device, *f.nurse1), f.nurse1->signing),
               refusal::signer_may_not_revoke);
}

TEST_CASE("a revocation asks for a second factor that is five minutes old at most") {
  lost_phone f;
  auto m = f.signed_by(f.of(f.nurse1->device, *f.nurse1), f.nurse1->signing);
  f.proved = 0; // not in this session
  f.refused_as(*f.nurse1, m, refusal::second_factor_too_old);
  f.proved = f.now - rules::proved_ms_max - 1;
  f.refused_as(*f.nurse1, m, refusal::second_factor_too_old);
  f.proved = f.now + 1; // the clock went back
  f.refused_as(*f.nurse1, m, refusal::second_factor_too_old);
  f.proved = f.now - rules::proved_ms_max;
  auto done = as<ask::submitted>(f.says(*f.nurse1, m));
  f.proved = 0; // the answer got lost: nothing is done, so nothing is asked
  CHECK(as<ask::submitted>(f.says(f.c.admin(), m)).leaf == done.leaf);
}

TEST_CASE("a device that another one of hers replaces takes nothing out of her hands; the last one does") {
  lost_phone f;
  auto order_of = [&] { return f.present(ports::table::meta, rows::key_of_reroute(f.nurse1->user)); };
  auto x = f.by_registrar(f.nurse1->device);
  x.reason = revocation_reason::replaced;
  as<ask::submitted>(f.says(f.c.admin(), f.signed_by(x, f.c.admin().signing)));
  CHECK_FALSE(order_of());
  x = f.by_registrar(f.second->device);
  x.reason = revocation_reason::replaced;
  as<ask::submitted>(f.says(f.c.admin(), f.signed_by(x, f.c.admin().signing)));
  CHECK(order_of());
}

TEST_CASE("a device is turned out once, for ever") {
  lost_phone f;
  auto d = f.nurse1->device;
  as<ask::submitted>(f.says(f.c.admin(), f.signed_by(f.by_registrar(d), f.c.admin().signing)));
  auto again = f.by_registrar(d);
  again.reason = revocation_reason::stolen;
  f.refused_as(f.c.admin(), f.signed_by(again, f.c.admin().signing), refusal::device_revoked);
}

TEST_CASE("the identity key takes a registrar's right away, whoever carries the word") {
  lost_phone f;
  auto& admin = f.c.admin();
  e2ee::revocation_fields x{subject_kind::registrar, admin.device, revocation_reason::left, f.now, {}, {}};
  auto by_other = f.by_registrar(admin.device);
  by_other.of_subject = subject_kind::registrar;
  f.refused_as(admin, f.signed_by(by_other, admin.signing), refusal::signer_may_not_revoke);
  as<ask::submitted>(f.says(*f.nurse2, f.signed_by(x, f.c.identity)));
  CHECK_FALSE(f.board->now()->device(admin.device)->gated); // the device stays, the right is gone
  f.refused_as(admin, f.signed_by(f.by_registrar(f.nurse1->device), admin.signing),
               refusal::registrar_revoked);
  f.restart();
  f.refused_as(admin, f.signed_by(f.by_registrar(f.nurse1->device), admin.signing),
               refusal::registrar_revoked);
}

TEST_CASE("a device that was never seen is revoked by the identity key before it comes") {
  lost_phone f;
  auto& late = f.c.person("late", {f.c.party("late")});
  as<ask::submitted>(f.says(f.c.admin(), f.invite(late, {f.name_of("late", 1)})));
  e2ee::revocation_fields x{subject_kind::device, late.device, revocation_reason::lost, f.now, {}, {}};
  as<ask::submitted>(f.says(*f.nurse2, f.signed_by(x, f.c.identity)));
  CHECK(why(f.enrols(late)) == refusal::device_revoked);
}

TEST_CASE("a revocation that the disk refuses turns nobody out") {
  lost_phone f;
  f.s.disk.faults.push_back(storage_fault::fail_and_not_persist);
  auto m = f.signed_by(f.by_registrar(f.nurse1->device), f.c.admin().signing);
  CHECK(why(f.says(f.c.admin(), m)) == refusal::storage_refused);
  CHECK_FALSE(f.board->now()->device(f.nurse1->device)->gated);
  CHECK(f.channel.ended.empty());
  CHECK(f.link.forbidden.empty());
  as<ask::submitted>(f.says(f.c.admin(), m));
  CHECK(f.board->now()->device(f.nurse1->device)->gated);
}
