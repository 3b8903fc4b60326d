// V1 of e2ee 12, packs and key lists: made again to the byte, opened by their receivers, and every negative
// refused by its name.
#include "../wire/scripted_random.hpp"
#include "e2ee/keylist_seal.hpp"
#include "vectors_world.hpp"
#include <algorithm>

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::tests;

namespace {

/// A device of the vectors, with what it seals and signs with.
struct vector_device {
  device_id device;
  signing_key signing;
  x25519_pair sealing;

  explicit vector_device(const json& x)
      : device{at<device_id>(x, "device")}, signing{signing_key::from_seed(secret_at(x, "signing_seed"))},
        sealing{x25519_pair::from_secret(secret_at(x, "sealing_secret"))} {}

  [[nodiscard]] sealed_for own(const standing& known) const {
    auto facts = known.device(device);
    return {device, facts ? facts->certificate : hash32{}, sealing};
  }
};

vector_device called(const json& name) {
  return vector_device{device_named(name.get<std::string>())};
}

std::optional<device_id> giver_of(const json& x) {
  bool nobody = x.at("giver").get<std::string>().empty();
  return nobody ? std::nullopt : std::optional{called(x.at("giver")).device};
}

struct pack_chain {
  party_chain chain;
  std::map<std::uint32_t, bytes> seeds;
  std::vector<time_ms> times;

  explicit pack_chain(const json& x) {
    chain.party = at<party_id>(x, "party");
    chain.kind = static_cast<party_kind>(x.at("party_kind").get<std::uint8_t>());
    auto members = bytes_at(x, "members");
    reader in{members};
    chain.members = in.set16(party_members_max, device_id::size, [](reader& r) {
      return party_member{r.id<device_id>(), r.b32(), r.b32()};
    });
    for (const auto& e : x.at("epochs")) {
      chain.epochs.push_back({at<hash32>(e, "hash"), at<public_key>(e, "inbox")});
      times.push_back(e.at("time").get<time_ms>());
      seeds[chain.head()] = bytes_at(e, "seed");
    }
  }
};

void check_packs(const json& x) {
  INFO(x.at("name"));
  auto known = vector_world::whole().standing_at(place_of(x));
  auto clinic = at<clinic_id>(x, "clinic");
  pack_chain held{x};
  auto giver = called(x.at("giver"));
  auto receiver = called(x.at("receiver"));
  roster_keys keys{clinic, giver.device, giver.sealing};
  std::map<std::uint32_t, secret32> seeds;
  bytes script;
  for (auto n : x.at("held"))
    seeds.emplace(n.get<std::uint32_t>(), secret32{held.seeds.at(n.get<std::uint32_t>())});
  keys.restore(held.chain, std::move(seeds));
  for (const auto& p : x.at("packs")) {
    auto one = bytes_at(p, "ephemeral");
    script.insert(script.end(), one.begin(), one.end());
  }
  auto made = [&] {
    scripted_random random{script};
    return make_packs(clinic, held.chain, keys,
                      {receiver.device, x.at("history_from").get<time_ms>(), held.times}, known,
                      giver.signing);
  }();
  REQUIRE(made);
  REQUIRE(made->size() == x.at("packs").size());
  for (std::size_t i = 0; i < made->size(); ++i) {
    CHECK(hex(made->at(i)) == x.at("packs")[i].at("object"));
    auto pack = history_pack::decode(made->at(i), clinic);
    REQUIRE(pack);
    CHECK(hex(pack->hash()) == x.at("packs")[i].at("hash"));
    auto opened = open_pack(clinic, *pack, held.chain, receiver.own(known), known);
    REQUIRE(opened);
    CHECK(opened->giver == giver.device);
    CHECK(opened->seeds.size() == pack->epochs());
    for (const auto& [n, seed] : opened->seeds)
      CHECK(to_bytes(seed.view()) == held.seeds.at(n));
  }
}

/// The slips and reports that both sides of a key list hold.
struct vector_thread {
  std::map<message_id, keyed_slip> slips;
  std::map<message_id, act> reports;

