// Questions about identity: answers that a stranger with nothing but the pins can verify, and that always
// fit.
#include "e2ee/checkpoint.hpp"
#include "invited_devices.hpp"
#include "lookups.hpp"
#include "message_rows.hpp"
#include "role_links.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

using e2ee::link_reason;

struct question_house : people_fixture {
  build::enrolled* nurse1 = nullptr;
  build::enrolled* nurse2 = nullptr;
  party_id role = c.party("triage");
  role_links triage{*this, role, e2ee::party_kind::role};

  question_house() {
    open();
    nurse1 = &nurse("nurse1", {"triage"});
    nurse2 = &nurse("nurse2", {"triage"});
    triage.accepted(*nurse1, {nurse1}, link_reason::genesis);
    triage.accepted(*nurse1, {nurse1, nurse2}, link_reason::add);
  }
  outcome with_proofs(const build::enrolled& who, ask::request_body what) {
    auto a = w.ask<outcome>(auditor, add_proofs{says(who, std::move(what)), now});
    w.run();
    REQUIRE(a->answer);
    return *a->answer;
  }
  /// The object's hash stands in an entry, the entry in a leaf, the leaf in the signed tree.
  e2ee::log_place proved(const ask::logged& l, const std::string& note) {
    auto tree = e2ee::verify_note(note, s.log_key.signer.origin, s.log_key.signer.key);
    REQUIRE(tree);
    auto entry = rules::decode_audit_entry(l.entry);
    REQUIRE(entry);
    rules::audit_salt salt{};
    std::copy(l.salt.begin(), l.salt.end(), salt.begin());
    auto leaf = rules::leaf_hash(rules::leaf_data_of(entry->kind, salt, l.entry));
    REQUIRE(e2ee::check_inclusion(leaf, l.leaf, tree->size, tree->root, l.proof) == refusal::none);
    return {l.leaf, entry->time};
  }
};

/// A registry and a disk that hold a long chain, without the work of making it in good order.
struct long_chain {
  build::clinic c;
  memory_storage disk;
  registry known;
  party_id role = c.party("triage");

  long_chain() {
    auto root = *e2ee::root_certificate::decode(c.log[0].raw, c.id);
    auto server = *e2ee::server_certificate::decode(c.log[1].raw, c.id);
    known.found({c.id, {}, root.hash(), server.hash()}, root, server);
    known.put(role, rows::party{rules::party_kind::role, "triage", 0, {}});
  }
  void put(ports::table where, bytes key, const bytes& value, bool stamped_row = true) {
    bytes stored(stamped_row ? stamp_bytes : 0);
    stored.insert(stored.end(), value.begin(), value.end());
    disk.rows[static_cast<std::size_t>(where)][std::move(key)] = stored;
  }
  void extend(std::uint32_t n, const std::vector<e2ee::party_member>& members) {
    e2ee::roster_link link;
    link.members = members;
    link.members_raw = e2ee::encode_members(members);
    link.seals_raw = bytes(link.members_raw.size(), 1);
    e2ee::link_fields x;
    x.party = role;
    x.party_is = e2ee::party_kind::role;
    x.n = n;
    x.inbox = c.pair("inbox").public_part;
    x.count = static_cast<std::uint16_t>(members.size());
    x.time = n;
    auto raw = e2ee::sign_object(c.id, x, {{c.admin().signing, e2ee::labels::link}});
    link.core = *e2ee::link_core::decode(raw, c.id);
    known.extend(link);
    auto hash = link.core.hash();
    put(ports::table::object, {hash.begin(), hash.end()}, raw);
    put(ports::table::party, rows::key_of_head(role),
        rows::encode(rows::party_head{link.members_raw, link.seals_raw}));
  }
  ask::party from(std::uint32_t n, const caller& who = {}) {
    return as<ask::party>(get_party({known, disk, 0}, who, ask::get_party{role, n}));
  }
  /// With a proof of 24 hashes and the longest entry of its kinds behind each object.
  static std::size_t size_on_the_wire(ask::party p) {
    for (auto* all : {&p.cores, &p.certificates})
      for (auto& l : *all) {
        l.salt = bytes(16);
        l.entry = rules::encode(rules::audit_entry{});
        l.proof.resize(24);
      }
    p.checkpoint = std::string(300, 'x');
    return ask::encode(ask::from_daemon{ask::answer{{}, p}}).size();
  }
};

} // namespace

