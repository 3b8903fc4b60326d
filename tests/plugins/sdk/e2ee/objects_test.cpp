// Every object of e2ee 5.1-5.5 in bytes: decoding rules 1 to 3, negatives 1 to 16 of e2ee 10, and round
// trips.
#include "full_clinic.hpp"
#include <catch2/catch.hpp>
#include <set>

using namespace wardline;
using namespace wardline::e2ee;
using build::full_clinic;

namespace {

template <class Object>
refusal why(bytes_view raw, const clinic_id& id) {
  return Object::decode(raw, id).why();
}

/// Signed bytes and the right number of signatures, which need not fit: rules 1 to 3 look at form only.
bytes shaped(const bytes& signed_bytes, std::size_t signatures = 1) {
  return with_signatures(signed_bytes, std::vector<signature64>(signatures));
}

template <class Object>
bool same_after_encoding(bytes_view raw, const clinic_id& id) {
  auto x = Object::decode(raw, id);
  if (!x)
    return false;
  auto encoded = encode(id, *x);
  return encoded == to_bytes(x->frame.signed_bytes()) && x->raw() == to_bytes(raw);
}

bool round_trip(bytes_view raw, const clinic_id& id) {
  switch (*peek_kind(raw)) {
  case kind::root:
    return same_after_encoding<root_certificate>(raw, id);
  case kind::server:
    return same_after_encoding<server_certificate>(raw, id);
  case kind::registrar:
    return same_after_encoding<registrar_certificate>(raw, id);
  case kind::invitation:
    return same_after_encoding<signed_invitation>(raw, id);
  case kind::device:
    return same_after_encoding<device_certificate>(raw, id);
  case kind::grant:
    return same_after_encoding<role_grant>(raw, id);
  case kind::revocation:
    return same_after_encoding<signed_revocation>(raw, id);
  default:
    return false;
  }
}

} // namespace

TEST_CASE("every object encodes to the bytes it was decoded from") {
  full_clinic c;
  std::set<kind> kinds;
  for (const auto& entry : c.log) {
    CHECK(round_trip(entry.raw, c.id));
    kinds.insert(*peek_kind(entry.raw));
  }
  CHECK(kinds.size() == 7);
  CHECK(same_after_encoding<cosignature>(c.cosign_of({}), c.id));
}

TEST_CASE("sizes are the guide's") {
  full_clinic c;
  CHECK(c.log[1].raw.size() == 199); // server certificate, 5.1
  for (const auto& entry : c.log)
    CHECK(entry.raw.size() <= object_size_max(*peek_kind(entry.raw)));
}

TEST_CASE("an object's hash leaves its signatures out") {
  full_clinic c;
  auto root = *root_certificate::decode(c.log[0].raw, c.id);
  auto unsigned_bytes = encode(c.id, root);
  CHECK(root.hash() == labelled_hash("wardline object root v1", unsigned_bytes));
  auto other_signature = *root_certificate::decode(shaped(unsigned_bytes), c.id);
  CHECK(other_signature.hash() == root.hash());
}

TEST_CASE("negative 1: one byte over the kind's maximum") {
  full_clinic c;
  for (std::uint8_t k = 1; k <= 19; ++k) {
    bytes raw(object_size_max(static_cast<kind>(k)) + 1, 0);
    raw[0] = k;
    raw[1] = object_version;
    CHECK(peek_kind(raw).why() == refusal::object_too_large);
    raw.pop_back();
    CHECK(peek_kind(raw).why() == refusal::none);
  }
  bytes raw(2049, 0);
  raw[0] = static_cast<std::uint8_t>(kind::device);
  CHECK(why<device_certificate>(raw, c.id) == refusal::object_too_large);
}

