#include "client/outbox.hpp"
#include "client/because.hpp"
#include "wire/content.hpp"
#include <algorithm>
#include <sodium.h>

namespace wardline::client {

namespace {

e2ee::envelope envelope_of(const draft& what) {
  e2ee::envelope out;
  out.level = what.level;
  out.needs_ack = what.needs_ack;
  out.type = e2ee::message_type::question;
  if (what.level == urgency::unscored)
    return out;
  out.scorer = what.rule_set ? e2ee::scored_by::rules : e2ee::scored_by::person;
  out.rule_set = what.rule_set.value_or(hash32{});
  return out;
}

request_id fresh_request() {
  request_id out;
  randombytes_buf(out.value.data(), out.value.size());
  return out;
}

} // namespace

refusal outbox::load() {
  all_.clear();
  auto why = core_.rows.scan(table::outbox, {}, [&](bytes_view key, bytes_view value) {
    auto message = message_id::from(key);
    auto row = rows::decode<rows::outbox>(value);
    if (!message || !row)
      return refusal::value_not_openable;
    all_[*message] = {{*message, row->conversation, row->state, row->seq, row->leaf, row->why}, row->order};
    next_order_ = std::max(next_order_, row->order + 1);
    return refusal::none;
  });
  if (why != refusal::none)
    return why;
  return uploads_.load([this](const message_id& message) { return all_.contains(message); });
}

std::vector<outbox_row> outbox::rows() const {
  std::vector<const known*> order;
  for (const auto& [id, row] : all_)
    order.push_back(&row);
  std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->order < b->order; });
  std::vector<outbox_row> out;
  for (const auto* row : order)
    out.push_back(row->shown);
  return out;
}

expected<rows::outbox> outbox::read(const message_id& message) const {
  auto raw = core_.rows.get(table::outbox, rows::key_of_id(message));
  if (!raw)
    return raw.why();
  auto row = rows::decode<rows::outbox>(raw->value);
  if (!row)
    return refusal::value_not_openable;
  return std::move(*row);
}

refusal outbox::write(const message_id& message, const rows::outbox& row) {
  store_changes changes;
  wiped_bytes raw{rows::encode(row)};
  core_.rows.put(changes, table::outbox, rows::key_of_id(message), raw.value);
  if (auto why = core_.commit(std::move(changes)); why != refusal::none)
    return why;
  all_[message] = {{message, row.conversation, row.state, row.seq, row.leaf, row.why}, row.order};
  return refusal::none;
}

// ---------------------------------------------------------------- writing

refusal outbox::make_room(store_changes& changes) {
  if (all_.size() < outbox_rows_max)
    return refusal::none;
  const std::pair<const message_id, known>* oldest = nullptr;
  for (const auto& row : all_)
    if (row.second.shown.state == outbox_state::acked &&
        (oldest == nullptr || row.second.order < oldest->second.order))
      oldest = &row;
  if (oldest == nullptr)
    return refusal::overloaded;
  vault::erase(changes, table::outbox, rows::key_of_id(oldest->first));
  return refusal::none;
}

expected<std::vector<e2ee::recipient>>
outbox::recipients(const std::vector<e2ee::conversation_party>& all) const {
  std::vector<e2ee::recipient> out;
  for (const auto& p : all) {
    auto head = core_.inner->keys.current(p.party);
    if (!head)
      return refusal::recipient_not_ready;
    out.push_back({p.party, head->n, head->inbox});
    const auto& made = parties_.link_times(p.party);
    if (!made.empty() && e2ee::head_is_old(made.back(), core_.now())) // a warning, never a refusal (e2ee 5.6)
      core_.say({notice::about::old_head, refusal::none, p.party, {}, {}, parties_.person_of(p.party)});
  }
  return out;
}

