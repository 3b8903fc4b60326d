#include "client/objects.hpp"
#include <algorithm>

namespace wardline::client {

namespace {

bool is_identity(e2ee::kind k) {
  return k == e2ee::kind::registrar || k == e2ee::kind::invitation || k == e2ee::kind::device;
}

bool is_change(e2ee::kind k) {
  return k == e2ee::kind::grant || k == e2ee::kind::revocation;
}

/// What the object itself hangs on.
std::optional<hash32> object_lacks(const proved& x, const e2ee::trust& t) {
  auto k = e2ee::peek_kind(x.raw);
  if (k && *k == e2ee::kind::invitation)
    if (auto object = e2ee::signed_invitation::decode(x.raw, t.clinic()))
      return e2ee::missing(*object, t);
  if (k && *k == e2ee::kind::device)
    if (auto object = e2ee::device_certificate::decode(x.raw, t.clinic()))
      return e2ee::missing(*object, t);
  if (k && *k == e2ee::kind::grant)
    if (auto object = e2ee::role_grant::decode(x.raw, t.clinic()))
      return e2ee::missing(*object, t);
  if (k && *k == e2ee::kind::revocation)
    if (auto object = e2ee::signed_revocation::decode(x.raw, t.clinic()))
      return e2ee::missing(*object, t);
  return std::nullopt; // a registrar's certificate hangs on a device, which has no hash here
}

std::optional<hash32> lacks(const proved& x, const e2ee::trust& t) {
  auto own = object_lacks(x, t);
  return own ? own : e2ee::missing(x.cosigned, t);
}

} // namespace

refusal objects::admit_one(const proved& x, e2ee::trust& t) {
  auto k = e2ee::peek_kind(x.raw);
  if (!k)
    return k.why();
  return is_identity(*k) || is_change(*k) ? e2ee::admit(x.raw, t, {x.where, x.cosigned})
                                          : refusal::none; // root and server are pinned
}

void objects::put(store_changes& into, const proved& x) const {
  rows::object row{x.where.position, x.where.time, x.raw};
  if (x.cosigned)
    row.cosigned = x.cosigned->raw();
  core_.rows.put(into, table::objects, to_bytes(x.hash), rows::encode(row));
}

refusal objects::load(e2ee::trust& t) {
  waiting_.clear();
  changes_.clear();
  spoilt_.clear();
  std::vector<proved> all;
  auto why = core_.rows.scan(table::objects, {}, [&](bytes_view key, bytes_view value) {
    auto row = rows::decode<rows::object>(value);
    auto hash = fixed<32>(key);
    if (!row || !hash)
      return refusal::value_not_openable;
    proved kept{*hash, {row->position, row->time}, std::move(row->raw)};
    auto second = e2ee::cosignature::decode(row->cosigned, core_.me->clinic);
    if (!row->cosigned.empty() && !second)
      return refusal::value_not_openable;
    if (second)
      kept.cosigned = std::move(*second);
    all.push_back(std::move(kept));
    return refusal::none;
  });
  if (why != refusal::none)
    return why;
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.where.position < b.where.position; });
  std::vector<const proved*> kept;
  for (const auto& x : all) {
    auto k = e2ee::peek_kind(x.raw);
    bool change = k && is_change(*k);
    if (change)
      changes_.insert(x.hash);
    auto refused_for = admit_one(x, t);
    if (refused_for == refusal::bad_signature && change)
      note_spoilt(x.hash);
    else if (judged_later(refused_for) && change) {
      waiting_.emplace(x.hash, x);
      kept.push_back(&x);
    } else if (refused_for == refusal::none)
      kept.push_back(&x);
    else if (!change)
      return refusal::value_not_openable; // a change that waited may have been refused since
  }
  admit_waiting(t);
  note_grants(kept);
  return refusal::none;
}

void objects::note_grants(const std::vector<const proved*>& all) const {
  const auto& own = core_.inner->certificate;
  for (const auto* x : all) {
    auto k = e2ee::peek_kind(x->raw);
    if (!k || *k != e2ee::kind::grant)
      continue;
    auto grant = e2ee::role_grant::decode(x->raw, core_.me->clinic);
    bool mine = grant && (own.user ? grant->subject == e2ee::subject_of(own.user)
                                   : grant->subject == e2ee::subject_of(own.device));
    if (mine && grant->state == e2ee::grant_state::granted)
      core_.inner->granted.insert(grant->party);
  }
}

bool objects::held(const hash32& hash) const {
  const auto& t = core_.inner->trust;
  return t.certificate(hash) != nullptr || t.invited(hash) != nullptr || t.registrar(hash) != nullptr ||
         changes_.contains(hash);
}

bool objects::any_new(const std::vector<wire::device::logged>& found) const {
  return std::any_of(found.begin(), found.end(), [this](const auto& x) {
    auto k = e2ee::peek_kind(x.object);
    if (!k || *k != e2ee::kind::device)
      return false; // what a certificate hangs on comes with it
    auto certificate = e2ee::device_certificate::decode(x.object, core_.me->clinic);
    return certificate && !held(certificate->hash());
  });
}

void objects::fetch(std::vector<hash32> hashes, ended then) {
  auto g = std::make_shared<gathering>();
  g->wanted = std::move(hashes);
  g->then = std::move(then);
  go_on(g);
}

