#include "certify.hpp"
#include "files.hpp"
#include "found_clinic.hpp"

namespace wardline::ctl {

std::string run_certify(const certify_order& order, time_ms now) {
  auto who = read_identity(order.identity_file, order.passphrase);
  if (!who)
    return order.identity_file.string() + ": " + std::string{sentence_of(who.why())};
  auto raw = read_small_file(order.device_file);
  if (!raw)
    return order.device_file.string() + ": " + std::string{sentence_of(raw.why())};
  auto object = certify_registrar(*who, view(*raw), order.serial, now);
  if (!object)
    return order.device_file.string() + ": " + std::string{sentence_of(object.why())};
  if (auto why = write_new_file(order.out_file, *object); why != refusal::none)
    return order.out_file.string() + " could not be written: " + std::string{sentence_of(why)};
  return {};
}

} // namespace wardline::ctl
