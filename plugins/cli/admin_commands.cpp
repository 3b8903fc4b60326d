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

using handing_over = std::function<void(client::device&, client::done<client::handed_over>)>;

/// Does it; where a second registrar is needed, writes the request for one.
std::optional<int> do_or_hand_over(errand& e, std::optional<reserved_file>& out, const std::string& file,
                                   const handing_over& what) {
  auto done = e.line->act<client::handed_over>(
      [&](client::done<client::handed_over> then) { what(e.device(), std::move(then)); });
  if (!done)
    return e.silent("Run the same command again.");
  if (!*done)
    return e.words.refuse(done->no);
  const auto& act = **done;
  if (!act)
    return std::nullopt;
  return out ? hand_over(e, *out, file, *act)
             : e.words.refuse(refusal::second_registrar_missing, with_request);
}

/// Logs in, with the file for a request made before: an act without its file is lost.
std::optional<int> log_in_with_file(errand& e, const std::string& file, std::optional<reserved_file>& out) {
  if (!file.empty() && !out.emplace(file).made())
    return e.words.refuse(refusal::already_exists,
                          "The file for the request exists, or cannot be made there. Nothing was done; name "
                          "another with --request.",
                          exit_cannot_create);
  return e.log_in();
}

template <class Id>
std::optional<Id> id_of(const std::string& word) {
  auto raw = from_hex(word);
  return raw ? Id::from(*raw) : std::nullopt;
}

template <class Reason, std::size_t N>
std::optional<Reason> named_in(const std::pair<const char*, Reason> (&all)[N], const std::string& word) {
  for (const auto& [name, what] : all)
    if (word == name)
      return what;
  return std::nullopt;
}

std::optional<e2ee::revocation_reason> reason_named(const std::string& word) {
  using reason = e2ee::revocation_reason;
  static constexpr std::pair<const char*, reason> all[] = {{"lost", reason::lost},
                                                           {"stolen", reason::stolen},
                                                           {"left", reason::left},
                                                           {"replaced", reason::replaced},
                                                           {"compromised", reason::compromised}};
  return named_in(all, word);
}

std::optional<e2ee::destroy_reason> destroy_reason_named(const std::string& word) {
  using reason = e2ee::destroy_reason;
  static constexpr std::pair<const char*, reason> all[] = {{"retention", reason::retention_over},
                                                           {"asked", reason::asked_by_patient},
                                                           {"wrong-record", reason::wrong_record},
                                                           {"other", reason::other}};
  return named_in(all, word);
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
  auto state = grant ? e2ee::grant_state::granted : e2ee::grant_state::withdrawn;
  std::optional<reserved_file> request;
  if (auto code = log_in_with_file(e, order.request, request))
    return *code;
  auto code = do_or_hand_over(e, request, order.request,
                              [&](client::device& d, client::done<client::handed_over> then) {
                                d.prepare_grant(order.name, order.role, state, until, std::move(then));
                              });
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
  std::optional<reserved_file> request;
  if (auto code = log_in_with_file(e, order.request, request))
    return *code;
  auto code = do_or_hand_over(e, request, order.request,
                              [&](client::device& d, client::done<client::handed_over> then) {
                                d.prepare_turn(order.role, std::move(then));
                              });
  if (code)
    return *code;
  return e.words.result(fmt::format("{} has a new key.", order.role), {{"party", order.role}});
}

int run_renew(const choices& c, const admin_words& order) {
  errand e{c};
  std::optional<reserved_file> request;
  if (auto code = log_in_with_file(e, order.request, request))
    return *code;
  std::vector<device_id> devices;
  if (auto code = devices_named(e, order.name, devices))
    return *code;
  if (request && devices.size() > 1)
    return e.words.usage("A request is for one device: name it by its id, as `ward admin devices` shows it.");
  nlohmann::json renewed = nlohmann::json::array();
  for (const auto& device : devices) {
    auto code = do_or_hand_over(
        e, request, order.request,
        [&](client::device& d, client::done<client::handed_over> then) { d.renew(device, std::move(then)); });
    if (code)
      return *code;
    renewed.push_back(hex(device.view()));
  }
  return e.words.result(fmt::format("{} certificate{} renewed for a year. Each device takes its new one when "
                                    "somebody next logs in on it.",
                                    devices.size(), devices.size() == 1 ? " is" : "s are"),
                        {{"renewed", std::move(renewed)}});
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
    text += fmt::format("{}  {}{}\n", hex(row.device.view()), class_name(row.of_class),
                        row.revoked ? ", revoked" : "");
    all.push_back({{"device", hex(row.device.view())},
                   {"name", row.name},
                   {"class", class_name(row.of_class)},
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
    if (row.what == kind::renewal) {
      text += fmt::format("renew {} {}: its certificate {} {}{}\n", hex(row.device.view()), row.name,
                          row.since > wall_clock() ? "ends" : "ended", show_time(row.since),
                          row.offered ? "; signed, and waiting for the device" : "");
      all.push_back({{"what", "renew"},
                     {"of", hex(row.device.view())},
                     {"name", row.name},
                     {"until_ms", row.since},
                     {"offered", row.offered}});
      continue;
    }
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
