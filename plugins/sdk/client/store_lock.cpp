// The store's key opens with two halves; the daemon's is replaced at every log-in (e2ee 5.13). A new wrap is
// on the disk before the daemon hears of it, and the old one goes when the daemon has destroyed its half.
#include "client/device_parts.hpp"
#include "e2ee/act.hpp"
#include "e2ee/signing.hpp"
#include <algorithm>

namespace wardline::client {

namespace {

bytes last_share_key() {
  return rows::key_of("share");
}

} // namespace

refusal device::parts::open_inner(const wire::device::share& share) {
  if (share.number == 0 || share.value.size() != secret32::size)
    return refusal::store_not_openable;
  secret32 half{share.value};
  if (shared.rows.made()) {
    if (auto why = shared.rows.unlock(shared.me->id, share.number, half); why != refusal::none)
      return why;
    if (auto why = check_last_share(share.number, share.oldest); why != refusal::none)
      return why;
    return load_inner();
  }
  store_changes next;
  if (auto why = enrolment.make_inner(share.number, half, next); why != refusal::none)
    return why;
  shared.pin_moved = shared.pin.has_value();
  if (auto why = shared.commit(std::move(next)); why != refusal::none)
    return why;
  (void)enrolment.burn_keys(); // if it fails, the next start burns them
  return load_inner();
}

/// The number of the last half that opened this store stands in the inner part. A lower one is an alarm, and
/// work goes on; after a restore it is no wonder. Older wraps go: the daemon has no half for them any more,
/// or would not have offered this one. `oldest`: but for this one, which a restore may bring back.
refusal device::parts::check_last_share(std::uint32_t number, std::uint32_t oldest) {
  auto raw = shared.rows.get(table::keys, last_share_key());
  if (!raw && raw.why() != refusal::not_found)
    return refusal::store_not_openable;
  std::uint32_t last = 0;
  if (raw) {
    e2ee::reader in{raw->value};
    last = in.u32();
  }
  if (number < last && lives.is_new())
    return refusal::none;
  if (number < last) {
    notice n;
    n.what = notice::about::store;
    n.why = refusal::share_went_back;
    shared.say(std::move(n));
    return refusal::none;
  }
  auto keep_from = oldest == 0 ? number : oldest;
  auto wraps = shared.rows.wraps();
  bool older = std::any_of(wraps.begin(), wraps.end(), [&](auto n) { return n < keep_from; });
  if (number == last && !older)
    return refusal::none;
  e2ee::writer out;
  out.u32(number);
  store_changes next;
  shared.rows.put(next, table::keys, last_share_key(), out.so_far());
  for (std::uint32_t n : wraps)
    if (n < keep_from)
      vault::erase(next, table::wrap, e2ee::writer{}.u32(n).take());
  auto why = shared.rows.commit(next);
  return why == refusal::storage_refused ? refusal::none : why; // a full disk keeps nobody out
}

/// A disk that refuses keeps the old wrap: the same pair comes again at the next log-in.
void device::parts::take_next_share(const wire::device::share& share) {
  if (share.next_number == 0 || share.next_number != share.number + 1 || share.next.size() != secret32::size)
    return;
  store_changes next;
  if (shared.rows.wrap_again(shared.me->id, share.next_number, secret32{share.next}, next) != refusal::none)
    return;
  if (shared.commit(std::move(next)) == refusal::none)
    confirm_share(share.next_number);
}

/// Not staged: if it gets lost, the next log-in brings the same half and confirms it again.
void device::parts::confirm_share(std::uint32_t number) {
  e2ee::act_fields act;
  act.act = e2ee::act_kind::lock_share_stored;
  act.h = e2ee::share_reference(number);
  act.user = shared.who->user;
  act.device = shared.inner->certificate.device;
  act.certificate = shared.inner->certificate.hash();
  act.time = shared.now();
  if (shared.pin) {
    act.tree_size = shared.pin->head.size;
    act.tree_root = shared.pin->head.root;
  }
  shared.link.ask(wire::device::act{e2ee::sign_object(shared.me->clinic, act,
                                                      {{shared.inner->signing, e2ee::labels::act}})},
                  nullptr);
}

void device::parts::on_share_gone(std::uint32_t number) {
  store_changes next;
  shared.rows.drop_wraps_to(number, next);
  (void)shared.commit(std::move(next)); // what stays is a wrap that nothing opens
}

} // namespace wardline::client
