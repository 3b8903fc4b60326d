// What a registrar may not do alone: every device looks for the second one's word in the log, whatever the
// daemon accepted.
#include "e2ee/signing.hpp"
#include "handmade_device.hpp"
#include <algorithm>
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::test;

namespace {

/// clerk and head are registrars, neither of them alone; nurse1 is a nurse, float1 belongs nowhere yet.
struct clinic_of_two : little_clinic {
  clinic_of_two() {
    REQUIRE(found().why() == refusal::none);
    for (const auto* name : {"clerk", "head", "float1"})
      REQUIRE(enrol(name, {}).why() == refusal::none);
    REQUIRE(enrol("nurse1", {"nurses"}).why() == refusal::none);
    make_registrar("clerk", 0);
    make_registrar("head", 0);
    settle();
  }
  client::device& at(const std::string& name) { return *(*this)[name].device; }
  client::result<client::handed_over> prepares(const std::string& who,
                                               e2ee::grant_state state = e2ee::grant_state::granted) {
    return act<client::handed_over>([&](client::done<client::handed_over> then) {
      at(who).prepare_grant("float1", "nurses", state, 0, std::move(then));
    });
  }
  client::result<client::act_shown> shows(const std::string& who, const client::prepared_act& what) {
    return act<client::act_shown>(
        [&](client::done<client::act_shown> then) { at(who).show_act(what, std::move(then)); });
  }
  refusal cosigns(const std::string& who, const client::prepared_act& what) {
    return act<client::nothing>(
               [&](client::done<client::nothing> then) { at(who).cosign(what, std::move(then)); })
        .why();
  }
  bool float_is_nurse() {
    settle();
    auto now_in = members(role("nurses"));
    return std::find(now_in.begin(), now_in.end(), at("float1").id()) != now_in.end();
  }
  bool said(const std::string& who, client::notice::about what, refusal why) {
    const auto& all = (*this)[who].said;
    return std::any_of(all.begin(), all.end(),
                       [&](const client::notice& n) { return n.what == what && n.why == why; });
  }
  client::result<client::logged_in_as> enrols(const std::string& name, client::invitation_made& made) {
    auto& user = add(name);
    return act<client::logged_in_as>([&](client::done<client::logged_in_as> then) {
      user.device->enrol(made.file, made.code, scripted_daemon::first_log_in(name), std::move(then));
    });
  }
  client::result<client::invitation_made> invites(const std::string& who, const std::string& whom,
                                                  const std::vector<std::string>& roles = {"nurses"}) {
    client::invite_order order;
    order.display_name = whom;
    order.roles = roles;
    return act<client::invitation_made>(
        [&](client::done<client::invitation_made> then) { at(who).invite(order, std::move(then)); });
  }
};

} // namespace

TEST_CASE("a grant by two registrars lets in, also after the next start") {
  clinic_of_two clinic;
  auto made = clinic.prepares("clerk");
  REQUIRE(made.why() == refusal::none);
  REQUIRE(made->has_value());
  CHECK_FALSE(clinic.float_is_nurse()); // nothing was sent
  auto shown = clinic.shows("head", **made);
  REQUIRE(shown.why() == refusal::none);
  CHECK(shown->what == client::act_shown::kind::grant);
  CHECK(shown->by == "clerk");
  CHECK(shown->name == "float1");
  CHECK(shown->parties == std::vector{clinic.role("nurses")});
  CHECK_FALSE(clinic.float_is_nurse()); // looking signs nothing
  REQUIRE(clinic.cosigns("head", **made) == refusal::none);
  CHECK(clinic.float_is_nurse());
  clinic.restart("nurse1"); // from its own disk
  REQUIRE(clinic.run([&] { return clinic.at("nurse1").settled(); }));
  REQUIRE(clinic.send("head", "nurses", "to all of you").why() == refusal::none);
  CHECK_FALSE(clinic.said("nurse1", client::notice::about::log, refusal::second_registrar_missing));
}

TEST_CASE("a withdrawal needs two as well") {
  clinic_of_two clinic;
  REQUIRE(clinic.cosigns("head", **clinic.prepares("clerk")) == refusal::none);
  REQUIRE(clinic.float_is_nurse());
  auto out = clinic.prepares("head", e2ee::grant_state::withdrawn);
  REQUIRE(out.why() == refusal::none);
  CHECK(clinic.shows("clerk", **out)->what == client::act_shown::kind::withdrawal);
  REQUIRE(clinic.cosigns("clerk", **out) == refusal::none);
  CHECK_FALSE(clinic.float_is_nurse());
}

TEST_CASE("35: what the daemon took from one registrar alone lets nobody in") {
  clinic_of_two clinic;
  auto made = clinic.prepares("clerk");
  REQUIRE(made.why() == refusal::none);
  auto grant = *e2ee::role_grant::decode((*made)->object, clinic.daemon.clinic);
  d::submit lie{grant.raw(), {}, {}};
  auto expected = refusal::second_registrar_missing;
  SECTION("without a word") {}
  SECTION("with a word that nobody signed") {
    e2ee::cosign_fields word{grant.hash(), grant.registrar, clinic.now};
    auto key = e2ee::signing_key::random(); // the daemon has no registrar's
    lie.cosignature = e2ee::sign_object(clinic.daemon.clinic, word, {{key, e2ee::labels::cosign}});
    expected = refusal::bad_signature;
  }
  SECTION("with a true word about another act") {
    auto other = clinic.prepares("clerk", e2ee::grant_state::withdrawn);
    REQUIRE(clinic.cosigns("head", **other) == refusal::none);
    auto withdrawal = e2ee::role_grant::decode((*other)->object, clinic.daemon.clinic);
    lie.cosignature = clinic.daemon.words.at(withdrawal->hash());
  }
  (void)clinic.daemon.on(lie);
  CHECK_FALSE(clinic.float_is_nurse());
  clinic.restart("nurse1");
  REQUIRE(clinic.run([&] { return clinic.at("nurse1").settled(); }));
  CHECK_FALSE(clinic.float_is_nurse());
  bool told = clinic.said("nurse1", client::notice::about::log, expected) ||
              clinic.said("float1", client::notice::about::log, expected);
  if (lie.cosignature.empty() || expected == refusal::bad_signature)
    CHECK(told);
}

