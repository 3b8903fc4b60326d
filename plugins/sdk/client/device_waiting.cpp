// The face of a device towards what waits: the daemon's inbox, who has what, who is on duty.
#include "client/device.hpp"
#include "client/device_parts.hpp"
#include "wire/limits.hpp"

namespace wardline::client {

namespace {

/// Pages of one inbox: 16 384 items.
constexpr unsigned inbox_pages_max = 64;

struct listing {
  wire::device::list_inbox next;
  waiting_list out;
  unsigned pages = 0;
  done<waiting_list> then;
};

void ask_page(core& shared, messages& known, std::shared_ptr<listing> all) {
  auto request = all->next;
  shared.link.ask_for<wire::device::inbox>(
      std::move(request), [&shared, &known, all](result<wire::device::inbox> answer) {
        if (!shared.inner || !answer) {
          all->then(shared.inner ? answer.no : refused{refusal::not_logged_in});
          return;
        }
        const auto& trust = shared.inner->trust;
        for (const auto& item : answer->items) {
          const auto* here = known.find(item.message);
          all->out.items.push_back({item, name_of_user(trust, item.author),
                                    item.owner ? name_of_user(trust, item.owner) : std::string{},
                                    here == nullptr ? std::nullopt : std::optional{*here}});
        }
        all->out.waiting = answer->waiting;
        if (answer->next.empty() || answer->items.empty() || ++all->pages >= inbox_pages_max) {
          all->then(std::move(all->out));
          return;
        }
        all->next.cursor = std::move(answer->next);
        ask_page(shared, known, all);
      });
}

} // namespace

void device::claim(const message_id& message, std::uint32_t version, done<acknowledged_message> then) {
  parts_->when_settled([this, message, version, then](refusal why) {
    if (why == refusal::none)
      parts_->acts.claim(message, version, then);
    else
      then(why);
  });
}

void device::release(const message_id& message, done<acknowledged_message> then) {
  parts_->when_settled([this, message, then](refusal why) {
    if (why == refusal::none)
      parts_->acts.release(message, then);
    else
      then(why);
  });
}

void device::waiting(wire::device::inbox_view view, std::string role, done<waiting_list> then) {
  parts_->when_settled([this, view, role = std::move(role), then](refusal why) {
    if (why != refusal::none) {
      then(why);
      return;
    }
    auto all = std::make_shared<listing>();
    all->next.view = view;
    all->next.items_max = wire::inbox_items_max;
    all->then = then;
    if (view != wire::device::inbox_view::role) {
      ask_page(parts_->shared, parts_->messages, all);
      return;
    }
    parts_->party_named(role, [this, all](const result<party_id>& party) {
      if (!party) {
        all->then(party.no);
        return;
      }
      all->next.role = *party;
      ask_page(parts_->shared, parts_->messages, all);
    });
  });
}

void device::duty(std::string role, time_ms at, done<std::vector<duty_row>> then) {
  roles([this, role = std::move(role), at, then](const result<std::vector<role_name>>& known) {
    if (!known || !parts_->shared.inner) {
      then(known ? refused{refusal::not_logged_in} : known.no);
      return;
    }
    wire::device::get_duty asked;
    asked.at = at;
    std::map<party_id, std::string> names;
    for (const auto& r : *known) {
      names[r.party] = r.name;
      if (r.name == role)
        asked.role = r.party;
    }
    if (!role.empty() && !asked.role) {
      then(refusal::not_found);
      return;
    }
    parts_->shared.link.ask_for<wire::device::duties>(
        asked, [this, names = std::move(names), then](const result<wire::device::duties>& answer) {
          if (!answer || !parts_->shared.inner) {
            then(answer ? refused{refusal::not_logged_in} : answer.no);
            return;
          }
          std::vector<duty_row> out;
          for (const auto& d : answer->all) {
            auto name = names.find(d.role);
            duty_row row{
                d.role, name == names.end() ? std::string{} : name->second, d.rostered, d.people, {}, d.until,
                d.mine};
            for (const auto& person : d.people)
              row.names.push_back(name_of_user(parts_->shared.inner->trust, person));
            out.push_back(std::move(row));
          }
          then(std::move(out));
        });
  });
}

} // namespace wardline::client