TEST_CASE("people are found by their exact name, roles are listed, logged-in people only") {
  question_house f;
  auto found = as<ask::person>(f.says(*f.nurse1, ask::find_person{"nurse2"}));
  CHECK(found.user == f.nurse2->user);
  CHECK(found.party == f.c.party("nurse2"));
  CHECK(why(f.says(*f.nurse1, ask::find_person{"nurse"})) == refusal::not_found);
  CHECK(why(f.says(*f.nurse1, ask::find_person{""})) == refusal::not_found);
  auto roles = as<ask::parties>(f.says(*f.nurse1, ask::list_parties{})).names;
  REQUIRE(roles.size() == 2); // with the one every clinic has
  for (const auto& r : roles) {
    CHECK(r.name == (r.emergency ? "emergency" : "triage"));
    CHECK(r.emergency == (r.party == f.c.party("emergency")));
  }
  CHECK(why(f.knocks({}, ask::list_parties{})) == refusal::not_logged_in);
  auto nobody = std::make_shared<caller>(*f.caller_of(*f.nurse1));
  nobody->user = {};
  CHECK(why(f.answer_to(ask_directory{nobody, {}, ask::find_person{"nurse2"}, f.now})) ==
        refusal::not_logged_in);
  CHECK(why(f.says(*f.nurse1, ask::get_checkpoint{})) == refusal::unknown_request);
}

TEST_CASE("a party's answer verifies from the pins alone") {
  question_house f;
  auto party = as<ask::party>(f.with_proofs(*f.nurse2, ask::get_party{f.role, 1}));
  e2ee::trust fresh{f.c.id, f.c.identity.public_part()};
  for (const auto& l : party.certificates)
    REQUIRE(e2ee::admit(l.object, fresh, {f.proved(l, party.checkpoint), {}}) == refusal::none);
  CHECK(fresh.newest(f.nurse1->device)->what.raw() == f.nurse1->certificate.raw());
  REQUIRE(party.cores.size() == 2);
  fresh.learn(f.role, e2ee::party_kind::role);
  auto first = e2ee::link_core::decode(party.cores[0].object, f.c.id);
  auto head = e2ee::roster_link::decode(party.cores[1].object, party.members, party.seals, f.c.id);
  REQUIRE(first);
  REQUIRE(head);
  e2ee::trust_standing standing{fresh, f.proved(party.cores[1], party.checkpoint)};
  e2ee::party_chain nothing_yet;
  nothing_yet.party = f.role;
  nothing_yet.kind = e2ee::party_kind::role;
  auto chain = e2ee::follow(nothing_yet, std::vector{*first}, *head, standing);
  REQUIRE(chain);
  CHECK(chain->head() == 2);

  auto newest = as<ask::party>(f.says(*f.nurse2, ask::get_party{f.role, 2}));
  CHECK(newest.cores.size() == 1);
  CHECK(newest.members == party.members);
  CHECK(as<ask::party>(f.says(*f.nurse2, ask::get_party{f.role, 9})).cores.empty());
}

TEST_CASE("a party that is unknown, or has no link yet") {
  question_house f;
  CHECK(why(f.says(*f.nurse1, ask::get_party{f.c.party("nowhere"), 1})) == refusal::not_found);
  auto own = as<ask::party>(f.says(*f.nurse1, ask::get_party{f.c.party("nurse1"), 1}));
  CHECK(own.kind == 1);
  CHECK(own.cores.empty());
  f.s.disk.poison(ports::table::party, rows::key_of_head(f.role));
  CHECK(why(f.says(*f.nurse1, ask::get_party{f.role, 1})) == refusal::value_not_openable);
}

