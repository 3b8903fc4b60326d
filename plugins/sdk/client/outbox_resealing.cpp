// Messages whose seals or header have to be made anew around the same id, K and body (e2ee 6.5).
#include "client/because.hpp"
#include "client/outbox.hpp"

namespace wardline::client {

/// Never from the inbox in the refusal: links up to the new epoch are fetched and verified first. An epoch
/// that is in no link is nobody's: nothing is sealed to it, and the message waits (e2ee 6.5).
void outbox::seal_again(const message_id& message, const refused& no) {
  on_way_.insert(message);
  parties_.refresh(no.party, [this, message, no](refusal why) {
    on_way_.erase(message);
    auto row = core_.inner ? read(message) : expected<rows::outbox>{refusal::not_logged_in};
    const auto* chain = parties_.chain(no.party);
    const auto* epoch = chain == nullptr ? nullptr : chain->at(no.epoch);
    if (why == refusal::none && row && (epoch == nullptr || epoch->inbox != no.inbox)) {
      why = refusal::needs;
      core_.say({notice::about::party_changed, why, no.party, row->conversation, message, {}});
    }
    if (row && (why == refusal::needs || why == refusal::not_in_log || passes(why))) {
      core_.after(resend_ms, [this, message] { post(message); });
      tell(message, because(why));
      return;
    }
    if (!row || why != refusal::none) {
      stop(message, row ? because(why) : because(row.why()));
      return;
    }
    if (row->reseals++ >= reseals_max) {
      stop(message, no);
      return;
    }
    why = resealed(*row);
    if (why == refusal::none)
      why = write(message, *row);
    if (why == refusal::none)
      post(message);
    else
      stop(message, because(why));
  });
}

refusal outbox::resealed(rows::outbox& row) const {
  auto s = e2ee::slip::decode(row.slip, core_.me->clinic);
  if (!s)
    return s.why();
  for (std::size_t i = 0; i < s->header.parties.size(); ++i) {
    auto head = core_.inner->keys.current(s->header.parties[i]);
    if (!head)
      return refusal::recipient_not_ready;
    if (head->n == s->seals[i].epoch)
      continue;
    auto next = e2ee::reseal(*s, row.key, {head->party, head->n, head->inbox}, core_.inner->signing);
    if (!next)
      return next.why();
    row.slip = *next;
    auto again = e2ee::slip::decode(row.slip, core_.me->clinic);
    if (!again)
      return again.why();
    s = std::move(again);
  }
  return refusal::none;
}

/// Written under the certificate before the renewal: the header is made anew, and nothing else (e2ee 6.5).
bool outbox::certified_anew(rows::outbox& row) const {
  auto s = e2ee::slip::decode(row.slip, core_.me->clinic);
  if (!s || s->header.author_certificate == core_.inner->certificate.hash())
    return false;
  std::vector<e2ee::conversation_party> parties;
  for (const auto& p : s->header.parties)
    parties.push_back({p, {}});
  auto seals = recipients(parties);
  auto header = s->header;
  header.author_certificate = core_.inner->certificate.hash();
  auto next = seals ? e2ee::readdress(*s, row.key, header, std::move(*seals), nullptr, core_.inner->signing)
                    : expected<e2ee::readdressed>{seals.why()};
  if (next)
    row.slip = std::move(next->slip);
  return static_cast<bool>(next);
}

/// After a new header "reused" means that the first copy had been accepted: its ack is in the conversation.
void outbox::look_for(const message_id& message, const refused& no) {
  auto where = all_.at(message).shown.conversation;
  conversations_.catch_up(where, [this, message, no](refusal) {
    const auto* found = messages_.find(message);
    if (core_.inner && found != nullptr && found->mine)
      ack(message, found->seq, found->leaf);
    else
      stop(message, no);
  });
}

void outbox::confirm(const message_id& message, moved then) {
  waiting_[message] = std::move(then);
  auto row = core_.inner ? read(message) : expected<rows::outbox>{refusal::not_logged_in};
  auto s = row ? e2ee::slip::decode(row->slip, core_.me->clinic) : expected<e2ee::slip>{row.why()};
  const auto* to = row ? conversations_.find(row->conversation) : nullptr;
  if (!row || !s || to == nullptr || row->why != refusal::stale_conversation) {
    tell(message, because(!row ? row.why() : !s ? s.why() : refusal::not_found));
    return;
  }
  auto seals = recipients(to->head.parties);
  auto why = seals.why();
  if (seals) {
    auto header = s->header;
    header.conversation_link = to->head.n;
    auto next = e2ee::readdress(*s, row->key, header, std::move(*seals), nullptr, core_.inner->signing);
    why = next.why();
    if (next) {
      row->slip = std::move(next->slip);
      row->state = outbox_state::written;
      row->why = refusal::none;
      row->reseals = 0;
      why = write(message, *row);
    }
  }
  if (why == refusal::none)
    post(message);
  else
    tell(message, because(why));
}

} // namespace wardline::client
