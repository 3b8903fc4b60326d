#include "registry.hpp"
#include "e2ee/entitlement.hpp"
#include <algorithm>

namespace wardline {

namespace {

/// Whom words about this device name: its user, or for a station the device. None: nobody's user.
std::optional<e2ee::grant_key> subject_of_words(const e2ee::device_certificate& c, const party_id& p) {
  if (c.of_class == e2ee::device_class::station)
    return e2ee::grant_key{e2ee::subject_kind::device, e2ee::subject_of(c.device), p};
  if (!c.user)
    return std::nullopt;
  return e2ee::grant_key{e2ee::subject_kind::user, e2ee::subject_of(c.user), p};
}

constexpr std::uint64_t end_of_log = UINT64_MAX;

} // namespace

const rows::party* registry::party(const party_id& p) const {
  auto found = parties_.find(p);
  return found == parties_.end() ? nullptr : &found->second;
}

const e2ee::party_chain* registry::chain(const party_id& p) const {
  auto found = chains_.find(p);
  return found == chains_.end() ? nullptr : &found->second;
}

const rows::user* registry::person(const user_id& u) const {
  auto found = people_.find(u);
  return found == people_.end() ? nullptr : &found->second;
}

std::optional<user_id> registry::named(std::string_view display_name) const {
  auto found = names_.find(display_name);
  return found == names_.end() ? std::nullopt : std::optional{found->second};
}

std::optional<name_holder> registry::holder_of(std::string_view name) const {
  if (auto user = named(name))
    return name_holder{*user, {}, {}};
  if (auto role = role_names_.find(name); role != role_names_.end())
    return name_holder{{}, {}, role->second};
  // Names of certificates that stand beside their person's, or whose person's row is damaged. A removed
  // station gives its name back; a person keeps hers with her row.
  for (const auto* held : trust_->newest_certificates()) {
    const auto& c = held->what;
    if (c.display_name == name && !trust_->device_revoked_before(c.device, end_of_log))
      return c.user ? name_holder{c.user, {}, {}} : name_holder{{}, c.device, {}};
  }
  return std::nullopt;
}

bool registry::name_is_free(std::string_view name, const user_id& who) const {
  auto holder = holder_of(name);
  return !holder || (who && holder->user == who);
}

std::optional<user_id> registry::owner(const party_id& p) const {
  for (const auto& [u, row] : people_)
    if (row.party == p)
      return u;
  return std::nullopt;
}

std::vector<wire::device::party_name> registry::roles(const party_id& after, std::size_t count_max) const {
  std::vector<wire::device::party_name> out;
  for (auto at = parties_.upper_bound(after); at != parties_.end() && out.size() < count_max; ++at)
    if (at->second.kind == rules::party_kind::role)
      out.push_back({at->first, static_cast<std::uint8_t>(at->second.kind), at->second.name,
                     at->first == clinic_.emergency});
  return out;
}

bool registry::is_registrar(const device_id& d) const {
  return trust_->registrar_serial(d) && !trust_->registrar_revoked_before(d, end_of_log) &&
         !gated_.contains(d);
}

const e2ee::signed_invitation* registry::invitation_of(const device_id& d) const {
  for (const auto* held : trust_->certificates_of(d))
    if (const auto* from = trust_->invited(held->what.invitation))
      return &from->what;
  return nullptr;
}

bool registry::word_damaged(const device_id& d, const party_id& p) const {
  const auto* held = trust_->newest(d);
  auto key = held == nullptr ? std::nullopt : subject_of_words(held->what, p);
  auto found = key ? words_.find(*key) : words_.end();
  return found != words_.end() && !found->second.readable;
}

std::vector<hash32> registry::revocations_of(const device_id& d) const {
  std::vector<hash32> out;
  for (auto [at, end] = revocations_.equal_range(d); at != end; ++at)
    out.push_back(at->second);
  return out;
}

void registry::found(const rows::clinic& c, const e2ee::root_certificate& root,
                     const e2ee::server_certificate& server) {
  clinic_ = c;
  trust_.emplace(c.id, root.identity);
  trust_->adopt(root);
  trust_->adopt(server);
}

void registry::adopt(const e2ee::role_grant& x, const e2ee::log_place& at) {
  trust_->adopt(x, at);
  changes_[at.position] = x.hash();
  auto& word = words_[{x.of_subject, x.subject, x.party}];
  if (word.serial <= x.serial)
    word = {x.hash(), x.serial, x.state == e2ee::grant_state::granted, x.until};
}

void registry::adopt(const e2ee::signed_revocation& x, const e2ee::log_place& at) {
  trust_->adopt(x, at);
  changes_[at.position] = x.hash();
  revocations_.emplace(x.subject, x.hash());
}

void registry::put(const party_id& p, const rows::party& row) {
  parties_[p] = row;
  if (row.kind == rules::party_kind::role)
    role_names_.try_emplace(row.name, p);
  trust_->learn(p, static_cast<e2ee::party_kind>(row.kind));
}

void registry::put(const user_id& u, const rows::user& row) {
  people_[u] = row;
  names_[row.display_name] = u;
}

void registry::extend(const e2ee::roster_link& link) {
  auto& chain = chains_[link.core.party];
  if (chain.epochs.empty()) {
    chain.party = link.core.party;
    chain.kind = link.core.party_is;
  }
  chain = e2ee::extended(std::move(chain), link);
  auto& row = parties_[link.core.party];
  row.n = link.core.n;
  row.head = link.core.hash();
  // Who left wants nothing any more.
  std::erase_if(packs_wanted_, [&](const auto& w) {
    return w.first.first == link.core.party && !chain.has_member(w.first.second);
  });
}

void registry::want_pack(const party_id& p, const device_id& d, time_ms history_from) {
  packs_wanted_[{p, d}] = history_from;
}

/// Every party that the certificate or a grant names; whether it belongs there is asked next.
std::set<party_id> registry::may_belong(const e2ee::device_certificate& c) const {
  std::set<party_id> out{c.parties.begin(), c.parties.end()};
  auto first = subject_of_words(c, {});
  if (!first)
    return out;
  for (auto at = words_.lower_bound(*first); at != words_.end(); ++at) {
    const auto& key = at->first;
    if (key.of_subject != first->of_subject || key.subject != first->subject)
      break;
    out.insert(key.party);
  }
  return out;
}

rules::device_record registry::record_of(const e2ee::device_certificate& c, time_ms now) const {
  rules::device_record d{c.device,
                         c.user,
                         static_cast<rules::device_class>(c.of_class),
                         c.hash(),
                         c.signing_key,
                         c.noise_key,
                         c.sealing_key,
                         {},
                         false};
  d.gated = gated_.contains(c.device) || trust_->device_revoked_before(c.device, end_of_log);
  for (const auto& p : may_belong(c)) // ascending
    if (e2ee::entitled(*trust_, c, p, {end_of_log, now}) && !word_damaged(c.device, p))
      d.parties.push_back(p);
  return d;
}

std::shared_ptr<const rules::clinic> registry::snapshot(time_ms now) const {
  auto out = std::make_shared<rules::clinic>();
  if (!founded())
    return out;
  out->id = clinic_.id;
  out->incarnation = clinic_.incarnation;
  for (const auto* held : trust_->newest_certificates()) {
    out->by_noise_key[held->what.noise_key] = held->what.device;
    out->devices[held->what.device] = record_of(held->what, now);
  }
  for (const auto& [u, row] : people_) {
    out->people[u] = {u, row.display_name, row.party};
    out->by_name[row.display_name] = u;
  }
  for (const auto& [p, row] : parties_) {
    rules::party_record r{p, row.kind, row.name, row.n, row.head, {}, {}};
    if (const auto* held = chain(p); held != nullptr) {
      r.inbox = held->epochs.back().inbox;
      for (const auto& m : held->members)
        r.members.push_back(m.device);
    }
    out->parties[p] = std::move(r);
  }
  return out;
}

std::optional<time_ms> registry::next_end(time_ms now) const {
  std::optional<time_ms> out;
  for (const auto& [key, word] : words_)
    if (word.granted && word.until > now)
      out = std::min(out.value_or(word.until), word.until);
  return out;
}

} // namespace wardline