TEST_CASE("negatives 2, 3: unknown kind, another kind than expected, unknown version") {
  full_clinic c;
  auto raw = c.log[0].raw;
  raw[0] = 0xff;
  CHECK(peek_kind(raw).why() == refusal::unknown_kind);
  CHECK(admit(raw, c.trust, {c.now(), {}}) == refusal::unknown_kind);
  raw[0] = 0;
  CHECK(peek_kind(raw).why() == refusal::unknown_kind);
  CHECK(why<server_certificate>(c.log[0].raw, c.id) == refusal::unknown_kind);
  CHECK(admit(c.cosign_of({}), c.trust, {c.now(), {}}) ==
        refusal::unknown_kind); // comes with another object only
  raw = c.log[0].raw;
  raw[1] = 2;
  CHECK(peek_kind(raw).why() == refusal::unknown_version);
  CHECK(why<root_certificate>(raw, c.id) == refusal::unknown_version);
}

TEST_CASE("negatives 6, 9, 10: parties counted, sorted, each once") {
  full_clinic c;
  auto x = c.invitation_for("someone", device_class::personal_staff, c.user("someone"), {}, &c.admin());
  for (std::uint8_t i = 0; i < certificate_parties_max; ++i) {
    party_id p;
    p.value[0] = i;
    x.parties.push_back(p);
  }
  CHECK(why<signed_invitation>(shaped(encode(c.id, x)), c.id) == refusal::none);
  auto one_more = x;
  party_id last;
  last.value.fill(0xff);
  one_more.parties.push_back(last);
  CHECK(why<signed_invitation>(shaped(encode(c.id, one_more)), c.id) == refusal::count_too_large);
  auto swapped = x;
  std::swap(swapped.parties[3], swapped.parties[4]);
  CHECK(why<signed_invitation>(shaped(encode(c.id, swapped)), c.id) == refusal::not_sorted);
  auto twice = x;
  twice.parties[4] = twice.parties[3];
  CHECK(why<signed_invitation>(shaped(encode(c.id, twice)), c.id) == refusal::not_sorted);

  auto device = c.certificate_for("someone", c["nurse1"].invited);
  device.parties = swapped.parties;
  CHECK(why<device_certificate>(shaped(encode(c.id, device), 2), c.id) == refusal::not_sorted);
  auto registrar = c.registrar_for(c.admin(), scope::all, scope::all);
  registrar.units = one_more.parties;
  CHECK(why<registrar_certificate>(shaped(encode(c.id, registrar)), c.id) == refusal::count_too_large);
}

TEST_CASE("negative 7: values outside their lists") {
  full_clinic c;
  auto unknown = [&](auto fields, std::size_t signatures = 1) {
    return object<decltype(fields)>::decode(shaped(encode(c.id, fields), signatures), c.id).why() ==
           refusal::unknown_value;
  };
  auto invited = c.invitation_for("x", device_class{9}, c.user("x"), {}, &c.admin());
  CHECK(unknown(invited));
  invited.of_class = device_class{0};
  CHECK(unknown(invited));
  invited.of_class = device_class::station;
  invited.purpose = invitation_purpose{4};
  CHECK(unknown(invited));
  auto device = c.certificate_for("x", c["nurse1"].invited);
  device.of_class = device_class{5};
  CHECK(unknown(device, 2));
  device.of_class = device_class::station;
  device.issuer = certificate_issuer{3};
  CHECK(unknown(device, 2));
  auto grant = c.grant_of(subject_kind::registrar, {}, {}, grant_state::granted, 0);
  CHECK(unknown(grant));
  grant.of_subject = subject_kind::device;
  grant.state = grant_state{0};
  CHECK(unknown(grant));
  revocation_fields out{subject_kind::user, {}, revocation_reason::lost, 0, {}, {}};
  CHECK(unknown(out));
  out.of_subject = subject_kind::registrar;
  out.reason = revocation_reason{6};
  CHECK(unknown(out));
}

