// Key lists (e2ee 5.7, 6.9, 6.10; e2ee 10: 69, 70): keys for a replaced device, and for a reported message.
#include "e2ee/body_seal.hpp"
#include "e2ee/hpke.hpp"
#include "e2ee/keylist_seal.hpp"
#include "role_members.hpp"

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::test;

namespace {

const auto thread_id = some_id<conversation_id>(0xa1);
const auto patient = some_id<party_id>(0x33);

/// A station gives a patient's new phone the keys of their thread.
struct given_keys {
  known_devices known;
  test_device station{1};
  test_device phone{2};
  hash32 invitation = sha256(view("replacement"));
  std::map<message_id, keyed_slip> slips;
  std::map<message_id, act> reported;
  std::vector<message_key> keys;
  keylist_claim claim{thread_id, phone.device, invitation};

  explicit given_keys(std::uint8_t messages = 3) {
    known.add(station);
    known.add(phone, some_id<user_id>(7));
    known.grants[phone.device] = {};
    known.grants[station.device] = {};
    known.replacements[phone.device] = {invitation, 1'000};
    for (std::uint8_t i = 1; i <= messages; ++i)
      add_message(some_id<message_id>(i), some_secret(i));
  }
  void add_message(const message_id& id, secret32 key) {
    slips[id] = {id,   thread_id, sha256(id.view()), derive_body_keys(key, id).commitment, {patient, role},
                 2'000};
    keys.push_back({id, std::move(key)});
  }
  void report(const message_id& m, const test_device& by, act_kind kind = act_kind::report) {
    act_fields a;
    a.act = kind;
    a.target = m.value;
    a.h = slips[m].h;
    a.device = by.device;
    a.certificate = by.certificate;
    a.reason = static_cast<std::uint8_t>(refusal::key_commitment_mismatch);
    reported[m] = *act::decode(sign_object(clinic, a, {{by.signing, labels::act}}), clinic);
  }
  [[nodiscard]] thread_of_keys thread() const {
    return {[this](const message_id& m) -> std::optional<keyed_slip> {
              auto found = slips.find(m);
              return found == slips.end() ? std::nullopt : std::optional{found->second};
            },
            [this](const message_id& m, const hash32&) -> std::optional<act> {
              auto found = reported.find(m);
              return found == reported.end() ? std::nullopt : std::optional{found->second};
            }};
  }
  [[nodiscard]] expected<std::vector<bytes>> made() const {
    return make_key_lists(clinic, claim, keys, thread(), known, station.signing);
  }
  [[nodiscard]] key_list list() const { return decoded_list(made()->at(0)); }
  [[nodiscard]] static key_list decoded_list(const bytes& raw) {
    auto out = key_list::decode(raw, clinic);
    REQUIRE(out);
    return *out;
  }
  [[nodiscard]] sealed_for me() const { return {phone.device, phone.certificate, phone.sealing}; }
  [[nodiscard]] expected<opened_key_list> opened(const key_list& l,
                                                 const std::optional<device_id>& giver = {}) const {
    return open_key_list(l, me(), {station.device}, thread(), known, giver);
  }
  /// Well sealed and signed, whatever is in it.
  template <class Change>
  [[nodiscard]] key_list changed(Change change, const bytes& plain, const test_device& by) const {
    keylist_fields fields = list();
    change(fields);
    auto sealed = *hpke_seal(phone.sealing.public_part, keylist_info(clinic, fields), plain);
    std::copy_n(sealed.begin(), 32, fields.enc.begin());
    fields.ct.assign(sealed.begin() + 32, sealed.end());
    return decoded_list(sign_object(clinic, fields, {{by.signing, labels::keylist}}));
  }
  [[nodiscard]] bytes plain() const {
    bytes out;
    for (const auto& k : keys) {
      out.insert(out.end(), k.message.value.begin(), k.message.value.end());
      out.insert(out.end(), k.key.view().begin(), k.key.view().end());
    }
    return out;
  }
};

const auto as_it_is = [](keylist_fields&) {};

} // namespace

TEST_CASE("a replaced phone reads its thread again by a key list") {
  given_keys g;
  auto opened = g.opened(g.list());
  REQUIRE(opened);
  CHECK(opened->giver == g.station.device);
  CHECK(opened->part == 0);
  CHECK(opened->parts == 1);
  CHECK(opened->refused.empty());
  REQUIRE(opened->keys.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(opened->keys[i].message == g.keys[i].message);
    CHECK(to_bytes(opened->keys[i].key.view()) == to_bytes(g.keys[i].key.view()));
  }
}

TEST_CASE("a reader that reported one message gets its key, and no other") {
  given_keys g;
  g.known.replacements.clear();
  g.claim.invitation = {};
  CHECK(g.made().why() == refusal::key_list_not_allowed);
  g.keys.erase(g.keys.begin() + 1, g.keys.end());
  g.report(g.keys[0].message, g.phone);
  auto opened = g.opened(g.list());
  REQUIRE(opened);
  CHECK(opened->keys.size() == 1);

  SECTION("not by somebody else's report") {
    g.report(g.keys[0].message, g.station);
    CHECK(g.made().why() == refusal::key_list_not_allowed);
  }
  SECTION("not by another act") {
    g.report(g.keys[0].message, g.phone, act_kind::acknowledge);
    CHECK(g.made().why() == refusal::key_list_not_allowed);
  }
  SECTION("not by a report that the device did not sign") {
    auto forged = with_bit_flipped(g.reported[g.keys[0].message].raw(), 8 * 200);
    g.reported[g.keys[0].message] = *act::decode(forged, clinic);
    CHECK(g.made().why() == refusal::key_list_not_allowed);
  }
  SECTION("not by a report on another version of the message, or on another message") {
    auto list = g.list();
    g.slips[g.keys[0].message].h = sha256(view("another header"));
    CHECK(g.made().why() == refusal::key_list_not_allowed);
    CHECK(g.opened(list).why() == refusal::key_list_not_allowed);
    g.slips[g.keys[0].message].h = sha256(g.keys[0].message.view());
    g.reported[g.keys[0].message] = [&] {
      g.report(some_id<message_id>(2), g.phone);
      return g.reported[some_id<message_id>(2)];
    }();
    CHECK(g.made().why() == refusal::key_list_not_allowed);
  }
}

TEST_CASE("negative 69: a key list for a device outside of a slip's parties") {
  given_keys g;
  auto list = g.list();
  g.known.grants.erase(g.phone.device);
  CHECK(g.made().why() == refusal::key_list_not_allowed);
  CHECK(g.opened(list).why() == refusal::key_list_not_allowed);
}

TEST_CASE("a slip of another conversation is covered by no claim") {
  given_keys g;
  auto list = g.list();
  g.slips[g.keys[1].message].conversation = some_id<conversation_id>(0xa2);
  CHECK(g.made().why() == refusal::key_list_not_allowed);
  CHECK(g.opened(list).why() == refusal::key_list_not_allowed);
}

TEST_CASE("a replacement's list begins at the date of its invitation") {
  given_keys g;
  auto list = g.list();
  g.known.replacements[g.phone.device].history_from = 2'001;
  CHECK(g.made().why() == refusal::key_list_not_allowed);
  CHECK(g.opened(list).why() == refusal::key_list_not_allowed);
  // A message that it received itself, and could not read, it may have all the same.
  for (const auto& k : g.keys)
    g.report(k.message, g.phone);
  CHECK(g.made());
  CHECK(g.opened(list));
}

TEST_CASE("a key list claims a replacement that is none") {
  given_keys g;
  auto list = g.list();
  auto why = [&] {
    auto made = g.made().why();
    CHECK(g.opened(list).why() == made);
    return made;
  };
  SECTION("of another invitation") {
    g.known.replacements[g.phone.device].invitation = sha256(view("first"));
    CHECK(why() == refusal::key_list_not_allowed);
  }
  SECTION("while another device of the person is left") {
    g.known.replacements.clear();
    CHECK(why() == refusal::key_list_not_allowed);
  }
  SECTION("for a revoked device") {
    g.known.devices[g.phone.device].barred = true;
    CHECK(why() == refusal::device_revoked);
  }
  SECTION("for one that nobody knows") {
    g.known.devices.erase(g.phone.device);
    CHECK(why() == refusal::needs);
  }
}

TEST_CASE("negative 70: a wrong key costs itself alone, and the giver seals none") {
  given_keys g;
  auto plain = g.plain();
  plain[48 + 20] ^= 1;
  auto opened = g.opened(g.changed(as_it_is, plain, g.station));
  REQUIRE(opened);
  CHECK(opened->keys.size() == 2);
  REQUIRE(opened->refused.size() == 1);
  CHECK(opened->refused[0].message == g.keys[1].message);
  CHECK(opened->refused[0].why == refusal::key_commitment_mismatch);
  g.keys[1].key = some_secret(9);
  CHECK(g.made().why() == refusal::key_commitment_mismatch);
}

TEST_CASE("a key whose slip is not here yet waits, and the giver gives none that it has not seen") {
  given_keys g;
  auto list = g.list();
  g.slips.erase(g.keys[2].message);
  auto opened = g.opened(list);
  REQUIRE(opened);
  CHECK(opened->keys.size() == 2);
  REQUIRE(opened->refused.size() == 1);
  CHECK(opened->refused[0].why == refusal::needs);
  CHECK(g.made().why() == refusal::needs);
}

TEST_CASE("a key list for another device or certificate, by nobody of the thread, or under another label") {
  given_keys g;
  auto with = [&](auto change, const test_device& by) {
    return g.opened(g.changed(change, g.plain(), by)).why();
  };
  CHECK(with([&](keylist_fields& f) { f.receiver = g.station.device; }, g.station) == refusal::not_for_me);
  CHECK(with([](keylist_fields& f) { f.receiver_certificate = {}; }, g.station) == refusal::not_for_me);
  CHECK(with(as_it_is, g.phone) == refusal::signer_not_member);
  CHECK(g.opened(g.list(), g.phone.device).why() == refusal::signer_not_member);
  CHECK(g.opened(g.changed(as_it_is, g.plain(), g.phone), g.station.device).why() == refusal::bad_signature);
  keylist_fields fields = g.list();
  auto bent = sign_object(clinic, fields, {{g.station.signing, labels::pack}});
  CHECK(g.opened(g.decoded_list(bent), g.station.device).why() == refusal::bad_signature);
  fields.part = 1;
  fields.parts = 2;
  auto moved = sign_object(clinic, fields, {{g.station.signing, labels::keylist}});
  CHECK(g.opened(g.decoded_list(moved)).why() == refusal::seal_not_openable);
}

TEST_CASE("2 048 keys fill a part, one more begins the next") {
  given_keys g{0};
  for (std::uint32_t i = 0; i <= keylist_entries_max; ++i) {
    message_id id;
    id.value = {1, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)};
    g.add_message(id, some_secret(static_cast<std::uint8_t>(i)));
  }
  auto raw = g.made();
  REQUIRE(raw);
  REQUIRE(raw->size() == 2);
  CHECK(raw->at(0).size() <= object_size_max(kind::keylist));
  auto first = g.decoded_list(raw->at(0));
  auto second = g.decoded_list(raw->at(1));
  CHECK(first.ct.size() == keylist_sealed_bytes_max);
  CHECK(second.part == 1);
  CHECK(second.parts == 2);
  CHECK(g.opened(first)->keys.size() == keylist_entries_max);
  CHECK(g.opened(second)->keys.size() == 1);
  CHECK(keylist_parts(0).why() == refusal::count_too_large);
  CHECK(*keylist_parts(keylist_entries_max) == 1);
  CHECK(*keylist_parts(keylist_entries_max * keylist_parts_max) == keylist_parts_max);
  CHECK(keylist_parts(keylist_entries_max * keylist_parts_max + 1).why() == refusal::count_too_large);
  g.keys.clear();
  CHECK(g.made().why() == refusal::count_too_large);
}

TEST_CASE("malformed key lists are refused") {
  given_keys g;
  auto with = [&](auto change) {
    keylist_fields fields = g.list();
    change(fields);
    return key_list::decode(sign_object(clinic, fields, {{g.station.signing, labels::keylist}}), clinic)
        .why();
  };
  CHECK(with(as_it_is) == refusal::none);
  CHECK(with([](keylist_fields& f) { f.parts = 0; }) == refusal::count_too_large);
  CHECK(with([](keylist_fields& f) { f.part = 1; }) == refusal::count_too_large);
  CHECK(with([](keylist_fields& f) { f.part = f.parts = 0xffff; }) == refusal::count_too_large);
  CHECK(with([](keylist_fields& f) { f.parts = 0xffff; }) == refusal::none);
  CHECK(with([](keylist_fields& f) { f.ct.clear(); }) == refusal::truncated);
  CHECK(with([](keylist_fields& f) { f.ct.resize(16); }) == refusal::truncated);
  CHECK(with([](keylist_fields& f) { f.ct.push_back(0); }) == refusal::truncated);
  CHECK(with([](keylist_fields& f) { f.ct.resize(keylist_sealed_bytes_max + 48); }) ==
        refusal::count_too_large);
  CHECK(with([](keylist_fields& f) { f.ct.resize(object_size_max(kind::keylist)); }) ==
        refusal::object_too_large);
}

TEST_CASE("negatives 5 and 16: no prefix of a key list decodes, no flipped bit of it is accepted") {
  given_keys g{1};
  auto list = g.list();
  const auto& good = list.raw();
  for (std::size_t n = 0; n < good.size(); ++n) {
    auto why = key_list::decode(bytes_view{good}.first(n), clinic).why();
    REQUIRE((why == refusal::truncated || why == refusal::length_beyond_end));
  }
  for (auto bit : every_bit_of(good)) {
    auto bent = key_list::decode(with_bit_flipped(good, bit), clinic);
    REQUIRE((!bent || !g.opened(*bent)));
  }
  CHECK(g.opened(list));
}
