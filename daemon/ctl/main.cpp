// wardctl: the administrator's program.
#include "../config.hpp"
#include "../disk_facts.hpp"
#include "../system_clock.hpp"
#include "audit_line.hpp"
#include "certify.hpp"
#include "device_line.hpp"
#include "files.hpp"
#include "plan_commands.hpp"
#include "prompt.hpp"
#include "setup.hpp"
#include "triage_line.hpp"
#include "wire/private_memory.hpp"
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sodium.h>

namespace wardline::ctl {

namespace {

enum exit_code : int { fine = 0, wrong_usage = 64, refused_code = 65, unavailable = 69, bad_config = 78 };

struct options {
  std::string config = "/etc/wardline/wardline.yaml";
  std::string answers;
  std::string keys_dir;
  std::string emergency_role;
  std::string passphrase_file;
  certify_order certify;
  std::string plan_file;
  triage_options triage;
  audit_options audit;
  device_options device;
  std::function<int()> run; ///< set by the groups of commands that stand in files of their own
  bool json = false;
};

/// All of them in one JSON object, or a line each.
int say_problems(int code, const std::vector<std::string>& what, bool json) {
  if (json)
    std::puts(nlohmann::json{{"ok", false}, {"problem", what.front()}, {"problems", what}}.dump().c_str());
  else
    for (const auto& one : what)
      std::fprintf(stderr, "wardctl: %s\n", one.c_str());
  return code;
}

int say_problem(int code, const std::string& what, bool json) {
  return say_problems(code, {what}, json);
}

/// The line could not be read, so whether JSON is wanted is looked up in it.
bool wants_json(int argc, char** argv) {
  return std::any_of(argv + 1, argv + argc, [](const char* word) { return std::string{word} == "--json"; });
}

int setup(const options& o) {
  daemon::config conf;
  std::vector<daemon::plugin_config> plugins;
  setup_answers answers;
  auto problems = daemon::read_config(o.config, conf);
  if (problems.empty())
    problems = daemon::read_plugins(conf.plugins_dir, plugins);
  if (problems.empty() && !o.answers.empty())
    problems = read_answers(o.answers, answers);
  if (!problems.empty())
    return say_problems(bad_config, problems, o.json);
  if (o.answers.empty())
    answers = ask_answers();
  answers.keys_dir = o.keys_dir;
  if (!o.emergency_role.empty())
    answers.emergency_role = o.emergency_role;
  setup_result made;
  if (auto problem = run_setup(conf, plugins, answers, daemon::system_clock{}.now_ms(), made);
      !problem.empty())
    return say_problem(refused_code, problem, o.json);
  if (o.json) {
    std::puts(nlohmann::json{{"ok", true},
                             {"clinic", hex(made.clinic.view())},
                             {"second_code", made.second_code},
                             {"invitation_file", answers.invitation_file.string()},
                             {"identity_file", answers.identity_file.string()}}
                  .dump()
                  .c_str());
    return fine;
  }
  std::printf(
      "The clinic is made.\n"
      "  %s  the identity key: lock it away; it is needed to make registrars, never while the clinic runs\n"
      "  %s  the invitation of %s, valid for 72 hours\n"
      "  second code %s  tell it another way than the invitation\n"
      "Next: start wardlined, then on that person's computer:\n"
      "  ward enrol --invitation FILE --code CODE\n",
      answers.identity_file.c_str(), answers.invitation_file.c_str(), answers.first_person.c_str(),
      made.second_code.c_str());
  return fine;
}

int certify(options& o) {
  if (o.passphrase_file.empty()) {
    o.certify.passphrase = ask_hidden("Passphrase of the identity key");
  } else {
    auto text = read_small_file(o.passphrase_file);
    if (!text)
      return say_problem(unavailable, o.passphrase_file + ": " + std::string{sentence_of(text.why())},
                         o.json);
    o.certify.passphrase = text->substr(0, text->find('\n'));
  }
  if (auto problem = run_certify(o.certify, daemon::system_clock{}.now_ms()); !problem.empty())
    return say_problem(refused_code, problem, o.json);
  if (o.json)
    std::puts(nlohmann::json{{"ok", true}, {"out", o.certify.out_file.string()}}.dump().c_str());
  else
    std::printf("%s is written. On the registrar's device: ward registrar install %s\n",
                o.certify.out_file.c_str(), o.certify.out_file.c_str());
  return fine;
}

/// A problem that the administrator mends in the file, or a daemon that does not answer.
int say_plan(const plan_outcome& said, const std::string& what, bool json) {
  if (json) {
    nlohmann::json out = {
        {"ok", said.done}, {"problems", said.problems}, {"warnings", said.warnings}, {"leaf", said.leaf}};
    if (!said.problems.empty())
      out["problem"] = said.problems.front();
    std::puts(out.dump().c_str());
  } else {
    for (const auto* lines : {&said.problems, &said.warnings})
      for (const auto& one : *lines)
        std::fprintf(stderr, "wardctl: %s\n", one.c_str());
    if (said.done)
      std::printf(
          "%s is in force (audit leaf %llu). Messages that wait already keep the chain they began with.\n",
          what.c_str(), static_cast<unsigned long long>(said.leaf));
  }
  return said.done ? fine : said.answered ? bad_config : unavailable;
}

int set_plan(const options& o, bool roster) {
  daemon::config conf;
  if (auto problems = daemon::read_config(o.config, conf); !problems.empty())
    return say_problems(bad_config, problems, o.json);
  return roster ? say_plan(set_roster_from(o.plan_file, conf.admin_socket, daemon::system_clock{}.now_ms()),
                           "The roster", o.json)
                : say_plan(set_chain_from(o.plan_file, conf.admin_socket), "The chain", o.json);
}

/// `wardctl NAME set FILE`; the subcommand that was read.
CLI::App* add_plan(CLI::App& app, options& o, const std::string& name, const std::string& what,
                   const std::string& file) {
  auto* of = app.add_subcommand(name, what);
  of->require_subcommand(1);
  auto* set = of->add_subcommand("set", "Check a file whole, and put it in force");
  set->add_option("file", o.plan_file, file)->required();
  set->add_option("--config", o.config, "Settings of the box")->capture_default_str();
  set->add_flag("--json", o.json, "Answer in JSON");
  return set;
}

/// What destroying a message would prove on this box.
int erasure(const options& o) {
  daemon::config conf;
  if (auto problems = daemon::read_config(o.config, conf); !problems.empty())
    return say_problems(bad_config, problems, o.json);
  auto file = conf.state_dir / "keyring";
  auto claim = rules::claim_of(daemon::disk_facts_of(std::filesystem::exists(file) ? file : conf.state_dir));
  if (!o.json)
    return std::puts(rules::text_of(claim).c_str()), fine;
  auto limits = nlohmann::json::array();
  for (auto limit : claim.limits)
    limits.push_back(word_of(limit));
  std::puts(nlohmann::json{{"ok", true},
                           {"claim", word_of(claim.level)},
                           {"limits", std::move(limits)},
                           {"text", rules::text_of(claim)}}
                .dump()
                .c_str());
  return fine;
}

int run(int argc, char** argv) {
  options o;
  CLI::App app{"The administrator's program of a Wardline box"};
  app.require_subcommand(1);
  app.set_version_flag("--version", "wardctl " WARDLINE_VERSION);
  app.add_flag("--json", o.json, "Answer in JSON");
  auto* make =
      app.add_subcommand("setup", "Make a clinic: asks five questions, or reads them from --answers");
  make->add_option("--config", o.config, "Settings of the box")->capture_default_str();
  make->add_option("--answers", o.answers, "YAML file with the answers");
  make->add_option("--keys", o.keys_dir,
                   "Folder for the box's keys; without it credentials_dir of the settings");
  make->add_option("--emergency-role", o.emergency_role,
                   "Name of the role in every patient's conversation; \"Emergency\" if not given");
  auto* registrar = app.add_subcommand("registrar", "Registrars: who may invite people");
  registrar->require_subcommand(1);
  auto* cert = registrar->add_subcommand("certify", "Make a device a registrar, with the identity key");
  cert->add_option("--identity", o.certify.identity_file, "File of the identity key")->required();
  cert->add_option("--passphrase-file", o.passphrase_file,
                   "First line is the passphrase; without it you are asked");
  cert->add_option("--device", o.certify.device_file, "Certificate, from: ward registrar request")
      ->required();
  cert->add_option("--out", o.certify.out_file, "File for the registrar's certificate")->required();
  cert->add_option("--serial", o.certify.serial, "One higher than the last one of this device")
      ->capture_default_str();
  cert->add_option(
          "--with-second", o.certify.with_second,
          "What this registrar may not do alone: patients, staff, stations, services, roles, or all; "
          "separated by commas")
      ->delimiter(',');
  auto* roster = add_plan(app, o, "roster", "Duty rosters: whom a role's messages wake",
                          "YAML file: role, zone, start, shift, people, overrides");
  auto* chain = add_plan(app, o, "escalation", "Chains of escalation: who is woken when nobody answers",
                         "YAML file: role, steps, lapse");
  add_triage(app, o.triage, o.json, o.run);
  add_audit(app, o.audit, o.config, o.json, o.run);
  add_device(app, o.device, o.config, o.json, o.run);
  auto* erase = app.add_subcommand("erasure", "What destroying a message proves on this box's disk");
  erase->add_option("--config", o.config, "Settings of the box")->capture_default_str();
  erase->callback([&o] { o.run = [&o] { return erasure(o); }; });
  for (auto* sub : {make, cert, erase})
    sub->add_flag("--json", o.json, "Answer in JSON");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() != 0 && wants_json(argc, argv))
      return say_problem(wrong_usage, e.what(), true);
    return app.exit(e) == 0 ? fine : wrong_usage;
  }
  if (sodium_init() < 0)
    return say_problem(unavailable, "libsodium does not start on this machine", o.json);
  if (roster->parsed() || chain->parsed())
    return set_plan(o, roster->parsed());
  if (o.run)
    return o.run();
  return make->parsed() ? setup(o) : certify(o);
}

} // namespace

} // namespace wardline::ctl

int main(int argc, char** argv) {
  wardline::keep_memory_private(); // the identity key passes through here
  return wardline::ctl::run(argc, argv);
}
