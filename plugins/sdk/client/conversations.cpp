#include "client/conversations.hpp"
#include <algorithm>
#include <sodium.h>

namespace wardline::client {

namespace {

/// Ends once, when all of `count` have; with the first refusal.
std::function<void(refusal)> after_all(std::size_t count, std::function<void(refusal)> then) {
  auto left = std::make_shared<std::size_t>(count);
  auto first = std::make_shared<refusal>(refusal::none);
  return [left, first, then](refusal why) {
    if (*first == refusal::none)
      *first = why;
    if (--*left == 0)
      then(*first);
  };
}

} // namespace

refusal conversations::load() {
  all_.clear();
  return core_.rows.scan(table::conversations, {}, [&](bytes_view key, bytes_view value) {
    auto where = conversation_id::from(key);
    auto row = rows::decode<rows::conversation>(value);
    if (!where || !row)
      return refusal::value_not_openable;
    auto link = e2ee::conversation_link::decode(row->link, core_.me->clinic);
    if (!link)
      return refusal::value_not_openable;
    all_[*where] = {e2ee::head_of(*link), row->incarnation, row->seq};
    return refusal::none;
  });
}

const conversations::entry* conversations::find(const conversation_id& where) const {
  auto found = all_.find(where);
  return found == all_.end() ? nullptr : &found->second;
}

std::string conversations::name_of(const party_id& party) const {
  if (auto named = role_names_.find(party); named != role_names_.end())
    return named->second;
  return parties_.person_of(party);
}

// ---------------------------------------------------------------- links

void conversations::list(std::function<void(refusal, std::vector<wire::device::conversation>)> then) {
  core_.link.ask_for<wire::device::conversations>(wire::device::list_conversations{},
                                                  [this, then](result<wire::device::conversations> answer) {
                                                    if (!core_.inner)
                                                      then(refusal::not_logged_in, {});
                                                    else if (!answer)
                                                      then(answer.why(), {});
                                                    else
                                                      then(refusal::none, std::move(answer->all));
                                                  });
}

void conversations::take_listed(std::vector<wire::device::conversation> listed, ended then) {
  auto one_less = after_all(listed.size() + 1, std::move(then));
  for (const auto& c : listed)
    adopt(c.link, [this, id = c.id, one_less](refusal why) {
      // One conversation that cannot be verified does not keep the others from being read.
      if (why != refusal::none)
        core_.say({notice::about::unreadable, why, {}, id, {}, {}});
      one_less(refusal::none);
    });
  one_less(refusal::none);
}

void conversations::adopt(const bytes& raw, ended then) {
  auto link = e2ee::conversation_link::decode(raw, core_.me->clinic);
  if (!link) {
    then(link.why());
    return;
  }
  const auto* held = find(link->conversation);
  if (held != nullptr && held->head.hash == link->hash()) {
    then(refusal::none);
    return;
  }
  std::vector<party_id> unknown;
  for (const auto& p : link->parties)
    if (const auto* chain = parties_.chain(p.party); chain == nullptr || chain->head() == 0)
      unknown.push_back(p.party);
  auto go_on = [this, link = *link, then](refusal) {
    if (!core_.inner)
      then(refusal::not_logged_in);
    else if (core_.inner->trust.certificate(link.signer_certificate) != nullptr)
      adopt_checked(link, then);
    else
      objects_.fetch({link.signer_certificate}, [this, link, then](refusal why) {
        if (!core_.inner || why != refusal::none)
          then(core_.inner ? why : refusal::not_logged_in);
        else
          adopt_checked(link, then);
      });
  };
  parties_.refresh_all(std::move(unknown), go_on);
}

/// A head that is several links ahead is followed back through `previous`, one object at a time.
void conversations::adopt_checked(const e2ee::conversation_link& link, ended then) {
  const auto* held = find(link.conversation);
  auto head = held == nullptr ? e2ee::conversation_head{} : held->head;
  head.conversation = link.conversation;
  e2ee::trust_standing standing{core_.inner->trust, core::at_end(core_.now())};
  auto why = e2ee::check_conversation_link(head, link, standing);
  if (why == refusal::none) {
    then(commit_link(link));
    return;
  }
  bool behind = why == refusal::needs && link.n > head.n + 1 && link.n <= conversation_links_max;
  if (!behind) {
    then(why);
    return;
  }
  wire::device::get_objects request{{link.previous}};
  core_.link.ask_for<wire::device::objects>(
      request, [this, link, then](result<wire::device::objects> answer) {
        if (!core_.inner || !answer || answer->found.empty()) {
          then(!core_.inner ? refusal::not_logged_in : !answer ? answer.why() : refusal::needs);
          return;
        }
        auto before = e2ee::conversation_link::decode(answer->found.front().object, core_.me->clinic);
        if (!before || before->hash() != link.previous || before->n + 1 != link.n) {
          then(refusal::chain_broken);
          return;
        }
        adopt(before->raw(), [this, link, then](refusal earlier) {
          if (earlier == refusal::none && core_.inner)
            adopt_checked(link, then);
          else
            then(earlier);
        });
      });
}

refusal conversations::commit_link(const e2ee::conversation_link& link) {
  const auto* held = find(link.conversation);
  auto next = held == nullptr ? entry{{}, core_.incarnation, 0} : *held;
  next.head = e2ee::head_of(link);
  store_changes changes;
  core_.rows.put(changes, table::conversations, rows::key_of_id(link.conversation),
                 rows::encode(rows::conversation{link.raw(), next.incarnation, next.seq}));
  if (auto why = core_.commit(std::move(changes)); why != refusal::none)
    return why;
  all_[link.conversation] = std::move(next);
  return refusal::none;
}

void conversations::refresh(const conversation_id& where, ended then) {
  list([this, where, then](refusal why, std::vector<wire::device::conversation> listed) {
    auto found = std::find_if(listed.begin(), listed.end(), [&](const auto& c) { return c.id == where; });
    if (why != refusal::none || found == listed.end())
      then(why != refusal::none ? why : refusal::not_found);
    else
      adopt(found->link, then);
  });
}

void conversations::with(std::vector<e2ee::conversation_party> all, done<conversation_id> then) {
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.party < b.party; });
  list([this, all, then](refusal why, std::vector<wire::device::conversation> listed) {
    if (why != refusal::none) {
      then(why);
      return;
    }
    take_listed(std::move(listed), [this, all, then](refusal ended_with) {
      if (ended_with != refusal::none || !core_.inner) {
        then(core_.inner ? ended_with : refusal::not_logged_in);
        return;
      }
      for (const auto& [id, c] : all_)
        if (!c.head.subject && c.head.parties == all) {
          then(conversation_id{id});
          return;
        }
      make(all, then);
    });
  });
}

