#include "lookups.hpp"
#include "e2ee/conversation.hpp"
#include "message_rows.hpp"
#include "second_registrar.hpp"
#include "stored.hpp"
#include <algorithm>

namespace wardline {

namespace {

using wire::device::logged;

/// Certificates with everything they hang on, each once, what is relied on before what relies on it.
class certificate_chains {
public:
  explicit certificate_chains(const registry& known) : known_{known} {}
  /// With the words of second registrars, and those they hang on.
  explicit certificate_chains(const circumstances& with_words)
      : known_{with_words.known}, words_{&with_words} {}

  void add_certificate(const hash32& hash) {
    const auto* held = known_.trust().certificate(hash);
    if (held == nullptr || !begin(hash))
      return;
    const auto& certificate = held->what;
    if (!is_zero(certificate.previous))
      add_certificate(certificate.previous);
    if (!is_zero(certificate.invitation))
      add_invitation(certificate.invitation);
    if (!is_zero(certificate.registrar))
      add_registrar(certificate.registrar);
    add_word_at(held->where.position);
    all_.push_back({certificate.raw(), held->where.position, {}, {}, {}});
  }

  /// The device's newest one of that place in the log.
  void add_certificate(const device_id& d, std::uint64_t before) {
    if (const auto* device = known_.trust().newest_before(d, before))
      add_certificate(device->what.hash());
  }

  void add_registrar(const hash32& hash) {
    const auto* held = known_.trust().registrar(hash);
    if (held == nullptr || !begin(hash))
      return;
    // Of its device's certificates the one that stood before it: a newer one may hang on this registrar.
    add_certificate(held->what.device, held->where.position);
    all_.push_back({held->what.raw(), held->where.position, {}, {}, {}});
  }

  void add_word(const e2ee::cosignature& word) {
    add_registrar(word.registrar);
    all_.push_back({word.raw(), 0, {}, {}, {}});
  }

  std::vector<logged> take() { return std::move(all_); }

private:
  void add_word_at(std::uint64_t leaf) {
    auto word = words_ == nullptr ? std::nullopt : word_at(*words_, leaf);
    if (word)
      add_word(*word);
  }

  bool begin(const hash32& hash) { return seen_.insert(hash).second; }

  void add_invitation(const hash32& hash) {
    const auto* held = known_.trust().invited(hash);
    if (held == nullptr || !begin(hash))
      return;
    if (!is_zero(held->what.registrar))
      add_registrar(held->what.registrar);
    add_word_at(held->where.position);
    all_.push_back({held->what.raw(), held->where.position, {}, {}, {}});
  }

