#include "people_rows.hpp"
#include <catch2/catch.hpp>

using namespace wardline;

namespace {

hash32 hash_of(std::uint8_t fill) {
  hash32 out;
  out.fill(fill);
  return out;
}

template <class Id>
Id id_of(std::uint8_t fill) {
  Id out;
  out.value.fill(fill);
  return out;
}

/// The row comes back as it went in, and nothing shorter, longer or of another version is a row.
template <class Row>
void check_row(const Row& row) {
  auto raw = rows::encode(row);
  auto back = rows::decode<Row>(raw);
  REQUIRE(back);
  CHECK(rows::encode(*back) == raw);
  for (std::size_t n = 0; n < raw.size(); ++n)
    CHECK_FALSE(rows::decode<Row>(bytes_view{raw}.first(n)));
  auto longer = raw;
  longer.push_back(0);
  CHECK_FALSE(rows::decode<Row>(longer));
  auto newer = raw;
  newer.front() = 2;
  CHECK_FALSE(rows::decode<Row>(newer));
  // What decodes is what stands there: no two rows have the same bytes.
  for (std::size_t bit = 0; bit < raw.size() * 8; ++bit) {
    auto flipped = raw;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    auto other = rows::decode<Row>(flipped);
    if (other)
      CHECK(rows::encode(*other) == flipped);
  }
}

template <class Row>
bool decodes(bytes raw) {
  return rows::decode<Row>(raw).has_value();
}

} // namespace

TEST_CASE("rows of people come back as they went in, and nothing else is one") {
  check_row(rows::user{id_of<party_id>(1), "Nurse One", "$argon2id$v=19$m=65536"});
  check_row(rows::user{{}, std::string(96, 'x'), std::string(256, 'y')});
  check_row(rows::device{hash_of(2), true});
  check_row(rows::device{hash_of(2), false});
  check_row(rows::lock_share{3, bytes(32, 4), {}});
  check_row(rows::lock_share{3, bytes(32, 4), bytes(32, 5)});
  check_row(rows::wrong_passwords{7, 1'790'000'000'000, false});
  check_row(rows::wrong_passwords{7, 1'790'000'000'000, true});
  check_row(rows::strange_tries{8, 1'790'000'000'000});
  check_row(rows::store_instance{{1, 2, 3}});
  check_row(rows::second_factor{bytes(20, 1), {}, {}, {}});
  check_row(rows::second_factor{bytes(20, 1), {7, {8, 10, 200}}, {2}, {hash_of(3), hash_of(4)}});
  check_row(rows::party{rules::party_kind::role, "triage", 5, hash_of(6)});
  check_row(rows::party_head{bytes(82, 7), bytes(82, 8)});
  check_row(rows::party_head{});
  check_row(rows::conversation{9, hash_of(10)});
  check_row(rows::invitation{
      hash_of(11), {1, 2, 3}, hash_of(12), 4, rows::invitation_state::spent, hash_of(13), hash_of(23)});
  check_row(rows::link_key{hash_of(14), "cli"});
  check_row(rows::session{id_of<user_id>(15), 16, 17, 18, hash_of(18)});
  check_row(rows::clinic{id_of<clinic_id>(19), id_of<incarnation_id>(20), hash_of(21), hash_of(22),
                         id_of<party_id>(24)});
}

