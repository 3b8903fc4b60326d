#include "device_line.hpp"
#include "../admin_socket.hpp"
#include "../config.hpp"
#include "admin_words.hpp"
#include <cstdio>
#include <nlohmann/json.hpp>

namespace wardline::ctl {

namespace {

constexpr int fine = 0, wrong_usage = 64, refused = 65, unavailable = 69, bad_config = 78;

int say(int code, const std::vector<std::string>& problems, bool json, const char* refusal_name = nullptr) {
  if (json) {
    nlohmann::json out = {{"ok", false}, {"problem", problems.front()}, {"problems", problems}};
    if (refusal_name != nullptr)
      out["refusal"] = refusal_name;
    std::puts(out.dump().c_str());
  } else {
    for (const auto& one : problems)
      std::fprintf(stderr, "wardctl: %s\n", one.c_str());
  }
  return code;
}

std::string sentence(refusal why, bool opens) {
  if (why == refusal::not_found)
    return "There is no device with this id, and nobody with this name.";
  if (why == refusal::device_revoked && !opens)
    return "Its gate is closed already. Nothing was changed.";
  return std::string{sentence_of(why)};
}

constexpr const char* closed_text =
    "The gate is closed (audit entry %llu). From now on the device gets no channel, no log-in, no half of "
    "the key to "
    "its store and no text; its session has ended, and what its person had in hand goes back to everybody.\n"
    "This revokes nothing: its groups keep their keys, and the server alone holds back what is written to "
    "them. If the "
    "device is lost, a registrar still has to run: ward admin device lost %s\n"
    "If it was a mistake: wardctl device ungate %s\n";

int set_gate(const device_options& o, bool opens, const std::string& config, bool json) {
  admin::set_gate what;
  auto raw = from_hex(o.device);
  if (auto id = raw ? device_id::from(*raw) : std::nullopt)
    what.device = *id;
  else
    what.name = o.device;
  what.opens = opens;
  what.reason = o.reason;
  if (what.name.size() > admin::name_bytes_max || (!what.device && what.name.empty()))
    return say(wrong_usage, {"DEVICE is a device's id, or the name of a person or a station"}, json);
  if (!opens && (o.reason.empty() || o.reason.size() > admin::reason_bytes_max))
    return say(wrong_usage, {"--reason takes 1 to 200 bytes; name no patient in it"}, json);
  daemon::config conf;
  if (auto problems = daemon::read_config(config, conf); !problems.empty())
    return say(bad_config, problems, json);
  auto answer = daemon::ask_daemon(conf.admin_socket, admin::encode(admin::act_body{what}));
  auto said = answer ? admin::decode_answer(*answer) : expected<admin::answer>{refusal::link_down};
  if (!said)
    return say(unavailable,
               {conf.admin_socket.string() + ": " + std::string{sentence_of(said.why())} +
                " As long as the daemon does not run, no device gets anything."},
               json, name_of(said.why()).data());
  if (!said->problems.empty())
    return say(refused, {sentence(said->problems.front().why, opens)}, json,
               name_of(said->problems.front().why).data());
  auto leaf = static_cast<unsigned long long>(said->leaf);
  if (json)
    std::puts(
        nlohmann::json{{"ok", true}, {"gate", opens ? "open" : "closed"}, {"leaf", leaf}}.dump().c_str());
  else if (opens)
    std::printf("The gate is open again (audit entry %llu). Its person logs in once more.\n", leaf);
  else
    std::printf(closed_text, leaf, o.device.c_str(), o.device.c_str());
  return fine;
}

} // namespace

void add_device(CLI::App& app, device_options& o, std::string& config, bool& as_json,
                std::function<int()>& run) {
  auto* device = app.add_subcommand("device", "The emergency brake: shut a device out without a registrar");
  device->require_subcommand(1);
  auto* gate = device->add_subcommand("gate", "From now on it gets nothing; revokes nothing");
  gate->add_option("--reason", o.reason, "Why, for the auditors; name no patient")->required();
  gate->callback([&] { run = [&] { return set_gate(o, false, config, as_json); }; });
  auto* ungate = device->add_subcommand("ungate", "Open a gate that `gate` closed, and no other");
  ungate->callback([&] { run = [&] { return set_gate(o, true, config, as_json); }; });
  for (auto* sub : {gate, ungate}) {
    sub->add_option("device", o.device, "Id, or name of a person (all her devices) or station")->required();
    sub->add_option("--config", config, "Settings of the box")->capture_default_str();
    sub->add_flag("--json", as_json, "Answer in JSON");
  }
}

} // namespace wardline::ctl