TEST_CASE("objects that everybody verifies are given, in the order asked, others as if they were not there") {
  question_house f;
  conversation_links talk{f, "talk"};
  auto m = talk.accepted(*f.nurse1, {{f.c.party("nurse1"), e2ee::party_kind::user}});
  auto root = e2ee::root_certificate::decode(f.c.log[0].raw, f.c.id)->hash();
  auto got = as<ask::objects>(f.with_proofs(
      *f.nurse2, ask::get_objects{{f.nurse1->certificate.hash(), talk.head.hash, build::drawn("nothing"),
                                   f.triage.chain.epochs.back().hash, root}}));
  REQUIRE(got.found.size() == 3);
  CHECK(got.found[0].object == f.nurse1->certificate.raw());
  CHECK(got.found[2].object == f.c.log[0].raw);
  for (const auto& l : got.found)
    f.proved(l, got.checkpoint);
}

TEST_CASE("a link of a conversation, also an earlier one, is for who is in it now") {
  question_house f;
  conversation_links talk{f, "talk"};
  talk.accepted(*f.nurse1, {{f.c.party("nurse1"), e2ee::party_kind::user}});
  auto first = talk.head.hash;
  auto asked = [&](const auto& who) {
    return as<ask::objects>(f.with_proofs(who, ask::get_objects{{first}}));
  };
  auto own = asked(*f.nurse1);
  REQUIRE(own.found.size() == 1);
  f.proved(own.found[0], own.checkpoint);
  CHECK(asked(*f.nurse2).found.empty());
  talk.accepted(*f.nurse1, {{f.c.party("nurse1"), e2ee::party_kind::user}, {f.role, e2ee::party_kind::role}});
  CHECK(talk.head.hash != first);
  CHECK(asked(*f.nurse2).found.size() == 1);
}

TEST_CASE("conversations are listed with their newest number") {
  question_house f;
  conversation_links talk{f, "talk"};
  talk.accepted(*f.nurse1, {{f.c.party("nurse1"), e2ee::party_kind::user}, {f.role, e2ee::party_kind::role}});
  auto id = talk.head.conversation;
  f.s.disk.rows[static_cast<std::size_t>(ports::table::index)][rows::key_of_place(id, 7)] = bytes(16);
  auto all = as<ask::conversations>(f.says(*f.nurse1, ask::list_conversations{})).all;
  REQUIRE(all.size() == 1); // once, though two of her parties are in it
  CHECK(all.front().id == id);
  CHECK(all.front().last_seq == 7);
}

TEST_CASE("conversations come in pages, each once, ascending, a poisoned one left out") {
  question_house f;
  conversation_links talk{f, "talk"};
  talk.accepted(*f.nurse1, {{f.role, e2ee::party_kind::role}});
  auto& table = f.s.disk.rows[static_cast<std::size_t>(ports::table::conversation)];
  auto row = table.at(to_bytes(talk.head.conversation.view()));
  std::set<conversation_id> expected{talk.head.conversation};
  for (std::size_t i = 0; i < 2 * wire::conversations_listed_max; ++i) {
    auto id = build::named<conversation_id>("talk " + std::to_string(i));
    table[to_bytes(id.view())] = row;
    table[rows::key_of_membership(f.role, id)] = {1};
    if (i % 3 == 0) // in two of her parties
      table[rows::key_of_membership(f.c.party("nurse1"), id)] = {1};
    if (i % 100 == 99)
      f.s.disk.poison(ports::table::conversation, to_bytes(id.view()));
    else
      expected.insert(id);
  }
  std::vector<conversation_id> seen;
  std::vector<std::size_t> pages;
  conversation_id after;
  for (bool more = true; more;) {
    auto answer = f.says(*f.nurse1, ask::list_conversations{after});
    CHECK(ask::encode(ask::from_daemon{ask::answer{{}, answer.result}}).size() <= wire::message_bytes_max);
    auto page = as<ask::conversations>(answer);
    for (const auto& one : page.all)
      seen.push_back(one.id);
    pages.push_back(page.all.size());
    more = page.more;
    after = seen.back();
  }
  CHECK(seen == std::vector(expected.begin(), expected.end()));
  CHECK(pages == std::vector<std::size_t>{wire::conversations_listed_max,
                                          expected.size() - wire::conversations_listed_max});
  auto none = as<ask::conversations>(f.says(*f.nurse1, ask::list_conversations{after}));
  CHECK(none.all.empty());
  CHECK_FALSE(none.more);
}

