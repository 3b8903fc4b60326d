#include "audit_line.hpp"
#include "../admin_socket.hpp"
#include "audit_export.hpp"
#include "files.hpp"
#include <cstdio>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace wardline::ctl {

namespace {

struct audit_options {
  std::string folder;
  std::string out_file;
  std::uint64_t entry = 0;
  std::uint64_t old_size = 0;
};

/// Runs `what` with the running daemon to ask.
int with_daemon(const command_line& line, const std::function<int(const ask_log&)>& what) {
  return with_settings(line, [&](const daemon::config& conf) {
    return what([&](bytes_view request) { return daemon::ask_daemon(conf.admin_socket, request); });
  });
}

int export_to(const audit_options& o, bool json, const ask_log& ask) {
  bool shown = !json && ::isatty(STDERR_FILENO) == 1;
  auto made = export_log(ask, o.folder, [&](std::uint64_t done, std::uint64_t all) {
    if (shown)
      std::fprintf(stderr, "\r%llu of %llu entries%s", static_cast<unsigned long long>(done),
                   static_cast<unsigned long long>(all), done == all ? "\n" : "");
  });
  if (!made.problem.empty())
    return say_problem(refused_code, made.problem, json);
  if (json)
    std::puts(
        nlohmann::json{{"ok", true}, {"folder", o.folder}, {"entries", made.entries}, {"tiles", made.tiles}}
            .dump()
            .c_str());
  else
    std::printf("%llu entries are in %s. Check them, on any machine: wardline-verify export %s\n",
                static_cast<unsigned long long>(made.entries), o.folder.c_str(), o.folder.c_str());
  return fine;
}

int give(const audit_options& o, const log_proof& proof, bool json) {
  if (!proof.problem.empty())
    return say_problem(refused_code, proof.problem, json);
  if (!o.out_file.empty())
    if (auto why = write_new_file(o.out_file, view(proof.text)); why != refusal::none)
      return say_problem(unwritable, o.out_file + ": " + std::string{sentence_of(why)}, json);
  if (json)
    std::puts(nlohmann::json{{"ok", true}, {"size", proof.size}, {"proof", proof.text}, {"out", o.out_file}}
                  .dump()
                  .c_str());
  else if (o.out_file.empty())
    std::fputs(proof.text.c_str(), stdout);
  else
    std::printf("%s is written; it leads to the checkpoint of %llu entries.\n", o.out_file.c_str(),
                static_cast<unsigned long long>(proof.size));
  return fine;
}

} // namespace

void add_audit(CLI::App& app, command_line& line) {
  auto o = std::make_shared<audit_options>();
  auto* audit = app.add_subcommand("audit", "The audit log: files and proofs that strangers can check");
  audit->require_subcommand(1);
  auto* whole = audit->add_subcommand("export", "The whole log, as C2SP tiles with its signed checkpoint");
  whole->add_option("folder", o->folder, "A new or an empty folder")->required();
  whole->callback([o, &line] {
    line.run = [o, &line] {
      return with_daemon(line, [&](const auto& ask) { return export_to(*o, line.json, ask); });
    };
  });
  auto* proof = audit->add_subcommand("proof", "One proof under the newest checkpoint");
  auto* entry = proof->add_option("--entry", o->entry, "That this entry (number, from 0) is in the log");
  auto* old = proof->add_option("--from", o->old_size, "That the log of this size only grew since");
  entry->excludes(old);
  proof->add_option("--out", o->out_file, "File for the proof; without it, it is printed");
  proof->callback([o, &line, entry, old] {
    if (entry->count() + old->count() == 0)
      throw CLI::RequiredError("--entry N or --from SIZE");
    line.run = [o, &line, entry] {
      return with_daemon(line, [&](const auto& ask) {
        return give(*o, entry->count() != 0 ? prove_entry(ask, o->entry) : prove_growth(ask, o->old_size),
                    line.json);
      });
    };
  });
  for (auto* sub : {whole, proof})
    add_config(*sub, line);
}

} // namespace wardline::ctl
