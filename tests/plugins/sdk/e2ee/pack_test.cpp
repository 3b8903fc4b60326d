// History packs (e2ee 5.7; e2ee 10: 66 to 68): who gives, who opens, and what a bad seed costs.
#include "e2ee/hpke.hpp"
#include "e2ee/pack_seal.hpp"
#include "role_members.hpp"

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::test;

namespace {

constexpr time_ms day_ms = 86'400'000;

/// A role that the station founded and refreshed, one link a day; the nurse joins with the last link.
struct late_joiner : role_party {
  std::vector<time_ms> times;

  explicit late_joiner(std::uint32_t epochs = 5) {
    found();
    times.push_back(now);
    while (times.size() + 1 < epochs)
      link({role, party_kind::role, {}, {}, link_reason::refresh});
    link(add({nurse.own.device}));
  }
  void link(const turn_intent& intent) {
    times.push_back(now + times.size() * day_ms);
    turned(*station.stage(intent, known));
  }
  [[nodiscard]] const party_chain& chain() const { return *station.keys.chain(role); }
  [[nodiscard]] pack_order order(time_ms history_from = 1) const {
    return {nurse.own.device, history_from, times};
  }
  [[nodiscard]] expected<std::vector<bytes>> given(const member& by, const pack_order& what) const {
    return make_packs(clinic, chain(), by.keys, what, known, by.own.signing);
  }
  [[nodiscard]] history_pack pack() const { return decoded_pack(given(station, order())->at(0)); }
  [[nodiscard]] static history_pack decoded_pack(const bytes& raw) {
    auto out = history_pack::decode(raw, clinic);
    REQUIRE(out);
    return *out;
  }
  [[nodiscard]] sealed_for me() const { return {nurse.own.device, nurse.own.certificate, nurse.own.sealing}; }
  [[nodiscard]] expected<opened_pack> opened(const history_pack& p,
                                             const std::optional<device_id>& giver = {}) const {
    return open_pack(clinic, p, *nurse.keys.chain(role), me(), known, giver);
  }
  /// The station's pack with changed fields and these bytes in it, well sealed and signed.
  template <class Change>
  [[nodiscard]] history_pack changed(Change change, bytes_view plain, const test_device& by) const {
    pack_fields fields = pack();
    change(fields);
    auto sealed = *hpke_seal(nurse.own.sealing.public_part, pack_info(clinic, fields), plain);
    std::copy_n(sealed.begin(), 32, fields.enc.begin());
    fields.ct.assign(sealed.begin() + 32, sealed.end());
    return decoded_pack(sign_object(clinic, fields, {{by.signing, labels::pack}}));
  }
  [[nodiscard]] bytes seeds(std::uint32_t first, std::uint32_t last) const {
    bytes out;
    for (auto n = first; n <= last; ++n) {
      auto one = to_bytes(station.keys.seed(role, n)->view());
      out.insert(out.end(), one.begin(), one.end());
    }
    return out;
  }
};

const auto as_it_is = [](pack_fields&) {};

} // namespace

TEST_CASE("who joins late opens every earlier epoch with one pack") {
  late_joiner p;
  CHECK(p.nurse.keys.seed(role, 4) == nullptr);
  auto pack = p.pack();
  CHECK(pack.first == 1);
  CHECK(pack.last == 5);
  auto opened = p.opened(pack);
  REQUIRE(opened);
  CHECK(opened->giver == p.station.own.device);
  CHECK(opened->party == role);
  CHECK(opened->dropped.empty());
  CHECK(opened->seeds.size() == 5);
  for (auto& [n, seed] : opened->seeds)
    CHECK(p.nurse.keys.learn(role, n, std::move(seed)) == refusal::none);
  for (std::uint32_t n = 1; n <= 5; ++n)
    CHECK(p.nurse.keys.inbox(role, n)->public_part == p.chain().at(n)->inbox);
}

TEST_CASE("a seed is learnt for its own epoch only") {
  late_joiner p;
  auto of = [&](std::uint32_t n) { return p.station.keys.seed(role, n)->copy(); };
  CHECK(p.nurse.keys.learn(role, 2, of(3)) == refusal::seed_mismatch);
  CHECK(p.nurse.keys.learn(role, 6, of(3)) == refusal::needs);
  CHECK(p.nurse.keys.learn(role, 0, of(3)) == refusal::needs);
  CHECK(p.nurse.keys.learn(some_id<party_id>(9), 3, of(3)) == refusal::needs);
  CHECK(p.nurse.keys.seed(role, 2) == nullptr);
  CHECK(p.nurse.keys.learn(role, 3, of(3)) == refusal::none);
  CHECK(p.nurse.keys.seed(role, 3) != nullptr);
}