expected<message_id> outbox::stage(const conversation_id& where, const draft& what) {
  if (!core_.inner || !core_.who)
    return refusal::not_logged_in;
  if (conversations_.find(where) == nullptr)
    return refusal::not_found;
  message_id id;
  randombytes_buf(id.value.data(), id.value.size());
  auto key = secret32::random();
  auto files = uploads_.seal(id, key, what.files);
  if (!files)
    return files.why();
  auto why = keep(where, what, id, std::move(key), std::move(*files));
  if (why == refusal::none)
    return id;
  uploads_.erase(id);
  return why;
}

refusal outbox::keep(const conversation_id& where, const draft& what, const message_id& id, secret32 key,
                     std::vector<sealed_file> files) {
  const auto& to = *conversations_.find(where);
  e2ee::draft message;
  auto& header = message.header;
  wire::content said;
  said.text = what.text;
  said.reply_to = what.reply_to;
  for (auto& f : files) {
    said.attachments.push_back(std::move(f.said));
    header.attachments.push_back(f.named);
  }
  auto encoded = wire::encode(said);
  wipe({reinterpret_cast<std::uint8_t*>(said.text.data()), said.text.size()});
  if (!encoded)
    return encoded.why();
  wiped_bytes content{std::move(*encoded)};
  auto seals = recipients(to.head.parties);
  if (!seals)
    return seals.why();
  header.message = id;
  header.conversation = where;
  header.conversation_link = to.head.n;
  header.author_user = core_.who->user;
  header.author_device = core_.inner->certificate.device;
  header.author_certificate = core_.inner->certificate.hash();
  header.time = core_.now();
  header.envelope = e2ee::encode(envelope_of(what));
  message.content = content.value;
  message.recipients = std::move(*seals);
  auto sealed =
      e2ee::seal_message_with(std::move(key), core_.me->clinic, std::move(message), core_.inner->signing);
  if (!sealed)
    return sealed.why();
  rows::outbox row;
  row.conversation = where;
  row.request = fresh_request();
  row.order = next_order_++;
  row.key = std::move(sealed->key);
  row.slip = std::move(sealed->slip);
  row.body = std::move(sealed->body);
  store_changes room;
  if (auto why = make_room(room); why != refusal::none)
    return why;
  std::vector<message_id> gone;
  for (const auto& c : room)
    gone.push_back(*message_id::from(c.key));
  wiped_bytes raw{rows::encode(row)};
  core_.rows.put(room, table::outbox, rows::key_of_id(id), raw.value);
  if (auto why = core_.commit(std::move(room)); why != refusal::none)
    return why;
  for (const auto& m : gone) {
    all_.erase(m);
    uploads_.erase(m);
  }
  all_[id] = {{id, where, row.state, 0, 0, refusal::none}, row.order};
  return refusal::none;
}

// ---------------------------------------------------------------- sending

void outbox::send(const message_id& message, moved then) {
  waiting_[message] = std::move(then);
  post(message);
}

void outbox::send_all() {
  for (const auto& row : rows())
    if (row.state == outbox_state::written || row.state == outbox_state::sent)
      post(row.message);
}

void outbox::post(const message_id& message) {
  if (!core_.inner || on_way_.contains(message))
    return;
  auto kept = all_.find(message);
  // What was sent may have been accepted: nothing is uploaded again before the daemon has said that it was
  // not.
  if (kept != all_.end() && kept->second.shown.state == outbox_state::written && uploads_.has(message))
    return upload_then_post(message);
  post_now(message);
}

void outbox::upload_then_post(const message_id& message) {
  on_way_.insert(message);
  uploads_.send(message, [this, message](const refused& no) {
    on_way_.erase(message);
    if (!core_.inner)
      tell(message, because(refusal::not_logged_in));
    else if (no.why == refusal::none)
      post_now(message);
    else
      take_refusal(message, no);
  });
}

