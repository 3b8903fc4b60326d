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

constexpr std::uint8_t role_party = static_cast<std::uint8_t>(e2ee::party_kind::role);

} // namespace

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
  roles_page({}, {}, 0, std::move(then));
}

void invitations::roles_page(std::vector<role_name> before, const party_id& after, unsigned pages,
                             done<std::vector<role_name>> then) {
  core_.link.ask_for<wire::device::parties>(
      wire::device::list_parties{after},
      [this, before = std::move(before), after, pages, then](result<wire::device::parties> answer) {
        if (!answer) {
          then(answer.no);
          return;
        }
        auto all = before;
        auto last = after;
        for (const auto& p : answer->names) {
          if (p.party <= last) { // an answer that does not ascend never ends
            then(refusal::malformed_request);
            return;
          }
          last = p.party;
          if (p.kind != role_party || !text_ok(view(p.name)))
            continue;
          conversations_.name_role(p.party, p.name);
          all.push_back({p.party, p.name, p.emergency});
        }
        if (answer->more && (answer->names.empty() || pages + 1 >= role_pages_max))
          then(refusal::malformed_request);
        else if (answer->more)
          roles_page(std::move(all), last, pages + 1, then);
        else
          then(std::move(all));
      });
}

void invitations::invite(invite_order order, done<invitation_made> then) {
  if (registry_.own_registrar() == nullptr) {
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
  if (order.purpose == e2ee::invitation_purpose::replacement && order.history_from == 0) {
    then(refusal::reset_not_allowed);
    return;
  }
  roles([this, order = std::move(order), then](result<std::vector<role_name>> known) {
    if (!known)
      then(known.no);
    else if (!core_.inner)
      then(refusal::not_logged_in);
    else if (order.purpose == e2ee::invitation_purpose::first)
      invite_into(order, *known, nullptr, then);
    else
      find_person(order, *known, then);
  });
}

/// A further device is the person's that the newest certificate names, with what that one may read.
void invitations::find_person(const invite_order& order, const std::vector<role_name>& known,
                              done<invitation_made> then) {
  registry_.find(order.display_name, {}, [this, order, known, then](result<registry_acts::subject> whom) {
    if (!core_.inner || !whom) {
      then(core_.inner ? result<invitation_made>{whom.no} : result<invitation_made>{refusal::not_logged_in});
      return;
    }
    const e2ee::held<e2ee::device_certificate>* before = nullptr;
    for (const auto* held : core_.inner->trust.newest_certificates())
      if (whom->user && held->what.user == whom->user &&
          (before == nullptr || held->where.position > before->where.position))
        before = held;
    if (before == nullptr)
      then(refusal::not_found);
    else
      invite_into(order, known, &before->what, then);
  });
}

void invitations::invite_into(const invite_order& order, const std::vector<role_name>& known,
                              const e2ee::device_certificate* before, done<invitation_made> then) {
  e2ee::invitation_fields fields;
  std::vector<wire::device::party_name> names;
  fields.of_class = before == nullptr ? order.of_class : before->of_class;
  if (before != nullptr) {
    fields.user = before->user;
    fields.parties = before->parties;
  } else if (fields.of_class != e2ee::device_class::station) {
    auto own = fields.of_class == e2ee::device_class::personal_patient ? e2ee::party_kind::patient
               : fields.of_class == e2ee::device_class::service        ? e2ee::party_kind::service
                                                                       : e2ee::party_kind::user;
    names.push_back({random_id<party_id>(), static_cast<std::uint8_t>(own), order.display_name});
    fields.user = random_id<user_id>();
    fields.parties.push_back(names.back().party);
  }
  for (const auto& role : order.roles) {
    auto found = std::find_if(known.begin(), known.end(), [&](const auto& k) { return k.name == role; });
    if (found == known.end())
      names.push_back({random_id<party_id>(), role_party, role});
    fields.parties.push_back(found == known.end() ? names.back().party : found->party);
  }
  std::sort(fields.parties.begin(), fields.parties.end());
  fields.parties.erase(std::unique(fields.parties.begin(), fields.parties.end()), fields.parties.end());
  fields.display_name = order.display_name;
  fields.purpose = order.purpose;
  fields.history_from = order.history_from;
  fields.from = core_.now();
  fields.until = core_.now() + order.valid_ms;
  ask(std::move(fields), std::move(names), std::move(then));
}

void invitations::ask(e2ee::invitation_fields fields, std::vector<wire::device::party_name> names,
                      done<invitation_made> then) {
  auto key = e2ee::signing_key::random();
  auto curve = e2ee::x25519_pair::random(); // CURVE keys are X25519 keys
  fields.invitation = random_id<invitation_id>();
  fields.invitation_key = key.public_part();
  fields.registrar = registry_.own_registrar()->hash();
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
  if ((registry_.own_registrar()->alone & e2ee::scope_for(fields.of_class)) == 0) {
    made->request = prepared_act{std::move(request.object), {}, {}, request.code, request.link_key,
                                 std::move(request.names)};
    then(std::move(*made));
    return;
  }
  core_.link.ask_for<wire::device::submitted>(std::move(request),
                                              [made, then](result<wire::device::submitted> answer) {
                                                if (answer)
                                                  then(std::move(*made));
                                                else
                                                  then(answer.no);
                                              });
}

} // namespace wardline::client
