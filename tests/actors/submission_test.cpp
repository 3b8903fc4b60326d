// What devices submit: registrar certificates, roster links, conversation links.
#include "role_links.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

using e2ee::link_reason;

struct role_house : people_fixture {
  build::enrolled* nurse1 = nullptr;
  build::enrolled* nurse2 = nullptr;
  build::enrolled* stranger = nullptr; ///< in no role
  party_id role = c.party("triage");
  role_links triage{*this, role, e2ee::party_kind::role};

  role_house() {
    open();
    nurse1 = &nurse("nurse1", {"triage"});
    nurse2 = &nurse("nurse2", {"triage"});
    stranger = &nurse("stranger");
  }
  void genesis() { triage.accepted(*nurse1, {nurse1}, link_reason::genesis); }
  bytes row_of(ports::table where, bytes_view key) const { return s.disk.read(where, key).value; }
  /// The answer is this refusal, and nothing was written.
  void refused_as(const build::enrolled& who, const ask::submit& m, refusal expected) {
    auto before = s.disk.rows;
    CHECK(to_string(why(says(who, m))) == to_string(expected));
    CHECK(s.disk.rows == before);
  }
};

struct ward_talk : role_house {
  conversation_links talk{*this, "about a ward"};
  e2ee::conversation_party role_party{role, e2ee::party_kind::role};
  e2ee::conversation_party own1{c.party("nurse1"), e2ee::party_kind::user};
  e2ee::conversation_party own2{c.party("nurse2"), e2ee::party_kind::user};
  e2ee::conversation_party strange{c.party("stranger"), e2ee::party_kind::user};

  bool listed(const party_id& p) const {
    return s.disk.read(ports::table::conversation, rows::key_of_membership(p, talk.head.conversation))
               .status == ports::read_status::found;
  }
  std::vector<ask::conversation> list_of(const build::enrolled& e) {
    return as<ask::conversations>(says(e, ask::list_conversations{})).all;
  }
};

} // namespace

TEST_CASE("a registrar's certificate is signed by the identity key, or refused") {
  role_house f;
  auto raw = [&](const e2ee::registrar_fields& x, const e2ee::signing_key& by) {
    return ask::submit{e2ee::sign_object(f.c.id, x, {{by, e2ee::labels::registrar}}), {}, {}};
  };
  auto x = f.c.registrar_for(*f.nurse1, e2ee::scope::staff, e2ee::scope::staff);
  f.refused_as(*f.nurse1, raw(x, f.nurse1->signing), refusal::bad_signature);
  auto other = x;
  other.signing_key = f.nurse2->signing.public_part();
  f.refused_as(*f.nurse1, raw(other, f.c.identity), refusal::registrar_key_mismatch);
  auto leaves = f.leaves();
  auto done = as<ask::submitted>(f.says(*f.nurse1, raw(x, f.c.identity)));
  CHECK(done.leaf == leaves);
  CHECK(f.last_entry().kind == rules::audit_kind::object_accepted);
  CHECK(f.last_entry().hash == done.hash);
  CHECK(as<ask::submitted>(f.says(*f.nurse2, raw(x, f.c.identity))).leaf == done.leaf);
  CHECK(f.leaves() == leaves + 1);
  other = x;
  other.alone = 0;
  f.refused_as(*f.nurse1, raw(other, f.c.identity), refusal::serial_reused);

  // The new registrar invites from now on; who is invited hangs on admin as well.
  auto invited = f.c.invitation_for("guest", e2ee::device_class::personal_staff, f.c.user("guest"),
                                    {f.c.party("guest")}, &f.c.admin());
  invited.registrar = done.hash;
  ask::invite m{e2ee::sign_object(f.c.id, invited, {{f.nurse1->signing, e2ee::labels::invitation}}),
                code,
                std::nullopt,
                {f.name_of("guest", 1)}};
  as<ask::submitted>(f.says(*f.nurse1, m));
  auto shown = as<ask::invitation>(f.knocks({}, ask::show_invitation{invited.invitation, code}));
  CHECK(shown.chain.size() == 6); // both registrars, their devices and invitations
}

TEST_CASE("only what is submitted this way is taken") {
  role_house f;
  for (const auto& raw : {f.c.log[0].raw, f.c.log[1].raw, f.nurse1->invited.raw()})
    f.refused_as(f.c.admin(), {raw, {}, {}}, refusal::unknown_kind);
  f.refused_as(f.c.admin(), {{}, {}, {}}, refusal::truncated);
  f.refused_as(f.c.admin(), {{200, 1}, {}, {}}, refusal::unknown_kind);
}

