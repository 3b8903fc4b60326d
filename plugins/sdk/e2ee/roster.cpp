// Roster links in bytes (e2ee 5.6): core, member list, seals. Whether one may follow: roster_checks.cpp.
#include "e2ee/roster.hpp"
#include "e2ee/keys.hpp"
#include <algorithm>

namespace wardline::e2ee {

namespace {

std::size_t members_max(party_kind kind) {
  bool person = kind == party_kind::user || kind == party_kind::patient;
  return person ? person_party_members_max : party_members_max;
}

expected<std::vector<party_member>> decode_members(bytes_view raw) {
  reader in{raw};
  auto out = in.set16(party_members_max, device_id::size, [](reader& r) {
    party_member m;
    m.device = r.id<device_id>();
    m.certificate = r.b32();
    m.grant = r.b32();
    return m;
  });
  in.finish();
  if (!in.ok())
    return in.why();
  return out;
}

expected<std::vector<seed_seal>> decode_seals(bytes_view raw) {
  reader in{raw};
  auto out = in.list16(party_members_max, [](reader& r) {
    seed_seal s;
    s.enc = r.b32();
    s.ct = r.fixed_bytes<48>();
    return s;
  });
  in.finish();
  if (!in.ok())
    return in.why();
  return out;
}

const party_member* find(const std::vector<party_member>& members, const device_id& d) {
  auto found = std::lower_bound(members.begin(), members.end(), d,
                                [](const party_member& m, const device_id& x) { return m.device < x; });
  return found == members.end() || found->device != d ? nullptr : &*found;
}

} // namespace

void link_fields::write(writer& out) const {
  out.put(party).value(party_is).u32(n).put(previous).put(inbox).put(members_hash).put(seals_hash);
  out.u16(count).value(reason).value(role).put(signer_device).put(signer_certificate).u64(time);
}

link_fields link_fields::read(reader& in) {
  link_fields out;
  out.party = in.id<party_id>();
  out.party_is = in.one_of(party_kind::user, party_kind::service);
  out.n = in.u32();
  out.previous = in.b32();
  out.inbox = in.b32();
  out.members_hash = in.b32();
  out.seals_hash = in.b32();
  out.count = in.u16();
  if (in.ok() && (out.count == 0 || out.count > members_max(out.party_is)))
    in.refuse(refusal::count_too_large);
  out.reason = in.one_of(link_reason::genesis, link_reason::foreign_seed);
  out.role = in.one_of(signer_role::member, signer_role::reset);
  out.signer_device = in.id<device_id>();
  out.signer_certificate = in.b32();
  out.time = in.u64();
  return out;
}

refusal link_fields::check_keys() const {
  return check_x25519(inbox) ? refusal::none : refusal::bad_public_key;
}

bytes encode_members(const std::vector<party_member>& members) {
  writer out;
  out.list16(members,
             [](writer& w, const party_member& m) { w.put(m.device).put(m.certificate).put(m.grant); });
  return out.take();
}

bytes encode_seals(const std::vector<seed_seal>& seals) {
  writer out;
  out.list16(seals, [](writer& w, const seed_seal& s) { w.put(s.enc).put(s.ct); });
  return out.take();
}

hash32 members_hash(bytes_view members) {
  return labelled_hash(labels::members, members);
}

hash32 seals_hash(bytes_view seals) {
  return labelled_hash(labels::seals, seals);
}

const party_member* roster_link::member(const device_id& d) const {
  return find(members, d);
}

bool party_chain::has_member(const device_id& d) const {
  return find(members, d) != nullptr;
}

expected<roster_link> roster_link::decode(bytes_view core, bytes_view members, bytes_view seals,
                                          const clinic_id& pinned) {
  auto decoded = link_core::decode(core, pinned);
  if (!decoded)
    return decoded.why();
  if (members.size() > members_bytes_max || seals.size() > seals_bytes_max)
    return refusal::object_too_large;
  if (e2ee::members_hash(members) != decoded->members_hash)
    return refusal::members_hash_mismatch;
  if (e2ee::seals_hash(seals) != decoded->seals_hash)
    return refusal::seals_hash_mismatch;
  auto member_list = decode_members(members);
  if (!member_list)
    return member_list.why();
  auto seal_list = decode_seals(seals);
  if (!seal_list)
    return seal_list.why();
  if (member_list->size() != decoded->count || seal_list->size() != decoded->count)
    return refusal::count_mismatch;
  return roster_link{std::move(*decoded), to_bytes(members), to_bytes(seals), std::move(*member_list),
                     std::move(*seal_list)};
}

bool is_foreign_seed(const roster_link& link) {
  return link.member(link.core.signer_device) == nullptr;
}

} // namespace wardline::e2ee
