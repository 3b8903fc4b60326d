// ward admin: who belongs where. Every act is signed on this device; the server can make none of them.
#include "admin_dates.hpp"
#include "commands.hpp"
#include <algorithm>
#include <fmt/format.h>

namespace wardline::cli {

namespace {

/// Starts an act that ends with nothing but its having been done.
std::optional<int> do_it(errand& e,
                         const std::function<void(client::device&, client::done<client::nothing>)>& what,
                         const std::string& if_silent) {
  auto done = e.proved_act<client::nothing>(
      [&](client::done<client::nothing> then) { what(e.device(), std::move(then)); });
  if (!done)
    return e.silent(if_silent);
  if (!*done)
    return e.words.refuse(done->no);
  return std::nullopt;
}

template <class Id>
std::optional<Id> id_of(const std::string& word) {
  auto raw = from_hex(word);
  return raw ? Id::from(*raw) : std::nullopt;
}

std::optional<e2ee::revocation_reason> reason_named(const std::string& word) {
  using reason = e2ee::revocation_reason;
  const std::pair<const char*, reason> all[] = {{"lost", reason::lost},
                                                {"stolen", reason::stolen},
                                                {"left", reason::left},
                                                {"replaced", reason::replaced},
                                                {"compromised", reason::compromised}};
  for (const auto& [name, what] : all)
    if (word == name)
      return what;
  return std::nullopt;
}

std::optional<e2ee::destroy_reason> destroy_reason_named(const std::string& word) {
  using reason = e2ee::destroy_reason;
  const std::pair<const char*, reason> all[] = {{"retention", reason::retention_over},
                                                {"asked", reason::asked_by_patient},
                                                {"wrong-record", reason::wrong_record},
                                                {"other", reason::other}};
  for (const auto& [name, what] : all)
    if (word == name)
      return what;
  return std::nullopt;
}

std::string word_of(e2ee::device_class c) {
  switch (c) {
  case e2ee::device_class::personal_staff:
    return "staff";
  case e2ee::device_class::personal_patient:
    return "patient";
  case e2ee::device_class::station:
    return "station";
  case e2ee::device_class::service:
    break;
  }
  return "service";
}

int grant_or_withdraw(const choices& c, const admin_words& order, bool grant) {
  errand e{c};
  time_ms until = 0;
  if (!order.until.empty()) {
    auto date = read_date(order.until);
    if (!date)
      return e.words.usage("--until takes a date like 2026-03-01.");
    until = *date;
  }
  if (auto code = e.log_in())
    return *code;
  auto code = do_it(
      e,
      [&](client::device& d, client::done<client::nothing> then) {
        if (grant)
          d.grant(order.name, order.role, until, std::move(then));
        else
          d.withdraw(order.name, order.role, std::move(then));
      },
      "Run the same command again.");
  if (code)
    return *code;
  return e.words.result(
      grant ? fmt::format("{} belongs to {} now. A member's device lets them in.", order.name, order.role)
            : fmt::format("{} no longer belongs to {}. A member's device turns them out.", order.name,
                          order.role),
      {{"name", order.name}, {"role", order.role}, {"until_ms", until}});
}

/// A device's id, or every device of a person or station.
std::optional<int> devices_named(errand& e, const std::string& name, std::vector<device_id>& out) {
  if (auto id = id_of<device_id>(name)) {
    out.push_back(*id);
    return std::nullopt;
  }
  auto found =
      e.line->act<std::vector<client::member_row>>([&](client::done<std::vector<client::member_row>> then) {
        e.device().devices_of(name, std::move(then));
      });
  if (!found)
    return e.silent();
  if (!*found)
    return e.words.refuse(found->no);
  for (const auto& row : **found)
    if (!row.revoked)
      out.push_back(row.device);
  return out.empty() ? std::optional{e.words.refuse(refusal::device_revoked)} : std::nullopt;
}

} // namespace

int run_grant(const choices& c, const admin_words& order) {
  return grant_or_withdraw(c, order, true);
}

int run_withdraw(const choices& c, const admin_words& order) {
  return grant_or_withdraw(c, order, false);
}

int run_revoke(const choices& c, const admin_words& order) {
  errand e{c};
  auto reason = reason_named(order.reason);
  if (!reason)
    return e.words.usage("--reason is lost, stolen, left, replaced or compromised.");
  if (auto code = e.log_in())
    return *code;
  std::vector<device_id> devices;
  if (auto code = devices_named(e, order.name, devices))
    return *code;
  nlohmann::json revoked = nlohmann::json::array();
  for (const auto& device : devices) {
    auto code = do_it(
        e,
        [&](client::device& d, client::done<client::nothing> then) {
          d.revoke(device, *reason, std::move(then));
        },
        "Run the same command again.");
    if (code)
      return *code;
    revoked.push_back(hex(device.view()));
  }
  return e.words.result(
      fmt::format("{} device{} revoked, for ever. It gets nothing from the server from now on.",
                  devices.size(), devices.size() == 1 ? " is" : "s are"),
      {{"revoked", std::move(revoked)}});
}

int run_turn(const choices& c, const admin_words& order) {
  errand e{c};
  if (auto code = e.log_in())
    return *code;
  auto code = do_it(
      e, [&](client::device& d, client::done<client::nothing> then) { d.turn(order.role, std::move(then)); },
      "Run the same command again.");
  if (code)
    return *code;
  return e.words.result(fmt::format("{} has a new key.", order.role), {{"party", order.role}});
}

int run_give_keys(const choices& c, const admin_words& order) {
  errand e{c};
  auto where = id_of<conversation_id>(order.conversation);
  auto to = id_of<device_id>(order.device);
  if (!where || !to)
    return e.words.usage(
        "Give the ids of the conversation and of the device, as `ward admin pending` shows them.");
  if (auto code = e.log_in())
    return *code;
  auto done = e.line->act<std::size_t>(
      [&](client::done<std::size_t> then) { e.device().give_keys(*where, *to, std::move(then)); });
  if (!done)
    return e.silent("Run the same command again.");
  if (!*done)
    return e.words.refuse(done->no);
  return e.words.result(fmt::format("The keys of {} messages were given.", **done), {{"keys", **done}});
}

int run_devices(const choices& c, const admin_words& order) {
  errand e{c};
  if (auto code = e.log_in())
    return *code;
  auto found =
      e.line->act<std::vector<client::member_row>>([&](client::done<std::vector<client::member_row>> then) {
        e.device().devices_of(order.name, std::move(then));
      });
  if (!found)
    return e.silent();
  if (!*found)
    return e.words.refuse(found->no);
  nlohmann::json all = nlohmann::json::array();
  std::string text;
  for (const auto& row : **found) {
    text += fmt::format("{}  {}{}\n", hex(row.device.view()), word_of(row.of_class),
                        row.revoked ? ", revoked" : "");
    all.push_back({{"device", hex(row.device.view())},
                   {"name", row.name},
                   {"class", word_of(row.of_class)},
                   {"revoked", row.revoked},
                   {"until_ms", row.until}});
  }
  return e.words.result(text.empty() ? "No device." : text, {{"devices", std::move(all)}});
}

int run_pending(const choices& c) {
  errand e{c};
  if (auto code = e.log_in())
    return *code;
  auto found = e.line->act<std::vector<client::waiting_row>>(
      [&](client::done<std::vector<client::waiting_row>> then) { e.device().pending(std::move(then)); });
  if (!found)
    return e.silent();
  if (!*found)
    return e.words.refuse(found->no);
  nlohmann::json all = nlohmann::json::array();
  std::string text;
  for (const auto& row : **found) {
    using kind = client::waiting_row::kind;
    auto what = row.what == kind::turn ? "turn" : row.what == kind::pack ? "pack" : "keys";
    auto of = row.what == kind::keys ? hex(row.conversation.view()) : hex(row.party.view());
    text += fmt::format("{} {} {}: {} to come in, {} to go{}\n", what, of, row.name, row.add.size(),
                        row.remove.size(), row.device ? ", for " + hex(row.device.view()) : "");
    all.push_back({{"what", what},
                   {"of", of},
                   {"name", row.name},
                   {"add", row.add.size()},
                   {"remove", row.remove.size()},
                   {"device", row.device ? hex(row.device.view()) : ""},
                   {"since_ms", row.since}});
  }
  return e.words.result(text.empty() ? "Nothing waits." : text, {{"pending", std::move(all)}});
}

int run_add(const choices& c, const admin_words& order) {
  errand e{c};
  auto where = id_of<conversation_id>(order.conversation);
  if (!where)
    return e.words.usage("Give the conversation's id, as `ward conversations --json` shows it.");
  if (auto code = e.log_in())
    return *code;
  auto done = e.line->act<conversation_id>(
      [&](client::done<conversation_id> then) { e.device().add_to(*where, order.name, std::move(then)); });
  if (!done)
    return e.silent("Run the same command again.");
  if (!*done)
    return e.words.refuse(done->no);
  return e.words.result(fmt::format("{} reads this conversation from now on.", order.name),
                        {{"conversation", order.conversation}, {"name", order.name}});
}

int run_destroy(const choices& c, const admin_words& order) {
  errand e{c};
  auto where = id_of<conversation_id>(order.conversation);
  auto reason = destroy_reason_named(order.reason);
  if (!where)
    return e.words.usage("Give the conversation's id, as `ward conversations --json` shows it.");
  if (!reason)
    return e.words.usage("--reason is retention, asked, wrong-record or other.");
  if (auto code = e.log_in())
    return *code;
  auto done = e.proved_act<std::uint64_t>(
      [&](client::done<std::uint64_t> then) { e.device().destroy(*where, *reason, std::move(then)); });
  if (!done)
    return e.silent("Run the same command again.");
  if (!*done)
    return e.words.refuse(done->no);
  return e.words.result(
      fmt::format(
          "Ordered (audit leaf {}). Nobody can open these messages any more; the server destroys them now "
          "and writes a leaf when their keys are gone. That the conversation was, and who was in it, "
          "stays. So does what somebody read, wrote down or printed.",
          **done),
      {{"conversation", order.conversation}, {"leaf", **done}});
}

} // namespace wardline::cli
