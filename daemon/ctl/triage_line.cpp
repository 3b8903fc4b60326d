#include "triage_line.hpp"
#include "clinical/rule_folder.hpp"
#include "files.hpp"
#include "prompt.hpp"
#include "triage.hpp"
#include <cstdio>
#include <nlohmann/json.hpp>

namespace wardline::ctl {

namespace {

struct triage_options {
  std::string file;
  std::string rules;
  std::string identity;
  std::string passphrase_file;
};

int say(bool json, const std::string& problem) {
  return say_problem(refused_code, problem, json);
}

std::filesystem::path folder_of(const triage_options& o) {
  std::error_code error;
  return clinical::find_rule_folder(o.rules,
                                    std::filesystem::read_symlink("/proc/self/exe", error).parent_path());
}

int evaluate(const triage_options& o, bool json) {
  clinical::rule_folder folder;
  auto problems = clinical::read_rule_folder(folder_of(o), folder);
  clinical::rule_set rules;
  if (problems.empty())
    problems = clinical::load(folder.files, rules);
  if (!problems.empty())
    return say(json, problems.front());
  evaluation e;
  if (auto problem = evaluate_file(rules, o.file, e); !problem.empty())
    return say(json, problem);
  if (json) {
    auto matrix = nlohmann::json::array();
    for (unsigned level = 1; level <= 5; ++level)
      matrix.push_back({e.counts[level][1], e.counts[level][2], e.counts[level][3], e.counts[level][4],
                        e.counts[level][5]});
    std::puts(nlohmann::json{{"ok", true},
                             {"gates_kept", e.passes()},
                             {"matrix", matrix},
                             {"rule_set", hex(rules.hash)},
                             {"missed", e.missed}}
                  .dump()
                  .c_str());
  } else {
    std::printf("Rules %s %s, %s\n%s", rules.name.c_str(), rules.version.c_str(), hex(rules.hash).c_str(),
                shown(e).c_str());
  }
  return e.passes() ? fine : differs;
}

int approve(const triage_options& o, bool json) {
  approval_order order{o.identity, folder_of(o), {}};
  if (o.passphrase_file.empty()) {
    order.passphrase = ask_hidden("Passphrase of the identity key");
  } else {
    auto text = read_small_file(o.passphrase_file);
    if (!text)
      return say(json, o.passphrase_file + ": " + std::string{sentence_of(text.why())});
    order.passphrase = text->substr(0, text->find('\n'));
  }
  hash32 hash{};
  if (auto problem = approve_rules(order, hash); !problem.empty())
    return say(json, problem);
  if (json)
    std::puts(nlohmann::json{{"ok", true}, {"rule_set", hex(hash)}}.dump().c_str());
  else
    std::printf(
        "The clinic approves rule set %s. Devices with these files and this approval score with it.\n",
        hex(hash).c_str());
  return fine;
}

} // namespace

void add_triage(CLI::App& app, command_line& line) {
  auto o = std::make_shared<triage_options>();
  auto* triage = app.add_subcommand("triage", "Triage rules: how well they do, and the clinic's approval");
  triage->require_subcommand(1);
  auto* score = triage->add_subcommand(
      "evaluate", "Confusion matrix on messages with known levels; fails if a gate is missed");
  score->add_option("file", o->file, "One JSON object a line: id, sender_role, text, level")->required();
  score->callback([o, &line] { line.run = [o, &line] { return evaluate(*o, line.json); }; });
  auto* sign = triage->add_subcommand(
      "approve", "Sign the rule set with the identity key, after the medical lead has reviewed it");
  sign->add_option("--identity", o->identity, "File of the identity key")->required();
  sign->add_option("--passphrase-file", o->passphrase_file,
                   "First line is the passphrase; without it you are asked");
  sign->callback([o, &line] { line.run = [o, &line] { return approve(*o, line.json); }; });
  for (auto* sub : {score, sign}) {
    sub->add_option("--rules", o->rules, "Folder of the rules; without it the installed one");
    add_json(*sub, line);
  }
}

} // namespace wardline::ctl
