#include "people_fixture.hpp"
#include "wire/limits.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

struct front_desk : people_fixture {
  build::enrolled& visitor = c.person("visitor", {c.party("visitor"), c.party("triage")});
  std::vector<ask::party_name> names{name_of("visitor", 1), name_of("triage", 2)};

  front_desk() { open(); }

  outcome invited() { return says(c.admin(), invite(visitor, names)); }
  outcome shown(const std::string& with_code) {
    return knocks(visitor.noise.public_part, ask::show_invitation{visitor.invited.invitation, with_code});
  }
  /// The visitor's invitation with changed fields, by admin.
  template <class Change>
  ask::invite changed(Change change) {
    e2ee::invitation_fields x = visitor.invited;
    change(x);
    return {e2ee::sign_object(c.id, x, {{c.admin().signing, e2ee::labels::invitation}}), code, std::nullopt,
            names};
  }
  outcome enrols_with(const e2ee::device_fields& x, const public_key& noise) {
    auto m = enrol(visitor);
    m.certificate = e2ee::sign_object(
        c.id, x,
        {{visitor.invitation_key, e2ee::labels::device}, {visitor.signing, e2ee::labels::device_possession}});
    return knocks(noise, m);
  }
  rows::invitation row() const {
    auto r = read_row<rows::invitation>(s.disk, ports::table::invitation, visitor.invited.invitation.view());
    REQUIRE(r);
    return r->row;
  }
};

const std::string wrong = "00000000";

} // namespace

TEST_CASE("a registrar's invitation is logged, names its parties and lets its link key in") {
  front_desk f;
  auto m = f.invite(f.visitor, f.names);
  m.link_key = build::drawn("visitor's link");
  auto leaves = f.leaves();
  auto done = as<ask::submitted>(f.says(f.c.admin(), m));
  CHECK(done.hash == f.visitor.invited.hash());
  CHECK(done.leaf == leaves);
  CHECK(f.leaves() == leaves + 1);
  auto entry = f.last_entry();
  CHECK(entry.kind == rules::audit_kind::invited);
  CHECK(entry.device == f.c.admin().device);
  CHECK(entry.user == f.visitor.user);
  CHECK(f.board->now()->party(f.c.party("triage"))->name == "triage");
  CHECK(f.link.allowed.back() == std::pair{*m.link_key, std::string{cli_plugin}});

  SECTION("again, because the answer got lost: the same answer and no leaf") {
    CHECK(as<ask::submitted>(f.says(f.c.admin(), m)).leaf == done.leaf);
    CHECK(f.leaves() == leaves + 1);
  }
  SECTION("the same number with other content") {
    auto other = f.changed([](auto& x) { x.display_name = "somebody else"; });
    CHECK(why(f.says(f.c.admin(), other)) == refusal::already_exists);
  }
  SECTION("the code stands in no row") {
    for (const auto& table : f.s.disk.rows)
      for (const auto& [key, value] : table)
        CHECK(text(value).find(code) == std::string_view::npos);
  }
}

