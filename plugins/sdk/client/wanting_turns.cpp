// Why this device makes a link: its own parties at a start, what the daemon says waits, what a new head
// lacks, its age, a person's wish.
#include "client/after_all.hpp"
#include "client/turns.hpp"
#include <algorithm>

namespace wardline::client {

void turns::settle_own(ended then) {
  // Also those it was named for and does not belong to yet by what is known: their links may show that it
  // does.
  parties_.refresh_all(core_.inner->own_parties(), [this, then](refusal why) {
    if (!core_.inner) {
      then(refusal::not_logged_in);
      return;
    }
    auto own = core_.inner->entitled_parties(core_.now());
    auto one_less = after_all(own.size() + 1, [this, then](refusal ended_with) {
      if (core_.inner)
        list_pending();
      then(ended_with);
    });
    for (const auto& party : own)
      settle_one(party, one_less);
    one_less(why);
  });
}

void turns::settle_one(const party_id& party, const ended& one_less) {
  const auto* held = parties_.chain(party);
  auto me = core_.inner->certificate.device;
  turning what;
  what.intent = {party, parties_.kind_of(party), {me}, {}, e2ee::link_reason::genesis, 0};
  if (held == nullptr || held->head() == 0) {
    want(std::move(what), [this, party, one_less](refusal why) {
      bool other_first = why == refusal::none || why == refusal::signer_not_member;
      if (core_.inner && other_first && !parties_.member_of(party) && told_.insert(party).second)
        core_.say({notice::about::role_without_me, refusal::none, party, {}, {}, {}});
      one_less(other_first ? refusal::none : why);
    });
    return;
  }
  if (parties_.member_of(party)) {
    if (staged(party)) { // sent before, and neither it nor another stands in the chain
      what.intent.reason = e2ee::link_reason::refresh;
      what.intent.add.clear();
      what.intent.since = held->head();
      want(std::move(what), [](refusal) {});
    } else {
      look_at(party);
    }
    one_less(refusal::none);
    return;
  }
  e2ee::trust_standing known{core_.inner->trust, core::at_end(core_.now())};
  bool personal = held->kind == e2ee::party_kind::user || held->kind == e2ee::party_kind::patient;
  if (personal && known.may_reset(me)) {
    what.intent.reason = e2ee::link_reason::reset;
    what.role = e2ee::signer_role::reset;
    want(std::move(what), one_less);
    return;
  }
  if (told_.insert(party).second)
    core_.say({notice::about::role_without_me, refusal::none, party, {}, {}, parties_.person_of(party)});
  one_less(refusal::none);
}

void turns::list_pending() {
  core_.link.ask_for<wire::device::pending>(wire::device::list_pending{},
                                            [this](result<wire::device::pending> answer) {
                                              if (core_.inner && answer)
                                                on_pending(*answer);
                                            });
}

void turns::on_pending(const wire::device::pending& wanted) {
  if (core_.inner && heard)
    heard(wanted);
  if (!core_.inner || (wanted.turns.empty() && wanted.packs.empty()))
    return;
  // What makes it true must be known here first.
  changes_.follow([this, wanted](refusal) {
    if (!core_.inner)
      return;
    for (const auto& turn : wanted.turns)
      take_wanted(turn);
    for (const auto& pack : wanted.packs)
      packs_.give(pack);
  });
}

void turns::take_wanted(const wire::device::turn_wanted& wanted) {
  turning what;
  auto& intent = what.intent;
  intent = {wanted.party, e2ee::party_kind::role, wanted.add, wanted.remove, e2ee::link_reason::add, 0};
  parties_.refresh(wanted.party, [this, what = std::move(what)](refusal why) mutable {
    auto party = what.intent.party;
    if (!core_.inner || why != refusal::none || !parties_.member_of(party))
      return; // a registrar's own hand may still do it
    if (!what.intent.remove.empty()) {
      e2ee::trust_standing known{core_.inner->trust, core::at_end(core_.now())};
      bool barred =
          std::any_of(what.intent.remove.begin(), what.intent.remove.end(), [&](const device_id& d) {
            auto facts = known.device(d);
            return facts && facts->barred;
          });
      what.intent.reason = barred ? e2ee::link_reason::revoke : e2ee::link_reason::remove;
    }
    what.intent.kind = parties_.kind_of(party);
    want(std::move(what), [this, party](refusal ended_with) {
      if (core_.inner && ended_with != refusal::none && ended_with != refusal::needs && !passes(ended_with))
        core_.say({notice::about::party_changed, ended_with, party, {}, {}, parties_.person_of(party)});
    });
  });
}

void turns::look_at(const party_id& party) {
  if (!core_.inner || turning_.contains(party))
    return;
  const auto* held = parties_.chain(party);
  if (held == nullptr)
    return;
  auto me = core_.inner->certificate.device;
  e2ee::trust_standing known{core_.inner->trust, core::at_end(core_.now())};
  auto owed = e2ee::owed_turn(*held, me, known, parties_.state_of(party), core_.now());
  if (!owed)
    return;
  turning what;
  what.intent = std::move(*owed);
  want(std::move(what), [this, party](refusal why) {
    if (core_.inner && why != refusal::none && !passes(why))
      core_.say({notice::about::party_changed, why, party, {}, {}, parties_.person_of(party)});
  });
}

void turns::tick() {
  if (!core_.inner || !core_.who || core_.now() - looked_ < heads_look_ms)
    return;
  looked_ = core_.now();
  for (const auto& party : core_.inner->entitled_parties(core_.now()))
    look_at(party);
}

void turns::prepare(const party_id& party, done<handed_over> then) {
  auto made = std::make_shared<handed_over>();
  by_hand(
      party, [made](prepared_act act) { *made = std::move(act); },
      [made, then](const result<nothing>& turned) {
        if (turned)
          then(std::move(*made));
        else
          then(turned.no);
      });
}

void turns::by_hand(const party_id& party, handing_over hand_over, done<nothing> then) {
  changes_.follow([this, party, hand_over, then](refusal) {
    core_.link.ask_for<wire::device::pending>(
        wire::device::list_pending{},
        [this, party, hand_over, then](const result<wire::device::pending>& answer) {
          if (!core_.inner) {
            then(refusal::not_logged_in);
            return;
          }
          e2ee::turn_intent wanted;
          if (answer)
            for (const auto& turn : answer->turns)
              if (turn.party == party)
                wanted = {party, e2ee::party_kind::role, turn.add, turn.remove, e2ee::link_reason::add, 0};
          wanted.party = party;
          parties_.refresh(party, [this, wanted, hand_over, then](refusal why) {
            if (!core_.inner || why != refusal::none)
              then(core_.inner ? why : refusal::not_logged_in);
            else
              turn_now(wanted, hand_over, then);
          });
        });
  });
}

void turns::turn_now(e2ee::turn_intent intent, handing_over hand_over, const done<nothing>& then) {
  const auto* held = parties_.chain(intent.party);
  if (held == nullptr || held->head() == 0) {
    then(refusal::recipient_not_ready);
    return;
  }
  turning what;
  intent.kind = held->kind;
  intent.since = held->head();
  std::vector<device_id> unknown;
  auto now = judged(intent, unknown);
  if (now.add.empty() && now.remove.empty()) {
    intent.add.clear();
    intent.remove.clear();
    intent.reason = e2ee::link_reason::refresh;
  } else if (!now.remove.empty()) {
    intent.reason = e2ee::link_reason::remove;
  }
  if (!parties_.member_of(intent.party)) {
    auto own = core_.inner->trust.registrar_serial(core_.inner->certificate.device);
    if (!own) {
      then(refusal::not_registrar);
      return;
    }
    what.role = e2ee::signer_role::registrar;
    what.certificate = own->hash;
    e2ee::trust_standing known{core_.inner->trust, core::at_end(core_.now())};
    auto may = known.registrar_may_turn(own->hash, intent.party, intent.kind, {});
    if (may == refusal::second_registrar_missing)
      what.hand_over = std::move(hand_over);
  }
  what.intent = std::move(intent);
  want(std::move(what), [then](refusal why) {
    if (why == refusal::none)
      then(nothing{});
    else
      then(why);
  });
}

} // namespace wardline::client
