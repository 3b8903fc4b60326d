// Every byte of the third judge's bodies, slips, links, conversations and acts (e2ee 12, run V1).
#include "e2ee/act.hpp"
#include "e2ee/body_seal.hpp"
#include "e2ee/hpke.hpp"
#include "e2ee/party_keys.hpp"
#include "e2ee/slip_seals.hpp"
#include "judge.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::test;

namespace {

bytes piece(const bytes& all, std::size_t i, std::size_t size) {
  return to_bytes(bytes_view{all}.subspan(i * size, size));
}

/// Signed again by the judge's signers over our own encoding: every byte as the judge wrote it.
template <class Object>
void comes_out_to_the_byte(const json& c) {
  auto id = as<clinic_id>(c.at("clinic"));
  auto object = raw(c.at("object"));
  auto decoded = Object::decode(object, id);
  REQUIRE(decoded);
  CHECK(decoded->frame.signed_bytes().size() == c.at("signed_size").get<std::size_t>());
  CHECK(decoded->hash() == as<hash32>(c.at("hash")));
  const auto& s = c.at("signers").at(0);
  auto key = signing_key::from_seed(secret32{raw(s.at("seed"))});
  CHECK(sign_object(id, *decoded, {{key, s.at("label").get_ref<const std::string&>()}}) == object);
}

} // namespace

TEST_CASE("bodies of every bucket come out to the byte") {
  std::size_t made = 0;
  for (const auto& c : judged("body")) {
    INFO(c.at("name"));
    bytes content(c.at("content_size").get<std::size_t>());
    for (std::size_t i = 0; i < content.size(); ++i)
      content[i] = static_cast<std::uint8_t>(i % 251);
    secret32 key{raw(c.at("key"))};
    auto message = as<message_id>(c.at("message"));
    CHECK(derive_body_keys(key, message).commitment == as<hash32>(c.at("commitment")));
    auto body = seal_body(key, message, content);
    REQUIRE(body);
    CHECK(body->size() == c.at("body_size").get<std::size_t>());
    CHECK(sha256(*body) == as<hash32>(c.at("body_hash")));
    if (c.contains("body"))
      CHECK(*body == raw(c.at("body")));
    ++made;
  }
  CHECK(made == 10);
}

TEST_CASE("slips come out to the byte, and every recipient opens them") {
  std::map<std::string, slip> before;
  for (const auto& c : judged("slip")) {
    INFO(c.at("name"));
    comes_out_to_the_byte<object<slip_fields>>(c);
    auto s = slip::decode(raw(c.at("object")), as<clinic_id>(c.at("clinic")));
    REQUIRE(s);
    CHECK(s->h == as<hash32>(c.at("h")));
    CHECK(s->records.has_value() == !c.at("records").get<std::string>().empty());
    secret32 key{raw(c.at("key"))};
    const auto& inputs = c.at("seals");
    REQUIRE(inputs.size() == s->seals.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const auto& in = inputs.at(i);
      auto party = as<party_id>(in.at("party"));
      auto ephemeral = x25519_pair::from_secret(secret32{raw(in.at("ephemeral"))});
      auto sealed = hpke_seal_with(ephemeral, as<public_key>(in.at("inbox")),
                                   seal_info(s->h, party, in.at("epoch")), key.view());
      REQUIRE(sealed);
      bytes stands{s->seals[i].enc.begin(), s->seals[i].enc.end()};
      stands.insert(stands.end(), s->seals[i].ct.begin(), s->seals[i].ct.end());
      CHECK(*sealed == stands);
      auto inbox = x25519_pair::from_secret(secret32{raw(c.at("inbox_secrets").at(i))});
      auto opened = open_seal(*s, party, inbox);
      REQUIRE(opened);
      CHECK(to_bytes(opened->view()) == raw(c.at("key")));
    }
    if (c.contains("re_seal_of")) {
      const auto& first = before.at(c.at("re_seal_of").get<std::string>());
      CHECK(first.h == s->h);
      CHECK(first.records == s->records);
    }
    if (c.contains("body"))
      CHECK(check_posted_body(s->header, raw(c.at("body"))) == refusal::none);
    before.emplace(c.at("name").get<std::string>(), *s);
  }
  CHECK(before.size() == 6);
}

TEST_CASE("links come out to the byte: core, members, seals, seed and inbox") {
  std::size_t made = 0;
  for (const auto& c : judged("link")) {
    INFO(c.at("name"));
    comes_out_to_the_byte<link_core>(c);
    auto id = as<clinic_id>(c.at("clinic"));
    auto core = *link_core::decode(raw(c.at("object")), id);
    CHECK(core.raw().size() == 292); // e2ee 5.6
    secret32 seed{raw(c.at("seed"))};
    CHECK(inbox_of(id, core.party, core.n, seed).public_part == core.inbox);
    auto members = raw(c.at("members"));
    auto ephemerals = raw(c.at("ephemerals"));
    auto sealing_keys = raw(c.at("sealing_keys"));
    std::vector<seed_seal> seals(core.count);
    for (std::size_t i = 0; i < core.count; ++i) {
      auto device = *device_id::from(bytes_view{members}.subspan(2 + i * 80, 16));
      auto ephemeral = x25519_pair::from_secret(secret32{piece(ephemerals, i, 32)});
      auto sealed = *hpke_seal_with(ephemeral, *fixed<32>(piece(sealing_keys, i, 32)),
                                    seed_info(id, core, device), seed.view());
      std::copy_n(sealed.begin(), 32, seals[i].enc.begin());
      std::copy_n(sealed.begin() + 32, 48, seals[i].ct.begin());
    }
    auto sealed = encode_seals(seals);
    if (c.contains("seals"))
      CHECK(sealed == raw(c.at("seals")));
    auto link = roster_link::decode(core.raw(), members, sealed, id);
    REQUIRE(link);
    CHECK(encode_members(link->members) == members);
    ++made;
  }
  CHECK(made == 17);
}

TEST_CASE("acts and conversation links come out to the byte") {
  std::size_t made = 0;
  for (const auto* group : {"act", "encoding"}) {
    for (const auto& c : judged(group)) {
      INFO(c.at("name"));
      auto kind = c.at("kind").get<std::string>();
      if (kind == "act")
        comes_out_to_the_byte<act>(c);
      else if (kind == "conversation")
        comes_out_to_the_byte<conversation_link>(c);
      else if (kind == "slip")
        comes_out_to_the_byte<object<slip_fields>>(c);
      else if (kind == "link")
        comes_out_to_the_byte<link_core>(c);
      else
        continue;
      ++made;
    }
  }
  CHECK(made >= 12);
}
