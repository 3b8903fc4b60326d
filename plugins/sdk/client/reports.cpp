#include "client/reports.hpp"
#include "client/after_all.hpp"
#include "e2ee/signing.hpp"
#include <sodium.h>

namespace wardline::client {

void reports::forget() {
  made_.clear();
  answering_.clear();
  key_lists_.reported.clear();
}

void reports::settle(ended then) {
  std::set<conversation_id> where;
  for (const auto& [conversation, seq] : messages_.unopenable()) {
    sign(conversation, seq);
    where.insert(conversation);
  }
  auto one_less = after_all(where.size() + 1, [this, then = std::move(then)](refusal why) {
    if (core_.inner)
      for (const auto& [conversation, seq] : messages_.unopenable())
        if (const auto* shown = messages_.find(conversation, seq))
          send(shown->message);
    then(why);
  });
  for (const auto& conversation : where)
    key_lists_.fetch_answers(conversation, one_less);
  one_less(refusal::none);
}

void reports::report(const conversation_id& where, std::uint64_t seq) {
  sign(where, seq);
  if (const auto* shown = messages_.find(where, seq))
    send(shown->message);
}

/// Kept in memory: the answer is judged against it, and another run makes another.
void reports::sign(const conversation_id& where, std::uint64_t seq) {
  const auto* shown = messages_.find(where, seq);
  auto row = messages_.row(where, seq);
  auto slip = row ? e2ee::slip::decode(row->slip, core_.me->clinic) : expected<e2ee::slip>{row.why()};
  if (shown == nullptr || !slip || !core_.who || key_lists_.reported.contains(shown->message) ||
      made_[where] >= reports_made_max)
    return;
  ++made_[where];
  e2ee::act_fields act;
  act.act = e2ee::act_kind::report;
  act.target = shown->message.value;
  act.h = slip->h;
  act.user = core_.who->user;
  act.device = core_.inner->certificate.device;
  act.certificate = core_.inner->certificate.hash();
  act.time = core_.now();
  act.reason = static_cast<std::uint8_t>(shown->unreadable);
  if (core_.pin) {
    act.tree_size = core_.pin->head.size;
    act.tree_root = core_.pin->head.root;
  }
  auto raw = e2ee::sign_object(core_.me->clinic, act, {{core_.inner->signing, e2ee::labels::act}});
  if (auto made = e2ee::act::decode(raw, core_.me->clinic))
    key_lists_.reported.emplace(shown->message, std::move(*made));
}

void reports::send(const message_id& message) {
  auto found = key_lists_.reported.find(message);
  if (found == key_lists_.reported.end())
    return;
  core_.link.ask_for<wire::device::done>(
      wire::device::act{found->second.raw()}, [this](const result<wire::device::done>& answer) {
        if (!answer && core_.inner && !passes(answer.why()))
          core_.say({notice::about::unreadable, answer.why(), {}, {}, {}, {}});
      });
}

void reports::on_pending(const wire::device::pending& waits) {
  if (!core_.inner)
    return;
  for (const auto& wanted : waits.key_lists) {
    if (wanted.device == core_.inner->certificate.device) {
      key_lists_.fetch_answers(wanted.conversation, [](refusal) {});
      continue;
    }
    auto report = e2ee::act::decode(wanted.report, core_.me->clinic);
    if (!report || report->device != wanted.device || answering_.size() >= answering_max ||
        !answering_.insert(report->hash()).second)
      continue;
    core_.after(randombytes_uniform(answer_jitter_ms), [this, where = wanted.conversation, report = *report] {
      if (core_.inner)
        answer(where, report);
    });
  }
}

/// Somebody else may have been faster: the daemon takes one answer, and the others' refusal says nothing.
void reports::answer(const conversation_id& where, const e2ee::act& report) {
  objects_.fetch({report.certificate}, [this, where, report](refusal why) {
    if (why != refusal::none || !core_.inner) {
      answering_.erase(report.hash());
      return;
    }
    key_lists_.answer(where, report,
                      [this, hash = report.hash()](const result<std::size_t>&) { answering_.erase(hash); });
  });
}

} // namespace wardline::client