/// `sent` is on disk before the first byte goes out: from then on nobody knows, until the answer, whether it
/// was accepted, and only the same bytes are ever sent.
void outbox::post_now(const message_id& message) {
  auto row = read(message);
  auto why = row.why();
  if (row && row->state == outbox_state::written) {
    row->state = outbox_state::sent;
    why = write(message, *row);
  }
  if (why != refusal::none) {
    tell(message, because(why));
    return;
  }
  on_way_.insert(message);
  core_.link.ask_for_as<wire::device::posted>(row->request,
                                              wire::device::post{std::move(row->slip), std::move(row->body)},
                                              [this, message](result<wire::device::posted> answer) {
                                                on_way_.erase(message);
                                                take_answer(message, std::move(answer));
                                              });
}

void outbox::take_answer(const message_id& message, result<wire::device::posted> answer) {
  if (!core_.inner)
    tell(message, because(refusal::not_logged_in)); // asked again after the next log-in
  else if (answer)
    ack(message, answer->seq, answer->leaf);
  else
    take_refusal(message, answer.no);
}

void outbox::ack(const message_id& message, std::uint64_t seq, std::uint64_t leaf) {
  auto row = read(message);
  auto why = row.why();
  if (row) {
    row->state = outbox_state::acked;
    row->seq = seq;
    row->leaf = leaf;
    why = write(message, *row);
    if (why == refusal::none)
      trim_files();
  }
  tell(message, because(why));
}

void outbox::take_refusal(const message_id& message, const refused& no) {
  auto row = read(message);
  if (!row) {
    tell(message, because(row.why()));
    return;
  }
  // A refusal is the answer to this request id; the next try is another request about the same message.
  row->request = fresh_request();
  if (auto why = write(message, *row); why != refusal::none) {
    tell(message, because(why));
    return;
  }
  if (no.why == refusal::stale_party) {
    seal_again(message, no);
  } else if (no.why == refusal::attachment_missing && uploads_.has(message) && row->reseals++ < reseals_max) {
    row->state = outbox_state::written; // the daemon was started anew in between: once more from the files on
    if (auto why = write(message, *row); why == refusal::none)
      post(message);
    else
      stop(message, because(why));
  } else if (no.why == refusal::stale_certificate && certified_anew(*row)) {
    auto why = write(message, *row);
    if (why == refusal::none)
      post(message);
    else
      stop(message, because(why));
  } else if (no.why == refusal::message_id_reused) {
    look_for(message, no);
  } else if (no.why == refusal::stale_conversation) {
    conversations_.refresh(row->conversation, [this, message, no](refusal) { stop(message, no); });
  } else if (passes(no.why) || (no.why == refusal::not_found && conversations_.awaited(row->conversation))) {
    if (no.why != refusal::not_logged_in)
      core_.after(resend_ms, [this, message] { post(message); });
    tell(message, no);
  } else {
    stop(message, no);
  }
}

void outbox::stop(const message_id& message, const refused& no) {
  auto row = core_.inner ? read(message) : expected<rows::outbox>{refusal::not_logged_in};
  if (row && !passes(no.why)) {
    row->state = outbox_state::stopped;
    row->why = no.why;
    (void)write(message, *row);                // said by commit; the next answer stops it again
    if (no.why != refusal::stale_conversation) // what the person may confirm goes on with its files
      uploads_.erase(message);
    core_.say({notice::about::not_sent, no.why, no.party, row->conversation, message, {}});
  }
  tell(message, no);
}

void outbox::tell(const message_id& message, const refused& no) {
  auto found = all_.find(message);
  outbox_row shown = found == all_.end() ? outbox_row{message, {}, outbox_state::written, 0, 0, no.why}
                                         : found->second.shown;
  auto waits = waiting_.find(message);
  if (waits == waiting_.end()) {
    if (other_moved)
      other_moved(shown, no);
    return;
  }
  auto then = std::move(waits->second);
  waiting_.erase(waits);
  then(shown, no);
}

} // namespace wardline::client
