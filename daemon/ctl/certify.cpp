#include "certify.hpp"
#include "e2ee/certificates.hpp"
#include "e2ee/signing.hpp"
#include "files.hpp"

namespace wardline::ctl {

namespace {

constexpr time_ms year_ms = 365ull * 86'400'000;

} // namespace

std::string run_certify(const certify_order& order, time_ms now) {
  auto who = read_identity(order.identity_file, order.passphrase);
  if (!who)
    return order.identity_file.string() + ": " + std::string{sentence_of(who.why())};
  auto raw = read_small_file(order.device_file);
  if (!raw)
    return order.device_file.string() + ": " + std::string{sentence_of(raw.why())};
  auto device = e2ee::device_certificate::decode(view(*raw), who->clinic);
  if (!device)
    return order.device_file.string() + ": " + std::string{sentence_of(device.why())};
  e2ee::registrar_fields r;
  r.serial = order.serial;
  r.device = device->device;
  r.user = device->user;
  r.signing_key = device->signing_key;
  r.scope = e2ee::scope::all;
  r.alone = e2ee::scope::all;
  r.from = now;
  r.until = now + year_ms;
  auto key = e2ee::signing_key::from_seed(who->seed.copy());
  auto object = e2ee::sign_object(who->clinic, r, {{key, e2ee::labels::registrar}});
  if (auto why = write_new_file(order.out_file, object); why != refusal::none)
    return order.out_file.string() + " could not be written: " + std::string{sentence_of(why)};
  return {};
}

} // namespace wardline::ctl
