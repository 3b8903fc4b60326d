#include "roster_rows.hpp"
#include <catch2/catch.hpp>

using namespace wardline;

namespace {

template <class Id>
Id id_of(std::uint8_t fill) {
  Id out;
  out.value.fill(fill);
  return out;
}

hash32 hash_of(std::uint8_t fill) {
  hash32 out;
  out.fill(fill);
  return out;
}

/// Back as it went in; neither shorter, longer, nor of another version.
template <class Row>
Row check_row(const Row& row) {
  auto raw = rows::encode(row);
  auto back = rows::decode<Row>(raw);
  REQUIRE(back);
  CHECK(rows::encode(*back) == raw);
  for (std::size_t size = 0; size < raw.size(); ++size)
    CHECK_FALSE(rows::decode<Row>(bytes_view{raw}.first(size)));
  auto longer = raw;
  longer.push_back(0);
  CHECK_FALSE(rows::decode<Row>(longer));
  raw.front() = 2;
  CHECK_FALSE(rows::decode<Row>(raw));
  return *back;
}

} // namespace

TEST_CASE("rows beside parties and conversations come back as they went in, and nothing else is one") {
  auto word = check_row(rows::word{3, hash_of(4)});
  CHECK(word.serial == 3);
  CHECK(word.object == hash_of(4));
  CHECK(check_row(rows::pack_wanted{1'790'000'000'000}).history_from == 1'790'000'000'000);
  auto pack = check_row(rows::kept_pack{5, 6});
  CHECK(pack.first == 5);
  CHECK(pack.last == 6);
  auto keys = check_row(rows::kept_keys{hash_of(7), 8});
  CHECK(keys.object == hash_of(7));
  CHECK(keys.parts == 8);
  CHECK(check_row(rows::keys_given{id_of<device_id>(9)}).giver == id_of<device_id>(9));
  auto renewal = check_row(rows::renewal{{1, 2, 3}, {4}});
  CHECK(renewal.offer == bytes{1, 2, 3});
  CHECK(renewal.word == bytes{4});
  CHECK(check_row(rows::report{{5, 6}}).act == bytes{5, 6});
  CHECK(check_row(rows::kept_answer{hash_of(1), id_of<device_id>(2)}).giver == id_of<device_id>(2));
}

TEST_CASE("keys say what they are keys of, and of nothing else") {
  auto p = id_of<party_id>(1);
  auto d = id_of<device_id>(2);
  auto c = id_of<conversation_id>(3);
  e2ee::grant_key of_user{e2ee::subject_kind::user, e2ee::subject_of(id_of<user_id>(4)), p};
  e2ee::grant_key of_device{e2ee::subject_kind::device, e2ee::subject_of(d), p};
  for (const auto& k : {of_user, of_device})
    CHECK(rows::word_of_key(rows::key_of_word(k)) == k);
  CHECK(rows::key_of_word(of_user) != rows::key_of_word(of_device));
  auto wanted = rows::pack_wanted_of_key(rows::key_of_pack_wanted(p, d));
  REQUIRE(wanted);
  CHECK(wanted->first == p);
  CHECK(wanted->second == d);
  auto part = rows::key_of_keys(c, d, 258, id_of<device_id>(5));
  CHECK(rows::part_of_key(part) == 258);
  CHECK(rows::key_of_keys(c, d, 2, id_of<device_id>(9)) < rows::key_of_keys(c, d, 3, id_of<device_id>(5)));

  auto m = id_of<message_id>(8);
  auto report = rows::report_of_key(rows::key_of_report(c, d, m));
  REQUIRE(report);
  CHECK(report->conversation == c);
  CHECK(report->device == d);
  CHECK(report->message == m);
  CHECK_FALSE(rows::report_of_key(rows::key_of_renewal(d)));

  const std::vector<bytes> others{
      to_bytes(p.view()),           rows::key_of_report(c, d, m),        rows::key_of_renewal(d),
      rows::key_of_head(p),         rows::key_of_pack(p, d, hash_of(6)), rows::key_of_keys_given(c, d),
      rows::key_of_membership(p, c)};
  for (const auto& k : others) {
    CHECK_FALSE(rows::word_of_key(k));
    CHECK_FALSE(rows::pack_wanted_of_key(k));
    CHECK_FALSE(rows::part_of_key(k));
  }
  CHECK_FALSE(rows::word_of_key(rows::key_of_pack_wanted(p, d)));
  CHECK_FALSE(rows::pack_wanted_of_key(rows::key_of_word(of_user)));
  auto bad_kind = rows::key_of_word(of_user);
  bad_kind[17] = 3;
  CHECK_FALSE(rows::word_of_key(bad_kind));
}

TEST_CASE("all of one device's packs and parts start alike, another device's do not") {
  auto p = id_of<party_id>(1);
  auto d = id_of<device_id>(2);
  auto c = id_of<conversation_id>(3);
  auto starts = [](const bytes& key, const bytes& prefix) {
    return std::equal(prefix.begin(), prefix.end(), key.begin());
  };
  CHECK(starts(rows::key_of_pack(p, d, hash_of(4)), rows::prefix_of_packs(p, d)));
  CHECK_FALSE(starts(rows::key_of_pack(p, id_of<device_id>(5), hash_of(4)), rows::prefix_of_packs(p, d)));
  CHECK(starts(rows::key_of_keys(c, d, 1, d), rows::prefix_of_keys(c, d)));
  CHECK_FALSE(starts(rows::key_of_keys(c, id_of<device_id>(5), 1, d), rows::prefix_of_keys(c, d)));
}
