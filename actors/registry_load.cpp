// The registry from the store: what can be read is known again, what cannot is journalled and left out.
#include "registry.hpp"
#include "roster_rows.hpp"
#include "rules/audit_entry.hpp"
#include "stored.hpp"
#include <algorithm>

namespace wardline {

namespace {

/// Calls `each(row)` for every row of a table.
template <class Each>
void each_row(const ports::reader& from, ports::table where, Each each) {
  bytes after;
  for (;;) {
    auto page = from.scan(where, {}, after, ports::scan_rows_max);
    if (page.empty())
      return;
    for (const auto& row : page)
      each(row);
    after = page.back().key;
  }
}

template <class Row>
std::optional<Row> opened(const ports::row& r) {
  auto parts = split_stamp(r.value); // an empty value if it cannot be opened
  return parts ? rows::decode<Row>(parts->value) : std::nullopt;
}

/// When the leaf of an object was written: the time that validity is judged by (e2ee 5).
std::optional<time_ms> time_of_leaf(const ports::reader& from, std::uint64_t leaf) {
  auto stored = from.read(ports::table::entry, ports::row_key(leaf));
  if (!stored || stored->size() < rules::audit_salt_bytes)
    return std::nullopt;
  auto entry = rules::decode_audit_entry(bytes_view{*stored}.subspan(rules::audit_salt_bytes));
  return entry ? std::optional{entry->time} : std::nullopt;
}

/// An object of identity (e2ee 5.1-5.5), its leaf, and where it lies.
struct kept_object {
  std::uint64_t leaf = 0;
  e2ee::kind kind = e2ee::kind::root;
  bytes key;
  bytes raw;
};

template <class Object>
expected<Object> stored_object_of(const ports::reader& from, const hash32& hash, const clinic_id& clinic) {
  auto stored = read_object(from, hash);
  auto object = stored ? Object::decode(stored->raw, clinic) : expected<Object>{refusal::truncated};
  return object && object->hash() == hash ? object : expected<Object>{refusal::value_not_openable};
}

} // namespace

/// One look through the store.
struct registry::loading {
  registry& out;
  const ports::reader& from;
  ports::journal* journal;
  std::size_t damaged = 0;

  void left_out(ports::word what, const bytes& key) {
    if (++damaged > left_out_lines_max || journal == nullptr)
      return;
    std::array<std::uint8_t, 16> start{}; // of a random id or a hash: enough to find the row by
    std::copy_n(key.begin(), std::min(key.size(), start.size()), start.begin());
    journal->write(ports::severity::error, "row_left_out",
                   {{"what", what}, {"key", id<struct row_tag>{start}}});
  }

  void replay() {
    std::vector<kept_object> objects;
    each_row(from, ports::table::object, [&](const ports::row& r) {
      auto parts = split_stamp(r.value);
      auto kind = parts ? e2ee::peek_kind(parts->value) : expected<e2ee::kind>{refusal::truncated};
      if (!kind)
        left_out("object", r.key);
      else if (*kind <= e2ee::kind::revocation)
        objects.push_back({parts->at.leaf, *kind, r.key, to_bytes(parts->value)});
    });
    std::stable_sort(objects.begin(), objects.end(),
                     [](const auto& a, const auto& b) { return a.leaf < b.leaf; });
    for (const auto& o : objects)
      if (!adopt_again(o))
        left_out("identity", o.key);
  }

  /// It was verified when it entered; what does not decode, or has lost its leaf's entry, is damage.
  bool adopt_again(const kept_object& o) {
    switch (o.kind) {
    case e2ee::kind::root:
      return again<e2ee::root_certificate>(o);
    case e2ee::kind::server:
      return again<e2ee::server_certificate>(o);
    case e2ee::kind::registrar:
      return again<e2ee::registrar_certificate>(o);
    case e2ee::kind::invitation:
      return again<e2ee::signed_invitation>(o);
    case e2ee::kind::device:
      return again<e2ee::device_certificate>(o);
    case e2ee::kind::grant:
      return again<e2ee::role_grant>(o);
    case e2ee::kind::revocation:
      return again<e2ee::signed_revocation>(o);
    default:
      return true;
    }
  }

  template <class Object>
  bool again(const kept_object& o) {
    auto object = Object::decode(o.raw, out.clinic_.id);
    if (!object || to_bytes(object->hash()) != o.key)
      return false;
    if constexpr (std::is_same_v<Object, e2ee::root_certificate> ||
                  std::is_same_v<Object, e2ee::server_certificate>) {
      out.trust_->adopt(*object);
    } else {
      auto time = time_of_leaf(from, o.leaf);
      if (!time)
        return false;
      e2ee::log_place at{o.leaf, *time};
      if constexpr (std::is_same_v<Object, e2ee::role_grant> ||
                    std::is_same_v<Object, e2ee::signed_revocation>)
        out.adopt(*object, at);
      else
        out.trust_->adopt(*object, at);
    }
    return true;
  }