TEST_CASE("negative 66: a pack with one wrong seed: that epoch is dropped, the rest kept") {
  late_joiner p;
  auto plain = p.seeds(1, 5);
  plain[2 * 32 + 7] ^= 1;
  auto opened = p.opened(p.changed(as_it_is, plain, p.station.own));
  REQUIRE(opened);
  CHECK(opened->dropped == std::vector<std::uint32_t>{3});
  CHECK(opened->seeds.size() == 4);
  CHECK(opened->seeds.count(3) == 0);
  // All wrong: nothing is learnt, and the giver is still named.
  auto none = p.opened(p.changed(as_it_is, bytes(5 * 32, 7), p.station.own));
  REQUIRE(none);
  CHECK(none->seeds.empty());
  CHECK(none->dropped.size() == 5);
  CHECK(none->giver == p.station.own.device);
}

TEST_CASE("negative 67: a pack for another device, or for another certificate of this one") {
  late_joiner p;
  auto other = [&](auto change) { return p.opened(p.changed(change, p.seeds(1, 5), p.station.own)).why(); };
  CHECK(other([&](pack_fields& f) { f.receiver = p.physician.own.device; }) == refusal::not_for_me);
  CHECK(other([](pack_fields& f) { f.receiver_certificate = sha256(view("renewed")); }) ==
        refusal::not_for_me);
}

TEST_CASE("negative 68: a pack longer or shorter than its range") {
  late_joiner p;
  auto with = [&](std::uint32_t first, std::uint32_t last) {
    return p.opened(p.changed(as_it_is, p.seeds(first, last), p.station.own)).why();
  };
  CHECK(with(1, 5) == refusal::none);
  CHECK(with(1, 4) == refusal::pack_length);
  auto longer = p.seeds(1, 5);
  longer.push_back(0);
  CHECK(p.opened(p.changed(as_it_is, longer, p.station.own)).why() == refusal::pack_length);
}

TEST_CASE("a pack comes from a member of the head, named or found by its signature") {
  late_joiner p;
  auto pack = p.pack();
  auto& devices = p.known.devices;
  SECTION("named") {
    CHECK(p.opened(pack, p.station.own.device));
    CHECK(p.opened(pack, p.nurse.own.device).why() == refusal::bad_signature);
    CHECK(p.opened(pack, p.physician.own.device).why() == refusal::signer_not_member);
    devices.erase(p.station.own.device);
    CHECK(p.opened(pack, p.station.own.device).why() == refusal::needs);
  }
  SECTION("by somebody who is no member") {
    CHECK(p.opened(p.changed(as_it_is, p.seeds(1, 5), p.physician.own)).why() == refusal::signer_not_member);
  }
  SECTION("by a member that was revoked since") {
    devices[p.station.own.device].barred = true;
    CHECK(p.opened(pack).why() == refusal::signer_not_member);
    CHECK(p.opened(pack, p.station.own.device).why() == refusal::signer_not_member);
  }
  SECTION("signed under another label") {
    auto bent = sign_object(clinic, static_cast<const pack_fields&>(pack),
                            {{p.station.own.signing, labels::keylist}});
    CHECK(p.opened(p.decoded_pack(bent), p.station.own.device).why() == refusal::bad_signature);
  }
}

TEST_CASE("a pack hangs on the receiver's own chain") {
  late_joiner p;
  auto with = [&](auto change) { return p.opened(p.changed(change, p.seeds(1, 5), p.station.own)).why(); };
  CHECK(with([](pack_fields& f) { f.last_core = sha256(view("x")); }) == refusal::chain_broken);
  CHECK(with([](pack_fields& f) { f.party = some_id<party_id>(9); }) == refusal::chain_broken);
  CHECK(with([](pack_fields& f) { --f.last; }) == refusal::chain_broken);
  CHECK(with([](pack_fields& f) { f.first = 0; }) == refusal::chain_broken);
  CHECK(with([](pack_fields& f) { f.last = 6; }) == refusal::needs); // the link is still to come
}

