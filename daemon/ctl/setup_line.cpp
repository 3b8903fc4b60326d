#include "setup_line.hpp"
#include "../system_clock.hpp"
#include "setup.hpp"
#include <cstdio>
#include <nlohmann/json.hpp>

namespace wardline::ctl {

namespace {

struct setup_options {
  std::string answers;
  std::string keys_dir;
  std::string emergency_role;
};

int set_up(const setup_options& o, const command_line& line) {
  daemon::config conf;
  std::vector<daemon::plugin_config> plugins;
  setup_answers answers;
  auto problems = daemon::read_config(line.config, conf);
  if (problems.empty())
    problems = daemon::read_plugins(conf.plugins_dir, plugins);
  if (problems.empty() && !o.answers.empty())
    problems = read_answers(o.answers, answers);
  if (!problems.empty())
    return say_problems(bad_config, problems, line.json);
  if (o.answers.empty())
    answers = ask_answers();
  answers.keys_dir = o.keys_dir;
  if (!o.emergency_role.empty())
    answers.emergency_role = o.emergency_role;
  setup_result made;
  if (auto problem = run_setup(conf, plugins, answers, daemon::system_clock{}.now_ms(), made);
      !problem.empty())
    return say_problem(refused_code, problem, line.json);
  if (line.json) {
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

} // namespace

void add_setup(CLI::App& app, command_line& line) {
  auto o = std::make_shared<setup_options>();
  auto* make =
      app.add_subcommand("setup", "Make a clinic: asks five questions, or reads them from --answers");
  make->add_option("--answers", o->answers, "YAML file with the answers");
  make->add_option("--keys", o->keys_dir,
                   "Folder for the box's keys; without it credentials_dir of the settings");
  make->add_option("--emergency-role", o->emergency_role,
                   "Name of the role in every patient's conversation; \"Emergency\" if not given");
  add_config(*make, line);
  make->callback([o, &line] { line.run = [o, &line] { return set_up(*o, line); }; });
}

} // namespace wardline::ctl
