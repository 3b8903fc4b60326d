#include "e2ee/history.hpp"
#include "e2ee/keys.hpp"
#include <algorithm>

namespace wardline::e2ee {

namespace {

bool signed_with(const framed& frame, std::string_view label, const device_facts& by) {
  return verify_signature(by.signing, label, frame.signed_bytes(), frame.signature(0));
}

} // namespace

bytes history_info(std::string_view label, bytes_view before_enc) {
  writer out;
  out.lab(label).put(before_enc);
  return out.take();
}

expected<device_id> signer_among(const framed& frame, std::string_view label,
                                 const std::vector<device_id>& members, const std::optional<device_id>& named,
                                 const standing& known) {
  if (named) {
    if (std::find(members.begin(), members.end(), *named) == members.end())
      return refusal::signer_not_member;
    auto facts = known.device(*named);
    if (!facts)
      return refusal::needs;
    if (facts->barred)
      return refusal::signer_not_member;
    if (!signed_with(frame, label, *facts))
      return refusal::bad_signature;
    return *named;
  }
  for (const auto& member : members) {
    auto facts = known.device(member);
    if (facts && !facts->barred && signed_with(frame, label, *facts))
      return member;
  }
  return refusal::signer_not_member;
}

std::uint32_t first_epoch_for(time_ms history_from, std::span<const time_ms> link_times) {
  if (history_from == 0 || link_times.empty())
    return 0;
  for (auto n = link_times.size(); n > 1; --n)
    if (link_times[n - 1] <= history_from)
      return static_cast<std::uint32_t>(n);
  return 1;
}

} // namespace wardline::e2ee
