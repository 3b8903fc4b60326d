#include "certify.hpp"
#include "files.hpp"
#include "found_clinic.hpp"

namespace wardline::ctl {

namespace {

/// The scope bit of a word; 0: there is no such word.
std::uint8_t scope_named(const std::string& word) {
  const std::pair<const char*, std::uint8_t> all[] = {
      {"patients", e2ee::scope::patients}, {"staff", e2ee::scope::staff},
      {"stations", e2ee::scope::stations}, {"services", e2ee::scope::services},
      {"roles", e2ee::scope::role_grants}, {"all", e2ee::scope::all}};
  for (const auto& [name, bits] : all)
    if (word == name)
      return bits;
  return 0;
}

} // namespace

std::string run_certify(const certify_order& order, time_ms now) {
  std::uint8_t with_second = 0;
  for (const auto& word : order.with_second) {
    auto bits = scope_named(word);
    if (bits == 0)
      return "--with-second takes patients, staff, stations, services, roles or all, not " + word;
    with_second = static_cast<std::uint8_t>(with_second | bits);
  }
  auto who = read_identity(order.identity_file, order.passphrase);
  if (!who)
    return order.identity_file.string() + ": " + std::string{sentence_of(who.why())};
  auto raw = read_small_file(order.device_file);
  if (!raw)
    return order.device_file.string() + ": " + std::string{sentence_of(raw.why())};
  auto object = certify_registrar(*who, view(*raw), order.serial, now, with_second);
  if (!object)
    return order.device_file.string() + ": " + std::string{sentence_of(object.why())};
  if (auto why = write_new_file(order.out_file, *object); why != refusal::none)
    return order.out_file.string() + " could not be written: " + std::string{sentence_of(why)};
  return {};
}

} // namespace wardline::ctl
