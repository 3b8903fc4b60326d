// `ward`, the terminal client: one device, one person. README.md beside this file says what it does and may
// do.
#include "admin_line.hpp"
#include "line_editor.hpp"
#include "line_texts.hpp"
#include "wire/private_memory.hpp"
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sodium.h>

namespace {

using namespace wardline::cli;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string{} : value;
}

/// --as NAME: the store $WARD_STORES/NAME, and, for a demo, the password in $WARD_STORES/NAME.password if
/// that file is there and no other was given; then the authenticator is $WARD_STORES/NAME.totp.
std::string resolve(choices& c, const std::string& as) {
  if (as.empty())
    return c.store.empty() ? "Say which device: --store DIR, or --as NAME with WARD_STORES set."
                           : std::string{};
  auto stores = environment("WARD_STORES");
  if (stores.empty())
    return "--as needs the environment variable WARD_STORES: the directory of the stores.";
  if (as.find('/') != std::string::npos || as.starts_with("."))
    return "--as takes a plain name.";
  c.store = stores + "/" + as;
  auto beside = c.store + ".password";
  std::error_code error;
  if (c.password_file.empty() && std::filesystem::exists(beside, error))
    c.password_file = beside;
  if (c.totp_file.empty() && c.password_file == beside)
    c.totp_file = c.store + ".totp";
  return {};
}

/// The line could not be read, so whether JSON is wanted is looked up in it.
bool wants_json(int argc, char** argv) {
  return std::any_of(argv + 1, argv + argc, [](const char* word) { return std::string{word} == "--json"; });
}

/// Also the answer to --help, which is no failure.
int parse_failed(const CLI::App& app, const CLI::ParseError& e, bool json) {
  if (json && e.get_exit_code() != 0)
    return terminal{true}.usage(e.what());
  return app.exit(e) == 0 ? exit_ok : exit_usage;
}

struct line {
  choices chosen;
  std::string as;
  enrol_order enrol;
  invite_words invite;
  admin_words admin;
  cosign_words cosign;
  send_words send;
  save_words save;
  triage_words triage;
  std::string file;
  std::string other;
  std::uint32_t number = 0;
  inbox_words inbox;
  open_words open;
  watch_words watch;
  thread_words thread;
  search_order search;
  std::function<int()> run;
};

void add_people(CLI::App& app, line& l) {
  auto* enrol =
      app.add_subcommand("enrol", "Make this device somebody's, with an invitation and its second code");
  enrol->add_option("--invitation", l.enrol.invitation, "Invitation file")->required();
  enrol->add_option("--code", l.enrol.code, "Second code, 8 digits; asked for if not given");
  enrol->add_flag("--further", l.enrol.further,
                  "You have a password and second factor already, from a device before");
  enrol->callback([&l] { l.run = [&l] { return run_enrol(l.chosen, l.enrol); }; });
  app.add_subcommand("login", "Log in")->callback([&l] { l.run = [&l] { return run_login(l.chosen); }; });
  auto* logoff = app.add_subcommand("logoff", "Log off; the store is locked");
  logoff->add_option("--device", l.other, "Log off on another device of yours instead: its id");
  logoff->callback([&l] { l.run = [&l] { return run_logoff(l.chosen, l.other); }; });
  app.add_subcommand("recovery-codes", "Make ten codes that stand in for the six digits")->callback([&l] {
    l.run = [&l] { return run_recovery_codes(l.chosen); };
  });
  auto* factor = app.add_subcommand("second-factor", "Take another authenticator");
  factor->add_option("--new-totp-file", l.file, "Services and demos: keep the new secret in this file");
  factor->callback([&l] { l.run = [&l] { return run_second_factor(l.chosen, l.file); }; });
  app.add_subcommand("status", "What this device is and whether the server answers")->callback([&l] {
    l.run = [&l] { return run_status(l.chosen); };
  });
  add_invite(app, l.chosen, l.invite, l.run); // as before there was `admin`
  auto* registrar = app.add_subcommand("registrar", "Make this device a registrar's");
  registrar->require_subcommand(1);
  auto* request =
      registrar->add_subcommand("request", "Write this device's certificate, for wardctl registrar certify");
  request->add_option("--out", l.file, "File to be written")->required();
  request->callback([&l] { l.run = [&l] { return run_registrar_request(l.chosen, l.file); }; });
  auto* install = registrar->add_subcommand("install", "Bring in the registrar certificate made with it");
  install->add_option("file", l.file, "The certificate")->required();
  install->callback([&l] { l.run = [&l] { return run_registrar_install(l.chosen, l.file); }; });
}

