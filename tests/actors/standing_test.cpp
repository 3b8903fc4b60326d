// What the log says about a person or a device, and what changed since a leaf.
#include "invited_devices.hpp"
#include "lookups.hpp"
#include "role_links.hpp"
#include <set>

using namespace wardline;
namespace ask = wire::device;

namespace {

struct standing_house : people_fixture {
  build::enrolled* nurse1 = nullptr;
  build::enrolled* second = nullptr; ///< of the same person
  build::enrolled* nurse2 = nullptr;
  party_id triage = c.party("triage");

  standing_house() {
    open();
    nurse1 = &nurse("nurse1", {"triage"});
    second = &bring_in(c.person("second", {c.party("nurse1")}, "nurse1"), {});
    nurse2 = &nurse("nurse2");
  }
  hash32 grants(const build::enrolled& to) {
    auto x = c.grant(to.user, triage);
    as<ask::submitted>(says(c.admin(), ask::submit{x.raw(), {}, {}}));
    return x.hash();
  }
  hash32 withdraws(const build::enrolled& from) {
    auto x = c.withdraw(from.user, triage);
    as<ask::submitted>(says(c.admin(), ask::submit{x.raw(), {}, {}}));
    return x.hash();
  }
  std::set<hash32> hashes(const ask::objects& o) const {
    std::set<hash32> out;
    for (const auto& l : o.found)
      out.insert(hash_of(l.object));
    return out;
  }
  /// Of an object that the house holds.
  hash32 hash_of(const bytes& raw) const {
    for (const auto& [key, stored] : s.disk.rows[static_cast<std::size_t>(ports::table::object)])
      if (auto parts = split_stamp(stored); parts && to_bytes(parts->value) == raw)
        return *fixed<32>(key);
    return {};
  }
  /// Of what the builder made last.
  hash32 last_hash() const { return hash_of(c.log.back().raw); }
  std::set<hash32> about(const build::enrolled& who, const user_id& u) {
    return hashes(as<ask::objects>(says(who, ask::get_standing{u, {}})));
  }
};

} // namespace

TEST_CASE("a registrar and the person herself see certificates, newest words and revocations") {
  standing_house f;
  f.grants(*f.nurse1);
  auto withdrawn = f.withdraws(*f.nurse1);
  turn_out(f, *f.second);
  auto revocation = f.last_hash();
  std::set<hash32> expected{f.nurse1->certificate.hash(), f.second->certificate.hash(), withdrawn,
                            revocation};
  CHECK(f.about(f.c.admin(), f.nurse1->user) == expected);
  CHECK(f.about(*f.nurse1, f.nurse1->user) == expected);
  auto of_device = f.hashes(as<ask::objects>(f.says(f.c.admin(), ask::get_standing{{}, f.second->device})));
  CHECK(of_device == std::set{f.second->certificate.hash(), withdrawn, revocation});
  f.restart();
  CHECK(f.about(f.c.admin(), f.nurse1->user) == expected);
}

TEST_CASE("others learn nothing, not even who exists") {
  standing_house f;
  auto encoded = [&](const outcome& o) { return ask::encode(ask::from_daemon{ask::answer{{}, o.result}}); };
  auto nobody = encoded(f.says(*f.nurse2, ask::get_standing{f.c.user("nobody"), {}}));
  CHECK(encoded(f.says(*f.nurse2, ask::get_standing{f.nurse1->user, {}})) == nobody);
  CHECK(encoded(f.says(*f.nurse2, ask::get_standing{{}, f.nurse1->device})) == nobody);
  CHECK(why(f.says(f.c.admin(), ask::get_standing{f.c.user("nobody"), {}})) == refusal::not_found);
}

TEST_CASE("a station is asked about by its device, also by itself") {
  standing_house f;
  auto& desk = f.bring_in(f.c.station("front desk", {f.triage}), {});
  as<ask::submitted>(f.says(f.c.admin(), ask::submit{f.c.withdraw(desk.device, f.triage).raw(), {}, {}}));
  auto said = f.hashes(as<ask::objects>(f.says(f.c.admin(), ask::get_standing{{}, desk.device})));
  CHECK(said == std::set{desk.certificate.hash(), f.last_hash()});
  auto on_it = std::make_shared<caller>(*f.caller_now(desk)); // somebody is logged in there
  on_it->user = f.nurse2->user;
  CHECK(as<ask::objects>(f.answer_to(ask_directory{on_it, {}, ask::get_standing{{}, desk.device}, f.now}))
            .found.size() == 2);
}

