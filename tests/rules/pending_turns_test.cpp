// Which parties wait for a link: a table of clinics of one party, and the corners around it.
#include "rules/pending_turns.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::rules;

namespace {

template <class Id>
Id id_of(unsigned number) {
  Id out;
  out.value[0] = static_cast<std::uint8_t>(number >> 8);
  out.value[1] = static_cast<std::uint8_t>(number);
  return out;
}

const party_id ward = id_of<party_id>(1);

struct one_party {
  clinic c;

  explicit one_party(party_kind kind = party_kind::role, std::uint32_t n = 1) {
    party_record p;
    p.party = ward;
    p.kind = kind;
    p.n = n;
    c.parties[ward] = p;
  }
  one_party& device(unsigned number, bool entitled, bool member, bool gated = false) {
    device_record d;
    d.device = id_of<device_id>(number);
    d.gated = gated;
    if (entitled)
      d.parties = {ward};
    c.devices[d.device] = d;
    if (member)
      c.parties[ward].members.push_back(d.device);
    return *this;
  }
};

std::vector<device_id> numbered(std::initializer_list<unsigned> numbers) {
  std::vector<device_id> out;
  for (auto n : numbers)
    out.push_back(id_of<device_id>(n));
  return out;
}

} // namespace

TEST_CASE("one device and one party: what waits") {
  struct row {
    const char* what;
    bool entitled, member, gated;
    bool add, remove;
  };
  const row rows[] = {
      {"belongs and is in", true, true, false, false, false},
      {"belongs and is not in", true, false, false, true, false},
      {"is in and belongs no more", false, true, false, false, true},
      {"neither belongs nor is in", false, false, false, false, false},
      {"gated and in", true, true, true, false, true},
      {"gated, in, and belongs no more", false, true, true, false, true},
      {"gated and not in", true, false, true, false, false},
  };
  for (const auto& r : rows) {
    INFO(r.what);
    one_party x;
    x.device(7, r.entitled, r.member, r.gated);
    auto all = pending_turns(x.c);
    CHECK(all.size() == (r.add || r.remove ? 1u : 0u));
    if (!all.empty()) {
      CHECK(all.front().party == ward);
      CHECK(all.front().add == (r.add ? numbered({7}) : numbered({})));
      CHECK(all.front().remove == (r.remove ? numbered({7}) : numbered({})));
    }
    CHECK(may_turn(x.c, id_of<device_id>(7), ward) == (r.entitled && r.member && !r.gated));
  }
}

TEST_CASE("a party that nobody has begun waits for nobody") {
  one_party x{party_kind::role, 0};
  x.device(1, true, false);
  CHECK(pending_turns(x.c).empty());
}

TEST_CASE("joiners and leavers of one party are one turn, each list ascending") {
  one_party x;
  x.device(1, true, true).device(2, false, true).device(3, true, true, true);
  x.device(9, true, false).device(4, true, false).device(6, true, false);
  auto all = pending_turns(x.c);
  REQUIRE(all.size() == 1);
  CHECK(all.front().add == numbered({4, 6, 9}));
  CHECK(all.front().remove == numbered({2, 3}));
}

TEST_CASE("turns are told party by party, ascending") {
  one_party x;
  x.device(1, true, false);
  auto other = id_of<party_id>(0);
  auto p = x.c.parties[ward];
  p.party = other;
  x.c.parties[other] = p;
  x.c.devices[id_of<device_id>(1)].parties = {other, ward};
  auto all = pending_turns(x.c);
  REQUIRE(all.size() == 2);
  CHECK(all[0].party == other);
  CHECK(all[1].party == ward);
}

TEST_CASE("no more are added than fit once the others have gone") {
  struct row {
    party_kind kind;
    std::size_t max;
  };
  for (auto r :
       {row{party_kind::user, person_party_devices_max}, row{party_kind::patient, person_party_devices_max},
        row{party_kind::role, party_devices_max}, row{party_kind::service, party_devices_max}}) {
    one_party x{r.kind};
    for (unsigned i = 0; i < r.max; ++i)
      x.device(i, true, true);
    x.device(1000, true, false).device(1001, true, false);
    CHECK(pending_turns(x.c).empty()); // full: nobody leaves, so nobody comes
    x.c.devices[id_of<device_id>(5)].gated = true;
    auto all = pending_turns(x.c);
    REQUIRE(all.size() == 1);
    CHECK(all.front().remove == numbered({5}));
    CHECK(all.front().add == numbered({1000}));
  }
}

TEST_CASE("a member or a party that the snapshot does not know is left alone") {
  one_party x;
  x.c.parties[ward].members = numbered({8});
  CHECK(pending_turns(x.c).empty());
  x.device(1, true, true);
  x.c.devices[id_of<device_id>(1)].parties = {id_of<party_id>(0), ward};
  x.c.parties[ward].members = numbered({1, 8});
  CHECK(pending_turns(x.c).empty());
  CHECK_FALSE(may_turn(x.c, id_of<device_id>(8), ward));
  CHECK_FALSE(may_turn(x.c, id_of<device_id>(1), id_of<party_id>(0)));
}
