#include "client/addressing.hpp"
#include <algorithm>

namespace wardline::client {

void addressing::find(std::string to, done<conversation_id> then) {
  party(std::move(to), [this, then](const result<e2ee::conversation_party>& found) {
    if (found)
      meet(*found, then);
    else
      then(found.no);
  });
}

void addressing::party(std::string name, done<e2ee::conversation_party> then) {
  if (name.empty() || name.size() > e2ee::display_name_bytes_max || !text_ok(view(name))) {
    then(refusal::bad_text);
    return;
  }
  wire::device::find_person request{name};
  core_.link.ask(request, [this, name = std::move(name), then](wire::device::answer_body& answer) {
    const auto* found = std::get_if<wire::device::person>(&answer);
    const auto* no = std::get_if<refused>(&answer);
    if (!core_.inner)
      then(refusal::not_logged_in);
    else if (found != nullptr)
      person(name, *found, then);
    else if (no == nullptr) // a station, which is no party of its own
      then(std::get_if<wire::device::station>(&answer) != nullptr ? refusal::class_not_for_party
                                                                  : refusal::malformed_request);
    else if (no->why == refusal::not_found)
      role(name, then);
    else
      then(*no);
  });
}

refusal addressing::check_name(const party_id& party, const user_id& user, const std::string& name) const {
  const auto* chain = parties_.chain(party);
  if (chain == nullptr || chain->head() == 0)
    return refusal::recipient_not_ready;
  bool somebody = chain->kind == e2ee::party_kind::user || chain->kind == e2ee::party_kind::patient;
  if (!somebody)
    return refusal::name_mismatch;
  bool right = std::all_of(chain->members.begin(), chain->members.end(), [&](const e2ee::party_member& m) {
    const auto* held = core_.inner->trust.certificate(m.certificate);
    return held != nullptr && held->what.user == user && held->what.display_name == name;
  });
  return right ? refusal::none : refusal::name_mismatch;
}

void addressing::person(const std::string& name, const wire::device::person& found,
                        done<e2ee::conversation_party> then) {
  parties_.refresh(found.party, [this, name, found, then](refusal why) {
    if (!core_.inner)
      why = refusal::not_logged_in;
    if (why == refusal::none)
      why = check_name(found.party, found.user, name);
    if (why == refusal::none)
      then(e2ee::conversation_party{found.party, parties_.chain(found.party)->kind});
    else
      then(why);
  });
}

void addressing::role(const std::string& name, done<e2ee::conversation_party> then) {
  invitations_.roles([this, name, then](result<std::vector<role_name>> roles) {
    if (!core_.inner || !roles) {
      then(core_.inner ? result<e2ee::conversation_party>{roles.no} : refusal::not_logged_in);
      return;
    }
    auto found = std::find_if(roles->begin(), roles->end(), [&](const auto& r) { return r.name == name; });
    if (found == roles->end())
      then(refusal::not_found);
    else
      ready(found->party, e2ee::party_kind::role, then);
  });
}

void addressing::ready(const party_id& party, e2ee::party_kind kind, done<e2ee::conversation_party> then) {
  parties_.refresh(party, [this, party, kind, then](refusal why) {
    const auto* chain = core_.inner ? parties_.chain(party) : nullptr;
    if (why == refusal::none && (chain == nullptr || chain->head() == 0))
      why = core_.inner ? refusal::recipient_not_ready : refusal::not_logged_in;
    if (why == refusal::none && chain->kind != kind)
      why = refusal::name_mismatch;
    if (why == refusal::none)
      then(e2ee::conversation_party{party, kind});
    else
      then(why);
  });
}

/// The person's; on a station its first role that has a link with this device in it.
std::optional<e2ee::conversation_party> addressing::own_party() const {
  if (auto own = parties_.own_user_party())
    return e2ee::conversation_party{own, parties_.kind_of(own)};
  if (core_.inner->certificate.of_class == e2ee::device_class::station)
    for (const auto& party : core_.inner->entitled_parties(core_.now()))
      if (parties_.member_of(party))
        return e2ee::conversation_party{party, parties_.kind_of(party)};
  return std::nullopt;
}

void addressing::meet(const e2ee::conversation_party& whom, done<conversation_id> then) {
  auto own = own_party();
  if (!own) {
    then(refusal::class_not_for_party);
    return;
  }
  if (own->kind == e2ee::party_kind::patient) {
    meet_as_patient(*own, whom, std::move(then));
    return;
  }
  std::vector<e2ee::conversation_party> all{*own};
  if (whom.party != own->party)
    all.push_back(whom);
  conversations_.with(std::move(all), {}, std::move(then));
}

/// What a patient writes is about the patient, and somebody on duty always sees it.
void addressing::meet_as_patient(const e2ee::conversation_party& own, const e2ee::conversation_party& whom,
                                 done<conversation_id> then) {
  invitations_.roles([this, own, whom, then](result<std::vector<role_name>> roles) {
    if (!core_.inner || !roles) {
      then(core_.inner ? result<conversation_id>{roles.no} : refusal::not_logged_in);
      return;
    }
    auto found = std::find_if(roles->begin(), roles->end(), [](const auto& r) { return r.emergency; });
    if (found == roles->end()) {
      then(refusal::no_emergency_role);
      return;
    }
    ready(found->party, e2ee::party_kind::role,
          [this, own, whom, then](result<e2ee::conversation_party> role) {
            if (!role) {
              then(role.no);
              return;
            }
            std::vector<e2ee::conversation_party> all{own, *role};
            if (whom.party != own.party && whom.party != role->party)
              all.push_back(whom);
            conversations_.with(std::move(all), own.party, then);
          });
  });
}

} // namespace wardline::client