TEST_CASE("a party's first link is accepted with its members, and shows on the board") {
  role_house f;
  auto m = f.triage.link(*f.nurse1, {f.nurse1}, link_reason::genesis);
  auto leaves = f.leaves();
  auto done = as<ask::submitted>(f.says(*f.nurse1, m));
  CHECK(done.leaf == leaves);
  CHECK(f.last_entry().hash == done.hash);
  CHECK(f.last_entry().object == f.role.value);
  auto now = f.board->now();
  const auto* party = now->party(f.role);
  CHECK(party->n == 1);
  CHECK(party->head == done.hash);
  CHECK(party->members == std::vector{f.nurse1->device});
  f.triage.adopt(m);
  CHECK(party->inbox == f.triage.chain.epochs.back().inbox);
  // Lost answer: the same again, also after the next link.
  CHECK(as<ask::submitted>(f.says(*f.nurse1, m)).leaf == done.leaf);
  f.triage.accepted(*f.nurse1, {f.nurse1, f.nurse2}, link_reason::add);
  CHECK(as<ask::submitted>(f.says(*f.nurse1, m)).leaf == done.leaf);
  CHECK(f.board->now()->party(f.role)->n == 2);
}

TEST_CASE("who loses the race for an epoch learns the head's number and hash") {
  role_house f;
  f.genesis();
  auto lost = f.triage.link(*f.nurse1, {f.nurse1, f.nurse2}, link_reason::add);
  auto won = f.triage.accepted(*f.nurse1, {f.nurse1}, link_reason::refresh);
  auto leaves = f.leaves();
  auto answer = as<ask::refused>(f.says(*f.nurse1, lost));
  CHECK(answer.why == refusal::epoch_taken);
  CHECK(answer.epoch == 2);
  CHECK(answer.hash == f.triage.decoded(won).core.hash());
  CHECK(f.leaves() == leaves);
}

TEST_CASE("links that are refused change nothing") {
  role_house f;
  f.genesis();
  auto good = f.triage.link(*f.nurse1, {f.nurse1, f.nurse2}, link_reason::add);
  f.refused_as(*f.nurse2, good, refusal::author_not_channel);
  auto m = good;
  m.members.pop_back();
  f.refused_as(*f.nurse1, m, refusal::members_hash_mismatch);
  m = good;
  m.seals[5] ^= 1;
  f.refused_as(*f.nurse1, m, refusal::seals_hash_mismatch);
  m = good;
  m.object.back() ^= 1;
  f.refused_as(*f.nurse1, m, refusal::bad_signature);
  f.refused_as(*f.nurse2, f.triage.link(*f.nurse2, {f.nurse1, f.nurse2}, link_reason::add),
               refusal::signer_not_member);
  f.refused_as(*f.nurse1, f.triage.link(*f.nurse1, {f.nurse1, f.stranger}, link_reason::add),
               refusal::member_not_entitled);
  role_links unknown{f, f.c.party("nowhere"), e2ee::party_kind::role};
  f.refused_as(*f.nurse1, unknown.link(*f.nurse1, {f.nurse1}, link_reason::genesis), refusal::not_found);
  role_links other_kind{f, f.c.party("nurse1"), e2ee::party_kind::role};
  f.refused_as(*f.nurse1, other_kind.link(*f.nurse1, {f.nurse1}, link_reason::genesis),
               refusal::class_not_for_party);
  f.triage.adopt(good);
  f.triage.chain.epochs.push_back(f.triage.chain.epochs.back());
  auto gap = as<ask::refused>(f.says(*f.nurse1, f.triage.link(*f.nurse1, {f.nurse1}, link_reason::refresh)));
  CHECK(gap.why == refusal::needs);
  CHECK(gap.epoch == 0);
}

TEST_CASE("a conversation begins, changes, and stands in its members' lists") {
  ward_talk f;
  auto m = f.talk.accepted(*f.nurse1, {f.own1, f.role_party});
  CHECK(f.last_entry().conversation == f.talk.head.conversation);
  REQUIRE(f.list_of(*f.nurse2).size() == 1);
  CHECK(f.list_of(*f.nurse2).front().link == m.object);
  CHECK(f.list_of(*f.stranger).empty());
  f.talk.accepted(*f.nurse2, {f.own1, f.strange});
  CHECK(f.listed(f.own1.party));
  CHECK_FALSE(f.listed(f.role)); // left with this link
  CHECK(f.list_of(*f.stranger).size() == 1);
  CHECK(f.list_of(*f.nurse2).empty());
}

TEST_CASE("a stranger gets the same bytes for a conversation that exists and one that does not") {
  ward_talk f;
  auto m = f.talk.accepted(*f.nurse1, {f.own1, f.role_party});
  auto leaves = f.leaves();
  auto answers = [&](const ask::submit& x) { return f.says(*f.stranger, x); };
  auto encoded = [](const outcome& o) {
    return wire::device::encode(wire::device::from_daemon{wire::device::answer{{}, o.result}});
  };
  conversation_links nowhere{f, "nowhere"};
  auto unknown_party = e2ee::conversation_party{f.c.party("no such party"), e2ee::party_kind::role};
  auto there_is_none = encoded(answers(nowhere.link(*f.stranger, {f.strange, unknown_party})));
  // The accepted link itself, the next one, and a beginning under the same number.
  CHECK(encoded(answers(m)) == there_is_none);
  CHECK(encoded(answers(f.talk.link(*f.stranger, {f.strange, f.role_party}))) == there_is_none);
  conversation_links again{f, "about a ward"};
  CHECK(encoded(answers(again.link(*f.stranger, {f.strange}))) == there_is_none);
  CHECK(f.leaves() == leaves);
}

