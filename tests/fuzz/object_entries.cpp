// Signed objects before their signatures are looked at: form alone, so every byte is an attacker's.
// Promise: every value has exactly one encoding (e2ee 1), so what was accepted encodes to what came in.
#include "e2ee/act.hpp"
#include "e2ee/certificates.hpp"
#include "e2ee/checkpoint.hpp"
#include "e2ee/conversation.hpp"
#include "e2ee/keylist.hpp"
#include "e2ee/pack.hpp"
#include "e2ee/roster.hpp"
#include "e2ee/slip.hpp"
#include "e2ee/wipe.hpp"
#include "entries.hpp"
#include "script.hpp"

namespace wardline::fuzz {

namespace {

template <class Fields>
void check_object(const e2ee::object<Fields>& o, bytes_view input) {
  promise(input.size() <= e2ee::object_size_max(Fields::of));
  promise(o.raw() == to_bytes(input));
  promise(e2ee::encode<Fields>(clinic_of_corpus, o) == to_bytes(o.frame.signed_bytes()));
  promise(o.hash() == e2ee::object_hash(Fields::of, o.frame.signed_bytes()));
  std::vector<signature64> signatures;
  for (std::size_t i = 0; i < o.frame.signature_count(); ++i)
    signatures.push_back(o.frame.signature(i));
  promise(e2ee::with_signatures(to_bytes(o.frame.signed_bytes()), signatures) == o.raw());
}

template <class Fields>
bool run_object(bytes_view input) {
  auto decoded = e2ee::object<Fields>::decode(input, clinic_of_corpus);
  if (!decoded)
    return false;
  check_object(*decoded, input);
  return true;
}

} // namespace

bool run_root(bytes_view input) {
  return run_object<e2ee::root_fields>(input);
}

bool run_server(bytes_view input) {
  return run_object<e2ee::server_fields>(input);
}

bool run_registrar(bytes_view input) {
  return run_object<e2ee::registrar_fields>(input);
}

bool run_invitation(bytes_view input) {
  return run_object<e2ee::invitation_fields>(input);
}

bool run_device(bytes_view input) {
  bool offered = run_object<e2ee::renewal_offer_fields>(input); // one signature instead of two
  return run_object<e2ee::device_fields>(input) || offered;
}

bool run_grant(bytes_view input) {
  return run_object<e2ee::grant_fields>(input);
}

bool run_revocation(bytes_view input) {
  return run_object<e2ee::revocation_fields>(input);
}

bool run_cosign(bytes_view input) {
  return run_object<e2ee::cosign_fields>(input);
}

bool run_wipe_order(bytes_view input) {
  return run_object<e2ee::wipe_fields>(input);
}

bool run_conversation(bytes_view input) {
  return run_object<e2ee::conversation_fields>(input);
}

bool run_act(bytes_view input) {
  return run_object<e2ee::act_fields>(input);
}

bool run_slip(bytes_view input) {
  auto decoded = e2ee::slip::decode(input, clinic_of_corpus);
  if (!decoded)
    return false;
  check_object<e2ee::slip_fields>(*decoded, input);
  const auto& header = decoded->header;
  promise(decoded->seals.size() == header.parties.size());
  promise(decoded->h == e2ee::header_hash(e2ee::encode_header(clinic_of_corpus, header)));
  // Any envelope reads as something; only the known version says more than "unscored".
  (void)e2ee::read_envelope(header.envelope);
  return true;
}

/// u16 bytes of the core, u16 bytes of the members, then core, members, seals.
bool run_link(bytes_view input) {
  script in{input};
  auto core_bytes = in.u16();
  auto members_bytes = in.u16();
  auto core = in.take(core_bytes);
  auto members = in.take(members_bytes);
  auto seals = in.rest();
  (void)run_object<e2ee::link_fields>(core);
  auto decoded = e2ee::roster_link::decode(core, members, seals, clinic_of_corpus);
  if (!decoded)
    return false;
  check_object<e2ee::link_fields>(decoded->core, core);
  promise(e2ee::encode_members(decoded->members) == to_bytes(members));
  promise(e2ee::encode_seals(decoded->seals) == to_bytes(seals));
  promise(decoded->members.size() == decoded->core.count && decoded->seals.size() == decoded->core.count);
  return true;
}

bool run_pack(bytes_view input) {
  auto decoded = e2ee::history_pack::decode(input, clinic_of_corpus);
  if (!decoded)
    return false;
  check_object<e2ee::pack_fields>(*decoded, input);
  promise(decoded->epochs() >= 1 && decoded->epochs() <= e2ee::pack_epochs_max);
  promise(e2ee::pack_info(*decoded) == e2ee::pack_info(clinic_of_corpus, *decoded));
  return true;
}

bool run_keylist(bytes_view input) {
  auto decoded = e2ee::key_list::decode(input, clinic_of_corpus);
  if (!decoded)
    return false;
  check_object<e2ee::keylist_fields>(*decoded, input);
  auto keys = (decoded->ct.size() - 16) / e2ee::keylist_entry_bytes;
  promise(keys >= 1 && keys <= e2ee::keylist_entries_max && decoded->part < decoded->parts);
  promise(e2ee::keylist_info(*decoded) == e2ee::keylist_info(clinic_of_corpus, *decoded));
  return true;
}

bool run_note(bytes_view input) {
  auto decoded = e2ee::decode_note(text(input));
  if (!decoded)
    return false;
  promise(decoded->raw == text(input) && decoded->body_bytes < input.size());
  promise(!decoded->signatures.empty() && decoded->signatures.size() <= e2ee::note_signatures_max);
  return true;
}

} // namespace wardline::fuzz
