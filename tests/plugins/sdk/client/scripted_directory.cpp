// The scripted daemon's directory: parties, certificates, what changes who belongs where, what waits for
// whom.
#include "e2ee/act.hpp"
#include "scripted_daemon.hpp"
#include <algorithm>

namespace wardline::test {

namespace {

constexpr std::uint8_t accepted = 2, invited_kind = 12;

} // namespace

d::answer_body scripted_daemon::on(const d::find_person& m) const {
  for (const auto& [id, p] : people)
    if (p.name == m.display_name)
      return d::person{id, p.party};
  if (auto station = stations.find(m.display_name); station != stations.end())
    return d::station{station->second};
  return no(refusal::not_found);
}

d::answer_body scripted_daemon::on(const d::list_parties& m) const {
  d::parties out;
  for (const auto& [id, p] : parties) {
    if (p.kind != 2 || id <= m.after)
      continue;
    out.more = out.names.size() == list_page_max;
    if (out.more)
      break;
    out.names.push_back({id, p.kind, p.name, id == emergency});
  }
  return out;
}

d::answer_body scripted_daemon::on(const channel& c, const d::get_party& m) const {
  auto found = parties.find(m.party);
  if (found == parties.end())
    return no(refusal::not_found);
  const auto& p = found->second;
  d::party out;
  out.id = m.party;
  out.kind = p.kind;
  out.checkpoint = note();
  for (std::size_t n = m.from_n; n <= p.cores.size() && out.cores.size() < party_page_max; ++n)
    out.cores.push_back(logged(p.cores[n - 1]));
  for (const auto& [of, seal] : p.own_seals)
    if (keeps_seals && of.first == c.device && of.second >= m.from_n &&
        of.second < m.from_n + out.cores.size()) {
      d::own_seal own{of.second, {}};
      std::copy(seal.ct.begin(), seal.ct.end(),
                std::copy(seal.enc.begin(), seal.enc.end(), own.seal.begin()));
      out.own_seals.push_back(own);
    }
  if (p.cores.empty() || m.from_n + out.cores.size() <= p.cores.size())
    return out; // nothing, or a part: the head comes with the last one
  out.members = p.members;
  out.seals = p.seals;
  auto head = e2ee::roster_link::decode(objects.at(p.cores.back()).raw, p.members, p.seals, clinic);
  std::set<device_id> shown;
  for (const auto& member : head ? head->members : std::vector<e2ee::party_member>{})
    shown.insert(member.device);
  for (const auto& [device, hash] : devices) // and who waits to come in
    if (entitled(device, m.party))
      shown.insert(device);
  for (const auto& device : shown)
    for (const auto& hash : with_chain(device))
      out.certificates.push_back(logged(hash));
  return out;
}

d::answer_body scripted_daemon::on(const d::get_objects& m) const {
  d::objects out;
  out.checkpoint = note();
  for (const auto& hash : m.hashes)
    if (objects.contains(hash)) {
      out.found.push_back(logged(hash));
      // A registrar's certificate names no hash of its device: what that hangs on comes along.
      if (auto r = e2ee::registrar_certificate::decode(objects.at(hash).raw, clinic))
        for (const auto& one : with_chain(r->device))
          out.found.push_back(logged(one));
    }
  return out;
}

d::answer_body scripted_daemon::on(const channel& c, const d::submit& m) {
  auto kind = e2ee::peek_kind(m.object);
  if (kind && *kind == e2ee::kind::revocation && factor_too_old)
    return no(refusal::second_factor_too_old);
  if (kind && *kind == e2ee::kind::link && before_link)
    if (auto core = e2ee::link_core::decode(m.object, clinic))
      before_link(core->party);
  (void)c;
  return on(m);
}

d::answer_body scripted_daemon::on(const d::submit& m) {
  auto kind = e2ee::peek_kind(m.object);
  if (!kind)
    return no(kind.why());
  auto kept = [&](const auto& x) { return d::submitted{x->hash(), accept(accepted, x->hash(), m.object)}; };
  switch (*kind) {
  case e2ee::kind::registrar:
    return kept(e2ee::registrar_certificate::decode(m.object, clinic));
  case e2ee::kind::conversation: {
    auto x = e2ee::conversation_link::decode(m.object, clinic);
    conversations[x->conversation].link = m.object;
    return kept(x);
  }
  case e2ee::kind::device: {
    if (auto offer = e2ee::renewal_offer::decode(m.object, clinic)) {
      offers[offer->device] = {m.object, m.cosignature};
      tell_pending();
      return d::submitted{offer->hash(), append(34, offer->hash())};
    }
    auto x = e2ee::device_certificate::decode(m.object, clinic);
    if (!x || x->issuer != e2ee::certificate_issuer::registrar)
      return no(x ? refusal::unknown_kind : x.why());
    auto word = offers[x->device].second;
    devices[x->device] = x->hash();
    offers.erase(x->device);
    return d::submitted{x->hash(), accept(accepted, x->hash(), m.object, word)};
  }
  case e2ee::kind::grant:
  case e2ee::kind::revocation:
    return take_change(m.object, m.cosignature);
  case e2ee::kind::pack: {
    auto x = e2ee::history_pack::decode(m.object, clinic);
    keep_pack(m.object);
    tell_changed(x->party);
    return kept(x);
  }
  case e2ee::kind::keylist:
    return take_key_list(m);
  default:
    return take_link(m);
  }
}

d::answer_body scripted_daemon::take_key_list(const d::submit& m) {
  auto x = e2ee::key_list::decode(m.object, clinic);
  if (!is_zero(x->invitation)) {
    key_lists[{x->conversation, x->receiver}].push_back(m.object);
    return d::submitted{x->hash(), accept(accepted, x->hash(), m.object)};
  }
  for (const auto& [key, report] : reports) {
    auto a = e2ee::act::decode(report.second, clinic);
    if (key.first != x->receiver || m.report != a->hash())
      continue;
    answers[{x->conversation, x->receiver}].push_back(m.object);
    reports.erase(key);
    d::pending news;
    news.key_lists.push_back({x->conversation, x->receiver, 0, {}});
    for (auto& [at, c] : channels_)
      if (c.device == x->receiver && c.user)
        send(c, news);
    return d::submitted{x->hash(), accept(accepted, x->hash(), m.object)};
  }
  return no(refusal::key_list_not_allowed);
}

d::answer_body scripted_daemon::take_change(const bytes& raw, const bytes& word) {
  hash32 hash{};
  if (auto g = e2ee::role_grant::decode(raw, clinic)) {
    hash = g->hash();
    granted[{g->subject, g->party}] = g->state == e2ee::grant_state::granted;
  } else if (auto r = e2ee::signed_revocation::decode(raw, clinic)) {
    hash = r->hash();
    gated.insert(r->subject);
    sessions.erase(r->subject);
    std::erase_if(channels_, [&](const auto& c) { return c.second.device == r->subject; });
  } else {
    return no(g.why());
  }
  bool fresh = !objects.contains(hash);
  auto leaf = accept(accepted, hash, raw, word);
  if (fresh)
    changes.push_back(hash);
  tell_pending();
  return d::submitted{hash, leaf};
}

void scripted_daemon::keep_pack(const bytes& raw) {
  auto x = e2ee::history_pack::decode(raw, clinic);
  packs[{x->party, x->receiver}].push_back(raw);
  packs_wanted.erase({x->party, x->receiver});
}

d::answer_body scripted_daemon::take_link(const d::submit& m) {
  auto x = e2ee::roster_link::decode(m.object, m.members, m.seals, clinic);
  if (!x)
    return no(x.why());
  auto& p = parties.at(x->core.party);
  bool known = objects.contains(x->core.hash());
  if (!known && x->core.n != p.cores.size() + 1)
    return no(refusal::epoch_taken);
  auto leaf = accept(accepted, x->core.hash(), m.object, m.cosignature);
  if (known)
    return d::submitted{x->core.hash(), leaf};
  std::set<device_id> before;
  if (!p.cores.empty())
    if (auto head = e2ee::roster_link::decode(objects.at(p.cores.back()).raw, p.members, p.seals, clinic))
      for (const auto& member : head->members)
        before.insert(member.device);
  p.cores.push_back(x->core.hash());
  p.members = m.members;
  p.seals = m.seals;
  for (std::size_t i = 0; i < x->members.size(); ++i)
    p.own_seals[{x->members[i].device, x->core.n}] = x->seals[i];
  for (const auto& pack : m.packs)
    keep_pack(pack);
  for (const auto& member : x->members) {
    auto invited =
        e2ee::signed_invitation::decode(objects.at(first_of(member.device).invitation).raw, clinic);
    bool given = packs.contains({x->core.party, member.device});
    if (x->core.n > 1 && !before.contains(member.device) && invited->history_from != 0 && !given)
      packs_wanted.insert({x->core.party, member.device});
  }
  tell_changed(x->core.party);
  tell_pending();
  return d::submitted{x->core.hash(), leaf};
}

d::answer_body scripted_daemon::on(const d::invite& m) {
  auto x = e2ee::signed_invitation::decode(m.object, clinic);
  if (!x)
    return no(x.why());
  name_parties(m.names);
  invitations_[x->invitation] = {m.object, m.code};
  return d::submitted{x->hash(), accept(invited_kind, x->hash(), m.object, m.cosignature)};
}

// ---------------------------------------------------------------- who belongs where

bool scripted_daemon::entitled(const device_id& device, const party_id& to) const {
  if (gated.contains(device))
    return false;
  auto c = certificate_of(device);
  auto word = granted.find({c.user ? e2ee::subject_of(c.user) : e2ee::subject_of(c.device), to});
  if (word != granted.end())
    return word->second;
  return std::find(c.parties.begin(), c.parties.end(), to) != c.parties.end();
}

std::vector<hash32> scripted_daemon::with_chain(const device_id& device) const {
  // Back to the first certificate; then what that hangs on.
  std::vector<hash32> renewed{devices.at(device)};
  for (auto x = certificate_of(device); !is_zero(x.previous);
       x = *e2ee::device_certificate::decode(objects.at(x.previous).raw, clinic))
    renewed.push_back(x.previous);
  std::vector<hash32> out;
  chain_of(first_of(device).invitation, out);
  for (auto at = renewed.rbegin(); at != renewed.rend(); ++at) {
    auto x = e2ee::device_certificate::decode(objects.at(*at).raw, clinic);
    if (!is_zero(x->registrar)) {
      auto r = e2ee::registrar_certificate::decode(objects.at(x->registrar).raw, clinic);
      chain_of(first_of(r->device).invitation, out);
      auto first = first_of(r->device).hash();
      out.push_back(first);
      out.push_back(x->registrar);
    }
    out.push_back(*at);
  }
  return out;
}

/// Derived, as the real one does: nothing about it is kept but who misses a pack.
d::pending scripted_daemon::pending_for(const device_id& to) const {
  d::pending out;
  for (const auto& [id, p] : parties) {
    if (p.cores.empty())
      continue;
    auto head = e2ee::roster_link::decode(objects.at(p.cores.back()).raw, p.members, p.seals, clinic);
    if (!head || (head->member(to) == nullptr && !registrars_.contains(to)))
      continue;
    d::turn_wanted turn{id, {}, {}, 1};
    for (const auto& [device, hash] : devices)
      if (entitled(device, id) && head->member(device) == nullptr)
        turn.add.push_back(device);
    for (const auto& m : head->members)
      if (!entitled(m.device, id))
        turn.remove.push_back(m.device);
    if (!turn.add.empty() || !turn.remove.empty())
      out.turns.push_back(std::move(turn));
    for (const auto& [of, device] : packs_wanted)
      if (of == id && device != to)
        out.packs.push_back({of, device, 1});
  }
  for (const auto& [key, report] : reports)
    if (key.first != to && in(to, conversations.at(report.first)))
      out.key_lists.push_back({report.first, key.first, 0, report.second});
  if (auto offer = offers.find(to); offer != offers.end())
    out.renewal = offer->second.first;
  return out;
}

void scripted_daemon::tell_pending() {
  for (auto& [at, c] : channels_)
    if (c.user && !quiet_about_turns)
      if (auto news = pending_for(c.device);
          !news.turns.empty() || !news.packs.empty() || !news.renewal.empty() || !news.key_lists.empty())
        send(c, news);
}

void scripted_daemon::tell_changed(const party_id& which) {
  auto n = static_cast<std::uint32_t>(parties.at(which).cores.size());
  for (auto& [at, c] : channels_)
    if (c.user && entitled(c.device, which))
      send(c, d::party_changed{which, n});
}

d::answer_body scripted_daemon::on(const channel& c, const d::list_pending&) const {
  return quiet_about_turns ? d::pending{} : pending_for(c.device);
}

d::answer_body scripted_daemon::on(const channel& c, const d::get_packs& m) const {
  auto found = packs.find({m.party, c.device});
  return found == packs.end() ? d::packs{} : d::packs{found->second};
}

d::answer_body scripted_daemon::on(const channel& c, const d::want_pack& m) {
  packs_wanted.insert({m.party, c.device});
  tell_pending();
  return d::done{};
}

d::answer_body scripted_daemon::on(const channel& c, const d::get_key_lists& m) const {
  bool reported = m.from_part >= e2ee::answers_from_part;
  const auto& all = reported ? answers : key_lists;
  auto at = reported ? m.from_part - e2ee::answers_from_part : m.from_part;
  auto found = all.find({m.conversation, c.device});
  d::key_lists out;
  if (found != all.end() && at < found->second.size()) {
    out.objects.push_back(found->second[at]);
    out.more = at + 1 < found->second.size();
  }
  return out;
}

d::answer_body scripted_daemon::on(const d::get_changes& m) const {
  d::objects out;
  out.checkpoint = note();
  for (const auto& hash : changes)
    if (objects.at(hash).leaf >= m.after_leaf && out.found.size() < change_page_max)
      out.found.push_back(logged(hash));
  return out;
}

d::answer_body scripted_daemon::on(const channel& c, const d::get_standing& m) const {
  auto own = certificate_of(c.device).user;
  bool herself =
      own && (m.user == own || (devices.contains(m.device) && certificate_of(m.device).user == own));
  if (!herself && !registrars_.contains(c.device))
    return no(refusal::not_found);
  d::objects out;
  out.checkpoint = note();
  for (const auto& [device, hash] : devices)
    if (device == m.device || (m.user && certificate_of(device).user == m.user))
      for (const auto& h : with_chain(device))
        out.found.push_back(logged(h));
  for (const auto& hash : changes)
    out.found.push_back(logged(hash));
  return out;
}

} // namespace wardline::test
