#pragma once
// A device whose keys the test holds: it can turn parties and sign what a `client::device` would not.
#include "scripted_daemon.hpp"

namespace wardline::test {

struct handmade_device {
  e2ee::signing_key signing = e2ee::signing_key::random();
  e2ee::x25519_pair sealing = e2ee::x25519_pair::random();
  device_id id;
  hash32 certificate{};
  party_id party;
  e2ee::party_chain chain;
  std::map<std::uint32_t, secret32> seeds; ///< of its party's epochs that it made

  /// Invited by admin, enrolled, its party founded.
  handmade_device(little_clinic& clinic, const std::string& name, std::uint8_t number = 0x77)
      : handmade_device{clinic, client::invite_order{name, {}}, number} {}
  /// As `order` says; a person's further device, or one in place of others, leaves her party as it is.
  handmade_device(little_clinic& clinic, const client::invite_order& order, std::uint8_t number)
      : handmade_device{clinic,
                        *clinic.act<client::invitation_made>([&](client::done<client::invitation_made> then) {
                          clinic["admin"].device->invite(order, std::move(then));
                        }),
                        order, number} {}
  /// With an invitation that somebody made.
  handmade_device(little_clinic& clinic, const client::invitation_made& made,
                  const client::invite_order& order, std::uint8_t number) {
    auto key = e2ee::signing_key::from_seed(made.file.seed.copy());
    e2ee::device_fields own;
    own.serial = 1;
    for (const auto& [hash, o] : clinic.daemon.objects)
      if (auto x = e2ee::signed_invitation::decode(o.raw, clinic.daemon.clinic);
          x && x->invitation == made.file.invitation) {
        own.invitation = hash;
        own.parties = x->parties;
      }
    id.value.fill(number);
    own.device = id;
    own.user = made.user;
    own.display_name = order.display_name;
    own.signing_key = signing.public_part();
    own.noise_key = e2ee::x25519_pair::random().public_part;
    own.sealing_key = sealing.public_part;
    auto raw = e2ee::sign_object(clinic.daemon.clinic, own,
                                 {{key, e2ee::labels::device}, {signing, e2ee::labels::device_possession}});
    (void)clinic.daemon.on(d::enrol{made.file.invitation,
                                    {},
                                    raw,
                                    scripted_daemon::first_log_in(order.display_name).password,
                                    bytes(wire::totp_secret_bytes),
                                    scripted_daemon::six_digits});
    certificate = clinic.daemon.certificate_of(id).hash();
    party = chain.party = own.parties.at(0);
    chain.kind = e2ee::party_kind::user;
    if (order.purpose == e2ee::invitation_purpose::first)
      turn(clinic, e2ee::link_reason::genesis);
  }

  void turn(little_clinic& clinic, e2ee::link_reason reason) {
    auto next = e2ee::make_link(clinic.daemon.clinic, chain, {{{id, certificate, {}}, sealing.public_part}},
                                reason, {id, certificate, signing}, clinic.now);
    auto link = e2ee::roster_link::decode(next->core, next->members, next->seals, clinic.daemon.clinic);
    (void)clinic.daemon.on(d::submit{next->core, next->members, next->seals});
    chain = e2ee::extended(chain, *link);
    if (next->seed)
      seeds.emplace(next->n, std::move(*next->seed));
  }

  [[nodiscard]] bytes sign(const little_clinic& clinic, e2ee::conversation_fields link) const {
    link.signer_device = id;
    link.signer_certificate = certificate;
    return e2ee::sign_object(clinic.daemon.clinic, link, {{signing, e2ee::labels::conversation}});
  }
};

} // namespace wardline::test
