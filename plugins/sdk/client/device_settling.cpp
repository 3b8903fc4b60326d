// What a device does when it was logged in or has a new channel: it learns what it missed, in an order in
// which everything is judged once.
#include "client/after_all.hpp"
#include "client/because.hpp"
#include "client/device_parts.hpp"
#include <algorithm>

namespace wardline::client {

/// First the own certificate with its proofs, then who was granted and revoked what, the own parties with the
/// history given to this device, then what is new; what was staged goes last, because it is judged against
/// what was just learned.
void device::parts::settle() {
  if (settling) { // on a new channel: what was said while there was none was said to nobody
    settle_again = true;
    return;
  }
  settling = true;
  if (lives.is_new())
    settle_life();
  else
    settle_own();
}

/// The server was restored since: what that means for what is kept here comes before anything is asked of its
/// log. Whatever is wrong with it was said, and stops nothing urgent (e2ee 5.15).
void device::parts::settle_life() {
  lives.meet([this](refusal why) {
    if (!shared.inner)
      return end_settling(refusal::not_logged_in);
    if (why == refusal::none)
      why = load_inner();
    if (!shared.inner || passes(why))
      return end_settling(shared.inner ? why : refusal::not_logged_in);
    settle_own();
  });
}

void device::parts::settle_own() {
  std::vector<hash32> own{shared.inner->certificate.hash()};
  own.insert(own.end(), shared.me->chain.begin(), shared.me->chain.end());
  std::erase_if(own, [this](const hash32& h) { return objects.held(h); });
  objects.fetch(std::move(own), [this](refusal why) {
    if (why != refusal::none || !shared.inner) {
      end_settling(shared.inner ? why : refusal::not_logged_in);
      return;
    }
    changes.follow([this](refusal followed) {
      if (followed != refusal::none && shared.inner)
        shared.say({notice::about::log, followed, {}, {}, {}, {}});
      settle_parties();
    });
  });
}

void device::parts::settle_parties() {
  if (!shared.inner) {
    end_settling(refusal::not_logged_in);
    return;
  }
  turns.settle_own([this](refusal why) {
    if (!shared.inner) {
      end_settling(refusal::not_logged_in);
      return;
    }
    // What is wrong with one group or with the log stops no reading and nothing urgent (e2ee 5.15).
    if (why != refusal::none)
      shared.say({notice::about::party_changed, why, {}, {}, {}, {}});
    settle_packs();
  });
}

/// Before slips are fetched: then each of them is judged once.
void device::parts::settle_packs() {
  auto own = shared.inner->own_parties();
  packs.begin_anew();
  auto one_less = after_all(own.size() + 1, [this](refusal) {
    if (shared.inner)
      settle_slips();
    else
      end_settling(refusal::not_logged_in);
  });
  for (const auto& party : own)
    packs.fetch(party, one_less);
  one_less(refusal::none);
}

void device::parts::settle_slips() {
  conversations.catch_up_all([this](refusal why) {
    if (!shared.inner) {
      end_settling(refusal::not_logged_in);
      return;
    }
    // What cannot be fetched now is asked for again; it stops no act of this person.
    if (why != refusal::none)
      shared.say({notice::about::unreadable, why, {}, {}, {}, {}});
    settle_keys();
  });
}

/// Once per start: what could not be read when it came (e2ee 6.10).
void device::parts::settle_keys() {
  conversations.judge_again([this](refusal) {
    if (!shared.inner) {
      end_settling(refusal::not_logged_in);
      return;
    }
    key_lists.fetch_all([this](refusal) {
      if (!shared.inner) {
        end_settling(refusal::not_logged_in);
        return;
      }
      (void)shared.commit({}); // the pin, if nothing else took it along
      settled = true;
      end_settling(refusal::none);
      (void)outbox.drop_safe(shared.safe_leaves); // a full disk keeps them
      outbox.send_all();
      acts.send_all();
      if (shared.inner)
        renewal.settle();
      if (shared.inner)
        reports.settle([](refusal) {});
    });
  });
}

/// A head is new: what it owes, what it gives to read.
void device::parts::on_adopted(const party_id& party) {
  turns.look_at(party);
  if (!settled || !parties.member_of(party))
    return; // settling looks at all of them
  packs.fetch(party, [this](refusal) {
    if (shared.inner)
      conversations.judge_again([](refusal) {});
  });
}

void device::parts::on_party_changed(const party_id& party) {
  if (!shared.inner || !settled) {
    settle_again = settling; // it may have looked at this party already
    return;
  }
  changes.follow([this, party](refusal) {
    if (!shared.inner)
      return;
    auto own = shared.inner->own_parties();
    bool mine = std::find(own.begin(), own.end(), party) != own.end();
    if (!mine && parties.chain(party) == nullptr)
      return;
    bool was_in = parties.member_of(party);
    parties.refresh(party, [this, party, was_in](refusal why) {
      if (shared.inner && impossible(why)) // what may only be late is not told
        shared.say({notice::about::party_changed, why, party, {}, {}, parties.person_of(party)});
      if (!shared.inner || !parties.member_of(party))
        return;
      packs.fetch(party, [](refusal) {}); // one may have come without a link
      if (!was_in)                        // conversations of a role that is new here
        conversations.catch_up_all([](refusal) {});
    });
  });
}

void device::parts::end_settling(refusal why) {
  settling = false;
  auto log_ins = std::exchange(settling_for, {});
  auto waited = std::exchange(waiting, {});
  for (auto& then : log_ins) {
    if (why == refusal::none && shared.who)
      then(*shared.who);
    else
      then(because(why == refusal::none ? refusal::not_logged_in : why));
  }
  for (auto& act : waited)
    act(why);
  if (std::exchange(settle_again, false) && why == refusal::none && shared.inner)
    settle();
}

} // namespace wardline::client
