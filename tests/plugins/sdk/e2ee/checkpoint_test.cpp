#include "e2ee/checkpoint.hpp"
#include "naive_tree.hpp"
#include <catch2/catch.hpp>
#include <sodium.h>

using namespace wardline;
using namespace wardline::e2ee;

namespace {

const std::string origin = "clinic.example/nahi/audit/1";

struct log_key {
  public_key pub{};
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret{};

  explicit log_key(std::uint8_t seed) {
    std::array<std::uint8_t, crypto_sign_SEEDBYTES> bytes{};
    bytes.fill(seed);
    crypto_sign_seed_keypair(pub.data(), secret.data(), bytes.data());
  }
  [[nodiscard]] signature64 sign(bytes_view m) const {
    signature64 out;
    crypto_sign_detached(out.data(), nullptr, m.data(), m.size(), secret.data());
    return out;
  }
};

std::string note_for(const checkpoint& head, const log_key& key) {
  auto note = make_note(head, key.pub, [&](bytes_view m) { return key.sign(m); });
  REQUIRE(note);
  return *note;
}

std::string replaced(std::string s, const std::string& what, const std::string& with) {
  auto at = s.find(what);
  REQUIRE(at != std::string::npos);
  return s.replace(at, what.size(), with);
}

/// A signature line of somebody else; blob of `size` bytes, all `fill`.
std::string line_of(const std::string& name, std::uint8_t fill, std::size_t size = 68) {
  bytes blob(size, fill);
  std::string out(sodium_base64_ENCODED_LEN(size, sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), blob.data(), size, sodium_base64_VARIANT_ORIGINAL);
  out.pop_back();
  return "\xe2\x80\x94 " + name + " " + out + "\n";
}

} // namespace

TEST_CASE("a note as other implementations write it is read to the byte") {
  const std::string note =
      "clinic.example/nahi/audit/7f3a\n3\nUDxGhQd8/uPcY+vEAOeWyTovOlEp8gbfGP9UorsBV+8=\n\n"
      "\xe2\x80\x94 clinic.example/nahi/audit/7f3a "
      "K0kpZoE35bqvU0J3TKNN5dlXORq28pHwvUE7RMI8emB295K1S5GB9yEZ23D/lSveAUcSEGPf+krid/ffD1rJXS3itgs=\n"
      "\xe2\x80\x94 witness.example/w1 "
      "c91UvAAAAABrAp3HAz0/nptM0BAem81MIeZI+IdwsGgt1U2JbISQEgC7rbGZOnP4RCAMAgofuNQwZq2HmAxsv3HGs/"
      "PP1JvVh9DCBw=="
      "\n";
  auto read = decode_note(note);
  REQUIRE(read);
  CHECK(read->head.origin == "clinic.example/nahi/audit/7f3a");
  CHECK(read->head.size == 3);
  CHECK(hex(read->head.root) == "503c4685077cfee3dc63ebc400e796c93a2f3a5129f206df18ff54a2bb0157ef");
  REQUIRE(read->signatures.size() == 2);
  CHECK(hex(read->signatures[0].key_id) == "2b492966");
  CHECK(read->signatures[0].blob.size() == 64);
  CHECK(read->signatures[1].name == "witness.example/w1");
  CHECK(read->signatures[1].blob.size() == 72);
  CHECK(*note_body(read->head) == note.substr(0, read->body_bytes));
}

