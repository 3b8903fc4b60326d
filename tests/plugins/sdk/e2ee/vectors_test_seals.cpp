// V1 of e2ee 12, derivations and seals: the library's random source is scripted with the vectors' ephemeral
// secrets, and every output must come out byte for byte; then the other side opens it.
#include "../wire/scripted_random.hpp"
#include "e2ee/attachment_seal.hpp"
#include "e2ee/body_seal.hpp"
#include "e2ee/hpke.hpp"
#include "e2ee/kdf.hpp"
#include "e2ee/party_keys.hpp"
#include "e2ee/safety_code.hpp"
#include "e2ee/slip_seals.hpp"
#include "vectors_file.hpp"

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::tests;

namespace {

std::vector<recipient> recipients_of(const json& x) {
  std::vector<recipient> out;
  for (const auto& s : x.at("seals"))
    out.push_back({at<party_id>(s, "party"), s.at("epoch").get<std::uint32_t>(), at<public_key>(s, "inbox")});
  return out;
}

bytes ephemerals_of(const json& x) {
  bytes out;
  for (const auto& s : x.at("seals")) {
    auto one = bytes_at(s, "ephemeral");
    out.insert(out.end(), one.begin(), one.end());
  }
  return out;
}

records_sealer opaque_records(const json& x) {
  if (x.at("records").get<std::string>().empty())
    return nullptr;
  return [copy = at<records_copy>(x, "records")](const secret32&, const hash32&) { return copy; };
}

void check_slip(const json& x, bytes_view content) {
  auto clinic = at<clinic_id>(x, "clinic");
  auto author = signing_key::from_seed(secret_at(x.at("signers")[0], "seed"));
  scripted_random script{ephemerals_of(x)};
  auto made =
      seal_message_with(secret_at(x, "key"), clinic,
                        {header_of(x.at("fields")), content, recipients_of(x), opaque_records(x)}, author);
  REQUIRE(made);
  CHECK(hex(made->slip) == x.at("object"));
  CHECK(hex(made->h) == x.at("h"));
  if (x.contains("body"))
    CHECK(hex(made->body) == x.at("body"));
}

/// Every recipient opens its seal, and K opens the body.
void check_opens(const json& x) {
  auto decoded = slip::decode(bytes_at(x, "object"), at<clinic_id>(x, "clinic"));
  REQUIRE(decoded);
  CHECK(hex(decoded->h) == x.at("h"));
  CHECK(hex(decoded->hash()) == x.at("hash"));
  CHECK(check_slip_signature(*decoded, at<public_key>(x.at("signers")[0], "public_key")) == refusal::none);
  CHECK(decoded->records.has_value() != is_zero(decoded->header.records_key));
  for (std::size_t i = 0; i < decoded->header.parties.size(); ++i) {
    auto inbox = x25519_pair::from_secret(secret32{bytes_of(x.at("inbox_secrets")[i])});
    auto key = open_seal(*decoded, decoded->header.parties[i], inbox);
    REQUIRE(key);
    CHECK(hex(key->view()) == x.at("key"));
  }
}

} // namespace

TEST_CASE("vectors: derivations") {
  for (const auto& x : vector_cases("kdf")) {
    INFO(x.at("name"));
    if (x.contains("ikm")) {
      bytes out(x.at("size").get<std::size_t>());
      auto info = bytes_at(x, "info");
      hkdf(bytes_at(x, "ikm"), {info}, out);
      CHECK(hex(out) == x.at("output"));
    } else if (x.contains("commitment")) {
      auto keys = derive_body_keys(secret_at(x, "key"), at<message_id>(x, "message"));
      CHECK(hex(keys.commitment) == x.at("commitment"));
      CHECK(hex(keys.key.view()) == x.at("body_key"));
    } else if (x.contains("inbox")) {
      auto pair = inbox_of(at<clinic_id>(x, "clinic"), at<party_id>(x, "party"),
                           x.at("n").get<std::uint32_t>(), secret_at(x, "seed"));
      CHECK(hex(pair.secret.view()) == x.at("inbox_secret"));
      CHECK(hex(pair.public_part) == x.at("inbox"));
    } else if (x.contains("code")) {
      auto heads = all_of<hash32>(x.at("heads"));
      CHECK(safety_code(heads.at(0), heads.at(1)) == x.at("code"));
      CHECK(safety_code(heads.at(1), heads.at(0)) == x.at("code"));
    } else {
      CHECK(hex(labelled_hash(x.at("label").get<std::string>(), bytes_at(x, "message"))) == x.at("hash"));
    }
  }
}

