#include "backup_line.hpp"
#include "../admin_socket.hpp"
#include "../system_clock.hpp"
#include "files.hpp"
#include "prompt.hpp"
#include "recovery_key.hpp"
#include "restore.hpp"
#include <cstdio>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace wardline::ctl {

namespace {

struct backup_options {
  std::string folder, recovery_file, passphrase_file, keys_dir, bulk, scratch;
  bool current_only = false;
  unsigned keep = bulks_kept;
};

std::string megabytes(std::uint64_t n) {
  return std::to_string((n + (1u << 20) - 1) >> 20) + " MiB";
}

/// One line that is written over; nothing where nobody looks.
std::function<void(const std::string&)> shown_progress(bool json) {
  if (json || ::isatty(STDERR_FILENO) != 1)
    return [](const std::string&) {};
  return [](const std::string& what) { std::fprintf(stderr, "\r\033[K%s", what.c_str()); };
}

std::optional<std::string> passphrase(const backup_options& o, const std::string& question,
                                      std::string& problem) {
  if (o.passphrase_file.empty())
    return ask_hidden(question);
  auto text = read_small_file(o.passphrase_file);
  if (text)
    return text->substr(0, text->find('\n'));
  problem = o.passphrase_file + ": " + said(text.why());
  return std::nullopt;
}

int make_key(const backup_options& o, bool json) {
  std::string problem;
  auto word = passphrase(o, "Passphrase for that file (12 characters or more)", problem);
  if (!word)
    return say_problem(unavailable, problem, json);
  auto key = make_recovery_key(o.recovery_file, *word);
  wipe_text(*word);
  if (!key)
    return say_problem(unwritable, o.recovery_file + ": " + said(key.why()), json);
  if (json)
    say_json({{"ok", true}, {"out", o.recovery_file}, {"recovery_key", hex(*key)}});
  else
    std::printf("%s is written: lock it away, off this box. Without it no backup can be restored.\n"
                "In wardline.yaml:\n\nbackup:\n  recovery_key: %s\n\nthen: systemctl reload wardlined\n",
                o.recovery_file.c_str(), hex(*key).c_str());
  return fine;
}

int make(const backup_options& o, const daemon::config& conf, bool json) {
  auto ask = [&](bytes_view request) { return daemon::ask_daemon(conf.admin_socket, request); };
  auto show = shown_progress(json);
  auto made = make_backup(ask, {o.folder, o.current_only, o.keep, daemon::system_clock{}.now_ms()},
                          [&](std::uint64_t done) { show(megabytes(done) + " copied"); });
  show("");
  if (!made.problem.empty())
    return say_problem(refused_code, made.problem, json);
  if (json)
    return say_json({{"ok", true},
                     {"folder", o.folder},
                     {"bulk", made.bulk},
                     {"leaves", made.leaves},
                     {"rows", made.rows},
                     {"files", made.blobs},
                     {"files_copied", made.blobs_copied},
                     {"bytes", made.bytes},
                     {"dropped", made.dropped},
                     {"keys_turned", made.keys_turned}}),
           fine;
  if (made.bulk.empty())
    std::printf("The current table in %s is new.\n", o.folder.c_str());
  else
    std::printf("%s%s is whole: %llu entries of the audit log, %llu rows, %llu files (%llu new), %s. It was "
                "read back; "
                "people's devices may forget what is in it.\n",
                made.keys_turned ? "Keys were turned since the last one, so this one is whole. " : "",
                made.bulk.c_str(), static_cast<unsigned long long>(made.leaves),
                static_cast<unsigned long long>(made.rows), static_cast<unsigned long long>(made.blobs),
                static_cast<unsigned long long>(made.blobs_copied), megabytes(made.bytes).c_str());
  return fine;
}

/// Without the recovery key: what its bytes alone say.
int verify_bytes(const backup_options& o, bool json) {
  auto bulks = bulks_in(o.folder);
  auto name = o.bulk.empty() && !bulks.empty() ? bulks.back() : o.bulk;
  if (name.empty())
    return say_problem(differs, o.folder + ": holds no finished backup", json);
  auto facts = read_bulk(o.folder, name, [](ports::change&&) { return true; });
  if (!facts.problem.empty())
    return say_problem(differs, name + "/" + facts.problem, json);
  if (json)
    return say_json({{"ok", true},
                     {"bulk", name},
                     {"leaves", facts.manifest.leaves},
                     {"rows", facts.manifest.rows},
                     {"files", facts.blobs.size()},
                     {"opened", false}}),
           fine;
  std::printf("%s: every byte is what the daemon signed: %llu rows, %zu files. Whether it opens only the "
              "recovery key can "
              "tell: --recovery-key FILE\n",
              name.c_str(), static_cast<unsigned long long>(facts.manifest.rows), facts.blobs.size());
  return fine;
}

void print_restored(const restored& r, bool json, const char* first) {
  if (json)
    return say_json({{"ok", true},
                     {"bulk", r.bulk},
                     {"clinic", hex(r.manifest.clinic.view())},
                     {"leaves", r.manifest.leaves},
                     {"rows", r.manifest.rows},
                     {"rows_lost", r.lost_rows},
                     {"root", hex(r.root)},
                     {"log_epoch", r.log_epoch},
                     {"opened", true}});
  std::printf("%s %s of clinic %s: %llu rows, %llu entries of the audit log, root %s.\n", first,
              r.bulk.c_str(), hex(r.manifest.clinic.view()).c_str(),
              static_cast<unsigned long long>(r.manifest.rows),
              static_cast<unsigned long long>(r.manifest.leaves), hex(r.root).c_str());
  if (r.lost_rows != 0)
    std::printf("%llu rows do not open: their keys were destroyed after this backup was made, as they were "
                "meant to be, "
                "and with them what stood beside them.\n",
                static_cast<unsigned long long>(r.lost_rows));
}

std::string why_not_read(refusal why) {
  if (why == refusal::not_found)
    return "there is no such file, or you may not read it; is the stick in?";
  if (why == refusal::malformed_request)
    return "is no recovery key";
  return why == refusal::keyring_not_openable ? "the passphrase is wrong, or the file is damaged" : said(why);
}

int with_recovery(const backup_options& o, bool json, const std::function<int(restore_order)>& then) {
  std::string problem;
  auto word = passphrase(o, "Passphrase of the recovery key", problem);
  if (!word)
    return say_problem(unavailable, problem, json);
  auto key = read_recovery_key(o.recovery_file, *word);
  wipe_text(*word);
  if (!key)
    return say_problem(unavailable, o.recovery_file + ": " + why_not_read(key.why()), json);
  return then({o.folder, o.bulk, std::move(*key), daemon::system_clock{}.now_ms()});
}

std::function<void(std::uint64_t, std::uint64_t)>
counted(const std::function<void(const std::string&)>& show) {
  return [show](std::uint64_t done, std::uint64_t all) {
    show(all == 0 ? std::to_string(done) + " rows copied"
                  : std::to_string(done) + " of " + std::to_string(all) + " rows opened");
  };
}

int verify(const backup_options& o, bool json) {
  if (o.recovery_file.empty())
    return verify_bytes(o, json);
  return with_recovery(o, json, [&](restore_order order) {
    auto scratch =
        o.scratch.empty() ? std::filesystem::temp_directory_path() : std::filesystem::path{o.scratch};
    scratch /= "wardline-verify-" + std::to_string(::getpid());
    auto show = shown_progress(json);
    auto seen = verify_backup(order, scratch, counted(show));
    show("");
    if (!seen.problem.empty())
      return say_problem(differs, seen.problem, json);
    print_restored(seen, json, "Restored into a scratch folder and thrown away:");
    return int{fine};
  });
}

int restore(const backup_options& o, const daemon::config& conf, bool json) {
  return with_recovery(o, json, [&](restore_order order) {
    auto show = shown_progress(json);
    auto done = run_restore(order, conf,
                            o.keys_dir.empty() ? conf.credentials_dir : std::filesystem::path{o.keys_dir},
                            counted(show));
    show("");
    if (!done.problem.empty())
      return say_problem(refused_code, done.problem, json);
    print_restored(done, json, "Restored");
    if (!json)
      std::puts(
          "Start wardlined. Everybody logs in again, with a code that was never used; recovery codes and "
          "waiting "
          "invitations are void. What people sent since the backup comes back from their devices by itself.");
    return int{fine};
  });
}

void add_recovery(CLI::App& to, const std::shared_ptr<backup_options>& o, bool needed) {
  auto* file = to.add_option("--recovery-key", o->recovery_file, "File of the recovery key");
  if (needed)
    file->required();
  to.add_option("--passphrase-file", o->passphrase_file,
                "First line is its passphrase; without it you are asked");
  to.add_option("--bulk", o->bulk, "Name of the bulk; without it the newest");
}

} // namespace

