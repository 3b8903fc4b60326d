#include "client/turns.hpp"
#include "client/after_all.hpp"
#include <algorithm>
#include <sodium.h>

namespace wardline::client {

namespace {

request_id fresh_request() {
  request_id out;
  randombytes_buf(out.value.data(), out.value.size());
  return out;
}

void merge(std::vector<device_id>& into, const std::vector<device_id>& more) {
  into.insert(into.end(), more.begin(), more.end());
  std::sort(into.begin(), into.end());
  into.erase(std::unique(into.begin(), into.end()), into.end());
}

} // namespace

// ---------------------------------------------------------------- one turn

void turns::want(turning what, ended then) {
  auto party = what.intent.party;
  auto found = turning_.find(party);
  if (found != turning_.end()) { // one link at a time; it takes the new wish along if it still can
    merge(found->second.intent.add, what.intent.add);
    merge(found->second.intent.remove, what.intent.remove);
    found->second.waiting.push_back(std::move(then));
    return;
  }
  if (turning_.size() >= turning_max) {
    then(refusal::overloaded);
    return;
  }
  what.waiting.push_back(std::move(then));
  turning_.emplace(party, std::move(what));
  step(party);
}

void turns::end(const party_id& party, refusal why) {
  auto found = turning_.find(party);
  if (found == turning_.end())
    return;
  auto waiting = std::move(found->second.waiting);
  turning_.erase(found);
  for (auto& then : waiting)
    then(why);
}

void turns::forget() {
  auto all = std::exchange(turning_, {});
  for (auto& [party, what] : all)
    for (auto& then : what.waiting)
      then(refusal::not_logged_in);
}

std::optional<rows::turn> turns::staged(const party_id& party) const {
  auto raw = core_.rows.get(table::turns, rows::key_of_id(party));
  return raw ? rows::decode<rows::turn>(raw->value) : std::nullopt;
}

void turns::forget_staged(const party_id& party) {
  store_changes changes;
  vault::erase(changes, table::turns, rows::key_of_id(party));
  (void)core_.commit(std::move(changes)); // said by commit; a turn left behind is only asked about once more
}

/// Done already, still on its way from before, or to be made.
void turns::step(const party_id& party) {
  auto found = turning_.find(party);
  if (found == turning_.end())
    return;
  if (!core_.inner) {
    end(party, refusal::not_logged_in);
    return;
  }
  const auto* chain = parties_.chain(party);
  if (chain != nullptr && e2ee::holds(*chain, found->second.intent)) {
    end(party, refusal::none);
    return;
  }
  if (found->second.tries++ >= turn_tries_max) {
    end(party, refusal::epoch_taken);
    return;
  }
  if (auto turn = staged(party))
    send(party, *turn);
  else
    stage(party);
}

/// The intent by this device's own trust: in only who is entitled, out only who is barred or no longer
/// entitled.
e2ee::turn_intent turns::judged(const e2ee::turn_intent& intent, std::vector<device_id>& unknown) const {
  e2ee::trust_standing known{core_.inner->trust, core::at_end(core_.now())};
  auto out = intent;
  std::erase_if(out.add, [&](const device_id& d) {
    auto facts = known.device(d);
    if (!facts)
      unknown.push_back(d);
    return facts && (facts->barred || !known.entitlement(d, intent.party));
  });
  std::erase_if(out.remove, [&](const device_id& d) {
    auto facts = known.device(d);
    return !facts || (!facts->barred && known.entitlement(d, intent.party));
  });
  return out;
}

e2ee::link_maker turns::maker(const turning& what) const {
  auto out = core_.inner->maker();
  out.role = what.role;
  if (what.role == e2ee::signer_role::registrar)
    out.certificate = what.certificate;
  return out;
}

void turns::stage(const party_id& party) {
  auto& now = turning_.at(party);
  std::vector<device_id> unknown;
  auto intent = judged(now.intent, unknown);
  if (!unknown.empty() && !now.asked) {
    now.asked = true;
    ask_about(party, unknown);
    return;
  }
  std::erase_if(intent.add, [&](const device_id& d) {
    return std::find(unknown.begin(), unknown.end(), d) != unknown.end();
  });
  bool by_members = intent.reason == e2ee::link_reason::add || intent.reason == e2ee::link_reason::remove ||
                    intent.reason == e2ee::link_reason::revoke;
  if (by_members && intent.add.empty() && intent.remove.empty()) {
    end(party, unknown.empty() ? refusal::none : refusal::needs); // nothing of it is true here
    return;
  }
  e2ee::trust_standing known{core_.inner->trust, core::at_end(core_.now())};
  auto link = core_.inner->keys.stage_turn(intent, known, maker(now), core_.now());
  if (!link) {
    end(party, link.why());
    return;
  }
  if (now.hand_over) { // its maker is no member: nobody here keeps the seed
    now.hand_over({std::move(link->core), std::move(link->members), std::move(link->seals)});
    end(party, refusal::none);
    return;
  }
  rows::turn turn{fresh_request(), {}, {}, {}, packs_.with_link(*link, intent.add)};
  turn.core = std::move(link->core);
  turn.members = std::move(link->members);
  turn.seals = std::move(link->seals);
  store_changes changes;
  core_.rows.put(changes, table::turns, rows::key_of_id(party), rows::encode(turn));
  if (auto why = core_.commit(std::move(changes)); why != refusal::none)
    end(party, why);
  else
    send(party, turn);
}

/// Certificates of who is to come in: with the party, and where this device may ask for them, one by one.
void turns::ask_about(const party_id& party, const std::vector<device_id>& unknown) {
  auto go_on = after_all(unknown.size() + 1, [this, party](refusal) {
    if (auto found = turning_.find(party); found != turning_.end()) {
      --found->second.tries; // nothing was sent
      step(party);
    }
  });
  for (const auto& device : unknown)
    core_.link.ask_for<wire::device::objects>(
        wire::device::get_standing{{}, device}, [this, go_on](result<wire::device::objects> answer) {
          if (core_.inner && answer)
            objects_.take(std::move(answer->found), answer->checkpoint, go_on);
          else
            go_on(answer.why());
        });
  go_on(refusal::none);
}

void turns::send(const party_id& party, const rows::turn& turn) {
  wire::device::submit request{turn.core, turn.members, turn.seals, turn.packs};
  core_.link.ask_for_as<wire::device::submitted>(
      turn.request, std::move(request), [this, party](const result<wire::device::submitted>& answer) {
        if (!core_.inner)
          end(party,
              refusal::not_logged_in); // it stands on disk: its fate is asked for after the next log-in
        else
          take_answer(party, answer);
      });
}

/// The head says who won: the link that was staged here, or somebody else's. Adopting either ends the turn.
void turns::take_answer(const party_id& party, const result<wire::device::submitted>& answer) {
  bool taken = answer.why() == refusal::epoch_taken || answer.why() == refusal::chain_broken;
  if (!answer && passes(answer.why())) {
    if (auto found = turning_.find(party); found != turning_.end())
      --found->second.tries; // nobody else was faster
    core_.after(turn_resend_ms, [this, party] { step(party); });
    return;
  }
  if (!answer && !taken) {
    forget_staged(party);
    end(party, answer.why());
    return;
  }
  auto hash = answer ? answer->hash : hash32{};
  parties_.refresh(party, [this, party, taken, hash](refusal why) {
    auto found = turning_.find(party);
    if (!core_.inner || why != refusal::none || found == turning_.end()) {
      end(party, core_.inner ? why : refusal::not_logged_in);
      return;
    }
    const auto* chain = parties_.chain(party);
    bool ours = !taken && chain != nullptr && chain->head() > 0 && chain->epochs.back().hash == hash;
    auto& intent = found->second.intent;
    bool more = !intent.add.empty() || !intent.remove.empty();
    if (ours && more) { // a wish that came while the link was on its way may be left
      intent.reason = intent.remove.empty() ? e2ee::link_reason::add : e2ee::link_reason::remove;
      step(party);
    } else if (ours) {
      end(party, refusal::none);
    } else {
      core_.after(turn_jitter_ms_min + randombytes_uniform(turn_jitter_ms + 1),
                  [this, party] { step(party); });
    }
  });
}

} // namespace wardline::client
