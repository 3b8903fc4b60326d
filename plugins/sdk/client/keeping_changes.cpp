// Grants and revocations among the objects that are kept: they come in the order of the log, and may speak of
// somebody whom this device does not know yet. The log proves all of a change but its signature, so one that
// is wrong may be the daemon's doing: such a change is asked for again, lest a lie told once work for ever.
#include "client/objects.hpp"
#include <algorithm>

namespace wardline::client {

bool judged_later(refusal why) {
  return why == refusal::needs || why == refusal::party_not_grantable || why == refusal::class_not_for_party;
}

std::vector<hash32> objects::lacked_by(const std::vector<proved>& found) const {
  std::vector<hash32> out;
  auto want = [&](const auto& object) {
    if (!object)
      return;
    if (auto hash = e2ee::missing(*object, core_.inner->trust))
      out.push_back(*hash);
  };
  for (const auto& x : found) {
    auto k = e2ee::peek_kind(x.raw);
    if (k && *k == e2ee::kind::grant)
      want(e2ee::role_grant::decode(x.raw, core_.me->clinic));
    if (k && *k == e2ee::kind::revocation)
      want(e2ee::signed_revocation::decode(x.raw, core_.me->clinic));
    if (auto hash = e2ee::missing(x.cosigned, core_.inner->trust))
      out.push_back(*hash);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

refusal objects::keep_changes(const std::vector<proved>& found, store_changes with) {
  auto t = core_.inner->trust; // judged on a copy: memory changes after the commit
  std::vector<const proved*> admitted;
  std::vector<const proved*> waiting;
  std::vector<const proved*> spoilt;
  std::vector<const proved*> given_up;
  for (const auto& x : found) {
    if (changes_.contains(x.hash))
      continue;
    auto why = admit_one(x, t);
    if (why == refusal::none)
      admitted.push_back(&x);
    else if (judged_later(why))
      waiting.push_back(&x);
    else {
      bool room = spoilt_.contains(x.hash) || spoilt_.size() + spoilt.size() < changes_spoilt_max;
      if (why == refusal::bad_signature && room)
        spoilt.push_back(&x);
      else if (spoilt_.contains(x.hash))
        given_up.push_back(&x); // rightly signed, and void for another reason
      core_.say({notice::about::log, why, {}, {}, {}, {}});
    }
  }
  if (waiting_.size() + waiting.size() > changes_waiting_max)
    return refusal::overloaded;
  for (const auto* part : {&admitted, &waiting, &spoilt})
    for (const auto* x : *part)
      put(with, *x);
  for (const auto* x : given_up)
    vault::erase(with, table::objects, to_bytes(x->hash));
  if (auto why = core_.commit(std::move(with)); why != refusal::none)
    return why;
  core_.inner->trust = std::move(t);
  for (const auto* part : {&admitted, &waiting})
    for (const auto* x : *part) {
      changes_.insert(x->hash);
      spoilt_.erase(x->hash);
    }
  for (const auto* x : waiting)
    waiting_.emplace(x->hash, *x);
  for (const auto* x : spoilt)
    note_spoilt(x->hash);
  for (const auto* x : given_up)
    spoilt_.erase(x->hash);
  note_grants(admitted);
  note_grants(waiting);
  return refusal::none;
}

refusal objects::forget_places_from(std::uint64_t kept, store_changes& changes) const {
  auto why = core_.rows.scan(table::objects, {}, [&](bytes_view key, bytes_view value) {
    auto row = rows::decode<rows::object>(value);
    if (!row)
      return refusal::value_not_openable;
    if (row->position >= kept) {
      row->position = kept;
      core_.rows.put(changes, table::objects, to_bytes(key), rows::encode(*row));
    }
    return refusal::none;
  });
  auto raw = core_.rows.get(table::changes, rows::key_of("changes"));
  auto followed = raw ? rows::decode<rows::changes>(raw->value) : std::nullopt;
  if (followed && followed->after_leaf > kept)
    core_.rows.put(changes, table::changes, rows::key_of("changes"), rows::encode(rows::changes{kept}));
  return why;
}

void objects::note_spoilt(const hash32& hash) {
  changes_.erase(hash);
  spoilt_.insert(hash);
}

void objects::admit_waiting(e2ee::trust& t) {
  std::vector<const proved*> order;
  for (const auto& [hash, x] : waiting_)
    order.push_back(&x);
  std::sort(order.begin(), order.end(),
            [](auto* a, auto* b) { return a->where.position < b->where.position; });
  std::vector<const proved*> admitted;
  std::vector<hash32> known;
  for (const auto* x : order) {
    auto why = admit_one(*x, t);
    if (why == refusal::none)
      admitted.push_back(x);
    if (why == refusal::bad_signature)
      note_spoilt(x->hash);
    if (!judged_later(why))
      known.push_back(x->hash); // admitted, or refused
  }
  note_grants(admitted);
  for (const auto& hash : known)
    waiting_.erase(hash);
}

} // namespace wardline::client
