#include "client/invitations.hpp"
#include "e2ee/chains.hpp"
#include "e2ee/signing.hpp"
#include "wire/limits.hpp"
#include <algorithm>
#include <sodium.h>

namespace wardline::client {

namespace {

template <class Id>
Id random_id() {
  Id out;
  randombytes_buf(out.value.data(), out.value.size());
  return out;
}

std::string random_code() {
  std::string out;
  while (out.size() < wire::code_digits)
    out.push_back(static_cast<char>('0' + randombytes_uniform(10)));
  return out;
}

constexpr std::uint8_t user_party = static_cast<std::uint8_t>(e2ee::party_kind::user);
constexpr std::uint8_t role_party = static_cast<std::uint8_t>(e2ee::party_kind::role);

} // namespace

const e2ee::registrar_certificate* invitations::own() const {
  const auto& t = core_.inner->trust;
  auto seen = t.registrar_serial(core_.inner->certificate.device);
  const auto* held = seen ? t.registrar(seen->hash) : nullptr;
  return held == nullptr ? nullptr : &held->what;
}

void invitations::install(bytes object, done<nothing> then) {
  auto certificate = e2ee::registrar_certificate::decode(object, core_.me->clinic);
  if (!certificate || certificate->device != core_.inner->certificate.device) {
    then(certificate ? refusal::registrar_key_mismatch : certificate.why());
    return;
  }
  wire::device::submit request{std::move(object), {}, {}};
  core_.link.ask_for<wire::device::submitted>(
      std::move(request), [this, hash = certificate->hash(), then](result<wire::device::submitted> answer) {
        if (!core_.inner || !answer) {
          then(core_.inner ? result<nothing>{answer.no} : result<nothing>{refusal::not_logged_in});
          return;
        }
        objects_.fetch({hash}, [then](refusal why) {
          if (why == refusal::none)
            then(nothing{});
          else
            then(why);
        });
      });
}

void invitations::roles(done<std::vector<role_name>> then) {
  core_.link.ask_for<wire::device::parties>(wire::device::list_parties{},
                                            [this, then](result<wire::device::parties> answer) {
                                              if (!answer) {
                                                then(answer.no);
                                                return;
                                              }
                                              std::vector<role_name> out;
                                              for (const auto& p : answer->names)
                                                if (p.kind == role_party && text_ok(view(p.name))) {
                                                  conversations_.name_role(p.party, p.name);
                                                  out.push_back({p.party, p.name});
                                                }
                                              then(std::move(out));
                                            });
}

void invitations::invite(invite_order order, done<invitation_made> then) {
  if (own() == nullptr) {
    then(refusal::not_registrar);
    return;
  }
  bool named = !order.display_name.empty() && order.display_name.size() <= e2ee::display_name_bytes_max &&
               text_ok(view(order.display_name));
  bool fits = order.roles.size() <= invited_roles_max && order.valid_ms <= e2ee::invitation_life_max_ms;
  if (!named || !fits) {
    then(!named                                   ? refusal::bad_text
         : order.roles.size() > invited_roles_max ? refusal::count_too_large
                                                  : refusal::invitation_too_long);
    return;
  }
  roles([this, order = std::move(order), then](result<std::vector<role_name>> known) {
    if (!known)
      then(known.no);
    else if (!core_.inner)
      then(refusal::not_logged_in);
    else
      invite_into(order, *known, then);
  });
}

void invitations::invite_into(const invite_order& order, const std::vector<role_name>& known,
                              done<invitation_made> then) {
  e2ee::invitation_fields fields;
  std::vector<wire::device::party_name> names{{random_id<party_id>(), user_party, order.display_name}};
  fields.parties.push_back(names.front().party);
  for (const auto& role : order.roles) {
    auto found = std::find_if(known.begin(), known.end(), [&](const auto& k) { return k.name == role; });
    if (found == known.end())
      names.push_back({random_id<party_id>(), role_party, role});
    fields.parties.push_back(found == known.end() ? names.back().party : found->party);
  }
  std::sort(fields.parties.begin(), fields.parties.end());
  fields.parties.erase(std::unique(fields.parties.begin(), fields.parties.end()), fields.parties.end());
  auto key = e2ee::signing_key::random();
  auto curve = e2ee::x25519_pair::random(); // CURVE keys are X25519 keys
  fields.invitation = random_id<invitation_id>();
  fields.invitation_key = key.public_part();
  fields.registrar = own()->hash();
  fields.user = random_id<user_id>();
  fields.display_name = order.display_name;
  fields.from = core_.now();
  fields.until = core_.now() + order.valid_ms;
  wire::device::invite request;
  request.object =
      e2ee::sign_object(core_.me->clinic, fields, {{core_.inner->signing, e2ee::labels::invitation}});
  request.code = random_code();
  request.link_key = curve.public_part;
  request.names = std::move(names);
  const auto& me = *core_.me;
  auto made = std::make_shared<invitation_made>();
  made->code = request.code;
  made->user = fields.user;
  made->file = {me.clinic,   me.identity_key,     me.server_noise_key, fields.invitation,  key.seed().copy(),
                me.endpoint, me.server_curve_key, curve.public_part,   curve.secret.copy()};
  core_.link.ask_for<wire::device::submitted>(std::move(request),
                                              [made, then](result<wire::device::submitted> answer) {
                                                if (answer)
                                                  then(std::move(*made));
                                                else
                                                  then(answer.no);
                                              });
}

} // namespace wardline::client
