#include "client/renewal.hpp"
#include "e2ee/keys.hpp"
#include "e2ee/signing.hpp"

namespace wardline::client {

namespace {

bytes staged_key() {
  return rows::key_of("renewal");
}

/// The same device in every respect that a renewal of ours may not change.
bool continues(const e2ee::device_fields& x, const e2ee::device_certificate& own) {
  return x.device == own.device && x.user == own.user && x.of_class == own.of_class &&
         x.parties == own.parties && x.display_name == own.display_name && x.signing_key == own.signing_key &&
         x.noise_key == own.noise_key && x.sealing_key == own.sealing_key && x.previous == own.hash() &&
         x.serial > own.serial;
}

} // namespace

bool renewal::made_here(const e2ee::device_certificate& x, const public_key& own) {
  return x.signing_key == own && e2ee::verify_signature(own, e2ee::labels::device_possession,
                                                        x.frame.signed_bytes(), x.frame.signature(1));
}

std::optional<e2ee::device_certificate> renewal::staged() const {
  auto raw = core_.rows.get(table::device, staged_key());
  auto x = raw ? e2ee::device_certificate::decode(raw->value, core_.me->clinic)
               : expected<e2ee::device_certificate>{raw.why()};
  return x ? std::optional{std::move(*x)} : std::nullopt;
}

void renewal::forget_staged() {
  store_changes changes;
  vault::erase(changes, table::device, staged_key());
  (void)core_.commit(std::move(changes)); // said by commit; one left behind is only sent once more
}

bool renewal::take_staged(const hash32& newest) {
  auto next = core_.me ? staged() : std::nullopt;
  if (!next || next->hash() != newest)
    return false;
  core_.me->certificate = next->raw();
  core_.link.renewed(newest);
  return true;
}

void renewal::settle() {
  auto end = e2ee::expiry_of(core_.inner->certificate.until, core_.now());
  if (end != e2ee::expiry::valid)
    say(refusal::none);
  auto next = staged();
  if (!next)
    return;
  if (next->hash() != core_.inner->certificate.hash()) {
    send(*next);
    return;
  }
  if (auto why = adopt(*next); why != refusal::none)
    say(why);
}

void renewal::on_pending(const wire::device::pending& waits) {
  if (!core_.inner || waits.renewal.empty() || on_way_)
    return;
  auto offer = e2ee::renewal_offer::decode(waits.renewal, core_.me->clinic);
  if (!offer || !continues(*offer, core_.inner->certificate)) {
    say(offer ? refusal::successor_mismatch : offer.why());
    return;
  }
  on_way_ = true;
  objects_.fetch({offer->registrar, offer->previous}, [this, offer = *offer](refusal why) {
    on_way_ = false;
    if (core_.inner && why == refusal::none)
      take(offer);
    else if (core_.inner && !passes(why))
      say(why);
  });
}

/// Whether a second registrar agreed is judged by everybody who reads the log; here only the first one's half
/// is at hand.
void renewal::take(const e2ee::renewal_offer& offer) {
  auto why = e2ee::verify(offer, core_.inner->trust, {core::at_end(core_.now()), std::nullopt});
  if (why != refusal::none && why != refusal::second_registrar_missing) {
    say(why);
    return;
  }
  auto signed_bytes = offer.frame.signed_bytes();
  auto own = core_.inner->signing.sign(e2ee::labels::device_possession, signed_bytes);
  auto raw = e2ee::with_signatures(to_bytes(signed_bytes), {offer.frame.signature(0), own});
  auto next = e2ee::device_certificate::decode(raw, core_.me->clinic);
  if (!next) {
    say(next.why());
    return;
  }
  store_changes changes;
  core_.rows.put(changes, table::device, staged_key(), raw);
  if (core_.commit(std::move(changes)) == refusal::none)
    send(*next);
}

void renewal::send(const e2ee::device_certificate& next) {
  if (on_way_)
    return;
  on_way_ = true;
  core_.link.ask_for<wire::device::submitted>(
      wire::device::submit{next.raw(), {}, {}}, [this, next](const result<wire::device::submitted>& answer) {
        on_way_ = false;
        if (!core_.inner || (!answer && passes(answer.why())))
          return; // it stands on disk: its fate is asked for after the next log-in
        auto why = answer ? adopt(next) : answer.why();
        if (!answer)
          forget_staged();
        if (why != refusal::none)
          say(why);
        else
          objects_.fetch({next.hash()}, [](refusal) {});
      });
}

/// The outer row, and the inner copy of its hash, in one commit with the end of the staged one.
refusal renewal::adopt(const e2ee::device_certificate& next) {
  auto raw = core_.rows.get(table::keys, rows::key_of("keys"));
  auto keys = raw ? rows::decode<rows::keys>(raw->value) : std::nullopt;
  if (!keys)
    return refusal::store_not_openable;
  auto before = std::exchange(core_.me->certificate, next.raw());
  wiped_bytes outer{rows::encode(*core_.me)};
  keys->device_row = sha256(outer.value);
  wiped_bytes inner{rows::encode(*keys)};
  store_changes changes;
  core_.rows.put(changes, table::device, rows::key_of("device"), outer.value);
  core_.rows.put(changes, table::keys, rows::key_of("keys"), inner.value);
  vault::erase(changes, table::device, staged_key());
  if (auto why = core_.commit(std::move(changes)); why != refusal::none) {
    core_.me->certificate = std::move(before);
    return why;
  }
  core_.inner->certificate = next;
  core_.link.renewed(next.hash());
  return refusal::none;
}

} // namespace wardline::client
