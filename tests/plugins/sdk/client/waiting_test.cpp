// Bounds of what a device keeps because of others: changes about people it does not know.
#include "client/changes.hpp"
#include "scripted_daemon.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::test;

namespace {

/// The parts that keep changes, over a store of their own and without a daemon.
struct keeper {
  client::memory_device_store store;
  line wire;
  client::core core{store, wire, {}, {}};
  client::log_watch log{core};
  client::objects objects{core, log};
  e2ee::signing_key registrar = e2ee::signing_key::random();
  hash32 registrar_certificate{{5}};
  std::uint64_t leaf = 0;

  keeper() {
    client::rows::device me;
    me.clinic.value.fill(1);
    me.id.value.fill(2);
    core.me = std::move(me);
    auto share = secret32::random();
    client::store_changes changes;
    REQUIRE(core.rows.write_cell(client::secret_cell::local_half, secret32::random().view()) ==
            refusal::none);
    REQUIRE(core.rows.make(core.me->id, 1, share, changes) == refusal::none);
    REQUIRE(core.rows.commit(changes) == refusal::none);
    core.inner = std::make_unique<client::inner_part>(
        e2ee::signing_key::random(), e2ee::x25519_pair::random(), e2ee::device_certificate{},
        e2ee::trust{core.me->clinic, e2ee::signing_key::random().public_part()});
  }
  /// From here on its grants lack only what their party is.
  void show_registrar() {
    e2ee::registrar_fields x;
    x.serial = 1;
    x.device.value.fill(6);
    x.user.value.fill(7);
    x.signing_key = registrar.public_part();
    x.scope = x.alone = e2ee::scope::all;
    x.from = 1;
    x.until = 2;
    auto raw = e2ee::sign_object(core.me->clinic, x, {{registrar, e2ee::labels::registrar}});
    auto shown = e2ee::registrar_certificate::decode(raw, core.me->clinic);
    REQUIRE(shown);
    core.inner->trust.adopt(*shown, {0, 1});
    registrar_certificate = shown->hash();
  }
  /// Grants by a registrar whom nobody has shown yet.
  std::vector<client::proved> grants(std::size_t count) {
    std::vector<client::proved> out;
    for (std::size_t i = 0; i < count; ++i) {
      e2ee::grant_fields x;
      x.serial = static_cast<std::uint32_t>(++leaf);
      x.subject.value.fill(3);
      x.party.value.fill(4);
      x.registrar = registrar_certificate;
      auto raw = e2ee::sign_object(core.me->clinic, x, {{registrar, e2ee::labels::grant}});
      out.push_back({e2ee::role_grant::decode(raw, core.me->clinic)->hash(), {leaf, 1}, raw});
    }
    return out;
  }
};

} // namespace

TEST_CASE("changes about people who are not known are kept up to changes_waiting_max") {
  keeper k;
  REQUIRE(k.objects.keep_changes(k.grants(client::changes_waiting_max), {}) == refusal::none);
  auto more = k.grants(1);
  CHECK(k.objects.keep_changes(more, {}) == refusal::overloaded);
  CHECK_FALSE(k.objects.held(more.front().hash));
  CHECK_FALSE(k.store.get(client::table::objects, more.front().hash)); // nothing of it is on the disk
}

TEST_CASE(
    "changes under a wrong signature are kept up to changes_spoilt_max, and give way to the right ones") {
  keeper k;
  k.show_registrar();
  auto right = k.grants(client::changes_spoilt_max + 1);
  auto wrong = right;
  for (auto& x : wrong)
    x.raw.back() ^= 1;
  REQUIRE(k.objects.keep_changes(wrong, {}) == refusal::none);
  CHECK(k.objects.spoilt().size() == client::changes_spoilt_max);
  CHECK_FALSE(k.objects.held(wrong.front().hash));
  CHECK(k.store.get(client::table::objects, wrong.front().hash));
  CHECK_FALSE(k.store.get(client::table::objects, wrong.back().hash)); // refused for good
  REQUIRE(k.objects.keep_changes(right, {}) == refusal::none);
  CHECK(k.objects.spoilt().empty());
  CHECK(k.objects.held(right.front().hash));
}
