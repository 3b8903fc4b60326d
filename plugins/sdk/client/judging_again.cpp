// Slips that could not be read when they came (e2ee 6.10): behind -> needs a pack -> needs a key list ->
// shown as unreadable. What is kept is judged anew when something came that may help; nothing is asked twice
// for it.
#include "client/after_all.hpp"
#include "client/conversations.hpp"

namespace wardline::client {

void conversations::judge_again(ended then) {
  std::map<conversation_id, std::vector<std::uint64_t>> in_need;
  for (const auto& [where, seq] : messages_.in_need())
    if (find(where) != nullptr)
      in_need[where].push_back(seq);
  auto one_less = after_all(in_need.size() + 1, std::move(then));
  for (auto& [where, seqs] : in_need) {
    lacking all;
    for (auto seq : seqs)
      if (auto row = messages_.row(where, seq)) {
        auto one = messages_.lacks({where, seq, row->leaf, row->slip, {}, row->accepted});
        all.objects.insert(all.objects.end(), one.objects.begin(), one.objects.end());
        all.parties = all.parties || one.parties;
      }
    fetch(where, std::move(all), [this, where = where, seqs = seqs, one_less](refusal) {
      if (core_.inner)
        judge_in(where, seqs, one_less);
      else
        one_less(refusal::not_logged_in);
    });
  }
  one_less(refusal::none);
}

/// A page of rows in one commit; memory after it.
void conversations::judge_in(const conversation_id& where, std::vector<std::uint64_t> seqs, ended then) {
  refusal first = refusal::none;
  for (std::size_t begin = 0; begin < seqs.size() && first == refusal::none; begin += slips_per_page_max) {
    std::vector<judged_slip> changed;
    store_changes changes;
    for (std::size_t i = begin; i < std::min<std::size_t>(seqs.size(), begin + slips_per_page_max); ++i) {
      auto judged = messages_.judge_kept(where, seqs[i], all_.at(where).head);
      if (!judged || judged->row.unreadable == refusal::needs)
        continue;
      messages_.put(changes, where, *judged);
      changed.push_back(std::move(*judged));
    }
    if (changed.empty())
      continue;
    first = core_.commit(std::move(changes));
    if (first == refusal::none)
      tell_changed(changed);
  }
  then(first);
}

void conversations::tell_changed(const std::vector<judged_slip>& changed) {
  for (const auto& judged : changed)
    messages_.remember(judged);
  for (const auto& judged : changed)
    if (judged.row.unreadable == refusal::none && core_.events.arrived)
      core_.events.arrived(judged.shown);
}

refusal conversations::take_keys(const conversation_id& where, const std::map<message_id, secret32>& keys) {
  std::vector<judged_slip> changed;
  store_changes changes;
  auto wanting = messages_.in_need();
  auto unopenable = messages_.unopenable();
  wanting.insert(wanting.end(), unopenable.begin(), unopenable.end());
  for (const auto& [at, seq] : wanting) {
    const auto* shown = messages_.find(at, seq);
    auto key = at == where && shown != nullptr ? keys.find(shown->message) : keys.end();
    if (key == keys.end())
      continue;
    auto judged = messages_.judge_kept(where, seq, all_.at(where).head, &key->second);
    if (!judged || judged->row.unreadable != refusal::none)
      continue; // the key does not make a bad slip good
    messages_.put(changes, where, *judged);
    changed.push_back(std::move(*judged));
  }
  if (changed.empty())
    return refusal::none;
  if (auto why = core_.commit(std::move(changes)); why != refusal::none)
    return why;
  tell_changed(changed);
  return refusal::none;
}

} // namespace wardline::client