  const registry& known_;
  const circumstances* words_ = nullptr;
  std::set<hash32> seen_;
  std::vector<logged> all_;
};

bool everybody_verifies(e2ee::kind k) {
  return k <= e2ee::kind::link;
}

/// Who talks with whom is not everybody's to know: a link of a conversation, also an earlier one, is for
/// whoever is in it now.
bool may_see_link(const circumstances& c, const caller& who, bytes_view raw) {
  auto link = e2ee::conversation_link::decode(raw, c.known.clinic().id);
  return link && std::any_of(who.parties.begin(), who.parties.end(), [&](const party_id& p) {
           return bool{
               c.rows.read(ports::table::conversation, rows::key_of_membership(p, link->conversation))};
         });
}

} // namespace

outcome find_person(const circumstances& c, const wire::device::find_person& m) {
  auto holder = c.known.holder_of(m.display_name);
  if (holder && holder->station)
    return {wire::device::station{holder->station}};
  const auto* row = holder ? c.known.person(holder->user) : nullptr;
  if (row == nullptr || !row->party)
    return refused(refusal::not_found);
  return {wire::device::person{holder->user, row->party}};
}

outcome list_parties(const circumstances& c, const wire::device::list_parties& m) {
  wire::device::parties out;
  out.names = c.known.roles(m.after, wire::parties_listed_max + 1);
  out.more = out.names.size() > wire::parties_listed_max;
  if (out.more)
    out.names.pop_back();
  return {std::move(out)};
}

outcome get_party(const circumstances& c, const caller& who, const wire::device::get_party& m,
                  const std::vector<device_id>& waiting) {
  const auto* row = c.known.party(m.party);
  const auto* chain = c.known.chain(m.party);
  if (row == nullptr)
    return refused(refusal::not_found);
  wire::device::party out;
  out.id = m.party;
  out.kind = static_cast<std::uint8_t>(row->kind);
  if (chain == nullptr && row->n != 0)
    return refused(refusal::value_not_openable);
  if (chain == nullptr) // named, but nobody has made its first link yet
    return {std::move(out)};
  std::size_t size = 0;
  auto n = m.from_n;
  for (; n <= chain->head(); ++n) {
    auto core = read_object(c.rows, chain->at(n)->hash);
    if (!core)
      return refused(refusal::value_not_openable);
    size += core->raw.size() + logged_bytes;
    if (size > party_bytes_max)
      break;
    out.cores.push_back({std::move(core->raw), core->leaf, {}, {}, {}});
  }
  out.own_seals = own_seals(c, who, m.party, m.from_n, n - 1);
  if (n <= chain->head())
    return {std::move(out)};
  auto head = read_row<rows::party_head>(c.rows, ports::table::party, rows::key_of_head(m.party));
  if (!head)
    return refused(refusal::value_not_openable);
  size += head->row.members.size() + head->row.seals.size();
  if (size > party_bytes_max)
    return {std::move(out)};
  out.members = std::move(head->row.members);
  out.seals = std::move(head->row.seals);
  certificate_chains certificates{c.known};
  for (const auto& member : chain->members)
    certificates.add_certificate(member.certificate);
  for (const auto& d : waiting)
    if (const auto* newest = c.known.trust().newest(d))
      certificates.add_certificate(newest->what.hash());
  for (auto& l : certificates.take()) {
    size += l.object.size() + logged_bytes;
    if (size > party_bytes_max)
      break;
    out.certificates.push_back(std::move(l));
  }
  return {std::move(out)};
}

outcome get_objects(const circumstances& c, const caller& who, const wire::device::get_objects& m) {
  wire::device::objects out;
  certificate_chains devices{c.known};
  for (const auto& hash : m.hashes) {
    if (const auto* registrar = c.known.trust().registrar(hash))
      devices.add_certificate(registrar->what.device, registrar->where.position);
    auto held = read_object(c.rows, hash);
    auto kind = held ? e2ee::peek_kind(held->raw) : expected<e2ee::kind>{refusal::truncated};
    bool shown = kind && (everybody_verifies(*kind) ||
                          (*kind == e2ee::kind::conversation && may_see_link(c, who, held->raw)));
    if (shown)
      out.found.push_back({std::move(held->raw), held->leaf, {}, {}, {}});
  }
  // A registrar's certificate names no hash of what it hangs on: its device comes along, as far as it fits.
  std::size_t size = 0;
  for (auto& l : devices.take()) {
    size += l.object.size() + logged_bytes;
    if (size > party_bytes_max / 2 || out.found.size() >= wire::logged_per_answer_max)
      break;
    out.found.push_back(std::move(l));
  }
  return {std::move(out)};
}

std::vector<bytes> chain_of_invitation(const circumstances& c, const hash32& registrar,
                                       const std::optional<e2ee::cosignature>& second) {
  certificate_chains chain{c};
  if (!is_zero(registrar))
    chain.add_registrar(registrar);
  if (second)
    chain.add_word(*second);
  std::vector<bytes> out;
  for (auto& l : chain.take())
    out.push_back(std::move(l.object));
  return out;
}

outcome list_conversations(const circumstances& c, const caller& who,
                           const wire::device::list_conversations& m) {
  std::set<conversation_id> ids;
  for (const auto& p : who.parties) {
    auto after = rows::key_of_membership(p, m.after);
    for (;;) {
      auto page = c.rows.scan(ports::table::conversation, p.view(), after, ports::scan_rows_max);
      for (const auto& row : page)
        if (row.key.size() == 2 * party_id::size)
          ids.insert(*conversation_id::from(bytes_view{row.key}.subspan(party_id::size)));
      if (page.size() < ports::scan_rows_max)
        break;
      after = page.back().key;
    }
  }
  wire::device::conversations out;
  for (const auto& id : ids) {
    auto row = read_row<rows::conversation>(c.rows, ports::table::conversation, id.view());
    auto link = row ? read_object(c.rows, row->row.head) : std::nullopt;
    if (!link || is_destroyed(c.rows, id))
      continue; // a poison row costs its conversation, not the list
    out.more = out.all.size() == wire::conversations_listed_max;
    if (out.more)
      break;
    auto last = c.rows.last(ports::table::index, id.view());
    auto seq = last ? rows::seq_of_place(last->key).value_or(0) : 0;
    out.all.push_back({id, std::move(link->raw), seq});
  }
  return {std::move(out)};
}

} // namespace wardline
