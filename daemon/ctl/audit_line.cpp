#include "audit_line.hpp"
#include "../admin_socket.hpp"
#include "../config.hpp"
#include "audit_export.hpp"
#include "files.hpp"
#include <cstdio>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace wardline::ctl {

namespace {

constexpr int fine = 0, refused = 65, unwritable = 73, bad_config = 78;

int say(int code, const std::vector<std::string>& problems, bool json) {
  if (json)
    std::puts(
        nlohmann::json{{"ok", false}, {"problem", problems.front()}, {"problems", problems}}.dump().c_str());
  else
    for (const auto& one : problems)
      std::fprintf(stderr, "wardctl: %s\n", one.c_str());
  return code;
}

/// Runs `what` with the running daemon to ask, or says what is wrong with the settings.
int with_daemon(const std::string& config, bool json, const std::function<int(const ask_log&)>& what) {
  daemon::config conf;
  if (auto problems = daemon::read_config(config, conf); !problems.empty())
    return say(bad_config, problems, json);
  return what([&](bytes_view request) { return daemon::ask_daemon(conf.admin_socket, request); });
}

int export_to(const audit_options& o, bool json, const ask_log& ask) {
  bool shown = !json && ::isatty(STDERR_FILENO) == 1;
  auto made = export_log(ask, o.folder, [&](std::uint64_t done, std::uint64_t all) {
    if (shown)
      std::fprintf(stderr, "\r%llu of %llu entries%s", static_cast<unsigned long long>(done),
                   static_cast<unsigned long long>(all), done == all ? "\n" : "");
  });
  if (!made.problem.empty())
    return say(refused, {made.problem}, json);
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
    return say(refused, {proof.problem}, json);
  if (!o.out_file.empty())
    if (auto why = write_new_file(o.out_file, view(proof.text)); why != refusal::none)
      return say(unwritable, {o.out_file + ": " + std::string{sentence_of(why)}}, json);
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

void add_audit(CLI::App& app, audit_options& o, std::string& config, bool& as_json,
               std::function<int()>& run) {
  auto* audit = app.add_subcommand("audit", "The audit log: files and proofs that strangers can check");
  audit->require_subcommand(1);
  auto* whole = audit->add_subcommand("export", "The whole log, as C2SP tiles with its signed checkpoint");
  whole->add_option("folder", o.folder, "A new or an empty folder")->required();
  whole->callback([&] {
    run = [&] {
      return with_daemon(config, as_json, [&](const auto& ask) { return export_to(o, as_json, ask); });
    };
  });
  auto* proof = audit->add_subcommand("proof", "One proof under the newest checkpoint");
  auto* entry = proof->add_option("--entry", o.entry, "That this entry (number, from 0) is in the log");
  auto* old = proof->add_option("--from", o.old_size, "That the log of this size only grew since");
  entry->excludes(old);
  proof->add_option("--out", o.out_file, "File for the proof; without it, it is printed");
  proof->callback([&, entry, old] {
    if (entry->count() + old->count() == 0)
      throw CLI::RequiredError("--entry N or --from SIZE");
    run = [&, entry] {
      return with_daemon(config, as_json, [&, entry](const auto& ask) {
        return give(o, entry->count() != 0 ? prove_entry(ask, o.entry) : prove_growth(ask, o.old_size),
                    as_json);
      });
    };
  });
  for (auto* sub : {whole, proof}) {
    sub->add_option("--config", config, "Settings of the box")->capture_default_str();
    sub->add_flag("--json", as_json, "Answer in JSON");
  }
}

} // namespace wardline::ctl
