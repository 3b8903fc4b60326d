// Registrar certificates, grants and withdrawals, revocations (e2ee 5.2, 5.5). Signed by registrars, devices
// and the identity key: nothing here could make one.
#include "e2ee/entitlement.hpp"
#include "roster_rows.hpp"
#include "rules/sign_in_limits.hpp"
#include "submission_steps.hpp"
#include "wipe_rows.hpp"
#include "wire/hash.hpp"
#include <algorithm>

namespace wardline::submission {

namespace {

std::vector<stamped_change> rows_to_destroy(const circumstances& c, const device_id& d) {
  std::vector<stamped_change> out;
  auto gate = rows::key_of_gate(d); // stays for ever, also where it was closed before
  bytes after;
  for (;;) { // lock shares and wrong passwords: everything beside the device's own row
    auto page = c.rows.scan(ports::table::device, d.view(), after, ports::scan_rows_max);
    for (const auto& row : page)
      if (row.key.size() > device_id::size && row.key != gate)
        out.push_back({ports::del(ports::table::device, row.key), false});
    if (page.size() < ports::scan_rows_max)
      break;
    after = page.back().key;
  }
  out.push_back({ports::del(ports::table::session, to_bytes(d.view())), false});
  return out;
}

/// The CURVE key that came with the device's invitation.
public_key link_key_of(const circumstances& c, const device_id& d) {
  const auto* from = c.known.invitation_of(d);
  auto row = from == nullptr
                 ? std::nullopt
                 : read_row<rows::invitation>(c.rows, ports::table::invitation, from->invitation.view());
  return row ? row->row.link_key : public_key{};
}

/// T0 of e2ee 6.7: gate, session, shares and link key go with the object, in its transaction.
turned_out turn_out(const circumstances& c, const device_id& d, act& with) {
  if (const auto* newest = c.known.trust().newest(d))
    with.changes.push_back(
        put_row(ports::table::device, to_bytes(d.view()), rows::device{newest->what.hash(), true}));
  with.changes.push_back(close_gate(d));
  for (auto& gone : rows_to_destroy(c, d))
    with.changes.push_back(std::move(gone));
  // Removing them destroys nothing yet: the turn of their segments does.
  with.changes.push_back(put_row(ports::table::meta, rows::key_of_order(d.value),
                                 rows::wipe_order{rows::wipe_kind::device, d.value, {}, 0, c.now}));
  auto key = link_key_of(c, d);
  if (!is_zero(key))
    with.changes.push_back({ports::del(ports::table::link_key, to_bytes(sha256(key))), false});
  return {d, key};
}

bool revoked_already(const circumstances& c, const e2ee::signed_revocation& x) {
  const auto& t = c.known.trust();
  return x.of_subject == e2ee::subject_kind::device ? t.device_revoked_before(x.subject, UINT64_MAX)
                                                    : t.registrar_revoked_before(x.subject, UINT64_MAX);
}

} // namespace

submitted_change submit_registrar(const circumstances& c, const caller& who, bytes_view raw) {
  auto object = e2ee::registrar_certificate::decode(raw, c.known.clinic().id);
  if (!object)
    return {refused(object.why())};
  if (auto before = answered_before(c, object->hash()))
    return {*before};
  if (auto why = e2ee::verify(*object, c.known.trust(), about_to_be_logged(c.now)); why != refusal::none)
    return {refused(why)};
  return {commit_trusted(accepted(object->hash(), object->raw(), who, c.now), *object, c.now)};
}

submitted_change submit_grant(const circumstances& c, const caller& who, const wire::device::submit& m) {
  auto object = e2ee::role_grant::decode(m.object, c.known.clinic().id);
  if (!object)
    return {refused(object.why())};
  if (auto before = answered_before(c, object->hash()))
    return {*before};
  auto checked = check_with_second(c, m.cosignature, [&](const auto& second) {
    return e2ee::verify(*object, c.known.trust(), about_to_be_logged(c.now, second));
  });
  if (checked.why != refusal::none)
    return {refused(checked.why)};
  if (!may_submit(c, object->registrar, checked, who.device))
    return {refused(refusal::author_not_channel)};
  if (c.known.party(object->party) == nullptr)
    return {refused(refusal::not_found)};
  e2ee::grant_key key{object->of_subject, object->subject, object->party};
  auto word = c.known.words().find(key);
  // A damaged word's number is spent: trust, which has lost the object, does not know it.
  if (word != c.known.words().end() && object->serial <= word->second.serial)
    return {refused(refusal::serial_went_back)};
  auto a = accepted(object->hash(), object->raw(), who, c.now);
  a.entry.object = object->party.value;
  keep(checked, a);
  a.changes.push_back(
      put_row(ports::table::party, rows::key_of_word(key), rows::word{object->serial, object->hash()}));
  return {
      commit(std::move(a), object->hash(), [object = *object, now = c.now](registry& r, const committed& at) {
        r.adopt(object, {at.stamps.front().leaf, now});
      })};
}

submitted_change submit_revocation(const circumstances& c, const caller& who, bytes_view raw) {
  auto object = e2ee::signed_revocation::decode(raw, c.known.clinic().id);
  if (!object)
    return {refused(object.why())};
  if (auto before = answered_before(c, object->hash()))
    return {*before};
  if (auto why = e2ee::verify(*object, c.known.trust(), end_of_log(c.now)); why != refusal::none)
    return {refused(why)};
  // One by the identity key names no device: anybody may carry it in.
  if (object->signer_device && object->signer_device != who.device)
    return {refused(refusal::author_not_channel)};
  if (revoked_already(c, *object))
    return {refused(refusal::device_revoked)};
  if (!rules::proved_lately(who.proved, c.now))
    return {refused(refusal::second_factor_too_old)};
  submitted_change out;
  auto a = accepted(object->hash(), object->raw(), who, c.now);
  a.entry.object = object->subject.value;
  bool device = object->of_subject == e2ee::subject_kind::device;
  if (device) {
    out.removed.push_back(turn_out(c, object->subject, a));
    out.removed.back().by = object->hash();
    // What she has in hand goes back to everybody; a device that another one of hers replaces took nothing
    // from her sight.
    const auto* held = c.known.trust().newest(object->subject);
    bool only = held != nullptr && !has_another_device(c, held->what.user, object->subject);
    if (object->reason != e2ee::revocation_reason::replaced || only)
      order_reroute(c, object->subject, a);
  }
  out.what = commit(std::move(a), object->hash(),
                    [object = *object, device, now = c.now](registry& r, const committed& at) {
                      r.adopt(object, {at.stamps.front().leaf, now});
                      if (device)
                        r.gate(object.subject);
                    });
  return out;
}

} // namespace wardline::submission
