#pragma once
// `wardctl registrar certify`: makes a registrar out of a device, with the identity key, off the network
// (e2ee 5.2, 6.1).
#include "identity_file.hpp"

namespace wardline::ctl {

struct certify_order {
  std::filesystem::path identity_file;
  std::string passphrase;
  std::filesystem::path device_file; ///< the device's certificate, as `ward registrar request` writes it
  std::filesystem::path out_file;
  std::uint32_t serial = 1;             ///< one higher for each renewal
  std::vector<std::string> with_second; ///< patients, staff, stations, services, roles, or all
};

/// What is wrong in plain words, or nothing: a certificate for one year and all scopes; alone in all that
/// `with_second` does not name.
std::string run_certify(const certify_order& order, time_ms now);

} // namespace wardline::ctl