TEST_CASE("a pack is sealed to its fields: none of them can be moved to another") {
  late_joiner p;
  pack_fields fields = p.pack();
  fields.first = 2; // sealed for 1..5, and shown as 2..6 of a longer chain
  fields.last = 6;
  p.link({role, party_kind::role, {}, {}, link_reason::refresh});
  fields.last_core = p.chain().at(6)->hash;
  auto moved = p.decoded_pack(sign_object(clinic, fields, {{p.station.own.signing, labels::pack}}));
  CHECK(p.opened(moved).why() == refusal::seed_not_openable);
}

TEST_CASE("a giver checks the receiver before it seals anything") {
  late_joiner p;
  auto why = [&] { return p.given(p.station, p.order()).why(); };
  auto& facts = p.known.devices[p.nurse.own.device];
  CHECK(why() == refusal::none);
  SECTION("it is a member of the head") {
    CHECK(p.given(p.station, {p.physician.own.device, 1, p.times}).why() == refusal::key_list_not_allowed);
  }
  SECTION("it is still entitled") {
    p.known.grants.erase(p.nurse.own.device);
    CHECK(why() == refusal::key_list_not_allowed);
  }
  SECTION("it is not revoked") {
    facts.barred = true;
    CHECK(why() == refusal::device_revoked);
  }
  SECTION("its certificate is known, and the newest is sealed to") {
    facts.certificate = sha256(view("renewed"));
    CHECK(p.pack().receiver_certificate == sha256(view("renewed")));
    p.known.devices.erase(p.nurse.own.device);
    CHECK(why() == refusal::needs);
  }
  SECTION("its sealing key is a safe one") {
    facts.sealing = {};
    CHECK(why() == refusal::bad_public_key);
  }
  SECTION("the daemon compares with the newest certificate as well") {
    CHECK(check_pack_receiver(p.chain(), p.nurse.own.device, p.nurse.own.certificate, p.known) ==
          refusal::none);
    CHECK(check_pack_receiver(p.chain(), p.nurse.own.device, sha256(view("old")), p.known) ==
          refusal::stale_certificate);
  }
}

TEST_CASE("the policy date cuts the first epoch of a pack") {
  late_joiner p;
  auto range = [&](time_ms history_from) {
    auto raw = p.given(p.station, p.order(history_from));
    REQUIRE(raw);
    auto pack = p.decoded_pack(raw->at(0));
    return std::pair{pack.first, pack.last};
  };
  CHECK(range(1) == std::pair{1u, 5u});
  CHECK(range(now + 2 * day_ms - 1) == std::pair{2u, 5u}); // the second was the head still
  CHECK(range(now + 2 * day_ms) == std::pair{3u, 5u});
  CHECK(range(now + 365 * day_ms) == std::pair{5u, 5u});
  CHECK(p.given(p.station, p.order(0)).why() == refusal::key_list_not_allowed);
  auto short_of_one = p.order();
  short_of_one.link_times = short_of_one.link_times.first(4);
  CHECK(p.given(p.station, short_of_one).why() == refusal::needs);
}

TEST_CASE("a giver with gaps gives what it holds, the newest runs first, at most eight packs") {
  late_joiner p{22};
  auto holding = [&](auto wanted) {
    std::map<std::uint32_t, secret32> seeds;
    for (std::uint32_t n = 1; n <= 22; ++n)
      if (wanted(n))
        seeds.emplace(n, p.station.keys.seed(role, n)->copy());
    roster_keys keys{clinic, p.station.own.device, p.station.own.sealing};
    keys.restore(p.chain(), std::move(seeds));
    return keys;
  };
  auto packs_of = [&](const roster_keys& keys) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> out;
    auto raw = make_packs(clinic, p.chain(), keys, p.order(), p.known, p.station.own.signing);
    REQUIRE(raw);
    for (const auto& one : *raw) {
      auto pack = p.decoded_pack(one);
      out.emplace_back(pack.first, pack.last);
      CHECK(p.opened(pack)->seeds.size() == pack.epochs());
    }
    return out;
  };
  using ranges = std::vector<std::pair<std::uint32_t, std::uint32_t>>;
  CHECK(packs_of(holding([](auto n) { return n < 4 || (n > 9 && n != 15); })) ==
        ranges{{16, 22}, {10, 14}, {1, 3}});
  auto every_second = packs_of(holding([](auto n) { return n % 2 == 0; }));
  CHECK(every_second.size() == packs_max);
  CHECK(every_second.back() == std::pair{8u, 8u});
  CHECK(make_packs(clinic, p.chain(), holding([](auto) { return false; }), p.order(), p.known,
                   p.station.own.signing)
            .why() == refusal::needs);
}