TEST_CASE("negatives 11, 12: names that are not shown as they stand, or too long") {
  full_clinic c;
  auto x = c.invitation_for("x", device_class::station, {}, {}, &c.admin());
  for (auto* bad : {"Amira\xe2\x80\xae", "\xc0\xaf"}) {
    x.display_name = bad;
    CHECK(why<signed_invitation>(shaped(encode(c.id, x)), c.id) == refusal::bad_text);
  }
  x.display_name = std::string(display_name_bytes_max, 'a');
  CHECK(why<signed_invitation>(shaped(encode(c.id, x)), c.id) == refusal::none);
  x.display_name += 'a';
  CHECK(why<signed_invitation>(shaped(encode(c.id, x)), c.id) == refusal::count_too_large);
  root_fields root{c.identity.public_part(), std::string(clinic_name_bytes_max + 1, 'a'), 0};
  CHECK(why<root_certificate>(shaped(encode(c.id, root)), c.id) == refusal::count_too_large);
}

TEST_CASE("negatives 13, 14, 15: behind the end, another clinic, number of signatures") {
  full_clinic c;
  build::clinic other{"Clinic by the Sea"};
  trust sofar{c.id, c.identity.public_part()};
  for (const auto& entry : c.log) {
    auto raw = entry.raw;
    raw.push_back(0);
    CHECK(admit(raw, sofar, entry.with) == refusal::trailing_bytes);
    REQUIRE(admit(entry.raw, sofar, entry.with) == refusal::none);
  }
  for (const auto& entry : other.log)
    CHECK(admit(entry.raw, sofar, entry.with) == refusal::other_clinic);

  auto server = encode(c.id, c.server_certificate_fields());
  CHECK(why<server_certificate>(shaped(server, 1), c.id) == refusal::none);
  CHECK(why<server_certificate>(shaped(server, 0), c.id) == refusal::wrong_signature_count);
  CHECK(why<server_certificate>(shaped(server, 2), c.id) == refusal::object_too_large);
  auto device = c.certificate_for("x", c["nurse1"].invited);
  for (std::size_t s : {0, 1, 3, 4})
    CHECK(why<device_certificate>(shaped(encode(c.id, device), s), c.id) == refusal::wrong_signature_count);
  device.issuer = certificate_issuer::registrar;
  for (std::size_t s : {2, 3})
    CHECK(why<device_certificate>(shaped(encode(c.id, device), s), c.id) == refusal::none);
  for (std::size_t s : {1, 4})
    CHECK(why<device_certificate>(shaped(encode(c.id, device), s), c.id) == refusal::wrong_signature_count);
  auto grant = c.grant_of(subject_kind::user, {}, {}, grant_state::granted, 0);
  CHECK(why<role_grant>(shaped(encode(c.id, grant), 2), c.id) == refusal::wrong_signature_count);
}

TEST_CASE("negatives 17 to 23: an unsafe key in any object is refused where it enters") {
  full_clinic c;
  auto bad = [&](auto fields, std::size_t signatures = 1) {
    return object<decltype(fields)>::decode(shaped(encode(c.id, fields), signatures), c.id).why() ==
           refusal::bad_public_key;
  };
  public_key neutral = {1}; // of small order on both curves
  root_fields root{neutral, "x", 0};
  CHECK(bad(root));
  for (auto key : {&server_fields::noise_key, &server_fields::log_key, &server_fields::daemon_key}) {
    auto x = c.server_certificate_fields();
    x.*key = neutral;
    CHECK(bad(x));
  }
  auto registrar = c.registrar_for(c.admin(), 1, 1);
  registrar.signing_key = neutral;
  CHECK(bad(registrar));
  auto invited = c.invitation_for("x", device_class::station, {}, {}, &c.admin());
  invited.invitation_key = neutral;
  CHECK(bad(invited));
  for (auto key : {&device_fields::signing_key, &device_fields::noise_key, &device_fields::sealing_key}) {
    auto x = c.certificate_for("x", c["nurse1"].invited);
    x.*key = neutral;
    CHECK(bad(x, 2));
  }
}

TEST_CASE("negative 173: unknown bits in scope or alone") {
  full_clinic c;
  auto x = c.registrar_for(c.admin(), 0x40, 0);
  CHECK(why<registrar_certificate>(shaped(encode(c.id, x)), c.id) == refusal::reserved_not_zero);
  x = c.registrar_for(c.admin(), 0, 0x80);
  CHECK(why<registrar_certificate>(shaped(encode(c.id, x)), c.id) == refusal::reserved_not_zero);
}
