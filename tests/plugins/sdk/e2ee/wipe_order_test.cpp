// Wipe orders (e2ee 5.14; negatives 143, 144): for this device, signed by the order key, of this incarnation.
#include "e2ee/signing.hpp"
#include "e2ee/wipe.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::e2ee;

namespace {

template <class Id>
Id filled(std::uint8_t n) {
  Id out;
  out.value.fill(n);
  return out;
}

const auto clinic = filled<clinic_id>(1);
const auto me = filled<device_id>(2);
const auto life = filled<incarnation_id>(3);

wipe_fields whole_store() {
  wipe_fields out;
  out.order.fill(4);
  out.device = me;
  out.revocation.fill(5);
  out.incarnation = life;
  out.time = 6;
  return out;
}

struct ordering {
  signing_key key = signing_key::random();
  bytes made(const wipe_fields& f, std::string_view label = labels::wipe) const {
    return sign_object(clinic, f, {{key, label}});
  }
  refusal judged(const bytes& raw, const device_id& who = me, const incarnation_id& now = life) const {
    auto order = wipe_order::decode(raw, clinic);
    return order ? check_wipe_order(*order, who, key.public_part(), now) : order.why();
  }
};

} // namespace

TEST_CASE("a wipe order is for one device, of one life, by the order key") {
  ordering o;
  auto raw = o.made(whole_store());
  CHECK(raw.size() <= object_size_max(kind::wipe));
  CHECK(o.judged(raw) == refusal::none);
  CHECK(wipe_order::decode(raw, clinic)->revocation == whole_store().revocation);
  CHECK(o.judged(raw, filled<device_id>(9)) == refusal::not_for_me);
  CHECK(o.judged(raw, me, filled<incarnation_id>(9)) == refusal::other_incarnation);
  CHECK(ordering{}.judged(raw) == refusal::bad_signature);
  CHECK(o.judged(o.made(whole_store(), labels::act)) == refusal::bad_signature);
  CHECK(wipe_order::decode(raw, filled<clinic_id>(9)).why() == refusal::other_clinic);
}

TEST_CASE("every changed byte of a wipe order is noticed") {
  ordering o;
  auto raw = o.made(whole_store());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    auto changed = raw;
    changed[i] ^= 1;
    INFO(i);
    CHECK(o.judged(changed) != refusal::none);
  }
  for (std::size_t i = 0; i < raw.size(); ++i)
    CHECK(o.judged(bytes(raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(i))) != refusal::none);
}

TEST_CASE("a party is named exactly where the order is about one") {
  ordering o;
  auto f = whole_store();
  f.party = filled<party_id>(7);
  CHECK(o.judged(o.made(f)) == refusal::unknown_value);
  f.scope = wipe_scope::one_party;
  CHECK(o.judged(o.made(f)) == refusal::none);
  f.party = {};
  CHECK(o.judged(o.made(f)) == refusal::unknown_value);
}

TEST_CASE("what the daemon's signer covers is what a device verifies") {
  ordering o;
  auto raw = encode(clinic, whole_store());
  auto covered = wipe_order_signed(raw);
  CHECK(covered == [&] {
    auto all = lab(labels::wipe);
    all.insert(all.end(), raw.begin(), raw.end());
    return all;
  }());
  CHECK(o.judged(with_signatures(raw, {o.key.sign(labels::wipe, raw)})) == refusal::none);
}
