#include "client/registry_acts.hpp"
#include "client/enrolment.hpp"
#include "e2ee/signing.hpp"
#include <algorithm>

namespace wardline::client {

const e2ee::registrar_certificate* registry_acts::own_registrar() const {
  const auto& t = core_.inner->trust;
  auto seen = t.registrar_serial(core_.inner->certificate.device);
  const auto* held = seen ? t.registrar(seen->hash) : nullptr;
  return held == nullptr ? nullptr : &held->what;
}

void registry_acts::find(const std::string& name, const party_id& party, done<subject> then) {
  if (name.empty() || name.size() > e2ee::display_name_bytes_max || !text_ok(view(name))) {
    then(refusal::bad_text);
    return;
  }
  core_.link.ask(wire::device::find_person{name},
                 [this, name, party, then](wire::device::answer_body& answer) {
                   if (!core_.inner)
                     then(refusal::not_logged_in);
                   else if (const auto* person = std::get_if<wire::device::person>(&answer))
                     ask_standing({person->user, {}}, name, party, then);
                   else if (const auto* station = std::get_if<wire::device::station>(&answer))
                     ask_standing({{}, station->device}, name, party, then);
                   else if (const auto* no = std::get_if<refused>(&answer))
                     then(*no);
                   else
                     then(refusal::malformed_request);
                 });
}

void registry_acts::find_device(const device_id& device, done<subject> then) {
  ask_standing({{}, device}, {}, {}, std::move(then));
}

void registry_acts::find_subject(e2ee::subject_kind kind, const e2ee::subject_id& whom, done<subject> then) {
  if (kind == e2ee::subject_kind::user)
    ask_standing({user_id{whom.value}, {}}, {}, {}, std::move(then));
  else
    ask_standing({{}, device_id{whom.value}}, {}, {}, std::move(then));
}

void registry_acts::ask_standing(const wire::device::get_standing& about, const std::string& name,
                                 const party_id& party, done<subject> then) {
  core_.link.ask_for<wire::device::objects>(about, [this, about, name, party,
                                                    then](result<wire::device::objects> answer) {
    if (!core_.inner || !answer) {
      then(core_.inner ? result<subject>{answer.no} : result<subject>{refusal::not_logged_in});
      return;
    }
    subject out;
    out.user = about.user;
    auto wanted = about.user ? e2ee::subject_of(about.user) : e2ee::subject_of(about.device);
    for (const auto& x : answer->found)
      if (auto k = e2ee::peek_kind(x.object); k && *k == e2ee::kind::grant)
        if (auto g = e2ee::role_grant::decode(x.object, core_.me->clinic);
            g && g->subject == wanted && g->party == party)
          out.serial = std::max(out.serial, g->serial);
    objects_.take(
        std::move(answer->found), answer->checkpoint, [this, about, name, out, then](refusal why) mutable {
          if (!core_.inner || why != refusal::none) {
            then(core_.inner ? why : refusal::not_logged_in);
            return;
          }
          const auto& t = core_.inner->trust;
          bool right = true;
          for (const auto* held : t.newest_certificates()) {
            bool meant = about.user ? held->what.user == about.user : held->what.device == about.device;
            if (!meant)
              continue;
            right = right && (name.empty() || held->what.display_name == name);
            if (!t.device_revoked_before(held->what.device, core::at_end(core_.now()).position))
              out.devices.push_back(held->what.device);
            if (!out.user && held->what.of_class != e2ee::device_class::station)
              out.user = held->what.user;
          }
          if (right)
            then(std::move(out));
          else
            then(refusal::name_mismatch);
        });
  });
}

void registry_acts::submit(bytes object, done<nothing> then) {
  core_.link.ask_for<wire::device::submitted>(wire::device::submit{std::move(object), {}, {}},
                                              [this, then](const result<wire::device::submitted>& answer) {
                                                if (!core_.inner || !answer) {
                                                  then(core_.inner ? result<nothing>{answer.no}
                                                                   : result<nothing>{refusal::not_logged_in});
                                                  return;
                                                }
                                                // It counts here as it does for everybody: once the log shows
                                                // it.
                                                changes_.follow([then](refusal) { then(nothing{}); });
                                              });
}

void registry_acts::grant(const std::string& name, const party_id& party, e2ee::grant_state state,
                          time_ms until, done<nothing> then) {
  sign_grant(name, party, state, until, [this, then](result<bytes> object) {
    if (object)
      submit(std::move(*object), then);
    else
      then(object.no);
  });
}

void registry_acts::prepare_grant(const std::string& name, const party_id& party, e2ee::grant_state state,
                                  time_ms until, done<handed_over> then) {
  sign_grant(name, party, state, until, [this, then](result<bytes> object) {
    if (object)
      submit_or_hand_over(std::move(*object), e2ee::scope::role_grants, then);
    else
      then(object.no);
  });
}

void registry_acts::submit_or_hand_over(bytes object, std::uint8_t scope_bit, const done<handed_over>& then) {
  if ((own_registrar()->alone & scope_bit) == 0) {
    then(handed_over{prepared_act{std::move(object)}});
    return;
  }
  submit(std::move(object), [then](const result<nothing>& ended) {
    if (ended)
      then(handed_over{});
    else
      then(ended.no);
  });
}

void registry_acts::renew(const device_id& device, done<handed_over> then) {
  if (own_registrar() == nullptr) {
    then(refusal::not_registrar);
    return;
  }
  find_device(device, [this, device, then](const result<subject>& found) {
    if (!core_.inner || !found) {
      then(core_.inner ? result<handed_over>{found.no} : result<handed_over>{refusal::not_logged_in});
      return;
    }
    const auto* held = core_.inner->trust.newest(device);
    if (held == nullptr || found->devices.empty()) {
      then(held == nullptr ? refusal::not_found : refusal::device_revoked);
      return;
    }
    e2ee::device_fields next = held->what;
    next.issuer = e2ee::certificate_issuer::registrar;
    next.invitation = {};
    next.previous = held->what.hash();
    next.registrar = own_registrar()->hash();
    ++next.serial;
    next.from = core_.now();
    next.until = core_.now() + certificate_ms;
    auto offer = e2ee::sign_object(core_.me->clinic, next, {{core_.inner->signing, e2ee::labels::device}});
    submit_or_hand_over(std::move(offer), e2ee::scope_for(next.of_class), then);
  });
}

void registry_acts::sign_grant(const std::string& name, const party_id& party, e2ee::grant_state state,
                               time_ms until, done<bytes> then) {
  if (own_registrar() == nullptr) {
    then(refusal::not_registrar);
    return;
  }
  find(name, party, [this, party, state, until, then](result<subject> whom) {
    if (!core_.inner || !whom) {
      then(core_.inner ? result<bytes>{whom.no} : result<bytes>{refusal::not_logged_in});
      return;
    }
    e2ee::grant_fields fields;
    fields.of_subject = whom->user ? e2ee::subject_kind::user : e2ee::subject_kind::device;
    if (!whom->user && whom->devices.empty()) {
      then(refusal::device_revoked);
      return;
    }
    fields.subject = whom->user ? e2ee::subject_of(whom->user) : e2ee::subject_of(whom->devices.front());
    auto seen = core_.inner->trust.grant_serial({fields.of_subject, fields.subject, party});
    fields.party = party;
    fields.serial = std::max(whom->serial, seen ? seen->serial : 0) + 1;
    fields.state = state;
    fields.registrar = own_registrar()->hash();
    fields.from = core_.now();
    fields.until = until;
    then(e2ee::sign_object(core_.me->clinic, fields, {{core_.inner->signing, e2ee::labels::grant}}));
  });
}

void registry_acts::revoke(const device_id& device, e2ee::revocation_reason reason, done<nothing> then) {
  auto staged = staged_.find(device);
  if (staged == staged_.end()) {
    if (staged_.size() >= revocations_staged_max) {
      then(refusal::overloaded);
      return;
    }
    e2ee::revocation_fields fields;
    fields.subject = device;
    fields.reason = reason;
    fields.time = core_.now();
    fields.signer_device = core_.inner->certificate.device;
    const auto* registrar = own_registrar();
    fields.signer = registrar != nullptr ? registrar->hash() : core_.inner->certificate.hash();
    auto object =
        e2ee::sign_object(core_.me->clinic, fields, {{core_.inner->signing, e2ee::labels::revocation}});
    staged = staged_.emplace(device, std::move(object)).first;
  }
  submit(staged->second, [this, device, then](const result<nothing>& ended) {
    bool again = ended.why() == refusal::second_factor_too_old || passes(ended.why());
    if (!again)
      staged_.erase(device);
    then(ended);
  });
}

} // namespace wardline::client