void add_backup(CLI::App& app, command_line& line) {
  auto o = std::make_shared<backup_options>();
  auto* key =
      app.add_subcommand("recovery-key", "Make the key that backups are sealed to; it leaves the box");
  key->add_option("file", o->recovery_file, "A new file, on a stick that you lock away")->required();
  key->add_option("--passphrase-file", o->passphrase_file,
                  "First line is its passphrase; without it you are asked");
  add_json(*key, line);
  key->callback([o, &line] { line.run = [o, &line] { return make_key(*o, line.json); }; });

  auto* backup = app.add_subcommand("backup", "Copy everything into a folder, while the daemon runs");
  auto* folder =
      backup->add_option("folder", o->folder, "Where backups lie: a disk or a share of another machine");
  backup->add_flag("--current", o->current_only, "Only the keys and everything but messages: small, often");
  backup->add_option("--keep", o->keep, "Backups that stay")
      ->capture_default_str()
      ->check(CLI::Range(1u, bulks_kept_max));
  add_config(*backup, line);
  backup->require_subcommand(0, 1);
  auto* check =
      backup->add_subcommand("verify", "Whether a backup is whole and, with the recovery key, opens");
  check->add_option("folder", o->folder, "Where backups lie")->required();
  add_recovery(*check, o, false);
  check->add_option("--scratch", o->scratch,
                    "Folder with room for all of it; without it the system's temporary one");
  add_json(*check, line);
  check->callback([o, &line] { line.run = [o, &line] { return verify(*o, line.json); }; });
  backup->callback([o, backup, folder, &line] {
    if (!backup->get_subcommands().empty())
      return;
    if (folder->count() == 0)
      throw CLI::RequiredError("folder");
    line.run = [o, &line] {
      return with_settings(line, [&](const daemon::config& conf) { return make(*o, conf, line.json); });
    };
  });

  auto* back = app.add_subcommand("restore", "Make an empty machine the clinic's box again");
  back->add_option("folder", o->folder, "Where backups lie")->required();
  add_recovery(*back, o, true);
  back->add_option("--keys", o->keys_dir,
                   "Folder for the box's keys; without it credentials_dir of the settings");
  add_config(*back, line);
  back->callback([o, &line] {
    line.run = [o, &line] {
      return with_settings(line, [&](const daemon::config& conf) { return restore(*o, conf, line.json); });
    };
  });
}

} // namespace wardline::ctl
