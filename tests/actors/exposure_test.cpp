// What a device that was turned out could open and what the log says it did: for registrars, in pages.
#include "lookups.hpp"
#include "people_fixture.hpp"
#include "roster_rows.hpp"
#include <set>

using namespace wardline;
namespace ask = wire::device;

namespace {

struct exposed_phone : people_fixture {
  build::enrolled* nurse1 = nullptr;

  exposed_phone() {
    open();
    nurse1 = &bring_in(c.person("nurse1", {c.party("nurse1")}), {name_of("nurse1", 1)});
    proved = now;
  }
  void lose() {
    e2ee::revocation_fields x{
        e2ee::subject_kind::device,      nurse1->device, e2ee::revocation_reason::lost, now, c.admin().device,
        c.registrar_of(c.admin()).hash()};
    as<ask::submitted>(says(
        c.admin(),
        ask::submit{e2ee::sign_object(c.id, x, {{c.admin().signing, e2ee::labels::revocation}}), {}, {}}));
  }
  void in_conversations(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      conversation_id id;
      id.value = {static_cast<std::uint8_t>(1 + i / 256), static_cast<std::uint8_t>(i % 256)};
      auto key = rows::key_of_membership(c.party("nurse1"), id);
      s.disk.rows[static_cast<std::size_t>(ports::table::conversation)][std::move(key)] = {1};
    }
  }
  /// Leaves about nothing, and of them every `every`th one about this device.
  void write_leaves(std::size_t n, std::size_t every, const device_id& d) {
    wardline::write out;
    for (std::size_t i = 0; i < n; ++i) {
      act a;
      a.entry.kind = i % every == 0 ? rules::audit_kind::opened : rules::audit_kind::heartbeat;
      a.entry.time = now + i;
      if (i % every == 0)
        a.entry.device = d;
      out.acts.push_back(std::move(a));
      if (out.acts.size() == write_acts_max || i + 1 == n) {
        auto done = w.ask<committed>(store_in_house, std::exchange(out, {}));
        w.run();
        REQUIRE(done->answer);
      }
    }
  }
};

} // namespace

TEST_CASE("registrars alone see it, and only of a device that is out") {
  exposed_phone f;
  ask::get_exposure q{f.nurse1->device, ask::exposure_part::log, {}, {}, 0};
  CHECK(why(f.says(f.c.admin(), q)) == refusal::device_in_use);
  f.lose();
  CHECK(why(f.says(*f.nurse1, q)) != refusal::none);
  auto& other = f.bring_in(f.c.person("nurse2", {f.c.party("nurse2")}), {f.name_of("nurse2", 1)});
  CHECK(why(f.says(other, q)) == refusal::not_found);
  as<ask::exposure>(f.says(f.c.admin(), q));
  q.device = {};
  q.device.value.fill(0x77);
  CHECK(why(f.says(f.c.admin(), q)) == refusal::not_found);
}

TEST_CASE("conversations come in pages, each once") {
  exposed_phone f;
  f.lose();
  constexpr std::size_t all = wire::exposed_conversations_max + 40;
  f.in_conversations(all);
  ask::get_exposure q{f.nurse1->device, ask::exposure_part::could_open, {}, {}, 0};
  auto first = as<ask::exposure>(f.says(f.c.admin(), q));
  CHECK(first.conversations.size() == wire::exposed_conversations_max);
  CHECK(first.more);
  q.after_party = first.conversations.back().party;
  q.after_conversation = first.conversations.back().conversation;
  auto second = as<ask::exposure>(f.says(f.c.admin(), q));
  CHECK_FALSE(second.more);
  std::set<conversation_id> seen;
  for (const auto* page : {&first, &second})
    for (const auto& x : page->conversations) {
      CHECK(x.party == f.c.party("nurse1"));
      seen.insert(x.conversation);
    }
  CHECK(seen.size() == all);
  CHECK(first.conversations.size() + second.conversations.size() == all);
}

TEST_CASE("every entry that names it comes once, however many others lie between") {
  exposed_phone f;
  f.lose();
  f.write_leaves(3 * entries_looked_at_max, 3, f.nurse1->device); // more of them than one page carries
  std::vector<std::uint64_t> seen;
  ask::get_exposure q{f.nurse1->device, ask::exposure_part::log, {}, {}, 0};
  std::size_t pages = 0;
  for (bool more = true; more; ++pages) {
    auto page = as<ask::exposure>(f.says(f.c.admin(), q));
    CHECK(page.leaves.size() <= wire::exposed_leaves_max);
    for (const auto& x : page.leaves)
      seen.push_back(x.leaf);
    more = page.more;
    CHECK((!more || page.next_leaf > q.from_leaf));
    q.from_leaf = page.next_leaf;
  }
  CHECK(pages > 3);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
  std::size_t named = 0;
  for (std::uint64_t i = 0; i < f.leaves(); ++i) {
    auto entry = rules::decode_audit_entry(read_entry(f.s.disk, i)->entry);
    REQUIRE(entry);
    bool meant = entry->device == f.nurse1->device || entry->object == f.nurse1->device.value;
    named += meant ? 1 : 0;
    CHECK(std::binary_search(seen.begin(), seen.end(), i) == meant);
  }
  CHECK(seen.size() == named);
  CHECK(named > entries_looked_at_max);
}

TEST_CASE("a page ends where it is full, and nothing between is left out") {
  exposed_phone f;
  f.lose();
  f.write_leaves(wire::exposed_leaves_max + 10, 1, f.nurse1->device);
  ask::get_exposure q{f.nurse1->device, ask::exposure_part::log, {}, {}, 0};
  auto first = as<ask::exposure>(f.says(f.c.admin(), q));
  CHECK(first.leaves.size() == wire::exposed_leaves_max);
  CHECK(first.more);
  q.from_leaf = first.next_leaf;
  auto second = as<ask::exposure>(f.says(f.c.admin(), q));
  CHECK(second.leaves.front().leaf == first.leaves.back().leaf + 1);
}