  void load_people() {
    each_row(from, ports::table::user, [&](const ports::row& r) {
      auto user = user_id::from(r.key);
      if (!user)
        return; // a row beside a person's, read by whoever needs it
      if (auto row = opened<rows::user>(r))
        out.put(*user, *row);
      else
        left_out("user", r.key);
    });
    each_row(from, ports::table::device, [&](const ports::row& r) {
      auto device = device_id::from(r.key);
      if (!device)
        return; // a damaged lock share is its device's trouble, not the house's
      auto row = opened<rows::device>(r);
      const auto* newest = out.trust_->newest(*device);
      // An older certificate must not speak for a device because the newer one cannot be read, and nobody
      // knows whether a damaged row said that the device is gated.
      bool whole = row && newest != nullptr && newest->what.hash() == row->certificate;
      if (!whole)
        left_out("device", r.key);
      if (!whole || row->gated)
        out.gated_.insert(*device);
    });
  }

  void load_parties() {
    each_row(from, ports::table::party, [&](const ports::row& r) {
      if (auto party = party_id::from(r.key)) {
        if (auto row = opened<rows::party>(r))
          return out.put(*party, *row);
        out.damaged_parties_.insert(*party);
        left_out("party", r.key);
      } else if (auto word = rows::word_of_key(r.key)) {
        check_word(*word, opened<rows::word>(r), r.key);
      } else if (auto wanted = rows::pack_wanted_of_key(r.key)) {
        if (auto row = opened<rows::pack_wanted>(r))
          out.packs_wanted_[*wanted] = row->history_from;
        else
          left_out("pack_wanted", r.key);
      }
    });
    for (const auto& [p, row] : out.parties_)
      if (row.n != 0 && !load_chain(p, row))
        left_out("chain", to_bytes(p.view()));
  }

  /// The row of a word outlives its object: without the object nobody belongs by it.
  void check_word(const e2ee::grant_key& key, const std::optional<rows::word>& row, const bytes& at) {
    auto& word = out.words_[key];
    if (row && word.object == row->object)
      return;
    word.serial = std::max(word.serial, row ? row->serial : 0); // its number is spent all the same
    word.readable = false;
    word.granted = false;
    left_out("word", at);
  }

  /// Back from the head, core by core; each names the one before it.
  bool load_chain(const party_id& p, const rows::party& row) {
    e2ee::party_chain chain;
    chain.party = p;
    chain.kind = static_cast<e2ee::party_kind>(row.kind);
    auto hash = row.head;
    for (auto n = row.n; n > 0; --n) {
      auto core = stored_object_of<e2ee::link_core>(from, hash, out.clinic_.id);
      if (!core || core->n != n)
        return false;
      chain.epochs.push_back({hash, core->inbox});
      hash = core->previous;
    }
    std::reverse(chain.epochs.begin(), chain.epochs.end());
    auto head = read_row<rows::party_head>(from, ports::table::party, rows::key_of_head(p));
    auto core = read_object(from, row.head);
    if (!head || !core)
      return false;
    auto link = e2ee::roster_link::decode(core->raw, head->row.members, head->row.seals, out.clinic_.id);
    if (!link)
      return false;
    chain.members = link->members;
    out.chains_[p] = std::move(chain);
    return true;
  }
};

expected<registry> registry::load(const ports::reader& from, ports::journal* journal) {
  registry out;
  auto stored = from.read(ports::table::meta, view(rows::clinic_key));
  if (stored.status == ports::read_status::absent)
    return out;
  auto clinic = read_row<rows::clinic>(from, ports::table::meta, view(rows::clinic_key));
  if (!clinic)
    return refusal::value_not_openable;
  auto root = stored_object_of<e2ee::root_certificate>(from, clinic->row.root, clinic->row.id);
  auto server = stored_object_of<e2ee::server_certificate>(from, clinic->row.server, clinic->row.id);
  if (!root || !server)
    return refusal::value_not_openable;
  out.found(clinic->row, *root, *server);
  loading look{out, from, journal};
  look.replay();
  look.load_people();
  look.load_parties();
  if (look.damaged != 0 && journal != nullptr)
    journal->write(ports::severity::error, "rows_left_out", {{"rows", look.damaged}});
  return out;
}

} // namespace wardline