void add_writing(CLI::App& app, line& l) {
  auto writes = [&l](CLI::App* command) {
    command->add_option("text", l.send.text, "The message")->required();
    command->add_option(
        "--level", l.send.level,
        "now, urgent, today, routine or info; without it the rules on this device score the text");
    command->add_option("--rules", l.send.rules, "Folder of the triage rules; without it the installed ones");
    command->add_option("--file", l.send.files, "A file that goes with it; may be given again")
        ->allow_extra_args(false);
    command->callback([&l] { l.run = [&l] { return run_send(l.chosen, l.send); }; });
  };
  auto* send = app.add_subcommand("send", "Send a message to a person or a role");
  send->add_option("to", l.send.to, "Name of the person or role, exact")->required();
  writes(send);
  auto* answer = app.add_subcommand("answer", "Answer a message: to everybody in its conversation");
  answer->add_option("number", l.send.answered, "Number in the inbox")
      ->required()
      ->check(CLI::Range(1U, ~0U));
  writes(answer);
}

void add_messages(CLI::App& app, line& l) {
  app.add_subcommand("conversations", "List conversations")->callback([&l] {
    l.run = [&l] { return run_conversations(l.chosen); };
  });
  add_writing(app, l);
  auto* inbox = app.add_subcommand("inbox", "List what came, what waits first");
  inbox->add_flag("--mine", l.inbox.mine, "Only what you have");
  inbox->add_flag("--unassigned", l.inbox.unassigned, "Only what nobody has");
  inbox->add_option("--role", l.inbox.role, "Only what came to this role of yours");
  inbox->callback([&l] { l.run = [&l] { return run_inbox(l.chosen, l.inbox); }; });
  auto* triage = app.add_subcommand("triage", "Score texts with the rules of this machine; needs no store");
  triage->add_flag("--jsonl", l.triage.jsonl,
                   "Objects {id, sender_role, text} on standard input, one a line");
  triage->add_option("--explain", l.triage.explain, "Score this text and say why");
  triage->add_option("--role", l.triage.role, "With --explain: who writes")->capture_default_str();
  triage->add_option("--rules", l.triage.rules, "Folder of the triage rules; without it the installed ones");
  triage->callback([&l] { l.run = [&l] { return run_triage(l.chosen, l.triage); }; });
  auto* open = app.add_subcommand("open", "Show a message; that you opened it is recorded first");
  open->add_option("number", l.open.number, "Number in the inbox")->required();
  open->add_option("--reason", l.open.reason,
                   "Off duty: why you open it: covering, asked, roster-wrong, finishing or other");
  open->callback([&l] { l.run = [&l] { return run_open(l.chosen, l.open); }; });
  auto* save = app.add_subcommand("save", "Save the files of a message; that you did is recorded first");
  save->add_option("number", l.save.number, "Number in the inbox")->required();
  save->add_option("--file", l.save.file, "Only this one: its number in `ward open`");
  save->add_option("--to", l.save.folder, "Folder")->capture_default_str();
  save->callback([&l] { l.run = [&l] { return run_save(l.chosen, l.save); }; });
  auto* ack = app.add_subcommand("ack", "Say that you have it");
  ack->add_option("number", l.number, "Number in the inbox")->required();
  ack->callback([&l] { l.run = [&l] { return run_ack(l.chosen, l.number); }; });
  app.add_subcommand("sent", "List what you wrote, the newest first")->callback([&l] {
    l.run = [&l] { return run_sent(l.chosen); };
  });
  auto* search = app.add_subcommand("search", "Find messages by names, levels and days, and by their texts");
  search->add_option("words", l.search.words, "Each must be found, in any order");
  search->add_option("--from", l.search.from, "Part of the author's name");
  search->add_option("--with", l.search.with, "Part of the name of a person or role in the conversation");
  search->add_option("--since", l.search.since, "Day, as 2026-03-01");
  search->add_option("--until", l.search.until, "Day, itself included");
  search->add_flag("--texts", l.search.texts,
                   "Also in the texts of what you opened here or wrote: read again, and recorded");
  search->callback([&l] { l.run = [&l] { return run_search(l.chosen, l.search); }; });
  auto* recall = app.add_subcommand("recall", "Take back a message of yours: nobody can open it any more");
  recall->add_option("number", l.number, "Number in `ward sent`")->required();
  recall->callback([&l] { l.run = [&l] { return run_recall(l.chosen, l.number); }; });
}

