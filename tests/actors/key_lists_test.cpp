// Key lists for a device that replaced all others of its person: who is asked, who may give, what is kept
// (e2ee 5.7, 6.9).
#include "e2ee/keylist.hpp"
#include "invited_devices.hpp"
#include "role_links.hpp"
#include "submission.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

using e2ee::link_reason;

struct replaced_house : people_fixture {
  build::enrolled* old = nullptr;   ///< nurse1's phone that was lost
  build::enrolled* fresh = nullptr; ///< in its place
  build::enrolled* giver = nullptr; ///< of the triage role
  build::enrolled* other = nullptr; ///< of the same role
  build::enrolled* stranger = nullptr;
  party_id own = c.party("nurse1");
  party_id role = c.party("triage");
  role_links triage{*this, role, e2ee::party_kind::role};
  conversation_links talk{*this, "talk"};
  time_ms from = now - build::day;

  replaced_house() {
    open();
    old = &nurse("nurse1");
    giver = &nurse("giver", {"triage"});
    other = &nurse("other", {"triage"});
    stranger = &nurse("stranger");
    triage.accepted(*giver, {giver, other}, link_reason::genesis);
    talk.accepted(*old, {{own, e2ee::party_kind::user}, {role, e2ee::party_kind::role}});
    fresh = &bring_in(
        device_with_history(c, "fresh", {own}, from, e2ee::invitation_purpose::replacement, "nurse1"), {});
  }
  void lost() { turn_out(*this, *old); }
  e2ee::keylist_fields fields(std::uint16_t part = 0, std::uint16_t parts = 1) const {
    e2ee::keylist_fields x;
    x.conversation = talk.head.conversation;
    x.receiver = fresh->device;
    x.receiver_certificate = fresh->certificate.hash();
    x.invitation = fresh->invited.hash();
    x.part = part;
    x.parts = parts;
    x.enc = build::pair_of("somebody").public_part;
    x.ct = bytes(e2ee::keylist_entry_bytes + 16, 3);
    return x;
  }
  ask::submit list(e2ee::keylist_fields x, const build::enrolled& by) const {
    x.ct[1] = by.device.value[0]; // two givers' seals are never the same bytes
    return {e2ee::sign_object(c.id, x, {{by.signing, e2ee::labels::keylist}}), {}, {}};
  }
  std::vector<ask::keys_wanted> wanted(const build::enrolled& who) {
    return as<ask::pending>(says(who, ask::list_pending{})).key_lists;
  }
  ask::key_lists given(const build::enrolled& who, std::uint32_t part = 0) {
    return as<ask::key_lists>(says(who, ask::get_key_lists{talk.head.conversation, part}));
  }
  void refused_as(const build::enrolled& who, const ask::submit& m, refusal expected) {
    auto before = s.disk.rows;
    CHECK(to_string(why(says(who, m))) == to_string(expected));
    CHECK(s.disk.rows == before);
  }
};

} // namespace

TEST_CASE("members of another party are asked for keys until a whole list was given") {
  replaced_house f;
  CHECK(f.wanted(*f.giver).empty()); // the old phone still stands
  f.lost();
  REQUIRE(f.wanted(*f.giver).size() == 1);
  CHECK(f.wanted(*f.giver).front().conversation == f.talk.head.conversation);
  CHECK(f.wanted(*f.giver).front().device == f.fresh->device);
  CHECK(f.wanted(*f.giver).front().history_from == f.from);
  CHECK(f.wanted(*f.other).size() == 1);
  CHECK(f.wanted(*f.stranger).empty());
  CHECK(f.wanted(*f.fresh).empty());
  auto first = f.list(f.fields(0, 2), *f.giver);
  auto second = f.list(f.fields(1, 2), *f.giver);
  auto done = as<ask::submitted>(f.says(*f.giver, second));
  CHECK(f.last_entry().conversation == f.talk.head.conversation);
  CHECK(f.wanted(*f.giver).size() == 1); // half of it
  CHECK(as<ask::submitted>(f.says(*f.giver, second)).leaf == done.leaf);
  as<ask::submitted>(f.says(*f.giver, first));
  CHECK(f.wanted(*f.giver).empty());
  CHECK(f.wanted(*f.other).empty());
  CHECK(f.given(*f.fresh).objects == std::vector<bytes>{first.object, second.object});
  CHECK_FALSE(f.given(*f.fresh).more);
  CHECK(f.given(*f.giver).objects.empty());
  f.restart();
  CHECK(f.wanted(*f.giver).empty());
}

