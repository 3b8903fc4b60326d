#include "store.hpp"
#include "e2ee/checkpoint.hpp"
#include "store_batch.hpp"
#include <utility>

namespace wardline {

caf::result<committed> store_state::on(write&& m) {
  if (auto why = check(m); why != refusal::none)
    return why;
  auto size = bytes_of(m);
  if (queue.size() >= parts.limits.waiting_max || queue_bytes + size > parts.limits.waiting_bytes_max)
    return refusal::overloaded;
  if (queue.empty())
    self->send(self, flush{}); // queues behind what already waits: that is the batch
  auto ack = self->make_response_promise<committed>();
  queue.push_back({std::move(m), size, ack});
  queue_bytes += size;
  return ack;
}

void store_state::on(const flush&) {
  commit_batch();
  // One batch a turn: writes that came meanwhile stand in the mailbox and must be counted, or refused, first.
  if (!queue.empty() && !dead)
    self->send(self, flush{});
}

void store_state::commit_batch() {
  if (queue.empty() || dead)
    return;
  struct answer {
    caf::typed_response_promise<committed> ack;
    expected<std::vector<stamp>> outcome;
  };
  store_batch batch{*parts.disk, *parts.dice, parts.start.head};
  std::vector<answer> answers;
  std::size_t acts = 0;
  std::size_t size = 0;
  // The first write always fits, so that one above the limits cannot block the queue.
  while (!queue.empty() &&
         (acts == 0 || (acts + queue.front().what.acts.size() <= parts.limits.batch_acts_max &&
                        size + queue.front().size <= parts.limits.batch_bytes_max))) {
    auto next = std::move(queue.front());
    queue.pop_front();
    queue_bytes -= next.size;
    acts += next.what.acts.size();
    size += next.size;
    answers.push_back({next.ack, batch.add(std::move(next.what))});
  }
  auto result = batch.empty() ? ports::commit_result::committed : commit(batch.rows());
  if (result == ports::commit_result::unknown)
    return;
  if (result == ports::commit_result::committed)
    parts.start.head = batch.head();
  for (auto& a : answers) {
    // Who failed for an earlier write of a refused batch failed for nothing: all of them may try again.
    if (result == ports::commit_result::refused)
      a.ack.deliver(caf::make_error(refusal::storage_refused));
    else if (a.outcome)
      a.ack.deliver(committed{std::move(*a.outcome)});
    else
      a.ack.deliver(caf::make_error(a.outcome.why()));
  }
}

void store_state::commit_all() {
  while (!queue.empty() && !dead)
    commit_batch();
}

ports::commit_result store_state::commit(std::span<const ports::change> rows) {
  if (dead)
    return ports::commit_result::unknown;
  auto result = parts.disk->commit(rows);
  if (result == ports::commit_result::refused)
    parts.journal->write(ports::severity::error, "commit_refused", {{"rows", rows.size()}});
  if (result == ports::commit_result::unknown)
    end_on_unknown();
  return result;
}

/// It may or may not be on disk: nobody gets an answer, the next process looks at what is there.
void store_state::end_on_unknown() {
  dead = true;
  parts.journal->write(ports::severity::critical, "commit_unknown", {});
  parts.die("the disk did not say whether a commit is durable");
  self->quit(caf::exit_reason::user_shutdown);
}

caf::result<turn_state> store_state::on(const begin_turn& m) {
  if (parts.turns == nullptr)
    return refusal::unknown_request;
  return turned(dead ? ports::commit_result::unknown : parts.turns->begin(m.doomed, m.ticket));
}

caf::result<turn_state> store_state::on(const step_turn&) {
  if (parts.turns == nullptr)
    return refusal::unknown_request;
  return turned(dead ? ports::commit_result::unknown : parts.turns->step());
}

caf::result<turn_state> store_state::turned(ports::commit_result result) {
  if (result == ports::commit_result::committed)
    return turn_state{parts.turns->current()};
  if (result == ports::commit_result::refused)
    return refusal::storage_refused;
  if (!dead)
    end_on_unknown();
  return self->make_response_promise<turn_state>(); // never kept
}

void store_state::on(const sign_checkpoint& m) {
  auto& now = parts.start;
  store_batch batch{*parts.disk, *parts.dice, now.head};
  if (now.checkpoint && now.checkpoint->size == now.head.tree.size) {
    bool clock_went_back = m.now < now.checkpoint_time;
    if (!clock_went_back && m.now - now.checkpoint_time < parts.limits.heartbeat_after_ms)
      return;
    rules::audit_entry heartbeat;
    heartbeat.kind = rules::audit_kind::heartbeat;
    heartbeat.time = m.now;
    batch.add_leaf(heartbeat);
  }
  if (batch.head().tree.size == 0)
    return; // a log begins with its first act, not with an empty checkpoint
  checkpoint_note next{batch.head().tree.size, rules::root(batch.head().tree), {}};
  auto note =
      e2ee::make_note({parts.signer.origin, next.size, next.root}, parts.signer.key, parts.signer.sign);
  if (!note) {
    parts.journal->write(ports::severity::error, "checkpoint_not_signed",
                         {{"why", ports::word::of_table(name_of(note.why()))}});
    return;
  }
  next.note = std::move(*note);
  // On disk before anybody sees it: a restart must never sign something that contradicts it.
  batch.add_row(ports::put(ports::table::meta, checkpoint_row_key(), encode(next, m.now)));
  if (commit(batch.rows()) != ports::commit_result::committed)
    return; // refused: the next second tries again
  now.head = batch.head();
  now.checkpoint = std::move(next);
  now.checkpoint_time = m.now;
}

caf::result<checkpoint_note> store_state::on(const get_checkpoint&) {
  if (!parts.start.checkpoint)
    return refusal::not_found;
  return *parts.start.checkpoint;
}

caf::result<probed> store_state::on(const probe& m) {
  auto row = ports::put(ports::table::meta, to_bytes(view("store/probe")), ports::row_key(m.now));
  auto result = commit({&row, 1});
  if (result == ports::commit_result::unknown)
    return self->make_response_promise<probed>(); // never kept: the watchdog must not be fed
  return probed{parts.start.head.tree.size, queue.size(), result == ports::commit_result::committed};
}

store_actor::behavior_type store(store_actor::stateful_pointer<store_state> self, store_parts parts) {
  auto& st = self->state; // the one place that names self->state: becomes state() in CAF 1.0
  st.self = self;
  st.parts = std::move(parts);
  // Promises that are dropped answer nobody: commit what was accepted, then go.
  self->set_exit_handler([&st](caf::exit_msg& m) {
    st.commit_all();
    st.self->quit(m.reason);
  });
  return {
      [&st](write& m) { return st.on(std::move(m)); }, [&st](const flush& m) { st.on(m); },
      [&st](const sign_checkpoint& m) { st.on(m); },   [&st](const get_checkpoint& m) { return st.on(m); },
      [&st](const probe& m) { return st.on(m); },      [&st](const begin_turn& m) { return st.on(m); },
      [&st](const step_turn& m) { return st.on(m); },
  };
}

} // namespace wardline
