// wardctl: the administrator's program. Each group of commands stands in a file of its own.
#include "audit_line.hpp"
#include "backup_line.hpp"
#include "config_line.hpp"
#include "device_line.hpp"
#include "doctor_line.hpp"
#include "erasure_line.hpp"
#include "plan_line.hpp"
#include "plugin_line.hpp"
#include "registrar_line.hpp"
#include "setup_line.hpp"
#include "status_line.hpp"
#include "triage_line.hpp"
#include "wire/private_memory.hpp"
#include <algorithm>
#include <sodium.h>

namespace wardline::ctl {

namespace {

/// The line could not be read, so whether JSON is wanted is looked up in it.
bool wants_json(int argc, char** argv) {
  return std::any_of(argv + 1, argv + argc, [](const char* word) { return std::string{word} == "--json"; });
}

int run(int argc, char** argv) {
  command_line line;
  CLI::App app{"The administrator's program of a Wardline box"};
  app.require_subcommand(1);
  app.set_version_flag("--version", "wardctl " WARDLINE_VERSION);
  add_json(app, line);
  add_setup(app, line);
  add_registrar(app, line);
  add_status(app, line);
  add_doctor(app, line);
  add_config_commands(app, line);
  add_plans(app, line);
  add_triage(app, line);
  add_audit(app, line);
  add_backup(app, line);
  add_device(app, line);
  add_plugin(app, line);
  add_erasure(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() != 0 && wants_json(argc, argv))
      return say_problem(wrong_usage, e.what(), true);
    return app.exit(e) == 0 ? fine : wrong_usage;
  }
  if (sodium_init() < 0)
    return say_problem(unavailable, "libsodium does not start on this machine", line.json);
  return line.run();
}

} // namespace

} // namespace wardline::ctl

int main(int argc, char** argv) {
  wardline::keep_memory_private(); // the identity key passes through here
  return wardline::ctl::run(argc, argv);
}