void conversations::make(std::vector<e2ee::conversation_party> all, done<conversation_id> then) {
  e2ee::conversation_fields link;
  randombytes_buf(link.conversation.value.data(), link.conversation.value.size());
  link.n = 1;
  link.parties = std::move(all);
  link.signer_device = core_.inner->certificate.device;
  link.signer_certificate = core_.inner->certificate.hash();
  link.time = core_.now();
  auto raw = e2ee::sign_object(core_.me->clinic, link, {{core_.inner->signing, e2ee::labels::conversation}});
  wire::device::submit request{raw, {}, {}};
  core_.link.ask_for<wire::device::submitted>(
      request, [this, raw, id = link.conversation, then](result<wire::device::submitted> answer) {
        if (!core_.inner || !answer) {
          then(core_.inner ? answer.no : refused{refusal::not_logged_in, {}, 0, {}, {}, {}, 0});
          return;
        }
        adopt(raw, [id, then](refusal why) {
          if (why == refusal::none)
            then(conversation_id{id});
          else
            then(why);
        });
      });
}

// ---------------------------------------------------------------- slips

void conversations::catch_up_all(ended then) {
  list([this, then](refusal why, std::vector<wire::device::conversation> listed) {
    if (why != refusal::none) {
      then(why);
      return;
    }
    auto last = listed;
    take_listed(std::move(listed), [this, last = std::move(last), then](refusal) {
      std::vector<conversation_id> behind;
      for (const auto& c : last)
        if (const auto* held = find(c.id); held != nullptr && c.last_seq > held->seq)
          behind.push_back(c.id);
      auto one_less = after_all(behind.size() + 1, then);
      for (const auto& id : behind)
        catch_up(id, one_less);
      one_less(core_.inner ? refusal::none : refusal::not_logged_in);
    });
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
    // After a restore cursors start anew and slips are offered again (e2ee 6.6), which this version does not
    // do.
    core_.say({notice::about::log, refusal::other_incarnation, {}, where, {}, {}});
    end(where, refusal::other_incarnation);
    return;
  }
  wire::device::get_slips request{where, held->incarnation, held->seq, slips_per_page_max};
  core_.link.ask_for<wire::device::slips>(request, [this, where](result<wire::device::slips> answer) {
    if (!core_.inner)
      end(where, refusal::not_logged_in);
    else if (!answer)
      end(where, answer.why());
    else
      take_page(where, *answer);
  });
}

void conversations::take_page(const conversation_id& where, const wire::device::slips& page) {
  if (page.rows.empty()) {
    end(where, refusal::none);
    return;
  }
  fetch_lacking(where, page, [this, where, page] {
    if (!core_.inner) {
      end(where, refusal::not_logged_in);
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

/// One attempt: what is still missing then makes the slip unreadable, with its reason (e2ee 6.10).
void conversations::fetch_lacking(const conversation_id& where, const wire::device::slips& page,
                                  std::function<void()> then) {
  lacking all;
  for (const auto& slip : page.rows) {
    auto one = messages_.lacks(slip);
    all.objects.insert(all.objects.end(), one.objects.begin(), one.objects.end());
    all.parties = all.parties || one.parties;
  }
  if (all.nothing()) {
    then();
    return;
  }
  std::vector<party_id> wanted;
  if (all.parties)
    for (const auto& p : find(where)->head.parties)
      wanted.push_back(p.party);
  parties_.refresh_all(std::move(wanted), [this, hashes = std::move(all.objects), then](refusal) {
    std::vector<hash32> left;
    if (core_.inner)
      for (const auto& hash : hashes)
        if (!objects_.held(hash))
          left.push_back(hash);
    if (left.empty())
      then();
    else
      objects_.fetch(std::move(left), [then](refusal) { then(); });
  });
}

/// Slips and cursor in one commit; memory after it.
refusal conversations::keep(const conversation_id& where, const std::vector<wire::device::slip>& slips) {
  auto held = all_.at(where);
  std::vector<judged_slip> fresh;
  store_changes changes;
  for (const auto& slip : slips) {
    if (slip.conversation != where || slip.seq <= held.seq)
      continue; // of elsewhere, or a duplicate
    auto judged = messages_.judge(slip, held.head);
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
    if (judged.row.unreadable != refusal::none)
      core_.say({notice::about::unreadable, judged.row.unreadable, {}, where, judged.shown.message, {}});
    else if (core_.events.arrived)
      core_.events.arrived(judged.shown);
    if (!judged.acknowledgement.empty())
      take_acknowledgement(where, judged.seq, judged.acknowledgement);
  }
  return refusal::none;
}

void conversations::take_acknowledgement(const conversation_id& where, std::uint64_t seq, const bytes& act) {
  auto why = messages_.take_acknowledgement(all_.at(where).head, seq, act);
  if (why != refusal::needs) {
    if (why != refusal::none)
      core_.say({notice::about::unreadable, why, {}, where, {}, {}});
    return;
  }
  auto a = e2ee::act::decode(act, core_.me->clinic);
  if (a) // once more with the certificate, if the daemon has it
    objects_.fetch({a->certificate}, [this, where, seq, act](refusal fetched) {
      if (fetched == refusal::none && core_.inner)
        (void)messages_.take_acknowledgement(all_.at(where).head, seq, act);
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
  if (slip.seq <= held->seq) {
    if (!slip.acknowledgement.empty())
      take_acknowledgement(slip.conversation, slip.seq, slip.acknowledgement);
    return;
  }
  bool next = slip.seq == held->seq + 1 && held->incarnation == core_.incarnation;
  if (next && !catching_.contains(slip.conversation) && messages_.lacks(slip).nothing())
    (void)keep(slip.conversation, {slip}); // a refused commit was said; the next slip finds the gap
  else
    catch_up(slip.conversation, [](refusal) {});
}

} // namespace wardline::client
