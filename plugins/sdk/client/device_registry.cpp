// The face of a device towards a registrar's work: who belongs where.
#include "client/device.hpp"
#include "client/device_parts.hpp"
#include <algorithm>

namespace wardline::client {

void device::parts::party_named(const std::string& name, done<party_id> then) {
  auto raw = from_hex(name);
  if (auto id = raw ? party_id::from(*raw) : std::nullopt) {
    then(*id);
    return;
  }
  invitations.roles([this, name, then](result<std::vector<role_name>> roles) {
    if (!shared.inner || !roles) {
      then(shared.inner ? result<party_id>{roles.no} : refusal::not_logged_in);
      return;
    }
    for (const auto& r : *roles)
      if (r.name == name) {
        then(party_id{r.party});
        return;
      }
    addressing.party(name, [then](const result<e2ee::conversation_party>& found) {
      if (found)
        then(party_id{found->party});
      else
        then(found.no);
    });
  });
}

void device::grant(std::string name, std::string role, time_ms until, done<nothing> then) {
  parts_->when_settled([this, name = std::move(name), role = std::move(role), until, then](refusal why) {
    if (why != refusal::none) {
      then(why);
      return;
    }
    parts_->party_named(role, [this, name, until, then](const result<party_id>& party) {
      if (party)
        parts_->registry.grant(name, *party, e2ee::grant_state::granted, until, then);
      else
        then(party.no);
    });
  });
}

void device::withdraw(std::string name, std::string role, done<nothing> then) {
  parts_->when_settled([this, name = std::move(name), role = std::move(role), then](refusal why) {
    if (why != refusal::none) {
      then(why);
      return;
    }
    parts_->party_named(role, [this, name, then](const result<party_id>& party) {
      if (party)
        parts_->registry.grant(name, *party, e2ee::grant_state::withdrawn, 0, then);
      else
        then(party.no);
    });
  });
}

void device::prepare_grant(std::string name, std::string role, e2ee::grant_state state, time_ms until,
                           done<handed_over> then) {
  parts_->when_settled(
      [this, name = std::move(name), role = std::move(role), state, until, then](refusal why) {
        if (why != refusal::none) {
          then(why);
          return;
        }
        parts_->party_named(role, [this, name, state, until, then](const result<party_id>& party) {
          if (party)
            parts_->registry.prepare_grant(name, *party, state, until, then);
          else
            then(party.no);
        });
      });
}

void device::prepare_turn(std::string party, done<handed_over> then) {
  parts_->when_settled([this, party = std::move(party), then](refusal why) {
    if (why != refusal::none) {
      then(why);
      return;
    }
    parts_->party_named(party, [this, then](const result<party_id>& found) {
      if (found)
        parts_->turns.prepare(*found, then);
      else
        then(found.no);
    });
  });
}

void device::show_act(prepared_act act, done<act_shown> then) {
  parts_->when_settled([this, act = std::move(act), then](refusal why) {
    if (why == refusal::none)
      parts_->second.show(act, then);
    else
      then(why);
  });
}

void device::cosign(prepared_act act, done<nothing> then) {
  parts_->when_settled([this, act = std::move(act), then](refusal why) {
    if (why == refusal::none)
      parts_->second.cosign(act, then);
    else
      then(why);
  });
}

void device::renew(const device_id& which, done<handed_over> then) {
  parts_->when_settled([this, which, then](refusal why) {
    if (why == refusal::none)
      parts_->registry.renew(which, then);
    else
      then(why);
  });
}

void device::revoke(const device_id& which, e2ee::revocation_reason reason, done<nothing> then) {
  parts_->when_settled([this, which, reason, then](refusal why) {
    if (why == refusal::none)
      parts_->registry.revoke(which, reason, then);
    else
      then(why);
  });
}

void device::destroy(const conversation_id& where, e2ee::destroy_reason reason, done<std::uint64_t> then) {
  parts_->when_settled([this, where, reason, then](refusal why) {
    const auto* held = parts_->conversations.find(where);
    if (why != refusal::none || held == nullptr)
      then(why != refusal::none ? why : refusal::not_found);
    else
      parts_->acts.destroy(held->head, reason, then);
  });
}

void device::turn(std::string party, done<nothing> then) {
  parts_->when_settled([this, party = std::move(party), then](refusal why) {
    if (why != refusal::none) {
      then(why);
      return;
    }
    parts_->party_named(party, [this, then](const result<party_id>& found) {
      if (found)
        parts_->turns.by_hand(*found, then);
      else
        then(found.no);
    });
  });
}

void device::give_keys(const conversation_id& where, const device_id& to, done<std::size_t> then) {
  parts_->when_settled([this, where, to, then](refusal why) {
    if (why != refusal::none) {
      then(why);
      return;
    }
    // Who replaced whom is judged by what the log says now.
    parts_->changes.follow([this, where, to, then](refusal followed) {
      if (!parts_->shared.inner || passes(followed))
        then(parts_->shared.inner ? followed : refusal::not_logged_in);
      else
        parts_->key_lists.give(where, to, then);
    });
  });
}

void device::devices_of(std::string name, done<std::vector<member_row>> then) {
  parts_->when_settled([this, name = std::move(name), then](refusal why) {
    if (why != refusal::none) {
      then(why);
      return;
    }
    parts_->registry.find(name, {}, [this, name, then](const result<registry_acts::subject>& whom) {
      if (!parts_->shared.inner || !whom) {
        then(parts_->shared.inner ? result<std::vector<member_row>>{whom.no} : refusal::not_logged_in);
        return;
      }
      std::vector<member_row> out;
      const auto& t = parts_->shared.inner->trust;
      for (const auto* held : t.newest_certificates())
        if (held->what.display_name == name) {
          const auto& c = held->what;
          bool revoked = t.device_revoked_before(c.device, core::at_end(0).position);
          out.push_back({c.device, c.user, c.display_name, c.of_class, c.until, revoked});
        }
      then(std::move(out));
    });
  });
}

void device::pending(done<std::vector<waiting_row>> then) {
  parts_->when_settled([this, then](refusal why) {
    if (why != refusal::none) {
      then(why);
      return;
    }
    parts_->shared.link.ask_for<
        wire::device::pending>(wire::device::list_pending{}, [this, then](const result<wire::device::pending>&
                                                                              answer) {
      if (!answer || !parts_->shared.inner) {
        then(parts_->shared.inner ? result<std::vector<waiting_row>>{answer.no} : refusal::not_logged_in);
        return;
      }
      std::vector<waiting_row> out;
      const auto& v = parts_->conversations;
      for (const auto& t : answer->turns)
        out.push_back(
            {waiting_row::kind::turn, t.party, {}, v.name_of(t.party), t.add, t.remove, {}, t.since});
      for (const auto& p : answer->packs)
        out.push_back({waiting_row::kind::pack, p.party, {}, v.name_of(p.party), {}, {}, p.device, 0});
      for (const auto& k : answer->key_lists) {
        const auto* held = parts_->shared.inner->trust.newest(k.device);
        auto name = held == nullptr ? std::string{} : held->what.display_name;
        out.push_back({waiting_row::kind::keys, {}, k.conversation, name, {}, {}, k.device, k.history_from});
      }
      for (const auto& r : answer->renewals) {
        const auto* held = parts_->shared.inner->trust.newest(r.device);
        auto name = held == nullptr ? std::string{} : held->what.display_name;
        out.push_back({waiting_row::kind::renewal, {}, {}, name, {}, {}, r.device, r.until, r.offered});
      }
      then(std::move(out));
    });
  });
}

void device::add_to(const conversation_id& where, std::string name, done<conversation_id> then) {
  parts_->when_settled([this, where, name = std::move(name), then](refusal why) {
    if (why != refusal::none) {
      then(why);
      return;
    }
    parts_->addressing.party(name, [this, where, then](const result<e2ee::conversation_party>& found) {
      if (found)
        parts_->conversations.add(where, *found, then);
      else
        then(found.no);
    });
  });
}

} // namespace wardline::client
