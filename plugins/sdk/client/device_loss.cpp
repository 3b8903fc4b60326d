// The face of a device towards what follows a loss: what the lost device could open, and files that a
// person's device signs.
#include "client/device_parts.hpp"
#include "e2ee/keys.hpp"

namespace wardline::client {

void device::exposure(const device_id& which, std::uint64_t from_leaf, done<exposure_report> then) {
  parts_->when_settled([this, which, from_leaf, then](refusal why) {
    if (why != refusal::none)
      return then(why);
    // Its certificate and who turned it out are verified here before anything is said of it.
    parts_->registry.find_device(which, [this, which, from_leaf, then](const auto& found) {
      if (!parts_->shared.inner || !found)
        then(parts_->shared.inner ? found.why() : refusal::not_logged_in);
      else
        parts_->exposures.gather(which, from_leaf, then);
    });
  });
}

std::optional<member_row> device::member(const device_id& which) const {
  const auto* held = parts_->shared.inner ? parts_->shared.inner->trust.newest(which) : nullptr;
  if (held == nullptr)
    return std::nullopt;
  const auto& c = held->what;
  bool revoked = parts_->shared.inner->trust.device_revoked_before(which, core::at_end(0).position);
  return member_row{which, c.user, c.display_name, c.of_class, c.until, revoked};
}

std::optional<signature64> device::sign_statement(bytes_view file) const {
  if (!parts_->shared.inner)
    return std::nullopt;
  return parts_->shared.inner->signing.sign(e2ee::labels::statement, file);
}

void device::check_statement(const device_id& by, bytes file, const signature64& signature,
                             done<member_row> then) {
  parts_->when_settled([this, by, file = std::move(file), signature, then](refusal why) {
    if (why != refusal::none)
      return then(why);
    parts_->registry.find_device(by, [this, by, file, signature, then](const auto& found) {
      if (!parts_->shared.inner || !found)
        return then(parts_->shared.inner ? found.why() : refusal::not_logged_in);
      const auto* held = parts_->shared.inner->trust.newest(by);
      if (held == nullptr)
        return then(refusal::not_found);
      if (!e2ee::verify_signature(held->what.signing_key, e2ee::labels::statement, file, signature))
        return then(refusal::bad_signature);
      then(*member(by));
    });
  });
}

} // namespace wardline::client