TEST_CASE("key lists that are refused change nothing") {
  replaced_house f;
  auto good = f.list(f.fields(), *f.giver);
  f.refused_as(*f.giver, good, refusal::key_list_not_allowed); // the old phone still stands
  f.lost();
  f.refused_as(*f.stranger, f.list(f.fields(), *f.stranger), refusal::not_found);
  f.refused_as(*f.other, good, refusal::bad_signature);
  f.refused_as(*f.fresh, f.list(f.fields(), *f.fresh), refusal::signer_not_member); // of no other party
  auto with = [&](auto change) {
    auto x = f.fields();
    change(x);
    return f.list(x, *f.giver);
  };
  f.refused_as(*f.giver, with([](auto& x) { x.invitation = {}; }), refusal::key_list_not_allowed);
  f.refused_as(*f.giver, with([](auto& x) { x.invitation[0] ^= 1; }), refusal::key_list_not_allowed);
  f.refused_as(*f.giver, with([](auto& x) { x.receiver_certificate = {}; }), refusal::stale_certificate);
  f.refused_as(*f.giver, with([&](auto& x) { x.receiver = f.old->device; }), refusal::device_revoked);
  f.refused_as(*f.giver, with([&](auto& x) {
    x.receiver = f.stranger->device;
    x.receiver_certificate = f.stranger->certificate.hash();
  }),
               refusal::key_list_not_allowed);
  f.refused_as(*f.giver, with([](auto& x) { x.conversation = build::named<conversation_id>("nowhere"); }),
               refusal::not_found);
  f.refused_as(*f.giver, with([](auto& x) { x.parts = key_list_parts_max + 1; }), refusal::count_too_large);
  // The person has left the conversation.
  f.talk.accepted(*f.giver, {{f.role, e2ee::party_kind::role}});
  f.refused_as(*f.giver, good, refusal::key_list_not_allowed);
}

TEST_CASE("a long key list comes in pages by part") {
  replaced_house f;
  f.lost();
  std::vector<bytes> all;
  const std::uint16_t parts = wire::packs_per_message_max + 2;
  for (std::uint16_t i = 0; i < parts; ++i) {
    auto m = f.list(f.fields(i, parts), *f.giver);
    all.push_back(m.object);
    as<ask::submitted>(f.says(*f.giver, m));
  }
  auto page = f.given(*f.fresh);
  CHECK(page.more);
  CHECK(page.objects == std::vector(all.begin(), all.begin() + wire::packs_per_message_max));
  page = f.given(*f.fresh, wire::packs_per_message_max);
  CHECK_FALSE(page.more);
  CHECK(page.objects == std::vector(all.begin() + wire::packs_per_message_max, all.end()));
  CHECK(f.given(*f.fresh, 70'000).objects.empty());
}

TEST_CASE("lists of several givers are kept side by side, and a page never cuts through a part") {
  replaced_house f;
  f.lost();
  const std::uint16_t parts = 5;
  for (std::uint16_t i = 0; i < parts; ++i)
    for (const auto* by : {f.giver, f.other})
      as<ask::submitted>(f.says(*by, f.list(f.fields(i, parts), *by)));
  auto page = f.given(*f.fresh);
  CHECK(page.more);
  CHECK(page.objects.size() == 8); // parts 0 to 3 of both
  CHECK(f.given(*f.fresh, 4).objects.size() == 2);
}

TEST_CASE("a giver's new list takes the place of the old one, a fifth giver that of the oldest") {
  replaced_house f;
  f.lost();
  as<ask::submitted>(f.says(*f.giver, f.list(f.fields(0, 2), *f.giver)));
  auto other_count = f.list(f.fields(0, 1), *f.giver);
  as<ask::submitted>(f.says(*f.giver, other_count));
  CHECK(f.given(*f.fresh).objects == std::vector<bytes>{other_count.object});
  auto x = f.fields(0, 1);
  x.ct[0] = 9;
  auto same_part = f.list(x, *f.giver);
  as<ask::submitted>(f.says(*f.giver, same_part));
  CHECK(f.given(*f.fresh).objects == std::vector<bytes>{same_part.object});

  std::vector<const build::enrolled*> members{f.giver, f.other};
  for (std::size_t i = 0; i < key_list_givers_max; ++i) {
    auto& more = f.nurse("giver " + std::to_string(i), {"triage"});
    members.push_back(&more);
    f.triage.accepted(*f.giver, members, link_reason::add);
    as<ask::submitted>(f.says(more, f.list(f.fields(), more)));
  }
  auto kept = f.given(*f.fresh).objects;
  CHECK(kept.size() == key_list_givers_max);
  CHECK(std::find(kept.begin(), kept.end(), same_part.object) == kept.end());
}