TEST_CASE("invitations that are refused change nothing") {
  front_desk f;
  auto leaves = f.leaves();
  auto refused_as = [&](const ask::invite& m, refusal expected) {
    CHECK(to_string(why(f.says(f.c.admin(), m))) == to_string(expected));
    CHECK(f.leaves() == leaves);
  };
  auto plain = f.invite(f.visitor, f.names);

  auto m = plain;
  m.object.back() ^= 1;
  refused_as(m, refusal::bad_signature);
  m = plain;
  m.object.resize(40);
  refused_as(m, refusal::truncated);
  m = plain;
  m.code = "1234";
  refused_as(m, refusal::malformed_request);
  m = plain;
  m.names.pop_back();
  refused_as(m, refusal::not_found); // nobody named triage
  m = plain;
  m.names.push_back(f.name_of("elsewhere", 2));
  refused_as(m, refusal::malformed_request); // nobody is invited to it
  m = plain;
  m.names.push_back(m.names.front());
  refused_as(m, refusal::malformed_request);
  m = plain;
  m.names.back().kind = 9;
  refused_as(m, refusal::malformed_request);
  m = plain;
  m.names.back().name = std::string(wire::name_bytes_max + 1, 'x');
  refused_as(m, refusal::malformed_request);
  m = plain;
  m.names.back().kind = 3;
  refused_as(m, refusal::class_not_for_party); // staff in a patient's party
  m = plain;
  m.names.back().kind = 1;
  refused_as(m, refusal::class_not_for_party); // two parties of her own
  refused_as(f.changed([](auto& x) { x.user = {}; }), refusal::malformed_request);
  refused_as(f.changed([](auto& x) { x.of_class = e2ee::device_class::station; }),
             refusal::malformed_request);
  refused_as(f.changed([](auto& x) { x.display_name = ""; }), refusal::malformed_request);
  refused_as(f.changed([](auto& x) { x.display_name = "admin"; }), refusal::name_taken);
  refused_as(f.changed([](auto& x) { x.until += 1; }), refusal::invitation_too_long);
  refused_as(f.changed([](auto& x) { x.registrar = build::drawn("nobody"); }), refusal::needs);
  m = f.changed([&](auto& x) { x.parties = {f.c.party("admin")}; });
  m.names.clear();
  refused_as(m, refusal::class_not_for_party); // admin's own party is admin's
}

TEST_CASE("a registrar invites from her own device only, and a party keeps its name") {
  front_desk f;
  auto& other = f.nurse("other nurse", {"triage"});
  auto leaves = f.leaves();
  CHECK(why(f.says(other, f.invite(f.visitor, f.names))) == refusal::author_not_channel);
  auto m = f.invite(f.visitor, f.names);
  m.names.back().name = "another name";
  CHECK(why(f.says(f.c.admin(), m)) == refusal::already_exists);
  CHECK(why(f.knocks({}, m)) == refusal::not_logged_in);
  CHECK(f.leaves() == leaves);
}

TEST_CASE("the right code shows the invitation and everything it hangs on") {
  front_desk f;
  f.invited();
  auto leaves = f.leaves();
  auto shown = as<ask::invitation>(f.shown(code));
  CHECK(f.leaves() == leaves); // nothing was released that has to be logged
  CHECK(shown.root == f.c.log[0].raw);
  CHECK(shown.server == f.c.log[1].raw);
  CHECK(shown.invitation_object == f.visitor.invited.raw());
  // Who enrols verifies it with nothing but the identity key.
  e2ee::trust fresh{f.c.id, f.c.identity.public_part()};
  REQUIRE(e2ee::admit_root(shown.root, fresh));
  REQUIRE(e2ee::admit_server(shown.server, fresh));
  e2ee::evidence e{e2ee::log_place{0, f.now}, {}};
  for (const auto& raw : shown.chain) {
    REQUIRE(e2ee::admit(raw, fresh, e) == refusal::none);
    ++e.in_log->position;
  }
  CHECK(e2ee::admit_invitation(shown.invitation_object, fresh, e));
}

TEST_CASE("five wrong codes kill an invitation, each is one leaf, and a restart forgets none") {
  front_desk f;
  f.invited();
  CHECK(why(f.knocks({}, ask::show_invitation{{}, code})) == refusal::not_found);
  for (int i = 1; i < wrong_codes_max; ++i) {
    auto leaves = f.leaves();
    if (i == 3) { // tries at enrolment count like those before it
      auto m = f.enrol(f.visitor);
      m.code = wrong;
      CHECK(why(f.knocks(f.visitor.noise.public_part, m)) == refusal::wrong_code);
    } else {
      CHECK(why(f.shown(wrong)) == refusal::wrong_code);
    }
    CHECK(f.leaves() == leaves + 1);
    CHECK(f.last_entry().kind == rules::audit_kind::refused);
    CHECK(f.row().wrong_codes == i);
  }
  f.restart();
  as<ask::invitation>(f.shown(code)); // a right one does not reset the count
  CHECK(why(f.shown(wrong)) == refusal::invitation_dead);
  auto leaves = f.leaves();
  CHECK(why(f.shown(code)) == refusal::invitation_dead);
  CHECK(why(f.enrols(f.visitor)) == refusal::invitation_dead);
  CHECK(f.leaves() == leaves);
  CHECK(f.passwords.hashed == 1); // admin's own: no work without the code
}