TEST_CASE("her own act, one that needs nobody else, and one out of somebody who is no registrar") {
  clinic_of_two clinic;
  auto made = clinic.prepares("clerk");
  REQUIRE(made.why() == refusal::none);
  CHECK(clinic.shows("clerk", **made).why() == refusal::second_registrar_missing);
  CHECK(clinic.cosigns("clerk", **made) == refusal::second_registrar_missing);
  CHECK(clinic.shows("nurse1", **made).why() == refusal::not_registrar);
  auto at_once = clinic.prepares("admin"); // she may do it alone: it is done
  REQUIRE(at_once.why() == refusal::none);
  CHECK_FALSE(at_once->has_value());
  CHECK(clinic.float_is_nurse());
  auto grant = clinic.daemon.objects.at(clinic.daemon.changes.back()).raw;
  CHECK(clinic.shows("head", {grant}).why() == refusal::not_entitled_to_act);
  CHECK(clinic.shows("head", {clinic.at("head").certificate()}).why() == refusal::wrong_signature_count);
  CHECK(clinic.shows("head", {bytes{99}}).why() == refusal::unknown_kind);
  auto spoilt = **made;
  spoilt.object.back() ^= 1;
  CHECK(clinic.shows("head", spoilt).why() == refusal::bad_signature);
}

TEST_CASE("an invitation by two: who comes by it verifies both, and so does everybody else") {
  clinic_of_two clinic;
  auto made = clinic.invites("clerk", "nurse2");
  REQUIRE(made.why() == refusal::none);
  REQUIRE(made->request.has_value());
  auto early = clinic.enrols("nurse2", *made);
  CHECK(early.why() == refusal::not_found); // nobody has heard of it
  auto shown = clinic.shows("head", *made->request);
  REQUIRE(shown.why() == refusal::none);
  CHECK(shown->what == client::act_shown::kind::invitation);
  CHECK(shown->name == "nurse2");
  REQUIRE(clinic.cosigns("head", *made->request) == refusal::none);
  SECTION("with both words") {
    REQUIRE(clinic.enrols("nurse2", *made).why() == refusal::none);
    clinic.settle();
    CHECK(clinic.members(clinic.role("nurses")).size() == 2);
    CHECK(clinic.send("nurse1", "nurse2", "welcome").why() == refusal::none);
  }
  SECTION("the second one's word is kept from whoever enrols") {
    clinic.daemon.tamper = [](const d::request&, d::answer_body& a) {
      if (auto* shown_to = std::get_if<d::invitation>(&a))
        std::erase_if(shown_to->chain, [](const bytes& raw) {
          auto k = e2ee::peek_kind(raw);
          return k && *k == e2ee::kind::cosign;
        });
    };
    CHECK(clinic.enrols("nurse2", *made).why() == refusal::second_registrar_missing);
  }
}

TEST_CASE("an invitation that the daemon took from one registrar makes no colleague") {
  clinic_of_two clinic;
  auto made = clinic.invites("clerk", "nurse2", {});
  REQUIRE(made.why() == refusal::none);
  const auto& act = *made->request;
  (void)clinic.daemon.on(d::invite{act.object, act.code, act.link_key, act.names});
  client::invite_order order;
  order.display_name = "nurse2";
  CHECK(clinic.enrols("nurse2", *made).why() == refusal::second_registrar_missing); // she notices herself
  handmade_device accomplice{clinic, *made, order, 0x70}; // and whoever does not care is nobody to others
  CHECK(clinic.send("nurse1", "nurse2", "who are you").why() == refusal::second_registrar_missing);
}

TEST_CASE("a registrar's link by two is followed, one by a registrar alone is not") {
  clinic_of_two clinic;
  clinic.daemon.quiet_about_turns = true; // no member does it first
  auto made = clinic.act<client::handed_over>([&](client::done<client::handed_over> then) {
    clinic.at("clerk").prepare_turn("nurses", std::move(then));
  });
  REQUIRE(made.why() == refusal::none);
  REQUIRE(made->has_value());
  auto nurses = clinic.role("nurses");
  auto before = clinic.at("nurse1").head_of(nurses).n;
  SECTION("by two") {
    auto shown = clinic.shows("head", **made);
    REQUIRE(shown.why() == refusal::none);
    CHECK(shown->what == client::act_shown::kind::link);
    CHECK(shown->by == "clerk");
    REQUIRE(clinic.cosigns("head", **made) == refusal::none);
    clinic.settle();
    CHECK(clinic.at("nurse1").head_of(nurses).n == before + 2); // whose maker is no member is turned at once
  }
  SECTION("by one") {
    (void)clinic.daemon.on(d::submit{(*made)->object, (*made)->members, (*made)->seals});
    clinic.settle();
    CHECK(clinic.at("nurse1").head_of(nurses).n == before);
    CHECK(clinic.send("head", "nurses", "nobody gets this").why() == refusal::second_registrar_missing);
  }
}
