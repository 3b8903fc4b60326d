#include "client/downloads.hpp"
#include <algorithm>

namespace wardline::client {

void downloads::fetch(const conversation_id& where, std::uint64_t seq, const wire::content_attachment& which,
                      writer write, done<std::uint64_t> then) {
  auto reader = begin(where, seq, which);
  if (!reader) {
    then(reader.why());
    return;
  }
  ask(std::make_shared<going>(going{
      {where, seq, which.id, 0}, which.size, 0, std::move(*reader), std::move(write), std::move(then)}));
}

expected<e2ee::attachment_reader> downloads::begin(const conversation_id& where, std::uint64_t seq,
                                                   const wire::content_attachment& which) const {
  const auto* known = messages_.find(where, seq);
  if (known == nullptr)
    return refusal::not_found;
  if (known->recalled != 0)
    return refusal::message_destroyed;
  if (known->unreadable != refusal::none)
    return known->unreadable;
  auto row = messages_.row(where, seq);
  auto s = row ? e2ee::slip::decode(row->slip, core_.me->clinic) : expected<e2ee::slip>{row.why()};
  if (!s)
    return s.why();
  const auto& named = s->header.attachments;
  auto found = std::find_if(named.begin(), named.end(),
                            [&](const e2ee::attachment_ref& a) { return a.attachment == which.id; });
  if (found == named.end())
    return refusal::not_found;
  return e2ee::attachment_reader::begin(
      row->key, s->header.message, {which.id, found->blob_hash, found->blob_size, which.size, which.sha256});
}

void downloads::ask(const going_ref& g) {
  g->next.index = g->reader.next();
  core_.link.ask_for<wire::device::chunk>(g->next, [this, g](const result<wire::device::chunk>& answer) {
    if (!core_.inner)
      g->then(refusal::not_logged_in);
    else if (!answer)
      g->then(answer.no);
    else
      take(g, *answer);
  });
}

void downloads::take(const going_ref& g, const wire::device::chunk& answer) {
  auto plain = g->reader.take(answer.sealed);
  if (!plain) {
    g->then(plain.why());
    return;
  }
  if (!g->write(plain->value)) {
    g->then(refusal::file_not_written);
    return;
  }
  g->done += plain->value.size();
  if (core_.events.transferred)
    core_.events.transferred({transfer::stage::fetching, g->next.attachment, g->done, g->size});
  if (g->reader.next() < g->reader.chunks())
    return ask(g);
  if (auto why = g->reader.finish(); why != refusal::none)
    g->then(why);
  else
    g->then(answer.leaf);
}

} // namespace wardline::client