TEST_CASE("who enrols is a device, a person, and one leaf") {
  front_desk f;
  f.invited();
  auto leaves = f.leaves();
  auto done = as<ask::enrolled>(f.enrols(f.visitor));
  CHECK(done.leaf == leaves);
  CHECK(f.leaves() == leaves + 1);
  auto entry = f.last_entry();
  CHECK(entry.kind == rules::audit_kind::enrolled);
  CHECK(entry.hash == f.visitor.certificate.hash());
  auto now = f.board->now();
  const auto* device = now->device_with_noise_key(f.visitor.noise.public_part);
  REQUIRE(device != nullptr);
  CHECK(device->parties == f.visitor.certificate.parties);
  CHECK(now->people.at(f.visitor.user).party == f.c.party("visitor"));
  CHECK(f.row().state == rows::invitation_state::spent);
  // And she is logged in by it, with the first half of her store's key; her code is used up.
  auto back = f.answer_to(resume{f.caller_of(f.visitor), f.now});
  CHECK(as<ask::welcome>(back).user == f.visitor.user);
  CHECK(as<ask::welcome>(back).session_until == f.now + 12 * rules::hour_ms);
  REQUIRE(back.shares);
  CHECK(back.shares->number == 1);
  CHECK_FALSE(back.shares->next);
  auto again = f.authenticator_of(f.visitor.user).shows(f.now);
  CHECK(why(f.answer_to(sign_in{f.caller_of(f.visitor), {}, password, again, {}, f.now})) ==
        refusal::wrong_password);
  leaves = f.leaves() - 1;

  SECTION("the same bytes again: the same answer, no leaf, no work") {
    CHECK(as<ask::enrolled>(f.enrols(f.visitor)).leaf == done.leaf);
    CHECK(f.leaves() == leaves + 1);
    CHECK(f.passwords.hashed == 2);
  }
  SECTION("another certificate") {
    e2ee::device_fields x = f.visitor.certificate;
    x.device = build::named<device_id>("photographer");
    CHECK(why(f.enrols_with(x, f.visitor.noise.public_part)) == refusal::invitation_used_twice);
    CHECK(f.leaves() == leaves + 1);
  }
}

TEST_CASE("enrolments that are refused change nothing") {
  front_desk f;
  f.invited();
  auto leaves = f.leaves();
  const auto& noise = f.visitor.noise.public_part;
  CHECK(why(f.knocks(f.c.admin().noise.public_part, f.enrol(f.visitor))) == refusal::handshake_failed);
  auto m = f.enrol(f.visitor);
  m.password = "short";
  CHECK(why(f.knocks(noise, m)) == refusal::password_too_short);
  m = f.enrol(f.visitor);
  m.second_factor.clear();
  CHECK(why(f.knocks(noise, m)) == refusal::second_factor_needed);
  m = f.enrol(f.visitor);
  m.totp_secret.pop_back();
  CHECK(why(f.knocks(noise, m)) == refusal::second_factor_needed);
  m = f.enrol(f.visitor);
  m.second_factor = m.second_factor == "000000" ? "000001" : "000000";
  CHECK(why(f.knocks(noise, m)) == refusal::wrong_second_factor);
  m = f.enrol(f.visitor);
  m.certificate.back() ^= 1;
  CHECK(why(f.knocks(noise, m)) == refusal::no_proof_of_possession);
  m.certificate.pop_back();
  CHECK(why(f.knocks(noise, m)) == refusal::truncated);
  e2ee::device_fields x = f.visitor.certificate;
  x.display_name = "Dr Somebody";
  CHECK(why(f.enrols_with(x, noise)) == refusal::certificate_exceeds_invitation);
  CHECK(f.passwords.hashed == 1);
  f.passwords.out_of_memory = true;
  CHECK(why(f.enrols(f.visitor)) == refusal::overloaded);
  f.passwords.out_of_memory = false;
  f.now += 4 * build::day;
  CHECK(why(f.enrols(f.visitor)) == refusal::invitation_expired);
  CHECK(f.leaves() == leaves);
  f.now -= 4 * build::day;
  as<ask::enrolled>(f.enrols(f.visitor));
}

