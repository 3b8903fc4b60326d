#pragma once
// Who lets the bench's devices into their clinic.
#include "bench_device.hpp"

namespace wardline::bench {

/// The first person as registrar, who lets everybody else in.
class bench_registrar {
public:
  explicit bench_registrar(daemon_process& daemon);
  std::unique_ptr<bench_device> let_in(const std::string& name);
  std::unique_ptr<bench_device> let_in(const std::string& name, std::unique_ptr<carrier> on);
  /// Of one role that all stations share.
  std::unique_ptr<bench_device> let_in_station(const std::string& name);
  std::unique_ptr<bench_device> let_in_station(const std::string& name, std::unique_ptr<carrier> on);
  /// The key of one more connection, as an invitation brings it; nobody enrols by it.
  e2ee::x25519_pair connection_key();

private:
  struct invited {
    e2ee::signing_key key;
    e2ee::x25519_pair curve;
    hash32 hash{};
  };
  invited invite(e2ee::invitation_fields i, std::vector<wire::device::party_name> names);
  [[nodiscard]] std::unique_ptr<bench_device>
  device_on(const e2ee::x25519_pair& curve, const std::string& name, std::unique_ptr<carrier> on) const;

  daemon_process& daemon_;
  bench_device device_;
  hash32 certificate_{};
  party_id stations_;
};

} // namespace wardline::bench