TEST_CASE("conversation links that are refused change nothing") {
  ward_talk f;
  auto begun = f.talk.link(*f.nurse1, {f.own1, f.role_party});
  f.refused_as(*f.nurse2, begun, refusal::author_not_channel);
  f.refused_as(*f.stranger, f.talk.link(*f.stranger, {f.own1, f.role_party}), refusal::signer_not_member);
  f.refused_as(*f.nurse1, f.talk.link(*f.nurse1, {f.own1, {f.c.party("nobody"), e2ee::party_kind::user}}),
               refusal::not_found);
  auto x = f.talk.fields(*f.nurse1, {f.own1});
  x.conversation = {};
  f.refused_as(*f.nurse1, f.talk.signed_by(*f.nurse1, x), refusal::malformed_request);
  x = f.talk.fields(*f.nurse1, {f.own1});
  x.subject = f.own1.party;
  f.refused_as(*f.nurse1, f.talk.signed_by(*f.nurse1, x), refusal::no_role_party);

  f.talk.accepted(*f.nurse1, {f.own1, f.role_party});
  conversation_links late{f, "about a ward"};
  auto stale = as<ask::refused>(f.says(*f.nurse1, late.link(*f.nurse1, {f.own1, f.own2})));
  CHECK(stale.why == refusal::conversation_taken);
  CHECK(stale.epoch == 1);
  CHECK(stale.hash == f.talk.head.hash);
  x = f.talk.fields(*f.nurse1, {f.own1});
  x.previous = {};
  f.refused_as(*f.nurse1, f.talk.signed_by(*f.nurse1, x), refusal::chain_broken);
}

TEST_CASE("a damaged conversation is not begun anew over its messages") {
  ward_talk f;
  f.talk.accepted(*f.nurse1, {f.own1, f.role_party});
  f.s.disk.poison(ports::table::conversation, to_bytes(f.talk.head.conversation.view()));
  conversation_links again{f, "about a ward"};
  f.refused_as(*f.nurse1, again.link(*f.nurse1, {f.own1}), refusal::value_not_openable);
  f.refused_as(*f.stranger, again.link(*f.stranger, {f.strange}), refusal::not_found);
  CHECK(f.list_of(*f.nurse1).empty()); // it costs its own place in the list, not the list
}

namespace {

/// A patient, and what her conversations are made of.
struct patient_talk : ward_talk {
  build::enrolled* patient = &bring_in(c.patient("patient"), {name_of("patient", 3)});
  e2ee::conversation_party subject{c.party("patient"), e2ee::party_kind::patient};
  e2ee::conversation_party emergency{c.party("emergency"), e2ee::party_kind::role};

  ask::submit about(const std::vector<e2ee::conversation_party>& parties, bool with_subject = true) const {
    auto x = talk.fields(*patient, parties);
    x.subject = with_subject ? subject.party : party_id{};
    return talk.signed_by(*patient, x);
  }
};

} // namespace

TEST_CASE("a patient's conversation holds the emergency role, from its first link to its last") {
  patient_talk f;
  f.refused_as(*f.patient, f.about({f.subject, f.role_party}), refusal::no_emergency_role);
  f.refused_as(*f.patient, f.about({f.subject}), refusal::no_role_party);
  auto begun = f.about({f.subject, f.role_party, f.emergency});
  as<ask::submitted>(f.says(*f.patient, begun));
  f.talk.head = e2ee::head_of(*e2ee::conversation_link::decode(begun.object, f.c.id));
  auto without = f.talk.link(*f.nurse1, {f.subject, f.role_party, f.own1});
  f.refused_as(*f.nurse1, without, refusal::no_emergency_role);
  f.talk.accepted(*f.nurse1, {f.subject, f.emergency, f.own1});
  f.restart();
  f.refused_as(*f.nurse1, f.talk.link(*f.nurse1, {f.subject, f.role_party, f.own1}),
               refusal::no_emergency_role);
}

TEST_CASE("leaving the subject out is no way around the emergency role") {
  patient_talk f;
  f.refused_as(*f.patient, f.about({f.subject, f.own1}, false), refusal::no_role_party);
  f.refused_as(*f.patient, f.about({f.subject, f.role_party}, false), refusal::no_emergency_role);
  as<ask::submitted>(f.says(*f.patient, f.about({f.subject, f.emergency}, false)));
}

TEST_CASE("a conversation's subject is a patient's party, and each party is of the kind it is called") {
  patient_talk f;
  auto x = f.talk.fields(*f.nurse1, {f.own1, f.role_party, f.emergency});
  x.subject = f.own1.party;
  f.refused_as(*f.nurse1, f.talk.signed_by(*f.nurse1, x), refusal::class_not_for_party);
  f.refused_as(*f.nurse1, f.talk.link(*f.nurse1, {f.own1, {f.subject.party, e2ee::party_kind::user}}),
               refusal::class_not_for_party);
}
