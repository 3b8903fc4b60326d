#include "client/key_lists.hpp"
#include "client/after_all.hpp"

namespace wardline::client {

void key_lists::fetch_all(ended then) {
  // By the device's first certificate: a renewed one names no invitation.
  e2ee::trust_standing known{core_.inner->trust, core::at_end(core_.now())};
  std::set<conversation_id> in_need;
  if (known.replaced(core_.inner->certificate.device))
    for (const auto& [where, seq] : messages_.in_need())
      in_need.insert(where);
  auto one_less = after_all(in_need.size() + 1, std::move(then));
  for (const auto& where : in_need)
    fetch(where, 0, 0, one_less);
  one_less(refusal::none);
}

void key_lists::fetch(const conversation_id& where, std::uint32_t from_part, unsigned pages, ended then) {
  wire::device::get_key_lists request{where, from_part};
  core_.link.ask_for<wire::device::key_lists>(
      request, [this, where, from_part, pages, then](result<wire::device::key_lists> answer) {
        if (!core_.inner || !answer) {
          then(core_.inner ? answer.why() : refusal::not_logged_in);
          return;
        }
        take(where, answer->objects);
        // Several members may have given the same part; answers to reports are counted one by one.
        auto next = from_part + static_cast<std::uint32_t>(answer->objects.size());
        if (from_part < e2ee::answers_from_part && !answer->objects.empty())
          if (auto last = e2ee::key_list::decode(answer->objects.back(), core_.me->clinic))
            next = last->part + std::uint32_t{1};
        if (answer->more && !answer->objects.empty() && pages + 1 < key_list_pages_max)
          fetch(where, next, pages + 1, then);
        else
          then(refusal::none);
      });
}

std::vector<device_id> key_lists::members_of(const conversation_id& where) const {
  std::vector<device_id> out;
  if (const auto* held = conversations_.find(where))
    for (const auto& p : held->head.parties)
      if (const auto* chain = parties_.chain(p.party))
        for (const auto& m : chain->members)
          out.push_back(m.device);
  return out;
}

e2ee::thread_of_keys key_lists::thread() const {
  e2ee::thread_of_keys out;
  out.slips = [this](const message_id& message) -> std::optional<e2ee::keyed_slip> {
    auto row = messages_.row_of(message);
    auto s = row ? e2ee::slip::decode(row->slip, core_.me->clinic) : expected<e2ee::slip>{row.why()};
    return s ? std::optional{e2ee::keyed_slip::of(*s, row->accepted)} : std::nullopt;
  };
  out.reports = [this](const message_id& message, const hash32&) -> std::optional<e2ee::act> {
    auto found = reported.find(message);
    return found == reported.end() ? std::nullopt : std::optional{found->second};
  };
  return out;
}

void key_lists::take(const conversation_id& where, const std::vector<bytes>& lists) {
  const auto& own = core_.inner->certificate;
  e2ee::trust_standing known{core_.inner->trust, core::at_end(core_.now())};
  for (const auto& raw : lists) {
    auto list = e2ee::key_list::decode(raw, core_.me->clinic);
    auto why = list ? refusal::none : list.why();
    if (list && list->conversation != where)
      why = refusal::not_for_me;
    if (why == refusal::none) {
      auto opened = e2ee::open_key_list(*list, {own.device, own.hash(), core_.inner->sealing},
                                        members_of(where), thread(), known);
      why = opened.why();
      std::map<message_id, secret32> keys;
      if (opened)
        for (auto& k : opened->keys)
          keys.try_emplace(k.message, std::move(k.key));
      if (opened && !opened->refused.empty())
        why = opened->refused.front().why;
      if (!keys.empty())
        if (auto kept = conversations_.take_keys(where, keys); kept != refusal::none)
          why = kept;
    }
    if (why != refusal::none)
      core_.say({notice::about::unreadable, why, {}, where, {}, {}});
  }
}

void key_lists::give(const conversation_id& where, const device_id& to, done<std::size_t> then) {
  const auto& trust = core_.inner->trust;
  const auto* receiver = trust.newest(to);
  if (conversations_.find(where) == nullptr || receiver == nullptr) {
    then(refusal::not_found);
    return;
  }
  e2ee::trust_standing known{trust, core::at_end(core_.now())};
  auto replaced = known.replaced(to);
  if (!replaced) {
    then(refusal::key_list_not_allowed);
    return;
  }
  std::vector<e2ee::message_key> keys;
  for (const auto& shown : messages_.all_in(where)) {
    if (shown.unreadable != refusal::none || shown.accepted < replaced->history_from)
      continue;
    if (auto row = messages_.row(where, shown.seq))
      keys.push_back({shown.message, std::move(row->key)});
  }
  if (keys.empty()) {
    then(refusal::not_found);
    return;
  }
  auto made = e2ee::make_key_lists(core_.me->clinic, {where, to, replaced->invitation}, keys, thread(), known,
                                   core_.inner->signing);
  if (made)
    submit(std::move(*made), keys.size(), std::nullopt, std::move(then));
  else
    then(made.why());
}

void key_lists::answer(const conversation_id& where, const e2ee::act& report, done<std::size_t> then) {
  const auto* shown = messages_.find(report.message());
  auto row =
      shown == nullptr ? expected<rows::message>{refusal::not_found} : messages_.row(where, shown->seq);
  if (!row || shown->conversation != where || shown->unreadable != refusal::none) {
    then(row ? refusal::not_found : row.why());
    return;
  }
  std::vector<e2ee::message_key> keys;
  keys.push_back({shown->message, std::move(row->key)});
  auto here = thread();
  here.reports = [&](const message_id&, const hash32&) { return std::optional{report}; };
  e2ee::trust_standing known{core_.inner->trust, core::at_end(core_.now())};
  auto made = e2ee::make_key_lists(core_.me->clinic, {where, report.device, {}}, keys, here, known,
                                   core_.inner->signing);
  if (made)
    submit(std::move(*made), 1, report.hash(), std::move(then));
  else
    then(made.why());
}

void key_lists::submit(std::vector<bytes> left, std::size_t keys, const std::optional<hash32>& report,
                       done<std::size_t> then) {
  if (left.empty()) {
    then(keys);
    return;
  }
  wire::device::submit request{std::move(left.front()), {}, {}};
  request.report = report;
  left.erase(left.begin());
  core_.link.ask_for<wire::device::submitted>(
      std::move(request),
      [this, left = std::move(left), keys, report, then](const result<wire::device::submitted>& answer) {
        if (!core_.inner || !answer)
          then(core_.inner ? result<std::size_t>{answer.no} : result<std::size_t>{refusal::not_logged_in});
        else
          submit(left, keys, report, then);
      });
}

} // namespace wardline::client
