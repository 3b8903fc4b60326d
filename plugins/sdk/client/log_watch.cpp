#include "client/log_watch.hpp"
#include "e2ee/conversation.hpp"
#include <algorithm>

namespace wardline::client {

namespace {

/// Kinds of entries that say an object was accepted: accepted, enrolled, invited. An entry about a refusal
/// names the hash of what was refused and proves nothing.
constexpr std::uint8_t accepting_kinds[] = {2, 3, 12};

/// Format of the audit log, version 1: u8 version 1 | u8 kind | u64 time | b16 user | b16 device |
/// b16 conversation | b16 object | b32 hash | v16 detail.
expected<log_entry> read_entry(bytes_view raw) {
  e2ee::reader in{raw};
  if (in.u8() != 1)
    in.refuse(refusal::unknown_version);
  log_entry out;
  out.kind = in.u8();
  out.time = in.u64();
  out.user = in.id<user_id>();
  out.device = in.id<device_id>();
  out.conversation = in.id<conversation_id>();
  out.object = in.fixed_bytes<16>();
  out.hash = in.b32();
  out.detail = to_bytes(in.v16());
  in.finish();
  if (!in.ok())
    return in.why();
  return out;
}

/// u8 version 1 | u8 kind | SHA-256(salt | entry) (DESIGN 9).
bytes leaf_data(std::uint8_t kind, bytes_view salt, bytes_view entry) {
  return e2ee::writer{}.u8(1).u8(kind).put(sha256({salt, entry})).take();
}

expected<hash32> hash_of(bytes_view raw, const clinic_id& clinic) {
  auto k = e2ee::peek_kind(raw);
  if (!k)
    return k.why();
  auto hash = [](const auto& x) -> expected<hash32> { return x ? expected<hash32>{x->hash()} : x.why(); };
  switch (*k) {
  case e2ee::kind::root:
    return hash(e2ee::root_certificate::decode(raw, clinic));
  case e2ee::kind::server:
    return hash(e2ee::server_certificate::decode(raw, clinic));
  case e2ee::kind::registrar:
    return hash(e2ee::registrar_certificate::decode(raw, clinic));
  case e2ee::kind::invitation:
    return hash(e2ee::signed_invitation::decode(raw, clinic));
  case e2ee::kind::device:
    return hash(e2ee::device_certificate::decode(raw, clinic));
  case e2ee::kind::grant:
    return hash(e2ee::role_grant::decode(raw, clinic));
  case e2ee::kind::revocation:
    return hash(e2ee::signed_revocation::decode(raw, clinic));
  case e2ee::kind::link:
    return hash(e2ee::link_core::decode(raw, clinic));
  case e2ee::kind::conversation:
    return hash(e2ee::conversation_link::decode(raw, clinic));
  default:
    return refusal::unknown_kind;
  }
}

} // namespace

void log_watch::load_outer() {
  auto raw = core_.rows.get(table::pin, rows::key_of("pin"));
  auto row = raw ? rows::decode<rows::pin>(raw->value) : std::nullopt;
  core_.pin.reset();
  core_.pin_moved = false;
  if (row)
    core_.pin = e2ee::log_pin{row->incarnation, {row->origin, row->size, row->root}, row->shared};
}

refusal log_watch::load_inner() const {
  auto outer = core_.rows.get(table::pin, rows::key_of("pin"));
  auto inner = core_.rows.get(table::keys, rows::key_of("pin"));
  if (!outer && !inner && outer.why() == refusal::not_found && inner.why() == refusal::not_found)
    return refusal::none;
  bool same = outer && inner && outer->value == inner->value;
  return same ? refusal::none : refusal::store_not_openable;
}

void log_watch::report(refusal why) const {
  core_.say({notice::about::log, why, {}, {}, {}, {}});
}

expected<e2ee::checkpoint> log_watch::verified(const std::string& note) const {
  auto server = e2ee::server_certificate::decode(core_.me->server, core_.me->clinic);
  if (!server)
    return server.why();
  auto decoded = e2ee::decode_note(note);
  if (!decoded)
    return decoded.why();
  // The first checkpoint this device sees names the log; from then on the name is pinned with it.
  const auto& origin = core_.pin ? core_.pin->head.origin : decoded->head.origin;
  if (auto why = e2ee::check_note(*decoded, origin, server->log_key); why != refusal::none)
    return why;
  return decoded->head;
}

refusal log_watch::advance(const std::string& note, std::span<const hash32> consistency) {
  if (note.empty() || (core_.pin && core_.pin->incarnation != core_.incarnation))
    return refusal::none; // of another life: lives.hpp judges it
  auto head = verified(note);
  refusal why = head.why();
  if (head && !core_.pin) {
    core_.pin = e2ee::log_pin{core_.incarnation, *head};
    core_.pin_moved = true;
    return refusal::none;
  }
  if (head && core_.pin->head == *head)
    return refusal::none;
  if (head) {
    auto next = e2ee::advance_pin(*core_.pin, *head, consistency);
    if (next) {
      core_.pin = *next;
      core_.pin_moved = true;
      return refusal::none;
    }
    why = next.why();
  }
  report(why);
  return why;
}

void log_watch::settle_on(const std::string& note, std::function<void(refusal)> then) {
  if (core_.pin && core_.pin->incarnation != core_.incarnation)
    return then(refusal::needs); // until lives.hpp has made up its mind
  auto head = verified(note);
  if (!head) {
    report(head.why());
    then(head.why());
    return;
  }
  if (!core_.pin || core_.pin->head == *head) {
    then(advance(note, {}));
    return;
  }
  if (head->size < core_.pin->head.size) {
    then(refusal::needs); // an answer that was overtaken: the pin has moved since
    return;
  }
  auto wanted = *head;
  auto from = core_.pin->head.size;
  core_.link.ask_for<wire::device::checkpoint>(
      wire::device::get_checkpoint{from},
      [this, note, wanted, from, then](result<wire::device::checkpoint> answer) {
        if (!answer) {
          then(answer.why());
          return;
        }
        // Another question, or the welcome after a cut, has moved the pin: this proof begins elsewhere.
        if (core_.pin->head.size != from) {
          settle_on(note, then);
          return;
        }
        if (auto why = advance(answer->note, answer->consistency); why != refusal::none)
          then(why);
        else
          then(core_.pin && core_.pin->head == wanted ? refusal::none : refusal::needs);
      });
}

expected<e2ee::checkpoint> log_watch::of_later_life(const std::string& note) const {
  auto server = e2ee::server_certificate::decode(core_.me->server, core_.me->clinic);
  auto decoded = e2ee::decode_note(note);
  if (!server || !decoded)
    return server ? decoded.why() : server.why();
  if (!e2ee::later_epoch(core_.pin->head.origin, decoded->head.origin))
    return refusal::log_other_origin;
  if (auto why = e2ee::check_note(*decoded, decoded->head.origin, server->log_key); why != refusal::none)
    return why;
  return decoded->head;
}

expected<log_entry> log_watch::prove_entry(const wire::device::logged& x) const {
  return core_.pin ? prove_entry(x, core_.pin->head) : refusal::not_in_log;
}

expected<log_entry> log_watch::prove_entry(const wire::device::logged& x,
                                           const e2ee::checkpoint& head) const {
  auto entry = read_entry(x.entry);
  if (!entry)
    return refusal::not_in_log;
  entry->leaf = x.leaf;
  entry->leaf_hash = e2ee::leaf_hash(leaf_data(entry->kind, x.salt, x.entry));
  auto why = e2ee::check_inclusion(entry->leaf_hash, x.leaf, head.size, head.root, x.proof);
  return why == refusal::none ? std::move(entry) : expected<log_entry>{why};
}

expected<proved> log_watch::prove(const wire::device::logged& x) const {
  auto hash = hash_of(x.object, core_.me->clinic);
  if (!hash)
    return hash.why();
  auto entry = read_entry(x.entry);
  if (!entry || !core_.pin)
    return refusal::not_in_log;
  const auto* end = std::end(accepting_kinds);
  bool accepted = std::find(std::begin(accepting_kinds), end, entry->kind) != end;
  if (!accepted || entry->hash != *hash)
    return refusal::not_in_log;
  const auto& head = core_.pin->head;
  auto leaf = e2ee::leaf_hash(leaf_data(entry->kind, x.salt, x.entry));
  auto why = e2ee::check_inclusion(leaf, x.leaf, head.size, head.root, x.proof);
  if (why != refusal::none)
    return why;
  proved out{*hash, {x.leaf, entry->time}, x.object};
  if (auto second = e2ee::cosignature::decode(entry->detail, core_.me->clinic))
    out.cosigned = std::move(*second);
  return out;
}

} // namespace wardline::client