  vector_thread(const json& all_slips, const json& all_reports, const clinic_id& clinic) {
    for (const auto& s : all_slips) {
      auto message = at<message_id>(s, "message");
      slips[message] = {message,
                        at<conversation_id>(s, "conversation"),
                        at<hash32>(s, "h"),
                        at<hash32>(s, "commitment"),
                        all_of<party_id>(s.at("parties")),
                        s.at("time").get<time_ms>()};
    }
    for (const auto& r : all_reports) {
      auto report = act::decode(bytes_of(r), clinic);
      REQUIRE(report);
      reports[report->message()] = *report;
    }
  }
  [[nodiscard]] thread_of_keys callbacks() const {
    return {[this](const message_id& m) -> std::optional<keyed_slip> {
              auto found = slips.find(m);
              return found == slips.end() ? std::nullopt : std::optional{found->second};
            },
            [this](const message_id& m, const hash32&) -> std::optional<act> {
              auto found = reports.find(m);
              return found == reports.end() ? std::nullopt : std::optional{found->second};
            }};
  }
};

vector_world behind(const json& entries) {
  auto world = vector_world::whole();
  for (const auto& entry : entries) {
    INFO("entry " << entry.at("name"));
    REQUIRE(world.accept(entry) == refusal::none);
  }
  return world;
}

/// Whose head lists a device that may sign: every member of the clinic's role.
std::vector<device_id> members_of_thread() {
  std::vector<device_id> out;
  for (const auto* name : {"station", "nurse", "physician"})
    out.push_back(called(name).device);
  return out;
}

void check_key_lists(const json& x) {
  INFO(x.at("name"));
  auto world = behind(x.at("before"));
  auto known = world.standing_at(place_of(x));
  auto clinic = at<clinic_id>(x, "clinic");
  auto giver = called(x.at("giver"));
  vector_device receiver{x.at("receiver")};
  vector_thread thread{x.at("slips"), x.at("reports"), clinic};
  std::vector<message_key> keys;
  for (const auto& k : x.at("keys"))
    keys.push_back({at<message_id>(k, "message"), secret_at(k, "key")});
  keylist_claim claim{at<conversation_id>(x, "conversation"), receiver.device, at<hash32>(x, "invitation")};
  auto made = [&] {
    scripted_random random{bytes_at(x.at("lists")[0], "ephemeral")};
    return make_key_lists(clinic, claim, keys, thread.callbacks(), known, giver.signing);
  }();
  REQUIRE(made);
  REQUIRE(made->size() == 1);
  CHECK(hex(made->at(0)) == x.at("lists")[0].at("object"));
  auto list = key_list::decode(made->at(0), clinic);
  REQUIRE(list);
  CHECK(hex(list->hash()) == x.at("lists")[0].at("hash"));
  auto opened = open_key_list(*list, receiver.own(known), members_of_thread(), thread.callbacks(), known);
  REQUIRE(opened);
  CHECK(opened->refused.empty());
  REQUIRE(opened->keys.size() == keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i)
    CHECK(to_bytes(opened->keys[i].key.view()) == to_bytes(keys[i].key.view()));
}

/// What is kept and dropped, against the case.
template <class T>
void check_split(const json& x, std::vector<T> kept, std::vector<T> dropped, auto as_json) {
  auto listed = [&](const std::vector<T>& all) {
    json out = json::array();
    for (const auto& one : all)
      out.push_back(as_json(one));
    return out;
  };
  CHECK(listed(kept) == x.at("kept"));
  CHECK(listed(dropped) == x.at("dropped"));
}

void judge_pack(const json& x) {
  INFO(x.at("number") << ": " << x.at("name"));
  auto world = vector_world::before(x);
  auto known = world.standing_at(place_of(x));
  pack_chain held{named(vector_cases("pack"), x.at("chain_of"))};
  auto clinic = clinic_of_vectors();
  auto pack = history_pack::decode(bytes_at(x, "object"), clinic);
  REQUIRE(pack);
  auto reader = called(x.at("reader"));
  auto opened = open_pack(clinic, *pack, held.chain, reader.own(known), known, giver_of(x));
  std::vector<std::uint32_t> kept;
  std::vector<std::uint32_t> dropped;
  if (opened) {
    for (const auto& [n, seed] : opened->seeds)
      kept.push_back(n);
    dropped = opened->dropped;
  }
  CHECK(spoken(dropped.empty() ? opened.why() : refusal::seed_mismatch) == x.at("expect"));
  check_split(x, kept, dropped, [](std::uint32_t n) { return json(n); });
}

void judge_key_list(const json& x) {
  INFO(x.at("number") << ": " << x.at("name"));
  auto world = vector_world::before(x);
  auto known = world.standing_at(place_of(x));
  auto clinic = clinic_of_vectors();
  const auto& of = named(vector_cases("keylist"), x.at("thread_of"));
  vector_thread thread{x.value("slips", of.at("slips")), x.value("reports", of.at("reports")), clinic};
  vector_device reader{of.at("receiver")};
  auto list = key_list::decode(bytes_at(x, "object"), clinic);
  REQUIRE(list);
  auto opened =
      open_key_list(*list, reader.own(known), members_of_thread(), thread.callbacks(), known, giver_of(x));
  std::vector<message_id> kept;
  std::vector<message_id> dropped;
  auto why = opened.why();
  if (opened) {
    for (const auto& k : opened->keys)
      kept.push_back(k.message);
    for (const auto& r : opened->refused) {
      dropped.push_back(r.message);
      why = r.why;
    }
  }
  CHECK(spoken(why) == x.at("expect"));
  check_split(x, kept, dropped, [](const message_id& m) { return json(hex(m.view())); });
}

} // namespace

TEST_CASE("vectors: packs are made to the byte and opened") {
  for (const auto& x : vector_cases("pack"))
    check_packs(x);
}

TEST_CASE("vectors: key lists are made to the byte and opened") {
  for (const auto& x : vector_cases("keylist"))
    check_key_lists(x);
}

TEST_CASE("vectors: refusals of packs, negatives 66 to 68") {
  for (const auto& x : negatives_of({"pack"}))
    judge_pack(x);
}

TEST_CASE("vectors: refusals of key lists, negatives 67, 69 and 70") {
  for (const auto& x : negatives_of({"keylist"}))
    judge_key_list(x);
}
