#include "registry.hpp"
#include "e2ee/chains.hpp"
#include "e2ee/entitlement.hpp"
#include "rules/audit_entry.hpp"
#include "stored.hpp"
#include <algorithm>

namespace wardline {

namespace {

/// Calls `each(row)` for every row of a table until it says false; then false.
template <class Each>
bool each_row(const ports::reader& from, ports::table where, Each each) {
  bytes after;
  for (;;) {
    auto page = from.scan(where, {}, after, ports::scan_rows_max);
    if (page.empty())
      return true;
    for (const auto& row : page)
      if (!each(row))
        return false;
    after = page.back().key;
  }
}

/// Calls `each(id, record)` for every row behind a stamp; false if one cannot be opened. Rows with a key of
/// another length are passed over: a damaged lock share is its device's trouble, not the house's.
template <class Id, class Row, class Each>
bool each_record(const ports::reader& from, ports::table where, Each each) {
  return each_row(from, where, [&](const ports::row& r) {
    auto id = Id::from(r.key);
    if (!id)
      return true;
    auto parts = split_stamp(r.value); // an empty value if it cannot be opened
    auto row = parts ? rows::decode<Row>(parts->value) : std::nullopt;
    if (!row)
      return false;
    each(*id, std::move(*row));
    return true;
  });
}

bool is_identity(e2ee::kind k) {
  return k <= e2ee::kind::revocation;
}

/// When the leaf of an object was written: the time that validity is judged by (e2ee 5).
std::optional<time_ms> time_of_leaf(const ports::reader& from, std::uint64_t leaf) {
  auto stored = from.read(ports::table::entry, ports::row_key(leaf));
  if (!stored || stored->size() < rules::audit_salt_bytes)
    return std::nullopt;
  auto entry = rules::decode_audit_entry(bytes_view{*stored}.subspan(rules::audit_salt_bytes));
  return entry ? std::optional{entry->time} : std::nullopt;
}

/// One accepted object back into trust. It was verified when it entered; what does not decode is damage.
bool adopt_again(e2ee::trust& t, const bytes& raw, const e2ee::log_place& at) {
  auto adopt = [&]<class Object>(std::type_identity<Object>) {
    auto object = Object::decode(raw, t.clinic());
    if (!object)
      return false;
    if constexpr (std::is_same_v<Object, e2ee::root_certificate> ||
                  std::is_same_v<Object, e2ee::server_certificate>)
      t.adopt(*object);
    else
      t.adopt(*object, at);
    return true;
  };
  switch (*e2ee::peek_kind(raw)) {
  case e2ee::kind::root:
    return adopt(std::type_identity<e2ee::root_certificate>{});
  case e2ee::kind::server:
    return adopt(std::type_identity<e2ee::server_certificate>{});
  case e2ee::kind::registrar:
    return adopt(std::type_identity<e2ee::registrar_certificate>{});
  case e2ee::kind::invitation:
    return adopt(std::type_identity<e2ee::signed_invitation>{});
  case e2ee::kind::device:
    return adopt(std::type_identity<e2ee::device_certificate>{});
  case e2ee::kind::grant:
    return adopt(std::type_identity<e2ee::role_grant>{});
  case e2ee::kind::revocation:
    return adopt(std::type_identity<e2ee::signed_revocation>{});
  default:
    return true;
  }
}

} // namespace

expected<registry> registry::load(const ports::reader& from) {
  registry out;
  auto stored = from.read(ports::table::meta, view(rows::clinic_key));
  if (stored.status == ports::read_status::absent)
    return out;
  auto clinic = read_row<rows::clinic>(from, ports::table::meta, view(rows::clinic_key));
  if (!clinic)
    return refusal::value_not_openable;
  out.clinic_ = clinic->row;
  auto root = read_object(from, out.clinic_.root);
  auto decoded = root ? e2ee::root_certificate::decode(root->raw, out.clinic_.id)
                      : expected<e2ee::root_certificate>{refusal::value_not_openable};
  if (!decoded)
    return decoded.why();
  out.trust_.emplace(out.clinic_.id, decoded->identity);
  if (auto why = out.replay(from); why != refusal::none)
    return why;
  if (auto why = out.load_rows(from); why != refusal::none)
    return why;
  return out;
}

refusal registry::replay(const ports::reader& from) {
  struct accepted {
    std::uint64_t leaf;
    bytes raw;
  };
  std::vector<accepted> objects;
  bool whole = each_row(from, ports::table::object, [&](const ports::row& r) {
    auto parts = split_stamp(r.value);
    auto kind = parts ? e2ee::peek_kind(parts->value) : expected<e2ee::kind>{refusal::truncated};
    if (!kind)
      return false;
    if (is_identity(*kind))
      objects.push_back({parts->at.leaf, to_bytes(parts->value)});
    return true;
  });
  if (!whole)
    return refusal::value_not_openable;
  std::stable_sort(objects.begin(), objects.end(),
                   [](const accepted& a, const accepted& b) { return a.leaf < b.leaf; });
  for (const auto& o : objects) {
    auto time = time_of_leaf(from, o.leaf);
    if (!time)
      return refusal::log_corrupt;
    if (!adopt_again(*trust_, o.raw, {o.leaf, *time}))
      return refusal::value_not_openable;
  }
  return refusal::none;
}

refusal registry::load_rows(const ports::reader& from) {
  bool whole = each_record<party_id, rows::party>(from, ports::table::party,
                                                  [&](const party_id& p, rows::party row) { put(p, row); }) &&
               each_record<user_id, rows::user>(
                   from, ports::table::user, [&](const user_id& u, const rows::user& row) { put(u, row); }) &&
               each_record<device_id, rows::device>(from, ports::table::device,
                                                    [&](const device_id& d, const rows::device& row) {
                                                      if (row.gated)
                                                        gated_.insert(d);
                                                    });
  if (!whole)
    return refusal::value_not_openable;
  for (const auto& [p, row] : parties_)
    if (auto why = load_chain(from, p, row); why != refusal::none)
      return why;
  return refusal::none;
}

/// Back from the head, core by core; each names the one before it.
refusal registry::load_chain(const ports::reader& from, const party_id& p, const rows::party& row) {
  if (row.n == 0)
    return refusal::none;
  e2ee::party_chain chain;
  chain.party = p;
  chain.kind = static_cast<e2ee::party_kind>(row.kind);
  auto hash = row.head;
  for (auto n = row.n; n > 0; --n) {
    auto stored = read_object(from, hash);
    auto core = stored ? e2ee::link_core::decode(stored->raw, clinic_.id)
                       : expected<e2ee::link_core>{refusal::value_not_openable};
    if (!core || core->n != n)
      return refusal::value_not_openable;
    chain.epochs.push_back({hash, core->inbox});
    hash = core->previous;
  }
  std::reverse(chain.epochs.begin(), chain.epochs.end());
  auto head = read_row<rows::party_head>(from, ports::table::party, rows::key_of_head(p));
  auto core = read_object(from, row.head);
  if (!head || !core)
    return refusal::value_not_openable;
  auto link = e2ee::roster_link::decode(core->raw, head->row.members, head->row.seals, clinic_.id);
  if (!link)
    return refusal::value_not_openable;
  chain.members = link->members;
  chains_[p] = std::move(chain);
  return refusal::none;
}

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

std::optional<user_id> registry::owner(const party_id& p) const {
  for (const auto& [u, row] : people_)
    if (row.party == p)
      return u;
  return std::nullopt;
}

std::vector<wire::device::party_name> registry::roles() const {
  std::vector<wire::device::party_name> out;
  for (const auto& [p, row] : parties_)
    if (row.kind == rules::party_kind::role)
      out.push_back({p, static_cast<std::uint8_t>(row.kind), row.name});
  return out;
}

void registry::found(const rows::clinic& c, const e2ee::root_certificate& root,
                     const e2ee::server_certificate& server) {
  clinic_ = c;
  trust_.emplace(c.id, root.identity);
  trust_->adopt(root);
  trust_->adopt(server);
}

void registry::put(const party_id& p, const rows::party& row) {
  parties_[p] = row;
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
}

std::shared_ptr<const rules::clinic> registry::snapshot() const {
  auto out = std::make_shared<rules::clinic>();
  if (!founded())
    return out;
  out->id = clinic_.id;
  out->incarnation = clinic_.incarnation;
  for (const auto* held : trust_->newest_certificates()) {
    const auto& c = held->what;
    rules::device_record d{c.device,
                           c.user,
                           static_cast<rules::device_class>(c.of_class),
                           c.hash(),
                           c.signing_key,
                           c.noise_key,
                           c.sealing_key,
                           {},
                           false};
    d.gated = gated_.contains(c.device) || trust_->device_revoked_before(c.device, UINT64_MAX);
    // Grants cannot be submitted yet, so that the certificate names all parties there are.
    for (const auto& p : c.parties)
      if (e2ee::entitled(*trust_, c, p, {UINT64_MAX, 0}))
        d.parties.push_back(p);
    out->by_noise_key[c.noise_key] = c.device;
    out->devices[c.device] = std::move(d);
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

} // namespace wardline
