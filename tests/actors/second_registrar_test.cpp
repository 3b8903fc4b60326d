// What a registrar may not do alone, at the daemon: either of the two brings it, and whoever comes by it is
// shown both words.
#include "e2ee/chains.hpp"
#include "people_fixture.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

/// clerk and head are registrars, neither of them alone; other is one who may do everything.
struct house_of_two : people_fixture {
  build::enrolled* clerk = nullptr;
  build::enrolled* head = nullptr;
  build::enrolled* other = nullptr;

  house_of_two() {
    open();
    clerk = &registrar(nurse("clerk", {"triage"}), 0);
    head = &registrar(nurse("head"), 0);
    other = &registrar(nurse("other"), e2ee::scope::all);
  }
  build::enrolled& registrar(build::enrolled& who, std::uint8_t alone) {
    auto raw = c.make_registrar(who, e2ee::scope::all, alone).raw();
    as<ask::submitted>(says(who, ask::submit{raw, {}, {}}));
    return who;
  }
  bytes word(const hash32& of, const build::enrolled& by) {
    e2ee::cosign_fields x{of, c.registrar_of(by).hash(), now};
    return e2ee::sign_object(c.id, x, {{by.signing, e2ee::labels::cosign}});
  }
  ask::submit grant() {
    auto x = c.grant_of(e2ee::subject_kind::user, e2ee::subject_of(head->user), c.party("triage"),
                        e2ee::grant_state::granted, 0);
    x.registrar = c.registrar_of(*clerk).hash();
    ask::submit out{e2ee::sign_object(c.id, x, {{clerk->signing, e2ee::labels::grant}}), {}, {}};
    out.cosignature = word(e2ee::role_grant::decode(out.object, c.id)->hash(), *head);
    return out;
  }
  ask::invite invitation() {
    auto x = c.invitation_for("guest", e2ee::device_class::personal_staff, c.user("guest"),
                              {c.party("guest")}, clerk);
    ask::invite out{e2ee::sign_object(c.id, x, {{clerk->signing, e2ee::labels::invitation}}),
                    code,
                    std::nullopt,
                    {name_of("guest", 1)}};
    out.cosignature = word(e2ee::signed_invitation::decode(out.object, c.id)->hash(), *head);
    return out;
  }
  template <class Request>
  refusal refused_as(const build::enrolled& who, const Request& m) {
    auto before = s.disk.rows;
    auto out = why(says(who, m));
    CHECK(s.disk.rows == before);
    return out;
  }
  /// What an enrolling device makes of the chain it is shown: the answer that `enrolment.cpp` acts on.
  refusal verified(const ask::invitation& shown) const {
    e2ee::trust t{c.id, c.identity.public_part()};
    std::map<hash32, e2ee::cosignature> words;
    std::uint64_t position = 0;
    auto word_on = [&](const hash32& object) {
      auto found = words.find(object);
      return found == words.end() ? std::nullopt : std::optional{found->second};
    };
    for (const auto& raw : shown.chain) {
      if (auto said = e2ee::cosignature::decode(raw, c.id)) {
        words.insert_or_assign(said->of_object, *said);
        continue;
      }
      e2ee::evidence e{e2ee::log_place{position++, 0}, std::nullopt};
      if (auto x = e2ee::signed_invitation::decode(raw, c.id))
        e.cosigned = word_on(x->hash());
      if (auto no = e2ee::admit(raw, t, e); no != refusal::none)
        return no;
    }
    auto invited = e2ee::signed_invitation::decode(shown.invitation_object, c.id);
    return e2ee::verify(*invited, t, {e2ee::log_place{position, 0}, word_on(invited->hash())});
  }
};

} // namespace

TEST_CASE("what two registrars signed is brought by either of them, and by nobody else") {
  house_of_two f;
  auto m = f.grant();
  CHECK(f.refused_as(*f.other, m) == refusal::author_not_channel);
  CHECK(f.refused_as(f.c.admin(), m) == refusal::author_not_channel);
  auto alone = m;
  alone.cosignature.clear();
  CHECK(f.refused_as(*f.clerk, alone) == refusal::second_registrar_missing);
  CHECK(f.refused_as(*f.head, alone) == refusal::second_registrar_missing);
  auto* by = GENERATE(true, false) ? f.head : f.clerk;
  auto done = as<ask::submitted>(f.says(*by, m));
  CHECK(f.last_entry().detail == m.cosignature);
  CHECK(f.last_entry().device == by->device);
  CHECK(as<ask::submitted>(f.says(*f.clerk, m)).leaf == done.leaf); // the other one's second try
}

TEST_CASE("a word of a second registrar opens nobody's act to a third device") {
  house_of_two f;
  // Where the first one needs nobody, the word is not looked at, and whoever wrote it brings nothing in.
  auto x = f.c.grant_of(e2ee::subject_kind::user, e2ee::subject_of(f.head->user), f.c.party("triage"),
                        e2ee::grant_state::granted, 0);
  ask::submit m{e2ee::sign_object(f.c.id, x, {{f.c.admin().signing, e2ee::labels::grant}}), {}, {}};
  m.cosignature = f.word(e2ee::role_grant::decode(m.object, f.c.id)->hash(), *f.head);
  CHECK(f.refused_as(*f.head, m) == refusal::author_not_channel);
  CHECK(why(f.says(f.c.admin(), m)) == refusal::none);
}

TEST_CASE("an invitation by two is shown with both words, also after a start") {
  house_of_two f;
  auto m = f.invitation();
  auto alone = m;
  alone.cosignature.clear();
  CHECK(f.refused_as(*f.clerk, alone) == refusal::second_registrar_missing);
  alone.cosignature = f.word(build::drawn("something else"), *f.head);
  CHECK(f.refused_as(*f.clerk, alone) == refusal::second_registrar_missing);
  CHECK(f.refused_as(*f.other, m) == refusal::author_not_channel);
  as<ask::submitted>(f.says(*f.head, m));
  CHECK(f.last_entry().kind == rules::audit_kind::invited);
  CHECK(f.last_entry().detail == m.cosignature);
  if (GENERATE(false, true))
    f.restart();
  auto id = e2ee::signed_invitation::decode(m.object, f.c.id)->invitation;
  auto shown = as<ask::invitation>(f.knocks({}, ask::show_invitation{id, code}));
  CHECK(std::count(shown.chain.begin(), shown.chain.end(), m.cosignature) == 1);
  CHECK(f.verified(shown) == refusal::none);
  std::erase(shown.chain, m.cosignature);
  CHECK(f.verified(shown) == refusal::second_registrar_missing);
}
