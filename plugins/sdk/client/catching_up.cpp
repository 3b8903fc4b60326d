// Slips of conversations: fetched from the cursor on, or taken as they are pushed.
#include "client/after_all.hpp"
#include "client/conversations.hpp"

namespace wardline::client {

void conversations::catch_up_all(ended then) {
  list([this, then](refusal why, std::vector<wire::device::conversation> listed) {
    if (why != refusal::none) {
      then(why);
      return;
    }
    offer_links(listed, [this, listed, then](std::size_t offered) {
      if (!core_.inner)
        return then(refusal::not_logged_in);
      if (offered == 0)
        return take_all_listed(listed, then);
      list([this, then](refusal again, std::vector<wire::device::conversation> all) {
        if (again != refusal::none)
          return then(again);
        take_all_listed(std::move(all), then);
      });
    });
  });
}

void conversations::take_all_listed(std::vector<wire::device::conversation> listed, ended then) {
  auto last = listed;
  take_listed(std::move(listed), [this, last = std::move(last), then](refusal) {
    std::vector<conversation_id> behind;
    for (const auto& c : last)
      if (const auto* held = find(c.id);
          held != nullptr && (c.last_seq > held->seq || held->incarnation != core_.incarnation))
        behind.push_back(c.id);
    if (!core_.inner)
      return then(refusal::not_logged_in);
    auto one_less = after_all(behind.size() + 1, then);
    look_back_all(one_less);
    for (const auto& id : behind)
      catch_up(id, one_less);
  });
}

void conversations::catch_up(const conversation_id& where, ended then) {
  auto [at, fresh] = catching_.try_emplace(where);
  at->second.waiting.push_back(std::move(then));
  if (fresh)
    fetch_page(where);
  else
    at->second.again = true; // its page may have been asked for before this slip was accepted
}

void conversations::end(const conversation_id& where, refusal why) {
  auto found = catching_.find(where);
  if (found == catching_.end())
    return;
  if (why == refusal::none && std::exchange(found->second.again, false)) {
    fetch_page(where);
    return;
  }
  auto waiting = std::move(found->second.waiting);
  catching_.erase(found);
  if (why == refusal::none)
    say_again(where);
  for (auto& then : waiting)
    then(why);
}

void conversations::fetch_page(const conversation_id& where) {
  const auto* held = find(where);
  if (held == nullptr) {
    end(where, refusal::not_found);
    return;
  }
  if (held->incarnation != core_.incarnation) {
    bool believed = core_.pin && core_.pin->incarnation == core_.incarnation;
    auto why = believed ? begin_anew(where) : refusal::other_incarnation;
    if (!believed)
      core_.say({notice::about::log, why, {}, where, {}, {}});
    if (why == refusal::none)
      fetch_page(where);
    else
      end(where, why);
    return;
  }
  wire::device::get_slips request{where, held->incarnation, held->seq, slips_per_page_max};
  auto asked_in = core_.incarnation;
  core_.link.ask_for<wire::device::slips>(
      request, [this, where, asked_in](result<wire::device::slips> answer) {
        if (!core_.inner)
          end(where, refusal::not_logged_in);
        else if (asked_in != core_.incarnation) // before a restore, whoever answers it
          fetch_page(where);
        else if (!answer)
          end(where, answer.why());
        else
          take_page(where, *answer);
      });
}

void conversations::take_page(const conversation_id& where, const wire::device::slips& page) {
  if (page.rows.empty()) { // an end, or a promise of more that is not kept: that would hide what follows
    if (page.more)
      core_.say({notice::about::unreadable, refusal::malformed_request, {}, where, {}, {}});
    end(where, page.more ? refusal::malformed_request : refusal::none);
    return;
  }
  fetch_lacking(where, page, [this, where, page](refusal lacked) {
    if (!core_.inner) {
      end(where, refusal::not_logged_in);
      return;
    }
    // Not known today is not unreadable: the cursor stays, and it is asked again.
    if (passes(lacked) || lacked == refusal::not_in_log) {
      if (again_.insert(where).second)
        core_.after(catch_up_again_ms, [this, where] {
          again_.erase(where);
          catch_up(where, [](refusal) {});
        });
      end(where, lacked);
      return;
    }
    if (auto why = keep(where, page.rows); why != refusal::none)
      end(where, why);
    else if (page.more)
      fetch_page(where);
    else
      end(where, refusal::none);
  });
}

/// One attempt: what the daemon does not have makes the slip unreadable, with its reason (e2ee 6.10). Ends
/// with what went wrong on the way, if anything did.
void conversations::fetch_lacking(const conversation_id& where, const wire::device::slips& page, ended then) {
  lacking all;
  for (const auto& slip : page.rows) {
    auto one = messages_.lacks(slip);
    all.objects.insert(all.objects.end(), one.objects.begin(), one.objects.end());
    all.parties = all.parties || one.parties;
  }
  fetch(where, std::move(all), std::move(then));
}

void conversations::fetch(const conversation_id& where, lacking all, ended then) {
  const auto* held = find(where);
  if (all.nothing() || held == nullptr) {
    then(refusal::none);
    return;
  }
  std::vector<party_id> wanted;
  if (all.parties)
    for (const auto& p : held->head.parties)
      wanted.push_back(p.party);
  parties_.refresh_all(std::move(wanted), [this, hashes = std::move(all.objects), then](refusal why) {
    std::vector<hash32> left;
    if (core_.inner)
      for (const auto& hash : hashes)
        if (!objects_.held(hash))
          left.push_back(hash);
    if (left.empty() || passes(why))
      then(why);
    else
      objects_.fetch(std::move(left),
                     [why, then](refusal fetched) { then(fetched == refusal::none ? why : fetched); });
  });
}

/// Slips and cursor in one commit; memory after it.
refusal conversations::keep(const conversation_id& where, const std::vector<wire::device::slip>& slips) {
  auto held = all_.at(where);
  std::vector<judged_slip> fresh;
  std::set<std::uint64_t> known; // before a restore
  store_changes changes;
  for (const auto& slip : slips) {
    if (slip.conversation != where || slip.seq <= held.seq)
      continue; // of elsewhere, or a duplicate
    auto judged = messages_.judge(slip, held.head);
    if (recognise(where, judged))
      known.insert(slip.seq);
    messages_.put(changes, where, judged);
    held.seq = slip.seq;
    fresh.push_back(std::move(judged));
  }
  if (fresh.empty())
    return slips.empty() ? refusal::none : refusal::chain_broken; // a page that does not move the cursor
  auto row = core_.rows.get(table::conversations, rows::key_of_id(where));
  auto kept = row ? rows::decode<rows::conversation>(row->value) : std::nullopt;
  if (!kept)
    return refusal::value_not_openable;
  kept->seq = held.seq;
  core_.rows.put(changes, table::conversations, rows::key_of_id(where), rows::encode(*kept));
  if (auto why = core_.commit(std::move(changes)); why != refusal::none)
    return why;
  all_[where] = held;
  for (const auto& judged : fresh)
    messages_.remember(judged);
  for (const auto& judged : fresh) {
    if (judged.row.unreadable != refusal::none) {
      core_.say({notice::about::unreadable, judged.row.unreadable, {}, where, judged.shown.message, {}});
      if (unreadable)
        unreadable(where, judged.seq);
    } else if (core_.events.arrived && !known.contains(judged.seq))
      core_.events.arrived(judged.shown);
    take_acts(where, judged.seq, judged.acknowledgement, judged.recall);
  }
  return refusal::none;
}

void conversations::take_acts(const conversation_id& where, std::uint64_t seq,
                              const placed_act& acknowledgement, const placed_act& recall) {
  if (!acknowledgement.object.empty())
    take_act(where, seq, acknowledgement, &messages::take_acknowledgement);
  if (!recall.object.empty())
    take_act(where, seq, recall, &messages::take_recall);
}

/// What its author hangs on may not be known here yet: the certificate, or the grant that entitled it. Once
/// more with what the daemon has.
void conversations::take_act(const conversation_id& where, std::uint64_t seq, const placed_act& act,
                             taking how) {
  auto why = (messages_.*how)(all_.at(where).head, seq, act);
  auto a = e2ee::act::decode(act.object, core_.me->clinic);
  bool later = why == refusal::needs || why == refusal::not_entitled_to_act;
  if (!a || !later) {
    if (why != refusal::none)
      core_.say({notice::about::unreadable, why, {}, where, {}, {}});
    return;
  }
  auto once_more = [this, where, seq, act, how](refusal) {
    if (!core_.inner || find(where) == nullptr)
      return;
    if (auto still = (messages_.*how)(all_.at(where).head, seq, act); still != refusal::none)
      core_.say({notice::about::unreadable, still, {}, where, {}, {}});
  };
  changes_.follow([this, certificate = a->certificate, once_more](refusal followed) {
    if (!core_.inner || objects_.held(certificate))
      once_more(followed);
    else
      objects_.fetch({certificate}, once_more);
  });
}

void conversations::on_slip(const wire::device::slip& slip) {
  if (!core_.inner)
    return;
  const auto* held = find(slip.conversation);
  if (held == nullptr) {
    refresh(slip.conversation, [this, where = slip.conversation](refusal why) {
      if (why == refusal::none)
        catch_up(where, [](refusal) {});
    });
    return;
  }
  if (slip.seq <= held->seq && held->incarnation == core_.incarnation) {
    take_acts(slip.conversation, slip.seq, acknowledgement_of(slip), recall_of(slip));
    return;
  }
  bool next = slip.seq == held->seq + 1 && held->incarnation == core_.incarnation;
  if (next && !catching_.contains(slip.conversation) && messages_.lacks(slip).nothing())
    (void)keep(slip.conversation, {slip}); // a refused commit was said; the next slip finds the gap
  else // a page that was asked for before an act brings the slip without it
    catch_up(slip.conversation, [this, slip](refusal) {
      const auto* now_held = core_.inner ? find(slip.conversation) : nullptr;
      if (now_held != nullptr && slip.seq <= now_held->seq)
        take_acts(slip.conversation, slip.seq, acknowledgement_of(slip), recall_of(slip));
    });
}

} // namespace wardline::client
