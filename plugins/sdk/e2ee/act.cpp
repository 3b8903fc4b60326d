#include "e2ee/act.hpp"
#include "e2ee/keys.hpp"
#include <algorithm>

namespace wardline::e2ee {

namespace {
constexpr std::size_t share_zeros = 28;
}

void act_fields::write(writer& out) const {
  out.value(act).put(target).put(h).put(user).put(device).put(certificate).u64(time);
  out.value(level).u8(reason).u64(tree_size).put(tree_root);
}

act_fields act_fields::read(reader& in) {
  act_fields out;
  out.act = in.one_of(act_kind::acknowledge, act_kind::destroy);
  if (out.act > act_kind::report && out.act < act_kind::recall)
    in.refuse(refusal::unknown_value);
  out.target = in.fixed_bytes<16>();
  out.h = in.b32();
  out.user = in.id<user_id>();
  out.device = in.id<device_id>();
  out.certificate = in.b32();
  out.time = in.u64();
  out.level = in.one_of(urgency::unscored, urgency::info);
  out.reason = in.u8();
  out.tree_size = in.u64();
  out.tree_root = in.b32();
  return out;
}

hash32 share_reference(std::uint32_t number) {
  writer out;
  out.zeros(share_zeros).u32(number);
  return *fixed<32>(out.so_far());
}

std::optional<std::uint32_t> share_number(const hash32& h) {
  reader in{h};
  in.reserved(share_zeros);
  auto number = in.u32();
  if (!in.ok())
    return std::nullopt;
  return number;
}

refusal check_act_author(const act& a, const act_author& author) {
  if (a.device != author.channel_device)
    return refusal::author_not_channel;
  if (a.certificate != author.newest_certificate)
    return refusal::stale_certificate;
  if (!author.acting_user || a.user != author.acting_user)
    return refusal::author_not_device_user;
  if (!verify_signature(author.signing, labels::act, a.frame.signed_bytes(), a.frame.signature(0)))
    return refusal::bad_signature;
  return refusal::none;
}

refusal check_act_target(const act_fields& a, const message_id& message, const hash32& h) {
  return a.message() == message && a.h == h ? refusal::none : refusal::act_on_other_message;
}

refusal check_level_change(const act_fields& a, urgency current) {
  if (a.act != act_kind::raise && a.act != act_kind::lower)
    return refusal::none;
  auto before = timed_as(current);
  auto after = timed_as(a.level);
  bool changed = a.act == act_kind::raise ? after < before : after > before;
  if (!changed)
    return refusal::level_not_changed;
  if (a.act == act_kind::lower && a.reason == 0)
    return refusal::reason_missing;
  return refusal::none;
}

refusal check_act_tree(const act_fields& a, const std::optional<hash32>& known_root) {
  if (a.tree_size == 0)
    return refusal::none;
  return known_root && *known_root == a.tree_root ? refusal::none : refusal::log_forked;
}

} // namespace wardline::e2ee
