#include "rules/box_checks.hpp"
#include <algorithm>

namespace wardline::rules {

namespace {

constexpr unsigned of_others = 077;

check_result good(std::string what) {
  return {{}, check_state::good, std::move(what), {}};
}
check_result unknown(std::string what, std::string fix) {
  return {{}, check_state::unknown, std::move(what), std::move(fix)};
}
check_result warning(std::string what, std::string fix) {
  return {{}, check_state::warning, std::move(what), std::move(fix)};
}
check_result bad(std::string what, std::string fix) {
  return {{}, check_state::bad, std::move(what), std::move(fix)};
}

std::string octal(unsigned mode) {
  std::string out = "0000";
  for (std::size_t i = 4; i-- > 0; mode >>= 3)
    out[i] = static_cast<char>('0' + (mode & 7));
  return out;
}

std::string number(std::uint64_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

/// Rounded down; the whole of nothing is left.
unsigned percent(std::uint64_t part, std::uint64_t of) {
  return of == 0 ? 100
                 : static_cast<unsigned>(static_cast<long double>(part) * 100 / static_cast<long double>(of));
}

check_result ask_the_daemon() {
  return unknown("Only the running daemon can tell.", "Start wardlined, then run this again.");
}

check_result settings(const box_facts& f) {
  if (f.setting_problems.empty())
    return good(f.settings_file + " and the plugins' files are valid.");
  return bad(number(f.setting_problems.size(), "problem") +
                 " in the settings, first: " + f.setting_problems.front(),
             "Mend the file; `wardctl config check` lists all of them.");
}

check_result state_folder(const box_facts& f) {
  if (!f.state_there)
    return bad(f.state_dir + " is not there.", "Run `wardctl setup`, or mend state_dir in the settings.");
  if (!f.state_mode)
    return unknown(f.state_dir + " cannot be looked at.", "Run this as root.");
  if ((*f.state_mode & of_others) != 0)
    return bad(f.state_dir + " is open to other users (mode " + octal(*f.state_mode) + ").",
               "chmod 0700 " + f.state_dir);
  return good(f.state_dir + " is closed to other users.");
}

check_result keys(const box_facts& f) {
  if (!f.keys)
    return unknown("The keys in " + f.keys_dir + " cannot be looked at.",
                   "Run this as root while the service runs: systemd shows them to nobody else.");
  for (const auto& key : *f.keys) {
    if (!key.there)
      return bad(key.file + " is missing.",
                 "Put the key back from where it is kept; a new one opens nothing.");
    if (!key.whole)
      return bad(key.file + " does not hold 32 bytes.", "Put the key back from where it is kept.");
    if ((key.mode & of_others) != 0)
      return bad(key.file + " can be read by other users (mode " + octal(key.mode) + ").",
                 "chmod 0400 " + key.file);
  }
  return good(number(f.keys->size(), "key") + " in " + f.keys_dir + ", closed to other users.");
}

check_result room(const std::optional<room_facts>& left, const std::string& of, const std::string& fix) {
  if (!left)
    return unknown("The file system does not say how many " + of + " are free.", "Run this as root.");
  auto share = percent(left->free, left->all);
  auto what = std::to_string(share) + " % of the " + of + " of the file system are free.";
  if (share < room_bad_percent)
    return bad(what, fix);
  if (share < room_warning_percent)
    return warning(what, fix);
  return good(what);
}

check_result disk(const box_facts& f) {
  return room(f.disk, "bytes",
              "Make room, or move state_dir to a larger disk: a full one takes only urgent messages.");
}

check_result inodes(const box_facts& f) {
  return room(f.inodes, "inodes",
              "Remove small files that nobody needs, or make the file system anew with more inodes.");
}

check_result file_system(const box_facts& f) {
  if (!f.file_system)
    return unknown("The file system below " + f.state_dir + " is not known.", "Run this as root.");
  if (f.file_system_is_remote.value_or(false))
    return bad(f.state_dir + " lies on another machine (" + *f.file_system + ").",
               "Move it to a disk of this box: the store's locks and syncs do not hold over a network.");
  if (f.file_system_is_memory.value_or(false))
    return bad(f.state_dir + " lies in memory (" + *f.file_system + ").",
               "Move it to a disk: all of it is gone after a restart of the box.");
  if (!f.erasure.empty())
    return warning("Destroying a message proves nothing on " + *f.file_system + ": " + f.erasure + ".",
                   "Move the keyring to ext4 or xfs without data=journal; `wardctl erasure` explains.");
  return good(*f.file_system + " overwrites keys in place.");
}

check_result clock(const box_facts& f) {
  if (!f.clock_in_step)
    return unknown("The kernel does not say whether the clock is in step.", "timedatectl status");
  if (!*f.clock_in_step)
    return warning(
        "No time service keeps the clock in step; duty rosters and codes of authenticators need it.",
        "systemctl enable --now systemd-timesyncd");
  return good("A time service keeps the clock in step.");
}

check_result daemon(const box_facts& f) {
  return f.daemon ? good("The daemon answers at " + f.socket + ".")
                  : bad("The daemon does not answer: " + f.daemon_silent + ".",
                        "systemctl status wardlined, then journalctl -u wardlined");
}

check_result admin_socket(const box_facts& f) {
  if (!f.socket_mode || !f.socket_folder_mode)
    return unknown(f.socket + " cannot be looked at.", "Start wardlined, then run this as root.");
  // Whoever may enter the folder and write to the socket may change rosters.
  if ((*f.socket_folder_mode & 01) != 0 && (*f.socket_mode & 02) != 0)
    return bad("Every user of this box may use " + f.socket + ".", "chmod o-rwx " + f.socket);
  if ((*f.socket_folder_mode & 022) != 0)
    return bad("Other users may put a socket of their own at " + f.socket + " (mode of its folder " +
                   octal(*f.socket_folder_mode) + ").",
               "Make the folder writable by the daemon's user alone: systemd-tmpfiles --create");
  return good("Only the folder's group may use " + f.socket + ".");
}

check_result files(const box_facts& f) {
  if (!f.daemon)
    return ask_the_daemon();
  auto what = std::to_string(f.daemon->open_files) + " of " + std::to_string(f.daemon->files_max) +
              " file descriptors are open.";
  if (f.daemon->files_max < files_min)
    return warning(what, "LimitNOFILE=65536 in the unit of wardlined, then restart it");
  if (percent(f.daemon->open_files, f.daemon->files_max) >= 100 - room_warning_percent)
    return bad(what, "Raise LimitNOFILE in the unit of wardlined, then restart it.");
  return good(what);
}

check_result locked_memory(const box_facts& f) {
  if (!f.daemon)
    return ask_the_daemon();
  if (f.daemon->locked_bytes_max < locked_bytes_min)
    return warning("The daemon may keep only " + std::to_string(f.daemon->locked_bytes_max) +
                       " bytes of keys out of swap.",
                   "LimitMEMLOCK=64M in the unit of wardlined, then restart it");
  return good("The daemon may keep its keys out of swap.");
}

check_result core_files(const box_facts& f) {
  if (!f.daemon)
    return ask_the_daemon();
  return f.daemon->core_files ? bad("The daemon could leave a core file with keys in it.",
                                    "LimitCORE=0 in the unit of wardlined, then restart it")
                              : good("The daemon leaves no core file.");
}

check_result store(const box_facts& f) {
  if (!f.daemon)
    return ask_the_daemon();
  auto used = percent(f.daemon->used_bytes, f.daemon->map_bytes);
  auto what = "The store is open and uses " + std::to_string(used) + " % of its address space.";
  if (f.daemon->nearly_full)
    return bad(what + " Only its reserve is left: it takes only urgent messages.",
               "Make room on the disk, or raise store.map_bytes and restart.");
  if (used >= map_warning_percent)
    return warning(what, "Raise store.map_bytes in the settings, then restart wardlined.");
  return good(what);
}

check_result checkpoint(const box_facts& f) {
  if (!f.daemon || !f.checkpoint)
    return ask_the_daemon();
  if (*f.checkpoint == checkpoint_facts::wrong)
    return bad("The newest checkpoint of the audit log does not verify with the clinic's certificates.",
               "Keep the disk as it is; run `wardctl audit export DIR` and `wardline-verify export DIR`.");
  auto behind = f.daemon->log_size - std::min(f.daemon->log_size, f.daemon->checkpoint_size);
  if (behind != 0 && f.daemon->checkpoint_age_ms > checkpoint_age_ms_max)
    return bad(std::to_string(behind) + " new entries of the audit log have had no checkpoint for " +
                   std::to_string(f.daemon->checkpoint_age_ms / 60'000) + " minutes.",
               "systemctl restart wardlined, and look into its journal for the reason");
  if (*f.checkpoint == checkpoint_facts::none_yet)
    return warning("The audit log has no checkpoint yet.", "Wait a second, then run this again.");
  return good("The newest checkpoint covers " + std::to_string(f.daemon->checkpoint_size) + " of " +
              std::to_string(f.daemon->log_size) + " entries and verifies.");
}

check_result plugins(const box_facts& f) {
  if (!f.daemon)
    return ask_the_daemon();
  std::string missing;
  for (const auto& p : f.daemon->plugins)
    if (!p.connected)
      missing += (missing.empty() ? "" : ", ") + p.name;
  if (f.daemon->plugins.empty())
    return bad("No plugin is granted: nobody can connect.",
               "Put a file into plugins_dir, then restart wardlined.");
  if (!missing.empty())
    return warning(
        "Granted, but not connected: " + missing + ".",
        "Start it (systemctl start wardline-plugin@NAME); `cli` connects when somebody uses `ward`.");
  return good(number(f.daemon->plugins.size(), "plugin") + " granted and connected.");
}

check_result emergency_role(const box_facts& f) {
  if (!f.daemon)
    return ask_the_daemon();
  if (!f.daemon->emergency_role)
    return bad("The clinic has no emergency role.", "Start the daemon once after `wardctl setup`.");
  if (f.daemon->emergency_devices == 0)
    return bad("Nobody's device can read for the emergency role.", "ward admin grant NAME \"Emergency\"");
  return good(number(f.daemon->emergency_devices, "device") + " can read for the emergency role.");
}

check_result certificates(const box_facts& f) {
  if (!f.daemon)
    return ask_the_daemon();
  auto ended = number(f.daemon->certificates_ended, "device certificate");
  if (f.daemon->certificates_ended != 0)
    return warning(ended + " ended; nobody is locked out, and nobody vouches for it any more.",
                   "ward admin pending, then ward admin renew NAME");
  if (f.daemon->certificates_ending != 0)
    return warning(number(f.daemon->certificates_ending, "device certificate") + " will end within 30 days.",
                   "ward admin pending, then ward admin renew NAME");
  return good("No device's certificate ends within 30 days.");
}

struct named_check {
  const char* name;
  check_result (*judge)(const box_facts&);
};

constexpr named_check all_checks[] = {
    {"settings", settings},
    {"state_folder", state_folder},
    {"keys", keys},
    {"disk", disk},
    {"inodes", inodes},
    {"file_system", file_system},
    {"clock", clock},
    {"daemon", daemon},
    {"admin_socket", admin_socket},
    {"files", files},
    {"locked_memory", locked_memory},
    {"core_files", core_files},
    {"store", store},
    {"checkpoint", checkpoint},
    {"plugins", plugins},
    {"emergency_role", emergency_role},
    {"certificates", certificates},
};

} // namespace

std::vector<check_result> check_box(const box_facts& f) {
  std::vector<check_result> out;
  for (const auto& check : all_checks) {
    out.push_back(check.judge(f));
    out.back().name = check.name;
  }
  return out;
}

std::string_view word_of(check_state s) {
  switch (s) {
  case check_state::good:
    return "good";
  case check_state::unknown:
    return "unknown";
  case check_state::warning:
    return "warning";
  case check_state::bad:
    break;
  }
  return "bad";
}

} // namespace wardline::rules