void objects::take(std::vector<wire::device::logged> found, const std::string& checkpoint, ended then) {
  log_.settle_on(checkpoint, [this, found = std::move(found), then = std::move(then)](refusal why) {
    auto g = std::make_shared<gathering>();
    if (why == refusal::none)
      why = pool(*g, found);
    if (why != refusal::none) {
      then(why);
      return;
    }
    for (const auto& [hash, x] : g->pool)
      g->wanted.push_back(hash);
    g->then = then;
    go_on(g);
  });
}

refusal objects::pool(gathering& g, const std::vector<wire::device::logged>& found) const {
  for (const auto& x : found) {
    auto k = e2ee::peek_kind(x.object);
    if (!k || !is_identity(*k))
      continue; // root and server are pinned, links come by their parties, changes in order (keep_changes)
    auto proof = log_.prove(x);
    if (!proof)
      return proof.why();
    if (!held(proof->hash))
      g.pool.emplace(proof->hash, std::move(*proof));
  }
  return refusal::none;
}

void objects::go_on(const gathering_ref& g) {
  std::vector<hash32> lacking;
  if (auto why = admit(*g, lacking); why != refusal::none) {
    g->then(why);
    return;
  }
  for (const auto& hash : g->wanted)
    if (!held(hash) && !g->pool.contains(hash))
      lacking.push_back(hash);
  bool all_held = std::all_of(g->wanted.begin(), g->wanted.end(), [&](const auto& h) { return held(h); });
  if (all_held)
    g->then(refusal::none);
  else if (lacking.empty() || g->rounds++ >= fetch_rounds_max)
    g->then(refusal::needs);
  else
    ask(g, std::move(lacking));
}

void objects::ask(const gathering_ref& g, std::vector<hash32> hashes) {
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  if (hashes.size() > wire::objects_asked_max)
    hashes.resize(wire::objects_asked_max);
  wire::device::get_objects request{hashes};
  core_.link.ask_for<wire::device::objects>(request, [this, g, hashes](result<wire::device::objects> answer) {
    if (!core_.inner)
      g->then(refusal::not_logged_in);
    else if (!answer)
      g->then(answer.why());
    else
      take_found(g, hashes, std::move(*answer));
  });
}

void objects::take_found(const gathering_ref& g, std::vector<hash32> asked, wire::device::objects found) {
  if (found.found.empty()) {
    g->then(refusal::needs);
    return;
  }
  auto checkpoint = found.checkpoint;
  log_.settle_on(checkpoint, [this, g, asked = std::move(asked), found = std::move(found)](refusal why) {
    if (!core_.inner) {
      g->then(refusal::not_logged_in);
      return;
    }
    if (why == refusal::none)
      why = pool(*g, found.found);
    bool later = why == refusal::not_in_log || why == refusal::needs;
    if (later && g->tries++ < proof_tries_max)
      core_.after(proof_wait_ms, [this, g, asked] { ask(g, asked); });
    else if (why != refusal::none)
      g->then(later ? refusal::not_in_log : why);
    else
      go_on(g);
  });
}

void objects::place_of(const hash32& hash, located then, unsigned tries) {
  if (!core_.inner)
    return then(refusal::not_logged_in);
  wire::device::get_objects request{{hash}};
  core_.link.ask_for<wire::device::objects>(
      request, [this, hash, then, tries](result<wire::device::objects> answer) {
        if (!core_.inner || !answer || answer->found.empty())
          return then(!core_.inner ? refusal::not_logged_in : !answer ? answer.why() : refusal::not_found);
        log_.settle_on(answer->checkpoint, [this, hash, then, tries, x = answer->found.front()](refusal why) {
          auto proof = why == refusal::none && core_.inner ? log_.prove(x) : expected<proved>{why};
          bool later = proof.why() == refusal::not_in_log || proof.why() == refusal::needs;
          if (!core_.inner)
            then(refusal::not_logged_in);
          else if (later && tries < proof_tries_max)
            core_.after(proof_wait_ms, [this, hash, then, tries] { place_of(hash, then, tries + 1); });
          else if (!proof || proof->hash != hash)
            then(proof && proof->hash != hash ? refusal::not_in_log : proof.why());
          else
            then(proof->where);
        });
      });
}

refusal objects::admit(gathering& g, std::vector<hash32>& lacking) {
  auto t = core_.inner->trust; // judged on a copy: memory changes after the commit
  std::vector<const proved*> open;
  for (const auto& [hash, x] : g.pool)
    open.push_back(&x);
  std::sort(open.begin(), open.end(), [](auto* a, auto* b) { return a->where.position < b->where.position; });
  std::vector<const proved*> admitted;
  for (bool moved = true; moved;) {
    moved = false;
    for (auto at = open.begin(); at != open.end();) {
      auto why = admit_one(**at, t);
      if (why == refusal::needs) {
        ++at;
        continue;
      }
      if (why != refusal::none)
        return why;
      admitted.push_back(*at);
      at = open.erase(at);
      moved = true;
    }
  }
  store_changes changes;
  for (const auto* x : admitted)
    put(changes, *x);
  if (auto why = core_.commit(std::move(changes)); why != refusal::none)
    return why;
  core_.inner->trust = std::move(t);
  admit_waiting(core_.inner->trust);
  for (const auto* x : open)
    if (auto hash = lacks(*x, core_.inner->trust); hash && !g.pool.contains(*hash))
      lacking.push_back(*hash);
  std::vector<hash32> done;
  for (const auto* x : admitted)
    done.push_back(x->hash);
  for (const auto& hash : done)
    g.pool.erase(hash);
  return refusal::none;
}

} // namespace wardline::client