TEST_CASE("fields come back in their places") {
  auto s = rows::decode<rows::session>(rows::encode(rows::session{id_of<user_id>(1), 2, 3, 5, hash_of(4)}));
  REQUIRE(s);
  CHECK(s->user == id_of<user_id>(1));
  CHECK(s->since == 2);
  CHECK(s->until == 3);
  CHECK(s->proved == 5);
  CHECK(s->handshake == hash_of(4));
  auto i = rows::decode<rows::invitation>(rows::encode(rows::invitation{
      hash_of(1), {2}, hash_of(3), 4, rows::invitation_state::dead, hash_of(5), hash_of(6)}));
  REQUIRE(i);
  CHECK(i->object == hash_of(1));
  CHECK(i->code_hash == hash_of(3));
  CHECK(i->wrong_codes == 4);
  CHECK(i->state == rows::invitation_state::dead);
  CHECK(i->certificate == hash_of(5));
  CHECK(i->link_key == hash_of(6));
  auto p = rows::decode<rows::party>(
      rows::encode(rows::party{rules::party_kind::service, "scribe", 7, hash_of(8)}));
  REQUIRE(p);
  CHECK(p->kind == rules::party_kind::service);
  CHECK(p->name == "scribe");
  CHECK(p->n == 7);
  auto w = rows::decode<rows::wrong_passwords>(rows::encode(rows::wrong_passwords{1, 2, true}));
  REQUIRE(w);
  CHECK(w->in_a_row == 1);
  CHECK(w->last == 2);
  CHECK(w->known);
}

TEST_CASE("values outside their range are no row") {
  auto party = rows::encode(rows::party{rules::party_kind::role, "r", 1, {}});
  for (auto kind : bytes{0, 5, 255}) {
    party[1] = kind;
    CHECK_FALSE(decodes<rows::party>(party));
  }
  CHECK_FALSE(decodes<rows::lock_share>(rows::encode(rows::lock_share{1, bytes(31), {}})));
  CHECK_FALSE(decodes<rows::lock_share>(rows::encode(rows::lock_share{1, bytes(32), bytes(31)})));
  CHECK_FALSE(decodes<rows::second_factor>(rows::encode(rows::second_factor{bytes(19), {}, {}, {}})));
  for (const auto& used :
       {rules::used_steps{5, {5}}, rules::used_steps{5, {7, 6}}, rules::used_steps{5, {6, 6}},
        rules::used_steps{5, std::vector<std::uint32_t>(rules::used_steps_max + 1, 9)}})
    CHECK_FALSE(decodes<rows::second_factor>(rows::encode(rows::second_factor{bytes(20), used, {}, {}})));
  CHECK_FALSE(decodes<rows::second_factor>(rows::encode(
      rows::second_factor{bytes(20), {}, {}, std::vector<hash32>(wire::recovery_codes_made + 1)})));
  CHECK_FALSE(decodes<rows::user>(rows::encode(rows::user{{}, std::string(97, 'x'), ""})));
  CHECK_FALSE(decodes<rows::user>(rows::encode(rows::user{{}, "x", std::string(257, 'y')})));
  CHECK_FALSE(decodes<rows::link_key>(rows::encode(rows::link_key{{}, std::string(65, 'x')})));
  CHECK_FALSE(decodes<rows::party_head>(rows::encode(rows::party_head{bytes((1u << 16) + 1), {}})));
  auto device = rows::encode(rows::device{});
  device.back() = 2;
  CHECK_FALSE(decodes<rows::device>(device));
}

TEST_CASE("keys of one table never meet") {
  auto d = id_of<device_id>(1);
  auto u = id_of<user_id>(2);
  auto p = id_of<party_id>(3);
  auto c = id_of<conversation_id>(4);
  CHECK(rows::key_of_share(d).size() == 17);
  CHECK(rows::key_of_wrong_passwords(d, u).size() == 33);
  auto wrong = rows::key_of_wrong_passwords(d, u);
  CHECK(rows::key_of_share(d) != bytes(wrong.begin(), wrong.begin() + 17));
  CHECK(rows::key_of_share(d) != rows::key_of_store_instance(d));
  CHECK(rows::key_of_store_instance(d).size() == 17);
  CHECK(rows::key_of_factor(u).size() == 17);
  CHECK(rows::key_of_factor(u) != rows::key_of_strange_tries(u));
  CHECK(rows::key_of_head(p).size() == 17);
  auto membership = rows::key_of_membership(p, c);
  CHECK(membership.size() == 32);
  CHECK(std::equal(p.value.begin(), p.value.end(), membership.begin()));
  CHECK(std::equal(c.value.begin(), c.value.end(), membership.begin() + 16));
}