void add_waiting(CLI::App& app, line& l) {
  auto* claim = app.add_subcommand("claim", "Take a message over, whoever has it");
  claim->add_option("number", l.number, "Number in the inbox")->required();
  claim->callback([&l] { l.run = [&l] { return run_claim(l.chosen, l.number); }; });
  auto* release = app.add_subcommand("release", "Give back a message that you have");
  release->add_option("number", l.number, "Number in the inbox")->required();
  release->callback([&l] { l.run = [&l] { return run_release(l.chosen, l.number); }; });
  auto* duty = app.add_subcommand("duty", "Who is on duty");
  duty->add_option("role", l.other, "Name of the role; every role of yours if not given");
  duty->callback([&l] { l.run = [&l] { return run_duty(l.chosen, l.other); }; });
  auto* watch = app.add_subcommand("watch", "Ring when something urgent waits and nobody has it");
  watch->add_option("--seconds", l.watch.seconds, "How long")->capture_default_str();
  watch->add_flag("--once", l.watch.once, "End with the first one");
  watch->callback([&l] { l.run = [&l] { return run_watch(l.chosen, l.watch); }; });
  auto* thread =
      app.add_subcommand("thread", "Write to somebody and see at once what comes; what `ward` does "
                                   "on a terminal without a command");
  thread->add_option("with", l.thread.with, "Name of the person or role; chosen later if not given");
  thread->add_option("--rules", l.thread.rules, "Folder of the triage rules; without it the installed ones");
  thread->callback([&l] { l.run = [&l] { return run_thread(l.chosen, l.thread); }; });
}

/// Needs no store.
void add_print(CLI::App& app, line& l) {
  auto* print = app.add_subcommand("print", "Print the manual page, or the completion for bash");
  print->add_option("what", l.other, "man or completion")
      ->required()
      ->check(CLI::IsMember({"man", "completion"}));
  print->callback([&] {
    l.run = [&] {
      auto text = l.other == "man" ? line_manual(app) : bash_completion(app);
      return terminal{l.chosen.as_json}.result(text, {{"text", text}});
    };
  });
}

} // namespace

int main(int argc, char** argv) {
  wardline::keep_memory_private();
  if (sodium_init() < 0)
    return exit_software;
  CLI::App app{"ward: secure messages on this terminal", "ward"};
  line l;
  app.add_option("--as", l.as, "Demo: the device NAME below $WARD_STORES");
  app.add_option("--store", l.chosen.store, "Directory of this device's store");
  app.add_option("--password-file", l.chosen.password_file, "File whose first line is the password");
  app.add_option("--totp-file", l.chosen.totp_file,
                 "Services and demos: file with the authenticator's secret; enrol makes it");
  app.add_option("--user", l.chosen.user,
                 "On a station: who logs in, by name, or by the id that `ward status` shows");
  app.add_flag("--json", l.chosen.as_json, "One JSON object on standard output");
  app.require_subcommand(0, 1);
  app.fallthrough();
  add_people(app, l);
  add_messages(app, l);
  add_waiting(app, l);
  add_print(app, l);
  add_admin(app, l.chosen, l.invite, l.admin, l.cosign, l.run);
  try {
    app.parse(argc, argv);
    bool at_home = on_terminal() && !l.chosen.as_json && (!l.as.empty() || !l.chosen.store.empty());
    if (!l.run && !at_home)
      throw CLI::RequiredError::Subcommand(1);
  } catch (const CLI::ParseError& e) {
    return parse_failed(app, e, wants_json(argc, argv));
  }
  if (app.got_subcommand("triage") || app.got_subcommand("print"))
    return l.run();
  if (auto wrong = resolve(l.chosen, l.as); !wrong.empty())
    return terminal{l.chosen.as_json}.usage(wrong);
  return l.run ? l.run() : run_thread(l.chosen, l.thread);
}
