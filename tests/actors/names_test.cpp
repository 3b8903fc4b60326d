// People, stations and roles share one space of names: whoever types one cannot mean somebody else.
#include "invited_devices.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

struct named_house : people_fixture {
  build::enrolled* nurse1 = nullptr;
  build::enrolled* desk = nullptr;

  named_house() {
    open();
    nurse1 = &nurse("nurse1", {"triage"});
    desk = &bring_in(c.station("front desk", {c.party("triage")}), {});
  }
  /// An invitation for somebody who bears this name, with a role of that name if one is given.
  outcome invites(const char* key, e2ee::device_class of_class, const std::string& name,
                  const char* role = nullptr, const std::string& role_name = {}) {
    bool station = of_class == e2ee::device_class::station;
    std::vector<party_id> parties;
    std::vector<ask::party_name> names;
    if (!station) {
      parties.push_back(c.party(key));
      names.push_back(name_of(key, 1));
    }
    if (role != nullptr) {
      parties.push_back(c.party(role));
      names.push_back({c.party(role), 2, role_name});
    }
    auto x = c.invitation_for(key, of_class, station ? user_id{} : c.user(key), parties, &c.admin());
    x.display_name = name;
    return says(c.admin(),
                ask::invite{e2ee::sign_object(c.id, x, {{c.admin().signing, e2ee::labels::invitation}}), code,
                            std::nullopt, names});
  }
};

constexpr auto staff = e2ee::device_class::personal_staff;
constexpr auto station = e2ee::device_class::station;

} // namespace

TEST_CASE("a name that a person, a station or a role bears is given to nobody else") {
  named_house f;
  for (const auto* taken : {"nurse1", "front desk", "triage", "emergency", "admin"}) {
    INFO(taken);
    CHECK(why(f.invites("somebody", staff, taken)) == refusal::name_taken);
    CHECK(why(f.invites("something", station, taken)) == refusal::name_taken);
    CHECK(why(f.invites("third", staff, "third", "new role", taken)) == refusal::name_taken);
  }
  CHECK(why(f.invites("somebody", staff, "somebody")) == refusal::none);
}

TEST_CASE("names that come with one invitation differ as well") {
  named_house f;
  CHECK(why(f.invites("same", staff, "same", "new role", "same")) == refusal::name_taken);
  auto x = f.c.invitation_for("two", staff, f.c.user("two"),
                              {f.c.party("two"), f.c.party("role a"), f.c.party("role b")}, &f.c.admin());
  ask::invite m{e2ee::sign_object(f.c.id, x, {{f.c.admin().signing, e2ee::labels::invitation}}),
                code,
                std::nullopt,
                {f.name_of("two", 1), {f.c.party("role a"), 2, "role"}, {f.c.party("role b"), 2, "role"}}};
  CHECK(why(f.says(f.c.admin(), m)) == refusal::name_taken);
}

TEST_CASE("a person's further device bears her name") {
  named_house f;
  auto x = f.c.invitation_for("phone", staff, f.nurse1->user, {f.c.party("nurse1")}, &f.c.admin());
  x.display_name = "nurse1";
  ask::invite m{e2ee::sign_object(f.c.id, x, {{f.c.admin().signing, e2ee::labels::invitation}}),
                code,
                std::nullopt,
                {}};
  as<ask::submitted>(f.says(f.c.admin(), m));
}

TEST_CASE("a station's name is free again once the station was turned out") {
  named_house f;
  CHECK(why(f.invites("new desk", station, "front desk")) == refusal::name_taken);
  turn_out(f, *f.desk);
  CHECK(why(f.invites("new desk", station, "front desk")) == refusal::none);
}

TEST_CASE("of two invitations with one name the second cannot enrol") {
  named_house f;
  auto named = [&](const char* key) -> build::enrolled& {
    auto x = f.c.invitation_for(key, station, {}, {f.c.party("triage")}, &f.c.admin());
    x.display_name = "same desk";
    auto& e = device_by(f.c, key, x);
    as<ask::submitted>(f.says(f.c.admin(), f.invite(e, {})));
    return e;
  };
  auto& one = named("desk one");
  auto& two = named("desk two");
  as<ask::enrolled>(f.enrols(one));
  CHECK(why(f.enrols(two)) == refusal::name_taken);
}
