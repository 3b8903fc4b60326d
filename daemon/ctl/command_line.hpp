#pragma once
// What all commands of wardctl share: how they are asked, and how they say what is wrong.
#include "../config.hpp"
#include <CLI/CLI.hpp>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace wardline::ctl {

/// sysexits.h; `differs` is for commands that compare or judge, as in diff(1).
enum exit_code : int {
  fine = 0,
  differs = 1,
  wrong_usage = 64,
  refused_code = 65,
  unavailable = 69,
  unwritable = 73,
  bad_config = 78
};

struct command_line {
  std::string config = "/etc/wardline/wardline.yaml";
  bool json = false;
  std::function<int()> run; ///< set by the command that was read; called once the whole line is read
};

/// `--json`.
void add_json(CLI::App& to, command_line& line);
/// `--config` and `--json`.
void add_config(CLI::App& to, command_line& line);

/// One line on standard output. Whatever a file's name holds that is no text is replaced.
void say_json(const nlohmann::json& what);
/// All of them in one JSON object, or a line each. Gives the code back.
int say_problems(int code, const std::vector<std::string>& what, bool json);
int say_problem(int code, const std::string& what, bool json);

/// Runs `what` with the settings of `--config`, or says what is wrong with them.
int with_settings(const command_line& line, const std::function<int(const daemon::config&)>& what);

} // namespace wardline::ctl
