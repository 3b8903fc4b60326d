// Renewed device certificates (e2ee 5.4). A registrar signs the next one and it waits here for its device,
// which signs it too and brings both. Only the whole one counts: the registrar's half changes nothing.
#include "own_parties.hpp"
#include "roster_rows.hpp"
#include "submission_steps.hpp"

namespace wardline::submission {

namespace {

/// What the library cannot know of a renewal: the directory's name, whose parties they are, whose noise key.
refusal check_renewal_here(const circumstances& c, const e2ee::device_fields& x) {
  const auto* newest = c.known.trust().newest(x.device);
  if (c.known.gated().contains(x.device))
    return refusal::device_revoked;
  if (newest == nullptr || x.display_name != newest->what.display_name)
    return refusal::successor_mismatch; // people are found by the name they were certified under
  for (const auto& p : x.parties)
    if (c.known.party(p) == nullptr)
      return refusal::not_found;
  for (const auto* other : c.known.trust().newest_certificates())
    if (other->what.device != x.device && other->what.noise_key == x.noise_key)
      return refusal::key_reused; // a channel would be two devices'
  return check_own_parties(c.known, {x.of_class, x.user, x.parties});
}

std::optional<stamped_row<rows::renewal>> kept_offer(const circumstances& c, const device_id& d) {
  return read_row<rows::renewal>(c.rows, ports::table::device, rows::key_of_renewal(d));
}

/// A newer offer takes the place of the one before: whoever made it may have been refused since.
submitted_change submit_offer(const circumstances& c, const caller& who, const wire::device::submit& m,
                              const e2ee::renewal_offer& offer) {
  if (auto before = kept_offer(c, offer.device); before && before->row.offer == m.object)
    return {outcome{wire::device::submitted{offer.hash(), before->at.leaf}}};
  auto checked = check_with_second(c, m.cosignature, [&](const auto& second) {
    return e2ee::verify(offer, c.known.trust(), about_to_be_logged(c.now, second));
  });
  if (checked.why != refusal::none)
    return {refused(checked.why)};
  if (!may_submit(c, offer.registrar, checked, who.device))
    return {refused(refusal::author_not_channel)};
  if (auto why = check_renewal_here(c, offer); why != refusal::none)
    return {refused(why)};
  act a;
  a.entry.kind = rules::audit_kind::renewal_offered;
  a.entry.time = c.now;
  a.entry.user = who.user;
  a.entry.device = who.device;
  a.entry.object = offer.device.value;
  a.entry.hash = offer.hash();
  keep(checked, a);
  rows::renewal row{m.object};
  if (checked.word)
    row.word = checked.word->raw();
  a.changes.push_back(put_row(ports::table::device, rows::key_of_renewal(offer.device), row));
  submitted_change out{commit(std::move(a), offer.hash(), [](registry&, const committed&) {})};
  out.renewed = offer.device;
  return out;
}

} // namespace

/// A first certificate comes by Enrol, with the second code; only renewals come this way.
submitted_change submit_device(const circumstances& c, const caller& who, const wire::device::submit& m) {
  if (auto offer = e2ee::renewal_offer::decode(m.object, c.known.clinic().id))
    return submit_offer(c, who, m, *offer);
  auto object = e2ee::device_certificate::decode(m.object, c.known.clinic().id);
  if (!object)
    return {refused(object.why())};
  if (object->issuer != e2ee::certificate_issuer::registrar)
    return {refused(refusal::unknown_kind)};
  if (auto before = answered_before(c, object->hash()))
    return {*before};
  // The device brings what it was offered; the second registrar's word lies with the offer.
  auto offer = kept_offer(c, object->device);
  const auto& word = m.cosignature.empty() && offer ? offer->row.word : m.cosignature;
  auto checked = check_with_second(c, word, [&](const auto& second) {
    return e2ee::verify(*object, c.known.trust(), about_to_be_logged(c.now, second));
  });
  if (checked.why != refusal::none)
    return {refused(checked.why)};
  if (object->device != who.device && !may_submit(c, object->registrar, checked, who.device))
    return {refused(refusal::author_not_channel)};
  if (auto why = check_renewal_here(c, *object); why != refusal::none)
    return {refused(why)};
  auto a = accepted(object->hash(), object->raw(), who, c.now);
  a.entry.object = object->device.value;
  keep(checked, a);
  a.changes.push_back(
      put_row(ports::table::device, to_bytes(object->device.view()), rows::device{object->hash(), false}));
  a.changes.push_back({ports::del(ports::table::device, rows::key_of_renewal(object->device)), false});
  return {commit_trusted(std::move(a), *object, c.now)};
}

} // namespace wardline::submission
