#include "conversation.hpp"
#include "named_files.hpp"
#include "timeouts.hpp"
#include <algorithm>

namespace wardline {

namespace {

outcome stale_party(const rules::party_record& party) {
  wire::device::refused r;
  r.why = refusal::stale_party;
  r.party = party.party;
  r.epoch = party.n;
  r.inbox = party.inbox;
  return {r};
}

outcome refused_with(refusal why, const hash32& hash) {
  wire::device::refused r;
  r.why = why;
  r.hash = hash;
  return {r};
}

std::shared_ptr<const bytes> encoded(const wire::device::slip& news) {
  return std::make_shared<const bytes>(wire::device::encode(wire::device::from_daemon{news}));
}

} // namespace

void conversation_state::load() {
  link_changed = false;
  load_quarantine();
  destroyed = is_destroyed(*parts.rows, id);
  now_head.reset();
  auto row = read_row<rows::conversation>(*parts.rows, ports::table::conversation, id.view());
  if (!row)
    return;
  auto object = read_object(*parts.rows, row->row.head);
  if (!object)
    return;
  auto link = e2ee::conversation_link::decode(object->raw, parts.board->now()->id);
  auto last = parts.rows->last(ports::table::index, id.view());
  auto seq = last ? rows::seq_of_place(last->key) : std::optional<std::uint64_t>{0};
  if (!link || !seq)
    return parts.journal->write(ports::severity::error, "conversation_not_openable", {{"conversation", id}});
  last_seq = *seq;
  auto ids = link->party_ids();
  now_head = head{std::move(*link), std::move(ids), std::move(row->stored)};
  load_items();
}

refusal conversation_state::standing(const caller& who) {
  if (!now_head)
    load();
  auto clinic = parts.board->now();
  const auto* device = clinic->device(who.device);
  if (!now_head || device == nullptr)
    return refusal::not_found;
  if (device->gated)
    return refusal::device_revoked;
  auto theirs = [&](const party_id& p) {
    return std::binary_search(device->parties.begin(), device->parties.end(), p);
  };
  if (std::none_of(now_head->parties.begin(), now_head->parties.end(), theirs))
    return refusal::not_found;
  return destroyed ? refusal::message_destroyed : refusal::none;
}

caf::result<outcome> conversation_state::on(const post_slip& m) {
  if (auto why = standing(*m.who); why != refusal::none)
    return refused(why);
  if (waiting.size() >= posts_waiting_max)
    return refused(refusal::overloaded);
  auto answer = self->make_response_promise<outcome>();
  waiting.push_back({m, answer});
  if (in_flight.empty())
    write_waiting();
  return answer;
}

/// Decides about what waits, in order, and sends what is accepted as one write. A second post under one
/// message id waits for the outcome of the first: only then is it known whether it is a redelivery.
void conversation_state::write_waiting() {
  auto clinic = parts.board->now();
  write out;
  std::deque<waiting_post> later;
  std::size_t size = 0;
  while (!waiting.empty() && out.acts.size() < write_acts_max && size < posts_bytes_max) {
    auto post = std::move(waiting.front());
    waiting.pop_front();
    auto same_id = [&](const written_post& w) { return w.post.what.message == post.what.message; };
    if (std::any_of(in_flight.begin(), in_flight.end(), same_id)) {
      later.push_back(std::move(post));
      continue;
    }
    auto decided = decide(post.what, *clinic);
    if (auto* answer = std::get_if<outcome>(&decided)) {
      post.answer.deliver(std::move(*answer));
      continue;
    }
    size += post.what.post->slip.size() + post.what.post->body.size();
    in_flight.push_back({std::move(post), std::move(std::get<e2ee::slip>(decided))});
    out.acts.push_back(act_of(in_flight.back(), last_seq + in_flight.size()));
  }
  waiting.insert(waiting.begin(), std::make_move_iterator(later.begin()),
                 std::make_move_iterator(later.end()));
  if (in_flight.empty())
    return;
  out.acts.front().only_if.push_back(
      unchanged(ports::table::conversation, to_bytes(id.view()), now_head->stored));
  out.acts.front().only_if.push_back(absent(ports::table::conversation, rows::key_of_destruction(id)));
  self->request(parts.store, store_timeout, std::move(out))
      .then([this](const committed& c) { wrote(c); },
            [this](const caf::error& e) { not_written(refusal_of(e)); });
}

/// The checks of e2ee 5.9, in its order, from entitlement on; device_session did those before.
std::variant<outcome, e2ee::slip> conversation_state::decide(const post_slip& m,
                                                             const rules::clinic& clinic) const {
  if (destroyed)
    return refused(refusal::message_destroyed);
  auto known = parts.rows->read(ports::table::idempotency, m.message.view());
  if (known.status != ports::read_status::absent) {
    auto row = read_row<rows::accepted>(*parts.rows, ports::table::idempotency, m.message.view());
    if (!row)
      return refused(refusal::value_not_openable);
    if (is_recalled(*parts.rows, m.message))
      return refused(refusal::message_destroyed);
    if (row->row.h != m.header_hash || row->row.conversation != id)
      return refused(refusal::message_id_reused);
    return outcome{wire::device::posted{row->row.seq, row->at.leaf}};
  }
  auto slip = e2ee::slip::decode(m.post->slip, clinic.id);
  if (!slip)
    return refused(slip.why());
  const auto& header = slip->header;
  // The reserve is for what cannot wait (security 3); log-in, opening and acts go on by it, too.
  bool urgent = e2ee::timed_as(e2ee::read_envelope(header.envelope).level) <= e2ee::urgency::urgent;
  if (!urgent && parts.rows->nearly_full())
    return refused(refusal::only_urgent_now);
  if (auto why = e2ee::check_recipients(header, now_head->link.n, now_head->parties); why != refusal::none)
    return why == refusal::stale_conversation ? refused_with(why, now_head->link.hash()) : refused(why);
  if (auto why = e2ee::check_time(header, m.now); why != refusal::none)
    return refused(why);
  std::vector<std::uint32_t> heads;
  for (const auto& p : header.parties) {
    const auto* party = clinic.party(p);
    heads.push_back(party == nullptr ? 0 : party->n);
  }
  if (auto stale = e2ee::stale_seal(*slip, heads)) {
    const auto* party = clinic.party(header.parties[*stale]);
    return party == nullptr ? refused(refusal::recipients_mismatch) : stale_party(*party);
  }
  if (auto why = e2ee::check_records_key(header, hash32{}); why != refusal::none)
    return refused(why);
  if (auto why = e2ee::check_posted_body(header, m.post->body); why != refusal::none)
    return refused(why);
  if (auto why = check_files(header, m.files.get()); why != refusal::none)
    return refused(why);
  return std::move(*slip);
}

/// detail: u64 seq.
act conversation_state::act_of(written_post& p, std::uint64_t seq) {
  const auto& m = p.post.what;
  act a;
  a.entry.kind = rules::audit_kind::posted;
  a.entry.time = m.now;
  a.entry.user = m.who->user;
  a.entry.device = m.who->device;
  a.entry.conversation = id;
  a.entry.object = m.message.value;
  a.entry.hash = p.slip.h;
  a.entry.detail = ports::row_key(seq);
  rows::body body{id, seq, m.message, m.post->body};
  auto place = rows::key_of_place(id, seq);
  auto message = to_bytes(m.message.view());
  auto body_bytes = static_cast<std::uint32_t>(m.post->body.size());
  a.only_if = {absent(ports::table::index, place), absent(ports::table::idempotency, message),
               not_gated(m.who->device)};
  a.changes = {put_row(ports::table::index, std::move(place), rows::place{m.message, body_bytes}),
               put_row(ports::table::idempotency, std::move(message), rows::accepted{p.slip.h, id, seq})};
  name_files(m, p.slip.header, body, a);
  a.log = {rows::encode(rows::slip{id, seq, m.now, m.post->slip}), rows::encode(body)};
  put_item(a, m.message, item_of(p.slip, seq, m.now));
  answer_items(p, a);
  return a;
}

void conversation_state::wrote(const committed& c) {
  auto done = std::exchange(in_flight, {});
  for (std::size_t i = 0; i < done.size(); ++i) {
    auto& [post, slip, answers] = done[i];
    auto leaf = c.stamps.at(i).leaf;
    remember_items(done[i], ++last_seq);
    post.answer.deliver(outcome{wire::device::posted{last_seq, leaf}});
    wire::device::slip news{id, last_seq, leaf, slip.raw(), {}, post.what.now};
    self->send(directory, fan_out{slip.header.parties, encoded(news)});
    have_verified(slip, post.what.now);
  }
  if (link_changed)
    load();
  write_next();
}

/// Nothing of the write is visible, and no seq is used. If the store said nothing (timed_out), the rows may
/// still come: then the next write meets them, is refused by its preconditions, and starts from there.
void conversation_state::not_written(refusal why) {
  auto back = std::exchange(in_flight, {});
  if (link_changed || why == refusal::precondition_failed || why == refusal::timed_out)
    load();
  for (auto i = back.rbegin(); i != back.rend(); ++i) {
    auto& post = i->post;
    bool again = why == refusal::precondition_failed && ++post.tries < post_tries_max;
    auto still = again ? standing(*post.what.who) : why;
    if (gated_on_disk(*parts.rows, post.what.who->device)) // the snapshot may not say so yet
      still = refusal::device_revoked;
    if (still == refusal::none)
      waiting.push_front(std::move(post));
    else
      post.answer.deliver(refused(still));
  }
  write_next();
}

void conversation_state::write_next() {
  if (now_head)
    return write_waiting();
  for (auto& post : std::exchange(waiting, {}))
    post.answer.deliver(refused(refusal::value_not_openable));
}

void conversation_state::on(const conversation_changed&) {
  // A write on its way may be in the rows and not yet counted here: what is loaded then counts it twice.
  if (in_flight.empty())
    load();
  else
    link_changed = true;
}

/// No place: slips come faster than they can be looked at, and their conversation does it, one by one.
void conversation_state::have_verified(const e2ee::slip& slip, time_ms now) {
  auto clinic = parts.board->now();
  const auto* device = clinic->device(slip.header.author_device);
  if (device == nullptr) // revoked meanwhile, and forgotten
    return;
  auto place = parts.unverified->take();
  if (place || e2ee::check_slip_signature(slip, device->signing) != refusal::none)
    self->send(parts.signatures, verify_slip{slip.raw(), clinic->id, device->signing, now, std::move(place)});
}

conversation_actor::behavior_type conversation(conversation_actor::stateful_pointer<conversation_state> self,
                                               const conversation_id& id, directory_actor directory,
                                               conversation_parts parts) {
  auto& st = self->state; // the one place that names self->state: becomes state() in CAF 1.0
  st.self = self;
  st.id = id;
  st.directory = std::move(directory);
  st.parts = std::move(parts);
  st.load();
  return {
      [&st](const post_slip& m) { return st.on(m); },  [&st](const open_bodies& m) { return st.on(m); },
      [&st](const read_slips& m) { return st.on(m); }, [&st](const apply_act& m) { return st.on(m); },
      [&st](const open_chunk& m) { return st.on(m); }, [&st](const conversation_changed& m) { st.on(m); },
  };
}

} // namespace wardline