TEST_CASE("a pack for a link that is staged travels with it") {
  role_party p;
  p.found();
  auto staged = p.station.stage(add({p.nurse.own.device}), p.known);
  auto link = decoded(*staged);
  auto ahead = extended(*p.station.keys.chain(role), link);
  std::vector<time_ms> times{now, now + 1};
  auto packs = make_packs(clinic, ahead, p.station.keys, {p.nurse.own.device, 1, times}, p.known,
                          p.station.own.signing);
  REQUIRE(packs);
  p.turned(*staged);
  auto opened = open_pack(clinic, *history_pack::decode(packs->at(0), clinic), *p.nurse.keys.chain(role),
                          {p.nurse.own.device, p.nurse.own.certificate, p.nurse.own.sealing}, p.known);
  REQUIRE(opened);
  CHECK(opened->seeds.size() == 1); // the first; the second came in the link itself
  CHECK(opened->seeds.count(1) == 1);
}

TEST_CASE("2 048 epochs fill a pack, one more begins a second") {
  // A chain of this length without its links: packs look at hashes and inboxes alone.
  role_party p;
  p.found();
  party_chain chain;
  chain.party = role;
  chain.kind = party_kind::role;
  std::map<std::uint32_t, secret32> seeds;
  std::vector<time_ms> times;
  for (std::uint32_t n = 1; n <= pack_epochs_max + 1; ++n) {
    std::array<std::uint8_t, 32> raw{};
    raw[0] = static_cast<std::uint8_t>(n >> 8);
    raw[1] = static_cast<std::uint8_t>(n);
    secret32 seed{raw};
    chain.epochs.push_back({sha256(raw), inbox_of(clinic, role, n, seed).public_part});
    seeds.emplace(n, std::move(seed));
    times.push_back(n);
  }
  chain.members = {p.station.own.as_member().who, p.nurse.own.as_member().who};
  p.station.keys.restore(chain, std::move(seeds));
  auto packs = make_packs(clinic, chain, p.station.keys, {p.nurse.own.device, 1, times}, p.known,
                          p.station.own.signing);
  REQUIRE(packs);
  REQUIRE(packs->size() == 2);
  CHECK(packs->at(0).size() == 18 + 140 + pack_sealed_bytes_max + 65);
  CHECK(packs->at(0).size() <= object_size_max(kind::pack));
  auto newest = *history_pack::decode(packs->at(0), clinic);
  CHECK(newest.first == 2);
  CHECK(newest.epochs() == pack_epochs_max);
  CHECK(history_pack::decode(packs->at(1), clinic)->epochs() == 1);
  auto opened = open_pack(clinic, newest, chain,
                          {p.nurse.own.device, p.nurse.own.certificate, p.nurse.own.sealing}, p.known);
  REQUIRE(opened);
  CHECK(opened->seeds.size() == pack_epochs_max);

  auto with = [&](auto change) {
    pack_fields fields = newest;
    change(fields);
    return history_pack::decode(sign_object(clinic, fields, {{p.station.own.signing, labels::pack}}), clinic)
        .why();
  };
  CHECK(with([](pack_fields& f) { f.first = 1; }) == refusal::count_too_large);
  CHECK(with([](pack_fields& f) { f.first = f.last + 1; }) == refusal::count_too_large);
  CHECK(with([](pack_fields& f) { f.last = 0xffff'ffff; }) == refusal::count_too_large);
  CHECK(with([](pack_fields& f) { f.ct.push_back(0); }) == refusal::count_too_large);
  CHECK(with([](pack_fields& f) { f.ct.resize(object_size_max(kind::pack)); }) == refusal::object_too_large);
}

TEST_CASE("negatives 5 and 16: no prefix of a pack decodes, no flipped bit of it is accepted") {
  late_joiner p{3};
  auto pack = p.pack();
  const auto& good = pack.raw();
  for (std::size_t n = 0; n < good.size(); ++n) {
    auto why = history_pack::decode(bytes_view{good}.first(n), clinic).why();
    REQUIRE((why == refusal::truncated || why == refusal::length_beyond_end));
  }
  for (auto bit : every_bit_of(good)) {
    auto bent = history_pack::decode(with_bit_flipped(good, bit), clinic);
    REQUIRE((!bent || !p.opened(*bent)));
  }
  CHECK(p.opened(pack));
}
