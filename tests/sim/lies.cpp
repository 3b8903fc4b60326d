#include "lies.hpp"
#include "audit_rows.hpp"
#include "client/rows.hpp"
#include "credentials.hpp"
#include "e2ee/certificates.hpp"
#include "e2ee/roster.hpp"
#include "rules/audit_tree.hpp"
#include "stored.hpp"

namespace wardline::sim {

namespace {

namespace said = wire::device;

void spoil_last(bytes& raw) {
  raw.back() ^= 1;
}

} // namespace

std::string to_string(lie l) {
  static const std::array<const char*, static_cast<std::size_t>(lie::count)> names{
      "an older checkpoint",  "a forked checkpoint",    "another log",
      "a split log",          "a link's signature",     "another party's link",
      "links withheld",       "a link's members",       "a link's seals",
      "a change's signature", "a change without proof", "a slip's signature",
      "another body"};
  return names.at(static_cast<std::size_t>(l));
}

refusal name_of_lie(lie l) {
  switch (l) {
  case lie::older_checkpoint:
    return refusal::log_rolled_back;
  case lie::forked_checkpoint:
  case lie::split_log:
    return refusal::log_forked;
  case lie::other_log:
    return refusal::log_other_origin;
  case lie::link_of_other_party:
    return refusal::chain_broken;
  case lie::links_withheld:
    return refusal::roster_fork;
  case lie::link_members:
    return refusal::members_hash_mismatch;
  case lie::link_seals:
    return refusal::seals_hash_mismatch;
  case lie::change_unproved:
    return refusal::not_in_log;
  case lie::body:
    return refusal::body_mismatch;
  default:
    return refusal::bad_signature;
  }
}

std::optional<e2ee::checkpoint> pinned(const wired_device& d) {
  auto raw = d.store.get(client::table::pin, client::rows::key_of("pin"));
  auto row = raw ? client::rows::decode<client::rows::pin>(*raw) : std::nullopt;
  return row ? std::optional{e2ee::checkpoint{row->origin, row->size, row->root}} : std::nullopt;
}

liar::liar(clinic_world& w, wired_device& victim, lie which) : world_{w}, victim_{victim}, which_{which} {
  the_hostile_layer().lie = [this](const ports::link_peer& to, said::from_daemon& what) {
    bool told = to == victim_.peer && tell(to, what);
    told_ += told ? 1 : 0;
    return told;
  };
}

liar::~liar() {
  the_hostile_layer().lie = nullptr;
}

bool liar::tell(const ports::link_peer&, said::from_daemon& what) {
  if (auto* pushed = std::get_if<said::slip>(&what))
    return in_slip(*pushed);
  auto* answer = std::get_if<said::answer>(&what);
  if (answer == nullptr)
    return false;
  if (auto* m = std::get_if<said::welcome>(&answer->result))
    return in_welcome(*m);
  if (auto* m = std::get_if<said::party>(&answer->result))
    return in_party(*m);
  if (auto* m = std::get_if<said::objects>(&answer->result))
    return in_changes(*m);
  if (auto* m = std::get_if<said::slips>(&answer->result)) {
    bool any = false;
    for (auto& row : m->rows)
      any = in_slip(row) || any;
    return any;
  }
  auto* m = std::get_if<said::opened>(&answer->result);
  if (m == nullptr || which_ != lie::body || m->bodies.empty())
    return false;
  spoil_last(m->bodies.front().sealed);
  return true;
}

std::string liar::signed_note(const std::string& origin, std::uint64_t size, const hash32& root) const {
  const auto& log = world_.keys().log;
  auto note = e2ee::make_note({origin, size, root}, daemon::ed25519_public(log), daemon::signer_of(log));
  return note ? *note : std::string{};
}

bool liar::in_welcome(said::welcome& m) {
  auto held = pinned(victim_);
  if (!held || m.checkpoint.empty() || held->size < 2)
    return false;
  auto other_root = held->root;
  other_root[0] ^= 1;
  switch (which_) {
  case lie::older_checkpoint: {
    auto size = held->size / 2;
    auto tree = rules::frontier_from(size, tree_rows_of(world_.life->rows()));
    if (!tree)
      return false;
    m.checkpoint = signed_note(held->origin, size, rules::root(*tree));
    m.consistency.clear();
    return true;
  }
  case lie::forked_checkpoint:
    m.checkpoint = signed_note(held->origin, held->size, other_root);
    m.consistency.clear();
    return true;
  case lie::other_log:
    m.checkpoint = signed_note(held->origin + "/2", held->size, held->root);
    return true;
  case lie::split_log:
    return told_ == 0 && split(m);
  default:
    return false;
  }
}

/// One leaf more than there is, on top of the true ones: from what the device has pinned this is consistent.
bool liar::split(said::welcome& m) {
  auto held = pinned(victim_);
  auto size = world_.life->last_leaf() + 1;
  if ((size + 1) % rules::tree_rows_max == 0 || held->size > size)
    return false; // a whole subtree would have to be stored as well
  auto invented = rules::leaf_hash(view(std::string_view{"never happened"}));
  auto rows = [&](unsigned level, std::uint64_t first, std::size_t count) {
    auto last = first + count;
    bool ours = level == 0 && last == size + 1;
    auto found = count == 1 && ours
                     ? std::vector<hash32>{}
                     : tree_rows_of(world_.life->rows())(level, first, ours ? count - 1 : count);
    if (ours)
      found.push_back(invented);
    return found;
  };
  auto tree = rules::frontier_from(size + 1, rows);
  auto proof = rules::consistency_proof(held->size, size + 1, rows);
  if (!tree || !proof)
    return false;
  m.checkpoint = signed_note(held->origin, size + 1, rules::root(*tree));
  m.consistency = std::move(*proof);
  return true;
}

bool liar::in_party(said::party& m) {
  if (m.cores.empty())
    return false;
  auto core = e2ee::link_core::decode(m.cores.back().object, world_.clinic_of());
  auto held = victim_.device->head_of(m.id);
  if (!core || held.n == 0 || core->n <= held.n)
    return false; // only of what is new
  switch (which_) {
  case lie::link_signature:
    spoil_last(m.cores.back().object);
    return true;
  case lie::link_of_other_party: {
    auto board = world_.life->board();
    for (const auto& [id, party] : board->parties)
      if (id != m.id && party.n > 0) {
        auto other = read_object(world_.life->rows(), party.head);
        if (!other)
          continue;
        m.cores.back().object = std::move(other->raw);
        return true;
      }
    return false;
  }
  case lie::links_withheld:
    m.cores.clear();
    return true;
  case lie::link_members:
    spoil_last(m.members);
    return true;
  case lie::link_seals:
    spoil_last(m.seals);
    return true;
  default:
    return false;
  }
}

bool liar::in_changes(said::objects& m) const {
  if (which_ != lie::change_signature && which_ != lie::change_unproved)
    return false;
  bool any = false;
  for (auto& x : m.found) {
    auto kind = e2ee::peek_kind(x.object);
    if (!kind || *kind != e2ee::kind::grant || x.proof.empty())
      continue;
    if (which_ == lie::change_signature)
      spoil_last(x.object);
    else
      x.proof.front()[0] ^= 1;
    any = true;
  }
  return any;
}

bool liar::in_slip(said::slip& m) const {
  if (which_ != lie::slip_signature || m.object.empty())
    return false;
  spoil_last(m.object);
  return true;
}

} // namespace wardline::sim
