// V1 of e2ee 12, objects: fields -> bytes -> hash -> signatures, and the two sweeps over every valid object
// (negatives 5 and 16 of e2ee 10).
#include "e2ee/keys.hpp"
#include "vectors_file.hpp"
#include <deque>
#include <set>

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::tests;

namespace {

/// The keys and labels of a case, in the object's order.
struct signers_of {
  std::deque<signing_key> keys;
  std::deque<std::string> labels;
  std::vector<signer> list;

  explicit signers_of(const json& x) {
    for (const auto& s : x.at("signers")) {
      keys.push_back(signing_key::from_seed(secret_at(s, "seed")));
      labels.push_back(s.at("label"));
      CHECK(keys.back().public_part() == at<public_key>(s, "public_key"));
      list.push_back({keys.back(), labels.back()});
    }
  }
};

template <class Decoded>
void check_decoded(const Decoded& decoded, const json& x) {
  CHECK(hex(decoded.hash()) == x.at("hash"));
  CHECK(decoded.frame.signed_bytes().size() == x.at("signed_size"));
  const auto& signers = x.at("signers");
  REQUIRE(decoded.frame.signature_count() == signers.size());
  for (std::size_t i = 0; i < signers.size(); ++i) {
    CHECK(hex(decoded.frame.signature(i)) == signers[i].at("signature"));
    CHECK(verify_signature(at<public_key>(signers[i], "public_key"),
                           signers[i].at("label").get<std::string>(), decoded.frame.signed_bytes(),
                           decoded.frame.signature(i)));
  }
}

void check_object(const json& x) {
  INFO(x.at("name"));
  auto clinic = at<clinic_id>(x, "clinic");
  with_kind(x.at("kind"), [&](auto kind) {
    using fields = decltype(kind);
    signers_of signers{x};
    auto made = sign_object(clinic, fields_of<fields>(x.at("fields")), signers.list);
    CHECK(hex(made) == x.at("object"));
    auto decoded = object<fields>::decode(bytes_at(x, "object"), clinic);
    REQUIRE(decoded);
    check_decoded(*decoded, x);
    CHECK(encode<fields>(clinic, *decoded) == to_bytes(decoded->frame.signed_bytes()));
  });
}

/// none, or why these bytes are no object of this kind.
refusal decoded_as(const std::string& kind, bytes_view raw, const clinic_id& clinic) {
  if (kind == "slip")
    return slip::decode(raw, clinic).why();
  auto why = refusal::none;
  with_kind(kind, [&](auto fields) { why = object<decltype(fields)>::decode(raw, clinic).why(); });
  return why;
}

template <class Object>
bool all_signed(const Object& decoded, const json& signers) {
  if (decoded.frame.signature_count() != signers.size())
    return false;
  for (std::size_t i = 0; i < signers.size(); ++i)
    if (!verify_signature(at<public_key>(signers[i], "public_key"), signers[i].at("label").get<std::string>(),
                          decoded.frame.signed_bytes(), decoded.frame.signature(i)))
      return false;
  return true;
}

/// What a verifier that knows the signers' keys says.
bool accepted(const std::string& kind, bytes_view raw, const clinic_id& clinic, const json& signers) {
  auto judge = [&](auto decoded) { return decoded && all_signed(*decoded, signers); };
  if (kind == "slip")
    return judge(slip::decode(raw, clinic));
  bool good = false;
  with_kind(kind, [&](auto fields) { good = judge(object<decltype(fields)>::decode(raw, clinic)); });
  return good;
}

} // namespace

TEST_CASE("vectors: every object is made and read byte for byte") {
  for (const auto& x : vector_cases("encoding"))
    if (x.at("kind") != "slip")
      check_object(x);
  for (const auto& x : vector_cases("act"))
    check_object(x);
  for (const auto& x : vector_cases("wipe"))
    check_object(x);
}

TEST_CASE("vectors: every prefix of every object is refused as cut") {
  for (const auto& x : vector_cases("encoding")) {
    INFO(x.at("name"));
    auto raw = bytes_at(x, "object");
    auto clinic = at<clinic_id>(x, "clinic");
    REQUIRE(decoded_as(x.at("kind"), raw, clinic) == refusal::none);
    for (std::size_t n = 0; n < raw.size(); ++n) {
      auto why = decoded_as(x.at("kind"), bytes_view{raw}.first(n), clinic);
      if (why != refusal::truncated && why != refusal::length_beyond_end)
        FAIL_CHECK("a prefix of " << n << " bytes gives " << to_string(why));
    }
  }
}

TEST_CASE("vectors: no object with a bit flipped is accepted") {
  std::set<std::string> seen; // one of each kind: the sweep is about the format, not the values
  for (const auto& x : vector_cases("encoding")) {
    if (!seen.insert(x.at("kind").get<std::string>()).second)
      continue;
    INFO(x.at("name"));
    auto raw = bytes_at(x, "object");
    auto clinic = at<clinic_id>(x, "clinic");
    REQUIRE(accepted(x.at("kind"), raw, clinic, x.at("signers")));
    for (std::size_t bit = 0; bit < raw.size() * 8; ++bit) {
      raw[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      if (accepted(x.at("kind"), raw, clinic, x.at("signers")))
        FAIL_CHECK("accepted with bit " << bit << " flipped");
      raw[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    }
  }
  CHECK(seen.size() == 14);
}