TEST_CASE("one invitation's code opens no other invitation") {
  front_desk f;
  f.invited();
  auto& mine = f.c.person("own", {f.c.party("own")});
  as<ask::submitted>(f.says(f.c.admin(), f.invite(mine, {f.name_of("own", 1)})));
  // Who has photographed the visitor's QR has its key, but not its second code.
  auto m = f.enrol(f.visitor);
  m.invitation = mine.invited.invitation;
  CHECK(why(f.knocks(f.visitor.noise.public_part, m)) == refusal::certificate_exceeds_invitation);
  CHECK(f.row().state == rows::invitation_state::waiting);
}

TEST_CASE("names and own parties are taken at enrolment, whoever was invited first") {
  front_desk f;
  f.invited();
  e2ee::invitation_fields x = f.visitor.invited;
  auto twin = [&](std::string_view what, auto change) {
    auto& e = f.c.person(what, {f.c.party(what)});
    e2ee::invitation_fields i = e.invited;
    e2ee::device_fields d = e.certificate;
    change(i, d);
    auto raw = e2ee::sign_object(f.c.id, i, {{f.c.admin().signing, e2ee::labels::invitation}});
    d.invitation = e2ee::signed_invitation::decode(raw, f.c.id)->hash();
    ask::invite m{raw, code, std::nullopt, {}};
    if (i.parties == std::vector{f.c.party(what)})
      m.names = {f.name_of(what, 1)};
    as<ask::submitted>(f.says(f.c.admin(), m));
    auto certificate = e2ee::sign_object(
        f.c.id, d, {{e.invitation_key, e2ee::labels::device}, {e.signing, e2ee::labels::device_possession}});
    auto comes = f.enrol(e);
    comes.invitation = i.invitation;
    comes.certificate = certificate;
    return std::pair{e.noise.public_part, comes};
  };
  auto same_name = twin("twin", [](auto& i, auto& d) { i.display_name = d.display_name = "visitor"; });
  auto same_party = twin("lodger", [&](auto& i, auto& d) { i.parties = d.parties = {f.c.party("visitor")}; });
  as<ask::enrolled>(f.enrols(f.visitor));
  CHECK(why(f.knocks(same_name.first, same_name.second)) == refusal::name_taken);
  CHECK(why(f.knocks(same_party.first, same_party.second)) == refusal::class_not_for_party);
}

TEST_CASE("a second device needs no password, a station neither, a patient has a party of her own") {
  front_desk f;
  f.invited();
  f.enrols(f.visitor);
  auto hashed = f.passwords.hashed;
  auto& phone = f.c.person("phone", {f.c.party("visitor")}, "visitor");
  auto& station = f.c.station("station", {f.c.party("triage")});
  for (auto* e : {&phone, &station}) {
    as<ask::submitted>(f.says(f.c.admin(), f.invite(*e, {})));
    auto m = f.enrol(*e);
    m.password.clear();
    m.totp_secret.clear();
    m.second_factor.clear();
    as<ask::enrolled>(f.knocks(e->noise.public_part, m));
  }
  CHECK(f.passwords.hashed == hashed);
  CHECK(f.board->now()->people.size() == 2);
  auto& patient = f.bring_in(f.c.patient("patient"), {f.name_of("patient", 3)});
  CHECK(f.board->now()->people.at(patient.user).party == f.c.party("patient"));
}
