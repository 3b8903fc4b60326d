// The scripted daemon's threads: slips, bodies, acknowledgements.
#include "e2ee/act.hpp"
#include "e2ee/attachment.hpp"
#include "scripted_daemon.hpp"
#include <algorithm>

namespace wardline::test {

// ---------------------------------------------------------------- messages

bool scripted_daemon::in(const device_id& device, const conversation& c) const {
  auto link = e2ee::conversation_link::decode(c.link, clinic);
  return std::any_of(link->parties.begin(), link->parties.end(),
                     [&](const auto& p) { return entitled(device, p.party); });
}

d::answer_body scripted_daemon::on(const channel& c, const d::list_conversations& m) const {
  d::conversations out;
  for (const auto& [id, held] : conversations) {
    if (!in(c.device, held) || id <= m.after)
      continue;
    out.more = out.all.size() == list_page_max;
    if (out.more)
      break;
    out.all.push_back({id, held.link, held.messages.size()});
  }
  return out;
}

d::slip scripted_daemon::slip_at(const conversation_id& where, std::uint64_t seq) const {
  const auto& m = conversations.at(where).messages.at(seq - 1);
  d::slip out{where, seq, m.leaf, m.slip, m.acknowledgement, m.time};
  out.recall = m.recall;
  return out;
}

void scripted_daemon::fan_out(const conversation_id& where, std::uint64_t seq) {
  auto news = slip_at(where, seq);
  for (auto& [at, c] : channels_)
    if (c.user && in(c.device, conversations.at(where)))
      send(c, news);
}

d::answer_body scripted_daemon::on(const d::post& m, time_ms now) {
  auto s = e2ee::slip::decode(m.slip, clinic);
  if (!s)
    return no(s.why());
  auto found = conversations.find(s->header.conversation);
  if (found == conversations.end())
    return no(refusal::not_found);
  if (s->header.author_certificate != devices.at(s->header.author_device))
    return no(refusal::stale_certificate);
  auto& all = found->second.messages;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (e2ee::slip::decode(all[i].slip, clinic)->header.message == s->header.message)
      return all[i].h == s->h ? d::answer_body{d::posted{i + 1, all[i].leaf}}
                              : no(refusal::message_id_reused);
  for (std::size_t i = 0; i < s->header.parties.size(); ++i) {
    const auto& p = parties.at(s->header.parties[i]);
    if (s->seals[i].epoch != p.cores.size()) {
      auto out = no(refusal::stale_party);
      out.party = s->header.parties[i];
      out.epoch = static_cast<std::uint32_t>(p.cores.size());
      out.inbox = e2ee::link_core::decode(objects.at(p.cores.back()).raw, clinic)->inbox;
      return out;
    }
  }
  for (const auto& a : s->header.attachments) {
    auto held = files.find(a.attachment);
    if (held == files.end() || held->second.chunks.size() != e2ee::chunks_of_blob(held->second.size))
      return no(refusal::attachment_missing);
    running_sha256 hash;
    for (const auto& c : held->second.chunks)
      hash.add(c);
    if (hash.finish() != a.blob_hash || held->second.size != a.blob_size)
      return no(refusal::attachment_mismatch);
  }
  all.push_back({m.slip, m.body, s->h, append(6, s->h), now, {}});
  fan_out(found->first, all.size());
  return d::posted{all.size(), all.back().leaf};
}

d::answer_body scripted_daemon::on(const d::get_slips& m) const {
  if (m.incarnation != incarnation_)
    return no(refusal::other_incarnation);
  d::slips out;
  const auto& all = conversations.at(m.conversation).messages;
  for (auto seq = m.after_seq + 1; seq <= all.size() && out.rows.size() < m.slips_max; ++seq)
    out.rows.push_back(slip_at(m.conversation, seq));
  out.more = out.rows.size() == m.slips_max;
  return out;
}

d::answer_body scripted_daemon::on(const d::open& m) {
  for (auto seq : m.seqs)
    if (!conversations.at(m.conversation).messages.at(seq - 1).recall.empty())
      return no(refusal::message_destroyed);
  ++releases;
  d::opened out{append(8, {}), {}, 0};
  for (auto seq : m.seqs)
    out.bodies.push_back({seq, conversations.at(m.conversation).messages.at(seq - 1).body});
  return out;
}

d::answer_body scripted_daemon::on(const d::get_upload& m) const {
  auto held = files.find(m.attachment);
  return d::upload{held == files.end() ? 0 : static_cast<std::uint32_t>(held->second.chunks.size())};
}

d::answer_body scripted_daemon::on(const d::put_chunk& m) {
  auto& held = files[m.attachment];
  held.size = m.blob_size;
  if (m.index < held.chunks.size() && held.chunks[m.index] != m.sealed)
    return no(refusal::attachment_mismatch);
  if (m.index == held.chunks.size()) {
    held.chunks.push_back(m.sealed);
    ++chunks_taken;
  }
  return d::upload{static_cast<std::uint32_t>(held.chunks.size())};
}

d::answer_body scripted_daemon::on(const d::get_chunk& m) {
  if (!conversations.at(m.conversation).messages.at(m.seq - 1).recall.empty())
    return no(refusal::message_destroyed);
  auto held = files.find(m.attachment);
  if (held == files.end() || m.index >= held->second.chunks.size())
    return no(refusal::not_found);
  return d::chunk{append(8, {}), held->second.chunks[m.index]};
}

d::answer_body scripted_daemon::on(channel& c, const d::act& m) {
  auto a = e2ee::act::decode(m.object, clinic);
  if (!a)
    return no(a.why());
  if (a->act == e2ee::act_kind::lock_share_stored)
    return confirm_share(c, *e2ee::share_number(a->h));
  for (auto& [id, where] : conversations)
    for (std::size_t i = 0; i < where.messages.size(); ++i) {
      auto& message = where.messages[i];
      if (e2ee::slip::decode(message.slip, clinic)->header.message != a->message())
        continue;
      if (a->act == e2ee::act_kind::report)
        return take_report(*a, id);
      if (a->act == e2ee::act_kind::recall) {
        message.recall = m.object;
        auto leaf = append(9, a->hash());
        fan_out(id, i + 1);
        return d::done{leaf};
      }
      if (!message.acknowledgement.empty() && message.acknowledgement != m.object) {
        auto out = no(refusal::already_acknowledged);
        out.user = e2ee::act::decode(message.acknowledgement, clinic)->user;
        out.time = 1;
        return out;
      }
      message.acknowledgement = m.object;
      auto leaf = append(9, a->hash());
      fan_out(id, i + 1);
      return d::done{leaf};
    }
  return no(refusal::not_found);
}

d::answer_body scripted_daemon::take_report(const e2ee::act& a, const conversation_id& where) {
  reports.try_emplace({a.device, a.message()}, where, a.raw());
  tell_pending();
  return d::done{append(9, a.hash())};
}

d::answer_body scripted_daemon::on(const d::get_checkpoint& m) const {
  return d::checkpoint{note(), consistency(m.old_size)};
}

} // namespace wardline::test
