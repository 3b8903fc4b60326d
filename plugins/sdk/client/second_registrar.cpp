#include "client/second_registrar.hpp"
#include "e2ee/signing.hpp"
#include <algorithm>

namespace wardline::client {

namespace {

expected<hash32> hash_of(const bytes& raw, const clinic_id& clinic) {
  auto hash = [](const auto& x) -> expected<hash32> { return x ? expected<hash32>{x->hash()} : x.why(); };
  auto k = e2ee::peek_kind(raw);
  if (!k)
    return k.why();
  switch (*k) {
  case e2ee::kind::grant:
    return hash(e2ee::role_grant::decode(raw, clinic));
  case e2ee::kind::invitation:
    return hash(e2ee::signed_invitation::decode(raw, clinic));
  case e2ee::kind::device:
    return hash(e2ee::renewal_offer::decode(raw, clinic));
  case e2ee::kind::link:
    return hash(e2ee::link_core::decode(raw, clinic));
  default:
    return refusal::unknown_kind;
  }
}

std::string name_in(const std::vector<wire::device::party_name>& names, const party_id& party) {
  auto found = std::find_if(names.begin(), names.end(), [&](const auto& n) { return n.party == party; });
  return found == names.end() ? hex(party.view()) : found->name;
}

/// The library's check of an object, with whatever second word.
template <class Object>
auto verifying(const Object& x, const core& c) {
  return [&x, &c](const std::optional<e2ee::cosignature>& word) {
    return e2ee::verify(x, c.inner->trust, {core::at_end(c.now()), word});
  };
}

} // namespace

std::string second_registrar::name_of_registrar(const hash32& certificate) const {
  const auto* held = core_.inner->trust.registrar(certificate);
  return held == nullptr ? std::string{} : name_of_user(core_.inner->trust, held->what.user);
}

bytes second_registrar::sign(const hash32& object) const {
  e2ee::cosign_fields word{object, registry_.own_registrar()->hash(), core_.now()};
  return e2ee::sign_object(core_.me->clinic, word, {{core_.inner->signing, e2ee::labels::cosign}});
}

refusal second_registrar::judge(const std::function<refusal(const std::optional<e2ee::cosignature>&)>& check,
                                const hash32& object) const {
  auto alone = check(std::nullopt);
  if (alone == refusal::none)
    return refusal::not_entitled_to_act;
  if (alone != refusal::second_registrar_missing)
    return alone;
  auto mine = e2ee::cosignature::decode(sign(object), core_.me->clinic);
  return mine ? check(std::optional{std::move(*mine)}) : mine.why();
}

void second_registrar::with_registrar(const hash32& certificate, const judged& then,
                                      const std::function<void()>& go_on) {
  objects_.fetch({certificate}, [this, then, go_on](refusal why) {
    if (why != refusal::none || !core_.inner)
      then(core_.inner ? why : refusal::not_logged_in);
    else
      go_on();
  });
}

void second_registrar::show(const prepared_act& act, done<act_shown> then) {
  if (registry_.own_registrar() == nullptr) {
    then(refusal::not_registrar);
    return;
  }
  // Who belongs where by now decides what the act is worth.
  changes_.follow([this, act, then](refusal followed) {
    if (!core_.inner || passes(followed)) {
      then(core_.inner ? followed : refusal::not_logged_in);
      return;
    }
    auto k = e2ee::peek_kind(act.object);
    if (k && *k == e2ee::kind::grant) {
      auto x = e2ee::role_grant::decode(act.object, core_.me->clinic);
      if (x)
        with_registrar(x->registrar, then, [this, x = *x, then] { show_grant(x, then); });
      else
        then(x.why());
    } else if (k && *k == e2ee::kind::invitation) {
      auto x = e2ee::signed_invitation::decode(act.object, core_.me->clinic);
      if (x)
        with_registrar(x->registrar, then, [this, x = *x, act, then] { show_invitation(x, act, then); });
      else
        then(x.why());
    } else if (k && *k == e2ee::kind::device) {
      auto x = e2ee::renewal_offer::decode(act.object, core_.me->clinic);
      if (x) // its device first: what is renewed may be unknown here
        registry_.find_device(x->device, [this, x = *x, then](const result<registry_acts::subject>& found) {
          if (found && core_.inner)
            with_registrar(x.registrar, then, [this, x, then] { show_renewal(x, then); });
          else
            then(core_.inner ? result<act_shown>{found.no} : result<act_shown>{refusal::not_logged_in});
        });
      else
        then(x.why());
    } else if (k && *k == e2ee::kind::link) {
      show_link(act, then);
    } else {
      then(k ? refusal::unknown_kind : k.why());
    }
  });
}

void second_registrar::show_grant(const e2ee::role_grant& x, const judged& then) {
  if (auto why = judge(verifying(x, core_), x.hash()); why != refusal::none) {
    then(why);
    return;
  }
  act_shown out;
  out.what = x.state == e2ee::grant_state::granted ? act_shown::kind::grant : act_shown::kind::withdrawal;
  out.by = name_of_registrar(x.registrar);
  out.parties = {x.party};
  out.until = x.until;
  registry_.find_subject(
      x.of_subject, x.subject, [this, out, then](const result<registry_acts::subject>& whom) mutable {
        if (!core_.inner || !whom) {
          then(core_.inner ? result<act_shown>{whom.no} : result<act_shown>{refusal::not_logged_in});
          return;
        }
        const auto* held = whom->devices.empty() ? nullptr : core_.inner->trust.newest(whom->devices.front());
        out.name = held == nullptr ? name_of_user(core_.inner->trust, whom->user) : held->what.display_name;
        then(out);
      });
}

void second_registrar::show_renewal(const e2ee::renewal_offer& x, const judged& then) {
  if (auto why = judge(verifying(x, core_), x.hash()); why != refusal::none) {
    then(why);
    return;
  }
  act_shown out;
  out.what = act_shown::kind::renewal;
  out.by = name_of_registrar(x.registrar);
  out.name = x.display_name;
  out.parties = x.parties;
  out.until = x.until;
  out.of_class = x.of_class;
  then(out);
}

void second_registrar::show_invitation(const e2ee::signed_invitation& x, const prepared_act& act,
                                       const judged& then) {
  if (auto why = judge(verifying(x, core_), x.hash()); why != refusal::none) {
    then(why);
    return;
  }
  act_shown out;
  out.what = act_shown::kind::invitation;
  out.by = name_of_registrar(x.registrar);
  out.name = x.display_name;
  out.parties = x.parties;
  for (const auto& n : act.names) // of parties that are new with it; those that exist are named by their id
    out.new_names.emplace_back(n.party, name_in(act.names, n.party));
  out.until = x.until;
  out.of_class = x.of_class;
  out.purpose = x.purpose;
  out.history_from = x.history_from;
  then(out);
}

void second_registrar::show_link(const prepared_act& act, const judged& then) {
  auto link = e2ee::roster_link::decode(act.object, act.members, act.seals, core_.me->clinic);
  if (!link) {
    then(link.why());
    return;
  }
  parties_.refresh(link->core.party, [this, link = *link, then](refusal why) {
    if (why != refusal::none || !core_.inner) {
      then(core_.inner ? why : refusal::not_logged_in);
      return;
    }
    auto lacking = e2ee::missing(e2ee::older_links{}, link, core_.inner->trust);
    objects_.fetch(std::move(lacking), [this, link, then](refusal fetched) {
      const auto* chain = core_.inner ? parties_.chain(link.core.party) : nullptr;
      if (chain == nullptr || fetched != refusal::none) {
        then(!core_.inner ? refusal::not_logged_in : chain == nullptr ? refusal::not_found : fetched);
        return;
      }
      auto check = [&](const std::optional<e2ee::cosignature>& word) {
        e2ee::trust_standing known{core_.inner->trust, core::at_end(core_.now())};
        if (word)
          known.cosigned_by(*word);
        return e2ee::check_link(*chain, link, known, e2ee::viewpoint::client);
      };
      if (auto no = judge(check, link.core.hash()); no != refusal::none) {
        then(no);
        return;
      }
      act_shown out;
      out.what = act_shown::kind::link;
      out.by = name_of_registrar(link.core.signer_certificate);
      out.parties = {link.core.party};
      for (const auto& m : link.members)
        if (!chain->has_member(m.device))
          out.coming_in.push_back(m.device);
      for (const auto& m : chain->members)
        if (link.member(m.device) == nullptr)
          out.going.push_back(m.device);
      then(out);
    });
  });
}

void second_registrar::cosign(const prepared_act& act, done<nothing> then) {
  show(act, [this, act, then](const result<act_shown>& shown) {
    if (!core_.inner || !shown) {
      then(core_.inner ? result<nothing>{shown.no} : result<nothing>{refusal::not_logged_in});
      return;
    }
    auto hash = hash_of(act.object, core_.me->clinic);
    if (!hash) {
      then(hash.why());
      return;
    }
    auto word = sign(*hash);
    auto ended = [this, then](const result<wire::device::submitted>& answer) {
      if (answer && core_.inner)
        changes_.follow([then](refusal) { then(nothing{}); });
      else
        then(core_.inner ? result<nothing>{answer.no} : result<nothing>{refusal::not_logged_in});
    };
    if (shown->what == act_shown::kind::invitation)
      core_.link.ask_for<wire::device::submitted>(
          wire::device::invite{act.object, act.code, act.link_key, act.names, std::move(word)}, ended);
    else
      core_.link.ask_for<wire::device::submitted>(
          wire::device::submit{act.object, act.members, act.seals, {}, std::move(word)}, ended);
  });
}

} // namespace wardline::client
