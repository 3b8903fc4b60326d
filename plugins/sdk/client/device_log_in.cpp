// Coming and going of the person: enrolment, log-in, log-off, second factor.
#include "client/device_parts.hpp"

namespace wardline::client {

namespace {

/// Asks for an answer of kind T once the device is open; what `give` makes of it is the result.
template <class T, class R>
auto ask_open(device& face, session& link, wire::device::request_body what, done<R> then,
              std::function<R(T&)> give) {
  if (face.stage() != device_stage::open)
    return then(refusal::not_logged_in);
  link.ask_for<T>(std::move(what), [then, give](result<T> answer) {
    if (answer)
      then(give(*answer));
    else
      then(answer.no);
  });
}

nothing no_more(wire::device::done&) {
  return {};
}

} // namespace

void device::enrol(const invitation_file& file, std::string code, credentials given,
                   done<logged_in_as> then) {
  auto held = std::make_shared<const held_credentials>(std::move(given));
  if (parts_->damaged != refusal::none || parts_->enrolment.enrolled()) {
    then(parts_->damaged != refusal::none ? parts_->damaged : refusal::already_exists);
    return;
  }
  parts_->enrolment.enrol(file, std::move(code), held, [this, held, then](const refused& no) {
    if (no.why == refusal::none)
      parts_->enrolled(held, then);
    else
      then(no);
  });
}

wiped_bytes device::enrolling_secret() const {
  return parts_->enrolment.begun() ? parts_->enrolment.totp_secret() : wiped_bytes{};
}

void device::find_user(std::string name, done<user_id> then) {
  if (name.empty() || name.size() > e2ee::display_name_bytes_max || !text_ok(view(name)))
    then(refusal::bad_text);
  else if (parts_->damaged == refusal::none && parts_->enrolment.enrolled())
    parts_->find_user(std::move(name), std::move(then));
  else
    then(parts_->damaged != refusal::none ? parts_->damaged : refusal::not_found);
}

void device::log_in(std::string password, std::string second_factor, done<logged_in_as> then,
                    const user_id& user) {
  wire::device::log_in request{user, std::move(password), std::move(second_factor)};
  wipe_text(password);
  wipe_text(second_factor);
  if (parts_->damaged == refusal::none && parts_->enrolment.enrolled()) {
    parts_->log_in(std::move(request), std::move(then));
    return;
  }
  wipe_text(request.password);
  wipe_text(request.second_factor);
  then(parts_->damaged != refusal::none ? parts_->damaged : refusal::not_found);
}

void device::log_off(done<nothing> then) {
  parts_->shared.link.ask_for<wire::device::done>(wire::device::log_off{},
                                                  [this, then](const result<wire::device::done>& answer) {
                                                    // Locked whatever the answer: a person who goes away must
                                                    // not leave the store open.
                                                    parts_->lock(refusal::not_logged_in);
                                                    if (answer)
                                                      then(nothing{});
                                                    else
                                                      then(answer.no);
                                                  });
}

void device::log_off_other(const device_id& other, done<nothing> then) {
  ask_open<wire::device::done, nothing>(*this, parts_->shared.link, wire::device::log_off{other},
                                        std::move(then), no_more);
}

void device::prove(std::string second_factor, done<nothing> then) {
  wire::device::prove request{std::move(second_factor)};
  wipe_text(second_factor);
  parts_->quiet_ms = 0;
  ask_open<wire::device::done, nothing>(*this, parts_->shared.link, std::move(request), std::move(then),
                                        no_more);
}

void device::make_recovery_codes(done<std::vector<std::string>> then) {
  parts_->quiet_ms = 0;
  ask_open<wire::device::recovery_codes, std::vector<std::string>>(
      *this, parts_->shared.link, wire::device::make_recovery_codes{}, std::move(then),
      [](wire::device::recovery_codes& made) { return std::move(made.codes); });
}

void device::set_second_factor(bytes secret, std::string code, done<nothing> then) {
  wire::device::set_second_factor request{std::move(secret), std::move(code)};
  wipe_text(code);
  parts_->quiet_ms = 0;
  ask_open<wire::device::done, nothing>(*this, parts_->shared.link, std::move(request), std::move(then),
                                        no_more);
}

} // namespace wardline::client
