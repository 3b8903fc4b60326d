#include "device_line.hpp"
#include "../admin_socket.hpp"
#include "admin_words.hpp"
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

namespace wardline::ctl {

namespace {

struct device_options {
  std::string device; ///< id, or the name of a person or station
  std::string reason;
};

int say_refusal(int code, const std::string& problem, refusal why, bool json) {
  if (!json)
    return say_problem(code, problem, false);
  say_json({{"ok", false}, {"problem", problem}, {"problems", {problem}}, {"refusal", name_of(why)}});
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

int set_gate(const device_options& o, bool opens, const daemon::config& conf, bool json) {
  admin::set_gate what;
  auto raw = from_hex(o.device);
  if (auto id = raw ? device_id::from(*raw) : std::nullopt)
    what.device = *id;
  else
    what.name = o.device;
  what.opens = opens;
  what.reason = o.reason;
  if (what.name.size() > admin::name_bytes_max || (!what.device && what.name.empty()))
    return say_problem(wrong_usage, "DEVICE is a device's id, or the name of a person or a station", json);
  if (!opens && (o.reason.empty() || o.reason.size() > admin::reason_bytes_max))
    return say_problem(wrong_usage, "--reason takes 1 to 200 bytes; name no patient in it", json);
  auto answer = daemon::ask_daemon(conf.admin_socket, admin::encode(admin::act_body{what}));
  auto said = answer ? admin::decode_answer(*answer) : expected<admin::answer>{refusal::link_down};
  if (!said)
    return say_refusal(unavailable,
                       conf.admin_socket.string() + ": " + std::string{sentence_of(said.why())} +
                           " As long as the daemon does not run, no device gets anything.",
                       said.why(), json);
  if (!said->problems.empty())
    return say_refusal(refused_code, sentence(said->problems.front().why, opens), said->problems.front().why,
                       json);
  auto leaf = static_cast<unsigned long long>(said->leaf);
  if (json)
    say_json({{"ok", true}, {"gate", opens ? "open" : "closed"}, {"leaf", leaf}});
  else if (opens)
    std::printf("The gate is open again (audit entry %llu). Its person logs in once more.\n", leaf);
  else
    std::printf(closed_text, leaf, o.device.c_str(), o.device.c_str());
  return fine;
}

} // namespace

void add_device(CLI::App& app, command_line& line) {
  auto* device = app.add_subcommand("device", "The emergency brake: shut a device out without a registrar");
  device->require_subcommand(1);
  auto o = std::make_shared<device_options>();
  auto* gate = device->add_subcommand("gate", "From now on it gets nothing; revokes nothing");
  gate->add_option("--reason", o->reason, "Why, for the auditors; name no patient")->required();
  auto* ungate = device->add_subcommand("ungate", "Open a gate that `gate` closed, and no other");
  for (auto* sub : {gate, ungate}) {
    sub->add_option("device", o->device, "Id, or name of a person (all her devices) or station")->required();
    add_config(*sub, line);
    sub->callback([&line, o, opens = sub == ungate] {
      line.run = [&line, o, opens] {
        return with_settings(
            line, [&](const daemon::config& conf) { return set_gate(*o, opens, conf, line.json); });
      };
    });
  }
}

} // namespace wardline::ctl