TEST_CASE("a registrar whose right was taken away asks like anybody") {
  standing_house f;
  e2ee::revocation_fields x{
      e2ee::subject_kind::registrar, f.c.admin().device, e2ee::revocation_reason::left, f.now, {}, {}};
  f.proved = f.now;
  as<ask::submitted>(
      f.says(f.c.admin(),
             ask::submit{e2ee::sign_object(f.c.id, x, {{f.c.identity, e2ee::labels::revocation}}), {}, {}}));
  CHECK(why(f.says(f.c.admin(), ask::get_standing{f.nurse1->user, {}})) == refusal::not_found);
}

TEST_CASE("changes come by leaf, from the one behind the last known, to whoever is logged in") {
  standing_house f;
  auto one = f.grants(*f.nurse1);
  f.nurse("somebody"); // no change of this kind
  auto two = f.withdraws(*f.nurse1);
  turn_out(f, *f.second);
  auto three = f.last_hash();
  auto all = as<ask::objects>(f.says(*f.nurse2, ask::get_changes{0})).found;
  REQUIRE(all.size() == 3);
  CHECK(f.hash_of(all[0].object) == one);
  CHECK(f.hash_of(all[1].object) == two);
  CHECK(f.hash_of(all[2].object) == three);
  auto rest = as<ask::objects>(f.says(*f.nurse2, ask::get_changes{all[0].leaf + 1})).found;
  REQUIRE(rest.size() == 2);
  CHECK(rest[0].leaf == all[1].leaf);
  CHECK(as<ask::objects>(f.says(*f.nurse2, ask::get_changes{all[2].leaf + 1})).found.empty());
  CHECK(why(f.knocks({}, ask::get_changes{0})) == refusal::not_logged_in);
}

TEST_CASE("more changes than one message holds are asked for in pages, and none is skipped") {
  standing_house f;
  std::vector<hash32> all;
  const auto count = party_bytes_max / logged_bytes; // with their own bytes: more than fit
  // Accepted long ago: rows and registry as `directory` would have them, without its work.
  registry known;
  known.found({f.c.id, {}, {}, {}, {}}, *e2ee::root_certificate::decode(f.c.log[0].raw, f.c.id),
              *e2ee::server_certificate::decode(f.c.log[1].raw, f.c.id));
  memory_storage disk;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto x = f.c.grant_of(e2ee::subject_kind::user, e2ee::subject_of(f.nurse1->user), f.triage,
                          e2ee::grant_state::granted, 0);
    x.serial = static_cast<std::uint32_t>(i + 1);
    auto grant = *e2ee::role_grant::decode(
        e2ee::sign_object(f.c.id, x, {{f.c.admin().signing, e2ee::labels::grant}}), f.c.id);
    bytes stored = ports::row_key(100 + i);
    stored.resize(stamp_bytes);
    stored.insert(stored.end(), grant.raw().begin(), grant.raw().end());
    auto hash = grant.hash();
    disk.rows[static_cast<std::size_t>(ports::table::object)][to_bytes(hash)] = stored;
    known.adopt(grant, {100 + i, f.now});
    all.push_back(hash);
  }
  std::size_t seen = 0;
  std::size_t pages = 0;
  std::uint64_t from = 0;
  for (;;) {
    auto page = as<ask::objects>(get_changes({known, disk, f.now}, {from})).found;
    if (page.empty())
      break;
    ++pages;
    for (const auto& l : page)
      CHECK(l.leaf == 100 + seen++);
    from = page.back().leaf + 1;
    for (auto& l : page) { // as they travel, from a log of 16 million leaves
      l.entry.resize(160);
      l.salt.resize(wire::salt_bytes);
      l.proof.resize(24);
    }
    wire::device::answer answer{build::named<request_id>("a page"), wire::device::objects{page, "a note\n"}};
    auto raw = wire::device::encode(wire::device::from_daemon{answer});
    CHECK(raw.size() <= wire::message_bytes_max);
    CHECK(wire::device::decode_from_daemon(raw).why() == refusal::none); // a device can read it
  }
  CHECK(seen == count);
  CHECK(pages == 2);
}
