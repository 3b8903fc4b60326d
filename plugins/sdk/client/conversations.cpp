#include "client/conversations.hpp"
#include "client/after_all.hpp"
#include <algorithm>
#include <sodium.h>

namespace wardline::client {

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

void conversations::list(listed_then then) {
  list_page({}, 0, std::move(then));
}

void conversations::list_page(std::vector<wire::device::conversation> before, unsigned pages,
                              listed_then then) {
  wire::device::list_conversations request{before.empty() ? conversation_id{} : before.back().id};
  core_.link.ask_for<wire::device::conversations>(
      request, [this, before = std::move(before), pages, then](result<wire::device::conversations> answer) {
        if (!core_.inner || !answer) {
          then(core_.inner ? answer.why() : refusal::not_logged_in, {});
          return;
        }
        auto all = before;
        for (auto& c : answer->all) {
          if (!all.empty() && c.id <= all.back().id) { // an answer that does not ascend never ends
            then(refusal::malformed_request, {});
            return;
          }
          all.push_back(std::move(c));
        }
        bool stuck = answer->more && (answer->all.empty() || pages + 1 >= conversation_pages_max);
        if (stuck)
          then(refusal::malformed_request, {});
        else if (answer->more)
          list_page(std::move(all), pages + 1, then);
        else
          then(refusal::none, std::move(all));
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

refusal conversations::judge_link(const e2ee::conversation_link& link, const e2ee::log_place& at) const {
  const auto* held = find(link.conversation);
  auto head = held == nullptr ? e2ee::conversation_head{} : held->head;
  head.conversation = link.conversation;
  return e2ee::check_conversation_link(head, link, e2ee::trust_standing{core_.inner->trust, at});
}

/// Who signed it may have been turned out since, have left, or have a newer certificate: it was good when it
/// was accepted (e2ee 5).
void conversations::adopt_by_place(const e2ee::conversation_link& link, refusal now, const ended& then) {
  objects_.place_of(link.hash(), [this, link, now, then](const expected<e2ee::log_place>& at) {
    if (!core_.inner || !at) {
      then(!core_.inner ? refusal::not_logged_in : passes(at.why()) ? at.why() : now);
      return;
    }
    auto why = judge_link(link, *at);
    then(why == refusal::none ? commit_link(link) : why);
  });
}

/// A head that is several links ahead is followed back through `previous`, one object at a time.
void conversations::adopt_checked(const e2ee::conversation_link& link, ended then) {
  auto why = judge_link(link, core::at_end(core_.now()));
  if (why == refusal::none) {
    then(commit_link(link));
    return;
  }
  if (why == refusal::signer_not_member || why == refusal::stale_certificate) {
    adopt_by_place(link, why, then);
    return;
  }
  const auto* held = find(link.conversation);
  auto head_n = held == nullptr ? 0 : held->head.n;
  bool behind = why == refusal::needs && link.n > head_n + 1 && link.n <= conversation_links_max;
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

void conversations::with(std::vector<e2ee::conversation_party> all, const party_id& subject,
                         done<conversation_id> then) {
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.party < b.party; });
  list([this, all, subject, then](refusal why, std::vector<wire::device::conversation> listed) {
    if (why != refusal::none) {
      then(why);
      return;
    }
    take_listed(std::move(listed), [this, all, subject, then](refusal ended_with) {
      if (ended_with != refusal::none || !core_.inner) {
        then(core_.inner ? ended_with : refusal::not_logged_in);
        return;
      }
      for (const auto& [id, c] : all_)
        if (c.head.subject == subject && c.head.parties == all) {
          then(conversation_id{id});
          return;
        }
      e2ee::conversation_fields link;
      randombytes_buf(link.conversation.value.data(), link.conversation.value.size());
      link.n = 1;
      link.subject = subject;
      link.parties = all;
      submit(std::move(link), then);
    });
  });
}

void conversations::add(const conversation_id& where, const e2ee::conversation_party& who,
                        done<conversation_id> then) {
  refresh(where, [this, where, who, then](refusal why) {
    const auto* held = core_.inner ? find(where) : nullptr;
    if (why == refusal::none && held == nullptr)
      why = core_.inner ? refusal::not_found : refusal::not_logged_in;
    if (why != refusal::none) {
      then(why);
      return;
    }
    e2ee::conversation_fields link;
    link.conversation = where;
    link.n = held->head.n + 1;
    link.previous = held->head.hash;
    link.subject = held->head.subject;
    link.parties = held->head.parties;
    if (link.has(who.party) || link.parties.size() >= e2ee::conversation_parties_max) {
      then(link.has(who.party) ? refusal::already_exists : refusal::count_too_large);
      return;
    }
    link.parties.push_back(who);
    std::sort(link.parties.begin(), link.parties.end(),
              [](const auto& a, const auto& b) { return a.party < b.party; });
    submit(std::move(link), then);
  });
}

void conversations::submit(e2ee::conversation_fields link, done<conversation_id> then) {
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

} // namespace wardline::client
