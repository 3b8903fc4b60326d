#include "client/addressing.hpp"
#include <algorithm>

namespace wardline::client {

void addressing::find(std::string to, done<conversation_id> then) {
  if (to.empty() || to.size() > e2ee::display_name_bytes_max || !text_ok(view(to))) {
    then(refusal::bad_text);
    return;
  }
  wire::device::find_person request{to};
  core_.link.ask_for<wire::device::person>(
      request, [this, to = std::move(to), then](result<wire::device::person> found) {
        if (!core_.inner)
          then(refusal::not_logged_in);
        else if (found)
          person(to, *found, then);
        else if (found.why() == refusal::not_found)
          role(to, then);
        else
          then(found.no);
      });
}

refusal addressing::check_name(const party_id& party, const user_id& user, const std::string& name) const {
  const auto* chain = parties_.chain(party);
  if (chain == nullptr || chain->head() == 0)
    return refusal::recipient_not_ready;
  if (chain->kind != e2ee::party_kind::user)
    return refusal::name_mismatch;
  bool right = std::all_of(chain->members.begin(), chain->members.end(), [&](const e2ee::party_member& m) {
    const auto* held = core_.inner->trust.certificate(m.certificate);
    return held != nullptr && held->what.user == user && held->what.display_name == name;
  });
  return right ? refusal::none : refusal::name_mismatch;
}

void addressing::person(const std::string& name, const wire::device::person& found,
                        done<conversation_id> then) {
  parties_.refresh(found.party, [this, name, found, then](refusal why) {
    if (!core_.inner)
      why = refusal::not_logged_in;
    if (why == refusal::none)
      why = check_name(found.party, found.user, name);
    if (why == refusal::none)
      meet(found.party, e2ee::party_kind::user, then);
    else
      then(why);
  });
}

void addressing::role(const std::string& name, done<conversation_id> then) {
  invitations_.roles([this, name, then](result<std::vector<role_name>> roles) {
    if (!roles) {
      then(roles.no);
      return;
    }
    auto found = std::find_if(roles->begin(), roles->end(), [&](const auto& r) { return r.name == name; });
    if (found == roles->end()) {
      then(refusal::not_found);
      return;
    }
    parties_.refresh(found->party, [this, party = found->party, then](refusal why) {
      const auto* chain = parties_.chain(party);
      if (why == refusal::none && (chain == nullptr || chain->head() == 0))
        why = refusal::recipient_not_ready;
      if (why == refusal::none && chain->kind != e2ee::party_kind::role)
        why = refusal::name_mismatch;
      if (why == refusal::none)
        meet(party, e2ee::party_kind::role, then);
      else
        then(why);
    });
  });
}

void addressing::meet(const party_id& party, e2ee::party_kind kind, done<conversation_id> then) {
  auto own = parties_.own_user_party();
  if (!own) {
    then(refusal::class_not_for_party);
    return;
  }
  std::vector<e2ee::conversation_party> all{{own, e2ee::party_kind::user}};
  if (party != own)
    all.push_back({party, kind});
  conversations_.with(std::move(all), then);
}

} // namespace wardline::client
