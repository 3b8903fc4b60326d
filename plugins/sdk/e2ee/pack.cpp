#include "e2ee/pack.hpp"
#include <algorithm>

namespace wardline::e2ee {

namespace {

/// Frame start and fields up to `enc`.
constexpr std::size_t bytes_before_enc = frame_start_size + 16 + 16 + 32 + 4 + 4 + 32;

const party_member* member_of(const party_chain& chain, const device_id& d) {
  auto found = std::find_if(chain.members.begin(), chain.members.end(),
                            [&](const party_member& m) { return m.device == d; });
  return found == chain.members.end() ? nullptr : &*found;
}

} // namespace

void pack_fields::write(writer& out) const {
  out.put(party).put(receiver).put(receiver_certificate).u32(first).u32(last).put(last_core);
  out.put(enc).v32(ct);
}

pack_fields pack_fields::read(reader& in) {
  pack_fields out;
  out.party = in.id<party_id>();
  out.receiver = in.id<device_id>();
  out.receiver_certificate = in.b32();
  out.first = in.u32();
  out.last = in.u32();
  if (in.ok() && (out.last < out.first || out.last - out.first >= pack_epochs_max))
    in.refuse(refusal::count_too_large);
  out.last_core = in.b32();
  out.enc = in.b32();
  out.ct = to_bytes(in.v32(pack_sealed_bytes_max));
  return out;
}

bytes pack_info(const history_pack& pack) {
  return history_info(labels::history, pack.frame.signed_bytes().first(bytes_before_enc));
}

bytes pack_info(const clinic_id& clinic, const pack_fields& fields) {
  return history_info(labels::history, bytes_view{encode(clinic, fields)}.first(bytes_before_enc));
}

expected<device_id> check_pack(const history_pack& pack, const party_chain& chain,
                               const std::optional<device_id>& giver, const standing& known) {
  std::vector<device_id> members;
  for (const auto& m : chain.members)
    members.push_back(m.device);
  auto signer = signer_among(pack.frame, labels::pack, members, giver, known);
  if (!signer)
    return signer;
  if (pack.last > chain.head())
    return refusal::needs;
  const auto* last = chain.at(pack.last);
  if (pack.party != chain.party || pack.first == 0 || last == nullptr || last->hash != pack.last_core)
    return refusal::chain_broken;
  if (pack.ct.size() != pack.epochs() * 32 + 16)
    return refusal::pack_length;
  return signer;
}

refusal check_pack_receiver(const party_chain& chain, const device_id& receiver, const hash32& certificate,
                            const standing& known) {
  const auto* member = member_of(chain, receiver);
  if (member == nullptr)
    return refusal::key_list_not_allowed;
  auto facts = known.device(receiver);
  if (!facts)
    return refusal::needs;
  if (facts->barred)
    return refusal::device_revoked;
  if (facts->certificate != certificate)
    return refusal::stale_certificate;
  return known.entitlement(receiver, chain.party) ? refusal::none : refusal::key_list_not_allowed;
}

} // namespace wardline::e2ee