TEST_CASE("the specification's example verifier key comes out to the character") {
  auto key = fixed<32>(*from_hex("e932791ae6e7a840a46164c904786426d5e7821dd8b29a00d61cae72afdd4da4"));
  REQUIRE(key);
  CHECK(hex(key_id_of("example.com/foo", *key)) == "530d903a");
  CHECK(verifier_key("example.com/foo", *key) ==
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
}

TEST_CASE("a note we make is one line of body each, verifies, and names its key") {
  log_key key{7};
  checkpoint head{origin, 70'000, sha256(view("root"))};
  auto note = note_for(head, key);
  auto read = verify_note(note, origin, key.pub);
  REQUIRE(read);
  CHECK(*read == head);
  CHECK(std::count(note.begin(), note.end(), '\n') == 5);
  CHECK(verifier_key(origin, key.pub).starts_with(origin + "+" + hex(key_id_of(origin, key.pub)) + "+A"));
  CHECK(make_note({"-bad", 1, {}}, key.pub, {}).why() == refusal::bad_text);
  CHECK(make_note({"two words", 1, {}}, key.pub, {}).why() == refusal::bad_text);
  CHECK(make_note({origin, tree_size_max + 1, {}}, key.pub, {}).why() == refusal::unknown_value);
}

TEST_CASE("notes that others got wrong are refused") {
  log_key key{7};
  checkpoint head{origin, 42, sha256(view("root"))};
  auto good = note_for(head, key);
  auto root = good.substr(good.find("42\n") + 3, 44);
  auto blank = good.find("\n\n");
  auto body = good.substr(0, blank + 1);
  auto signatures = good.substr(blank + 2);
  std::string many;
  for (std::uint8_t i = 0; i < note_signatures_max; ++i)
    many += line_of("w.example/" + std::to_string(i), i);
  auto spare_bits = root; // 32 bytes leave two spare bits in the last character before the padding
  auto& last = spare_bits[42];
  last = static_cast<char>(last + 1);
  struct {
    const char* what;
    std::string note;
    refusal why;
  } cases[] = {
      {"empty", "", refusal::truncated},
      {"two lines", origin + "\n42\n", refusal::truncated},
      {"no signatures", body, refusal::truncated},
      {"blank line only", body + "\n", refusal::truncated},
      {"extension line", body + "extra\n\n" + signatures, refusal::trailing_bytes},
      {"no blank line", body + signatures, refusal::trailing_bytes},
      {"text behind the signatures", good + "more\n", refusal::trailing_bytes},
      {"hyphen for the dash", replaced(good, "\xe2\x80\x94", "-"), refusal::trailing_bytes},
      {"last newline cut", good.substr(0, good.size() - 1), refusal::truncated},
      {"leading zero", replaced(good, "\n42\n", "\n042\n"), refusal::unknown_value},
      {"plus sign", replaced(good, "\n42\n", "\n+42\n"), refusal::unknown_value},
      {"minus sign", replaced(good, "\n42\n", "\n-42\n"), refusal::unknown_value},
      {"space", replaced(good, "\n42\n", "\n42 \n"), refusal::unknown_value},
      {"no size", replaced(good, "\n42\n", "\n\n"), refusal::unknown_value},
      {"size 2^63", replaced(good, "\n42\n", "\n9223372036854775808\n"), refusal::unknown_value},
      {"size beyond 64 bits", replaced(good, "\n42\n", "\n99999999999999999999\n"), refusal::unknown_value},
      {"carriage return", replaced(good, "\n42\n", "\r\n42\n"), refusal::bad_text},
      {"zero byte", replaced(good, "\n42\n", std::string{"\0\n42\n", 5}), refusal::bad_text},
      {"invalid UTF-8", replaced(good, "clinic", "clini\xc0\xaf"), refusal::bad_text},
      {"cut UTF-8", good + "\xe2\x80", refusal::bad_text},
      {"surrogate", replaced(good, "clinic", "clinic\xed\xa0\x80"), refusal::bad_text},
      {"origin with a space", replaced(good, "clinic", "cli nic"), refusal::bad_text},
      {"origin with a plus", replaced(good, "clinic", "cli+nic"), refusal::bad_text},
      {"origin starting below 0x30", replaced(good, "clinic", "-clinic"), refusal::bad_text},
      {"base64 with spare bits", replaced(good, root, spare_bits), refusal::unknown_value},
      {"base64 without padding", replaced(good, root, root.substr(0, 43)), refusal::unknown_value},
      {"root of 33 bytes", replaced(good, root, std::string(44, 'A')), refusal::unknown_value},
      {"URL-safe base64", replaced(good, root, std::string(42, '_') + "8="), refusal::unknown_value},
      {"signature without a name", body + "\n\xe2\x80\x94  AAAAAAAA\n", refusal::bad_text},
      {"signature without base64", body + "\n\xe2\x80\x94 name\n", refusal::truncated},
      {"key id and nothing", body + "\n" + line_of("w", 1, 4), refusal::truncated},
      {"17 signatures", body + "\n" + many + signatures, refusal::count_too_large},
      {"one key twice", good + signatures, refusal::not_sorted},
      {"too large", good + std::string(note_bytes_max, 'x'), refusal::object_too_large},
  };
  for (const auto& c : cases) {
    INFO(c.what);
    CHECK(decode_note(c.note).why() == c.why);
  }
  many.resize(many.size() - line_of("w.example/15", 15).size());
  CHECK(verify_note(body + "\n" + many + signatures, origin, key.pub)); // 16 of them
  CHECK(verify_note(body + "\n" + signatures + line_of("other.example", 0, 2424), origin, key.pub));
}

TEST_CASE("a note counts only with the pinned origin and the log's own signature") {
  log_key key{7};
  log_key other{8};
  checkpoint head{origin, 42, sha256(view("root"))};
  auto good = note_for(head, key);
  CHECK(verify_note(good, origin + "0", key.pub).why() == refusal::log_other_origin);
  CHECK(verify_note(good, origin, other.pub).why() == refusal::bad_signature);
  CHECK(verify_note(note_for(head, other), origin, key.pub).why() == refusal::bad_signature);
  CHECK(verify_note(replaced(good, "\n42\n", "\n43\n"), origin, key.pub).why() == refusal::bad_signature);
  auto other_name = replaced(good, "\xe2\x80\x94 clinic", "\xe2\x80\x94 Clinic");
  CHECK(verify_note(other_name, origin, key.pub).why() == refusal::bad_signature);
  // Right key id, blob of a wrong length.
  auto read = decode_note(good);
  REQUIRE(read);
  read->signatures[0].blob.push_back(0);
  CHECK(check_note(*read, origin, key.pub) == refusal::bad_signature);
}

TEST_CASE("no single flipped bit of a note is accepted as the same checkpoint's signature") {
  log_key key{9};
  auto good = note_for({origin, 5, sha256(view("r"))}, key);
  for (std::size_t i = 0; i < good.size() * 8; ++i) {
    auto bent = good;
    bent[i / 8] = static_cast<char>(bent[i / 8] ^ (1 << (i % 8)));
    REQUIRE_FALSE(verify_note(bent, origin, key.pub));
  }
  for (std::size_t n = 0; n < good.size(); ++n)
    REQUIRE_FALSE(verify_note(good.substr(0, n), origin, key.pub));
}

TEST_CASE("a pin only moves forward along one log") {
  std::vector<bytes> leaves;
  for (std::uint8_t i = 0; i < 20; ++i)
    leaves.push_back({i});
  test::naive_tree tree{leaves};
  auto at = [&](std::size_t n) { return checkpoint{origin, n, tree.root(n)}; };
  incarnation_id life{};
  life.value[0] = 1;
  log_pin pin{life, at(9)};

  auto moved = advance_pin(pin, at(20), tree.consistency(9, 20));
  REQUIRE(moved);
  CHECK(*moved == log_pin{life, at(20)});
  CHECK(*advance_pin(pin, at(9), {}) == pin);
  SECTION("negative 146: a smaller tree") {
    CHECK(advance_pin(pin, at(8), {}).why() == refusal::log_rolled_back);
  }
  SECTION("negative 147: equal size, other root") {
    CHECK(advance_pin(pin, {origin, 9, tree.root(8)}, {}).why() == refusal::log_forked);
  }
  SECTION("negative 148: another origin without a new incarnation") {
    checkpoint other{"clinic.example/nahi/audit/2", 20, tree.root(20)};
    CHECK(advance_pin(pin, other, tree.consistency(9, 20)).why() == refusal::log_other_origin);
  }
  SECTION("a proof of another tree") {
    auto bent = tree.consistency(9, 20);
    bent.back()[0] ^= 1;
    CHECK(advance_pin(pin, at(20), bent).why() == refusal::log_forked);
  }
  SECTION("a pin on the empty tree is followed by every tree") {
    log_pin empty{life, {origin, 0, empty_root()}};
    CHECK(advance_pin(empty, at(3), {}));
    CHECK(advance_pin(empty, at(3), tree.consistency(2, 3)).why() == refusal::log_forked);
    CHECK(advance_pin(empty, {origin, 0, tree.root(1)}, {}).why() == refusal::log_forked);
    CHECK(advance_pin(empty, empty.head, {}));
  }
}
