#include "audit.hpp"
#include "audit_rows.hpp"
#include "stored.hpp"
#include "timeouts.hpp"
#include <algorithm>

namespace wardline {

namespace {

using wire::device::logged;

/// Every logged object of an answer that has some.
std::vector<logged*> unproven_in(outcome& o) {
  std::vector<logged*> out;
  if (auto* party = std::get_if<wire::device::party>(&o.result)) {
    for (auto& l : party->cores)
      out.push_back(&l);
    for (auto& l : party->certificates)
      out.push_back(&l);
  } else if (auto* objects = std::get_if<wire::device::objects>(&o.result)) {
    for (auto& l : objects->found)
      out.push_back(&l);
  } else if (auto* exposure = std::get_if<wire::device::exposure>(&o.result)) {
    for (auto& l : exposure->leaves)
      out.push_back(&l);
  }
  return out;
}

void put_note(outcome& o, const std::string& note) {
  if (auto* party = std::get_if<wire::device::party>(&o.result))
    party->checkpoint = note;
  else if (auto* objects = std::get_if<wire::device::objects>(&o.result))
    objects->checkpoint = note;
  else if (auto* exposure = std::get_if<wire::device::exposure>(&o.result))
    exposure->checkpoint = note;
}

refusal prove(logged& l, std::uint64_t size, const ports::reader& rows) {
  auto entry = read_entry(rows, l.leaf);
  if (!entry)
    return entry.why();
  auto proof = rules::inclusion_proof(l.leaf, size, tree_rows_of(rows));
  if (!proof)
    return refusal::value_not_openable;
  l.salt = to_bytes(entry->salt);
  l.entry = std::move(entry->entry);
  l.proof = std::move(*proof);
  return refusal::none;
}

outcome proved(outcome o, const checkpoint_note& note, const ports::reader& rows) {
  for (auto* l : unproven_in(o))
    if (auto why = prove(*l, note.size, rows); why != refusal::none)
      return refused(why);
  put_note(o, note.note);
  return o;
}

/// A device that pins more than there is gets the checkpoint without a proof: it sees the rollback by itself
/// and holds the evidence.
outcome consistent(std::uint64_t old_size, const checkpoint_note& note, const ports::reader& rows) {
  wire::device::checkpoint out;
  out.note = note.note;
  if (old_size == 0 || old_size > note.size)
    return {out};
  auto proof = rules::consistency_proof(old_size, note.size, tree_rows_of(rows));
  if (!proof)
    return refused(refusal::value_not_openable);
  out.consistency = std::move(*proof);
  return {out};
}

} // namespace

caf::result<outcome> audit_state::on(add_proofs& m) {
  auto objects = unproven_in(m.unproven);
  if (objects.size() > proofs_per_answer_max)
    return refused(refusal::count_too_large);
  std::uint64_t size_min = 1;
  for (const auto* l : objects)
    size_min = std::max(size_min, l->leaf + 1);
  if (waiting >= audit_questions_max)
    return refused(refusal::overloaded);
  auto answer = self->make_response_promise<outcome>();
  with_checkpoint(answer, size_min, m.now, [this, o = std::move(m.unproven)](const checkpoint_note& note) {
    return proved(o, note, *rows);
  });
  return answer;
}

caf::result<outcome> audit_state::on(const consistency& m) {
  if (waiting >= audit_questions_max)
    return refused(refusal::overloaded);
  auto answer = self->make_response_promise<outcome>();
  with_newest(answer, [this, old_size = m.old_size](const checkpoint_note& note) {
    return consistent(old_size, note, *rows);
  });
  return answer;
}

/// An object logged a moment ago stands behind the newest checkpoint: the store signs another one first,
/// which it would have done within the second.
void audit_state::with_checkpoint(caf::typed_response_promise<outcome> answer, std::uint64_t size_min,
                                  time_ms now, on_note then) {
  ++waiting;
  auto sign_first = [this, answer, size_min, now, then] {
    self->send(store, sign_checkpoint{now});
    with_newest(answer, [size_min, then](const checkpoint_note& note) {
      return note.size < size_min ? refused(refusal::storage_refused) : then(note);
    });
  };
  self->request(store, store_timeout, get_checkpoint{})
      .then(
          [this, answer, size_min, then, sign_first](const checkpoint_note& note) mutable {
            --waiting;
            if (note.size < size_min)
              sign_first();
            else
              answer.deliver(then(note));
          },
          [this, answer, sign_first](const caf::error& e) mutable {
            --waiting;
            if (refusal_of(e) == refusal::not_found)
              sign_first();
            else
              answer.deliver(refused(refusal_of(e)));
          });
}

void audit_state::with_newest(caf::typed_response_promise<outcome> answer, const on_note& then) {
  ++waiting;
  self->request(store, store_timeout, get_checkpoint{})
      .then(
          [this, answer, then](const checkpoint_note& note) mutable {
            --waiting;
            answer.deliver(then(note));
          },
          [this, answer](const caf::error& e) mutable {
            --waiting;
            answer.deliver(refused(refusal_of(e)));
          });
}

audit_actor::behavior_type audit(audit_actor::stateful_pointer<audit_state> self, const ports::reader* rows,
                                 store_actor store) {
  auto& st = self->state; // the one place that names self->state: becomes state() in CAF 1.0
  st.self = self;
  st.rows = rows;
  st.store = std::move(store);
  return {
      [&st](add_proofs& m) { return st.on(m); },
      [&st](const consistency& m) { return st.on(m); },
  };
}

} // namespace wardline