TEST_CASE("vectors: HPKE") {
  for (const auto& x : vector_cases("hpke")) {
    INFO(x.at("name"));
    if (x.contains("ikm")) {
      auto pair = hpke_derive_key_pair(bytes_at(x, "ikm"));
      CHECK(hex(pair.secret.view()) == x.at("secret"));
      CHECK(hex(pair.public_part) == x.at("public"));
      continue;
    }
    auto receiver = x25519_pair::from_secret(secret_at(x, "receiver_secret"));
    CHECK(hex(receiver.public_part) == x.at("receiver_public"));
    auto info = bytes_at(x, "info"), plain = bytes_at(x, "plain");
    scripted_random script{bytes_at(x, "ephemeral")};
    auto sealed = hpke_seal(receiver.public_part, info, plain);
    REQUIRE(sealed);
    CHECK(hex(*sealed) == x.at("enc").get<std::string>() + x.at("ct").get<std::string>());
    auto opened = hpke_open(receiver, info, *sealed);
    REQUIRE(opened);
    CHECK(opened->value == plain);
  }
}

TEST_CASE("vectors: attachments of one, two and three chunks") {
  for (const auto& x : vector_cases("attachment")) {
    INFO(x.at("name"));
    auto key = secret_at(x, "key");
    auto message = at<message_id>(x, "message");
    attachment_facts facts{at<attachment_id>(x, "attachment"), at<hash32>(x, "blob_hash"),
                           x.at("blob_size").get<std::uint64_t>(), x.at("file_size").get<std::uint64_t>(),
                           at<hash32>(x, "file_hash")};
    auto own_key = derive_attachment_key(key, message, facts.attachment);
    CHECK(hex(own_key.view()) == x.at("attachment_key"));
    CHECK(blob_bytes(facts.file_size) == facts.blob_size);
    auto file = rule_content(facts.file_size);
    auto padded = file;
    padded.resize(padded_bytes(file.size()));
    auto reader = attachment_reader::begin(key, message, facts);
    REQUIRE(reader);
    bytes blob, read;
    for (std::uint32_t i = 0; i < reader->chunks(); ++i) {
      auto piece = bytes_view{padded}.subspan(i * wire::chunk_bytes_max);
      piece = piece.first(std::min(piece.size(), wire::chunk_bytes_max));
      auto sealed = seal_chunk(own_key, {facts.attachment, i, i + 1 == reader->chunks()}, piece);
      CHECK(sealed.size() == sealed_bytes_of_chunk(facts.blob_size, i));
      blob.insert(blob.end(), sealed.begin(), sealed.end());
      auto plain = reader->take(sealed);
      REQUIRE(plain);
      read.insert(read.end(), plain->value.begin(), plain->value.end());
    }
    CHECK(reader->finish() == refusal::none);
    CHECK(read == file);
    CHECK(hex(sha256(blob)) == x.at("blob_hash"));
    if (x.contains("blob"))
      CHECK(hex(blob) == x.at("blob"));
  }
}

TEST_CASE("vectors: bodies of every bucket") {
  for (const auto& x : vector_cases("body")) {
    INFO(x.at("name"));
    auto key = secret_at(x, "key");
    auto message = at<message_id>(x, "message");
    auto content = rule_content(x.at("content_size").get<std::size_t>());
    auto body = seal_body(key, message, content);
    REQUIRE(body);
    CHECK(body->size() == x.at("body_size"));
    CHECK(hex(sha256(*body)) == x.at("body_hash"));
    if (x.contains("body"))
      CHECK(hex(*body) == x.at("body"));
    CHECK(hex(derive_body_keys(key, message).commitment) == x.at("commitment"));
    auto opened = open_body(*body,
                            {message, at<hash32>(x, "body_hash"), x.at("body_size").get<std::uint32_t>(),
                             at<hash32>(x, "commitment")},
                            key);
    REQUIRE(opened);
    CHECK(opened->value == content);
  }
}

TEST_CASE("vectors: slips, their bodies, and a re-seal") {
  const auto& cases = vector_cases("slip");
  for (const auto& x : cases) {
    INFO(x.at("name"));
    check_opens(x);
    if (!x.contains("re_seal_of")) {
      check_slip(x, bytes_at(x, "content"));
      continue;
    }
    const auto& first = named(cases, x.at("re_seal_of"));
    auto old = slip::decode(bytes_at(first, "object"), at<clinic_id>(first, "clinic"));
    REQUIRE(old);
    scripted_random script{bytes_at(x.at("seals")[0], "ephemeral")};
    auto again = reseal(*old, secret_at(x, "key"), recipients_of(x)[0],
                        signing_key::from_seed(secret_at(x.at("signers")[0], "seed")));
    REQUIRE(again);
    CHECK(hex(*again) == x.at("object"));
    CHECK(x.at("h") == first.at("h"));
  }
}

TEST_CASE("vectors: a slip with attachments and a longer envelope") {
  const auto& encoding = vector_cases("encoding");
  const auto& x = named(encoding, "slip, 2 attachments, longer envelope");
  check_slip(x, view("Room 4: chest pain, please come"));
}
