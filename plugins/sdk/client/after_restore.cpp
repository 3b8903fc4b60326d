// Conversations in a new life of the server's store (e2ee 6.6): cursors start anew, own links that it forgot
// are submitted once more, and what this device had said about messages is said again where it was forgotten.
#include "client/after_all.hpp"
#include "client/conversations.hpp"
#include <algorithm>

namespace wardline::client {

/// Others' are offered by who signed them: the server takes an object from nobody else.
void conversations::offer_links(const std::vector<wire::device::conversation>& listed,
                                std::function<void(std::size_t)> then) {
  std::vector<bytes> lost;
  for (const auto& [id, held] : all_) {
    if (held.incarnation == core_.incarnation || !core_.inner)
      continue;
    auto there =
        std::find_if(listed.begin(), listed.end(), [&, id = id](const auto& c) { return c.id == id; });
    auto known = there == listed.end() ? expected<e2ee::conversation_link>{refusal::not_found}
                                       : e2ee::conversation_link::decode(there->link, core_.me->clinic);
    auto row = core_.rows.get(table::conversations, rows::key_of_id(id));
    auto kept = row ? rows::decode<rows::conversation>(row->value) : std::nullopt;
    auto link = kept ? e2ee::conversation_link::decode(kept->link, core_.me->clinic)
                     : expected<e2ee::conversation_link>{refusal::value_not_openable};
    bool behind = link && (!known || known->n < link->n);
    if (behind && link->signer_device == core_.inner->certificate.device)
      lost.push_back(kept->link);
  }
  auto one_less = after_all(lost.size() + 1, [count = lost.size(), then](refusal) { then(count); });
  for (auto& link : lost)
    core_.link.ask_for<wire::device::submitted>(wire::device::submit{std::move(link), {}, {}},
                                                [one_less](const result<wire::device::submitted>& answer) {
                                                  one_less(answer ? refusal::none : answer.why());
                                                });
  one_less(refusal::none);
}

refusal conversations::begin_anew(const conversation_id& where) {
  auto row = core_.rows.get(table::conversations, rows::key_of_id(where));
  auto kept = row ? rows::decode<rows::conversation>(row->value) : std::nullopt;
  if (!kept)
    return refusal::value_not_openable;
  kept->incarnation = core_.incarnation;
  kept->seq = 0;
  store_changes changes;
  core_.rows.put(changes, table::conversations, rows::key_of_id(where), rows::encode(*kept));
  auto before = messages_.begin_anew(where, changes);
  if (auto why = core_.commit(std::move(changes)); why != refusal::none)
    return why;
  all_[where].incarnation = core_.incarnation;
  all_[where].seq = 0;
  earlier_[where] = std::move(before);
  return refusal::none;
}

bool conversations::recognise(const conversation_id& where, judged_slip& slip) const {
  auto all = earlier_.find(where);
  if (all == earlier_.end())
    return false;
  auto before = all->second.find(slip.shown.message);
  if (before == all->second.end() || before->second.h != slip.h)
    return false;
  messages_.inherit(slip, before->second);
  return true;
}

/// What has come back as it was is done with; what was said about it and is not there is said again. What has
/// not come back may still: its author offers it.
void conversations::say_again(const conversation_id& where) {
  auto all = earlier_.find(where);
  if (all == earlier_.end() || !core_.who)
    return;
  std::vector<message_id> recalls, acknowledgements;
  std::erase_if(all->second, [&](const auto& x) {
    const auto& [id, before] = x;
    const auto* now = messages_.find(id);
    if (now == nullptr)
      return false;
    if (before.recalled != 0 && now->recalled == 0 && before.author == core_.who->user)
      recalls.push_back(id);
    else if (before.acknowledged_by == core_.who->user && !now->acknowledged_by && now->recalled == 0)
      acknowledgements.push_back(id);
    return true;
  });
  for (const auto& id : recalls)
    if (forgotten_recall)
      forgotten_recall(id);
  for (const auto& id : acknowledgements)
    if (forgotten_acknowledgement)
      forgotten_acknowledgement(id);
}

} // namespace wardline::client