TEST_CASE("roles come in pages, each once, ascending") {
  long_chain f;
  std::set<party_id> expected{f.role};
  for (std::size_t i = 0; i < 2 * wire::parties_listed_max + 1; ++i) {
    auto id = f.c.party("role " + std::to_string(i));
    f.known.put(id, rows::party{rules::party_kind::role, "x", 0, {}});
    f.known.put(f.c.party("nobody's " + std::to_string(i)), rows::party{rules::party_kind::user, "y", 0, {}});
    expected.insert(id);
  }
  std::vector<party_id> seen;
  std::size_t pages = 0;
  party_id after;
  for (bool more = true; more; ++pages) {
    auto page = as<ask::parties>(list_parties({f.known, f.disk, 0}, {after}));
    CHECK(page.names.size() <= wire::parties_listed_max);
    for (const auto& one : page.names)
      seen.push_back(one.party);
    more = page.more;
    after = seen.back();
  }
  CHECK(pages == 3);
  CHECK(seen == std::vector(expected.begin(), expected.end()));
}

TEST_CASE("a station is found by its name, until it is turned out") {
  question_house f;
  auto& desk = f.bring_in(f.c.station("front desk", {f.role}), {});
  CHECK(as<ask::station>(f.says(*f.nurse1, ask::find_person{"front desk"})).device == desk.device);
  turn_out(f, desk);
  CHECK(why(f.says(*f.nurse1, ask::find_person{"front desk"})) == refusal::not_found);
}

TEST_CASE("a long chain comes in pages, the head's members with the last one") {
  long_chain f;
  auto links = static_cast<std::uint32_t>(party_bytes_max / (292 + logged_bytes)) + 5;
  for (std::uint32_t n = 1; n <= links; ++n)
    f.extend(n, {{f.c.admin().device, f.c.admin().certificate.hash(), {}}});
  auto page = f.from(1);
  CHECK(page.cores.size() == links - 5);
  CHECK(page.members.empty());
  CHECK(page.certificates.empty());
  CHECK(f.size_on_the_wire(page) <= wire::message_bytes_max);
  auto last = f.from(links - 4);
  CHECK(last.cores.size() == 5);
  CHECK_FALSE(last.members.empty());
}

TEST_CASE("the largest party with all its certificates fits one message") {
  long_chain f;
  std::vector<e2ee::party_member> members;
  std::vector<party_id> parties;
  for (int i = 0; i < 24; ++i)
    parties.push_back(f.c.party("role " + std::to_string(i)));
  for (std::size_t i = 0; i < e2ee::party_members_max; ++i) {
    auto& e = f.c.person("nurse " + std::to_string(i), parties);
    members.push_back({e.device, e.certificate.hash(), {}});
  }
  std::sort(members.begin(), members.end(), [](auto& a, auto& b) { return a.device < b.device; });
  f.known.trust_to_extend() = f.c.trust;
  f.extend(1, members);
  auto all = f.from(1);
  CHECK(all.cores.size() == 1);
  CHECK(all.certificates.size() < 2 * members.size()); // the rest is asked for by hash
  CHECK(all.certificates.size() > members.size());
  CHECK(f.size_on_the_wire(all) <= wire::message_bytes_max);
}

TEST_CASE("a station asks for a person before anybody is logged in on it; a personal device does not") {
  people_fixture f;
  f.open();
  auto& nurse = f.nurse("nurse1");
  auto& desk = f.bring_in(f.c.station("front desk", {}), {});
  CHECK(as<ask::person>(f.says(desk, ask::find_person{"nurse1"})).user == nurse.user);
  CHECK(why(f.says(desk, ask::find_person{"nobody"})) == refusal::not_found);
  CHECK(why(f.says(desk, ask::list_parties{})) == refusal::not_logged_in);
  auto nobody = std::make_shared<caller>(*f.caller_now(nurse));
  nobody->user = {};
  ask_directory hers{nobody, nurse.noise.public_part, ask::find_person{"nurse1"}, f.now};
  CHECK(why(f.answer_to(std::move(hers))) == refusal::not_logged_in);
}
