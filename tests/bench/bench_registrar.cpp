#include "bench_registrar.hpp"
#include "bench_values.hpp"

namespace wardline::bench {

namespace {

constexpr const char* code_of_all = "12345678";

} // namespace

bench_registrar::bench_registrar(daemon_process& daemon)
    : daemon_{daemon}, device_{daemon, daemon.founded->link, "registrar"} {
  const auto& f = *daemon.founded;
  auto invitation = e2ee::signed_invitation::decode(f.first.invitation, f.first.clinic);
  device_.enrol(f.invitation, invitation->hash(), f.invitation_key, f.second_code, invitation->user,
                invitation->parties.front());
  auto object = ctl::certify_registrar(daemon.identity, device_.certificate_raw, 1, wall_ms());
  if (!object)
    give_up("the registrar was not certified");
  certificate_ =
      std::get<wire::device::submitted>(device_.ask_and_wait(wire::device::submit{*object, {}, {}})).hash;
}

bench_registrar::invited bench_registrar::invite(e2ee::invitation_fields i,
                                                 std::vector<wire::device::party_name> names) {
  invited out{e2ee::signing_key::random(), e2ee::x25519_pair::random(), {}};
  i.invitation_key = out.key.public_part();
  i.registrar = certificate_;
  i.from = wall_ms();
  i.until = i.from + 86'400'000;
  wire::device::invite order;
  order.object = e2ee::sign_object(daemon_.identity.clinic, i, {{device_.signing, e2ee::labels::invitation}});
  order.code = code_of_all;
  order.link_key = out.curve.public_part;
  order.names = std::move(names);
  out.hash = std::get<wire::device::submitted>(device_.ask_and_wait(std::move(order))).hash;
  return out;
}

e2ee::x25519_pair bench_registrar::connection_key() {
  e2ee::invitation_fields i;
  i.invitation = fresh<invitation_id>();
  i.user = fresh<user_id>();
  i.parties = {fresh<party_id>()};
  i.display_name = "connection " + hex(i.invitation.view());
  return invite(i, {{i.parties.front(), 1, i.display_name}}).curve;
}

std::unique_ptr<bench_device> bench_registrar::device_on(const e2ee::x25519_pair& curve,
                                                         const std::string& name,
                                                         std::unique_ptr<carrier> on) const {
  return on ? std::make_unique<bench_device>(daemon_, std::move(on), name)
            : std::make_unique<bench_device>(daemon_, curve, name);
}

std::unique_ptr<bench_device> bench_registrar::let_in(const std::string& name) {
  return let_in(name, nullptr);
}

std::unique_ptr<bench_device> bench_registrar::let_in(const std::string& name, std::unique_ptr<carrier> on) {
  e2ee::invitation_fields i;
  i.invitation = fresh<invitation_id>();
  i.user = fresh<user_id>();
  i.parties = {fresh<party_id>()};
  i.display_name = name;
  auto to = invite(i, {{i.parties.front(), 1, name}});
  auto out = device_on(to.curve, name, std::move(on));
  out->enrol(i.invitation, to.hash, to.key, code_of_all, i.user, i.parties.front());
  return out;
}

std::unique_ptr<bench_device> bench_registrar::let_in_station(const std::string& name) {
  return let_in_station(name, nullptr);
}

std::unique_ptr<bench_device> bench_registrar::let_in_station(const std::string& name,
                                                              std::unique_ptr<carrier> on) {
  std::vector<wire::device::party_name> names;
  if (!stations_) {
    stations_ = fresh<party_id>();
    names.push_back({stations_, 2, "all stations"});
  }
  e2ee::invitation_fields i;
  i.invitation = fresh<invitation_id>();
  i.of_class = e2ee::device_class::station;
  i.parties = {stations_};
  i.display_name = name;
  auto to = invite(i, std::move(names));
  auto out = device_on(to.curve, name, std::move(on));
  out->enrol_station(i.invitation, to.hash, to.key, code_of_all, stations_);
  return out;
}

} // namespace wardline::bench
