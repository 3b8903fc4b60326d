// The administrator's brake: a gate closed without a registrar, and what may be opened again.
#include "fake_session.hpp"
#include "people_fixture.hpp"
#include "reroute_rows.hpp"
#include "role_links.hpp"
#include "wire/hash.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

struct braked : people_fixture {
  build::enrolled* nurse1 = nullptr;
  build::enrolled* second = nullptr;
  fake_session channel;

  braked() {
    open();
    nurse1 = &bring_in(c.person("nurse1", {c.party("nurse1")}), {name_of("nurse1", 1)});
    second = &bring_in(c.person("nurse1's second", {c.party("nurse1")}, "nurse1"), {});
    channel.spawn(w.sys);
    caf::anon_send(house, session_online{caller_now(*nurse1), channel.actor});
    w.run();
    proved = now;
  }
  ~braked() { stop(channel.actor); }

  outcome brakes(admin::set_gate m) {
    auto a = w.ask<outcome>(house, gate_devices{std::move(m), now});
    w.run();
    REQUIRE(a->answer);
    return *a->answer;
  }
  outcome close(const device_id& d) { return brakes({d, {}, false, "left in the tram"}); }
  outcome let_in(const device_id& d) { return brakes({d, {}, true, {}}); }
  bool gated(const device_id& d) const { return board->now()->device(d)->gated; }
  bool present(ports::table where, const bytes& key) const {
    return s.disk.read(where, key).status != ports::read_status::absent;
  }
  void revoke(const device_id& d) {
    e2ee::revocation_fields x{
        e2ee::subject_kind::device,      d, e2ee::revocation_reason::lost, now, c.admin().device,
        c.registrar_of(c.admin()).hash()};
    as<ask::submitted>(says(
        c.admin(),
        ask::submit{e2ee::sign_object(c.id, x, {{c.admin().signing, e2ee::labels::revocation}}), {}, {}}));
  }
};

} // namespace

TEST_CASE("the brake closes gate and channel in one commit, and keeps the lock share back") {
  braked f;
  auto d = f.nurse1->device;
  auto share = rows::key_of_share(d);
  bool had_share = f.present(ports::table::device, share);
  auto commits = f.s.disk.commits;
  auto done = as<ask::done>(f.close(d));
  CHECK(f.s.disk.commits == commits + 1);
  auto entry = f.last_entry();
  CHECK(entry.kind == rules::audit_kind::gate_closed);
  CHECK(entry.device == d);
  CHECK(entry.hash == sha256(view("left in the tram")));
  CHECK(f.leaves() == done.leaf + 1);
  CHECK(f.gated(d));
  CHECK_FALSE(f.gated(f.second->device));
  CHECK(f.channel.ended == std::vector{refusal::device_revoked});
  CHECK(gated_on_disk(f.s.disk, d));
  CHECK(f.present(ports::table::device, share) == had_share);
  CHECK_FALSE(f.present(ports::table::session, to_bytes(d.view())));
  CHECK(f.present(ports::table::meta, rows::key_of_reroute(f.nurse1->user)));
  CHECK(f.link.forbidden.empty());
  CHECK(why(f.answer_to(sign_in{f.caller_of(*f.nurse1), {}, password, "123456", {}, f.now})) ==
        refusal::device_revoked);
  f.restart();
  CHECK(f.gated(d));
  CHECK(why(f.close(d)) == refusal::device_revoked);
}

TEST_CASE("what the brake closed it opens, also after a restart, and nothing else") {
  braked f;
  auto d = f.nurse1->device;
  CHECK(why(f.let_in(d)) == refusal::gate_open);
  as<ask::done>(f.close(d));
  f.restart();
  as<ask::done>(f.let_in(d));
  CHECK(f.last_entry().kind == rules::audit_kind::gate_opened);
  CHECK_FALSE(f.gated(d));
  CHECK_FALSE(gated_on_disk(f.s.disk, d));
  f.restart();
  CHECK_FALSE(f.gated(d));
  // Again, and then it is revoked: nobody opens it any more.
  as<ask::done>(f.close(d));
  f.revoke(d);
  CHECK(why(f.let_in(d)) == refusal::gate_not_yours);
  CHECK(gated_on_disk(f.s.disk, d)); // stays for ever
  f.restart();
  CHECK(f.gated(d));
  CHECK(why(f.let_in(d)) == refusal::gate_not_yours);
}

TEST_CASE("a device of a copied store is not the brake's to open") {
  braked f;
  auto d = f.nurse1->device;
  auto hello = [&](std::uint8_t store) {
    ask::hello m{d, f.nurse1->certificate.hash(), {}, 0};
    m.store_instance.fill(store);
    return f.says(*f.nurse1, m);
  };
  hello(1);
  CHECK(why(hello(2)) == refusal::store_copied);
  CHECK(why(f.let_in(d)) == refusal::gate_not_yours);
  CHECK(f.gated(d));
}

TEST_CASE("a name means every device of the person") {
  braked f;
  as<ask::done>(f.close(f.second->device));
  as<ask::done>(f.brakes({{}, "nurse1", false, "stolen bag"})); // the one that is left
  CHECK(f.gated(f.nurse1->device));
  CHECK(f.gated(f.second->device));
  as<ask::done>(f.brakes({{}, "nurse1", true, {}}));
  CHECK_FALSE(f.gated(f.nurse1->device));
  CHECK_FALSE(f.gated(f.second->device));
  CHECK(why(f.brakes({{}, "nobody", false, "x"})) == refusal::not_found);
}

TEST_CASE("a full disk closes nothing and says so") {
  braked f;
  f.s.disk.faults.push_back(storage_fault::fail_and_not_persist);
  CHECK(why(f.close(f.nurse1->device)) == refusal::storage_refused);
  CHECK_FALSE(f.gated(f.nurse1->device));
  CHECK(f.channel.ended.empty());
}
