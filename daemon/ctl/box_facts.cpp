#include "box_facts.hpp"
#include "../admin_socket.hpp"
#include "../credentials.hpp"
#include "../disk_facts.hpp"
#include "box_questions.hpp"
#include "e2ee/chains.hpp"
#include "e2ee/checkpoint.hpp"
#include "e2ee/life.hpp"
#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/xattr.h>

namespace wardline::ctl {

namespace {

constexpr unsigned permission_bits = 07777;

/// Nothing: it is not there, or cannot be seen; errno says which.
std::optional<struct stat> look_at(const std::filesystem::path& path) {
  struct stat out {};
  return ::stat(path.c_str(), &out) == 0 ? std::optional{out} : std::nullopt;
}

std::optional<unsigned> mode_of(const std::filesystem::path& path) {
  auto seen = look_at(path);
  return seen ? std::optional{static_cast<unsigned>(seen->st_mode) & permission_bits} : std::nullopt;
}

/// With an access control list, as systemd gives to credentials, the group's bits are that list's mask and
/// say nothing about the group.
unsigned mode_for_others(const std::filesystem::path& file, const struct stat& seen) {
  auto mode = static_cast<unsigned>(seen.st_mode) & permission_bits;
  return ::getxattr(file.c_str(), "system.posix_acl_access", nullptr, 0) > 0 ? mode & ~070U : mode;
}

void look_at_keys(const daemon::config& conf, rules::box_facts& out) {
  std::vector<rules::key_file_facts> all;
  for (const auto& file : daemon::credentials::files(conf.credentials_dir)) {
    auto seen = look_at(file);
    // A folder that this user may not enter says nothing about what is in it.
    if (!seen && (errno == EACCES || !look_at(conf.credentials_dir)))
      return;
    bool there = seen && S_ISREG(seen->st_mode);
    all.push_back(
        {file.string(), there, there && seen->st_size == 32, there ? mode_for_others(file, *seen) : 0});
  }
  out.keys = std::move(all);
}

bool has(const rules::claim& c, rules::claim_limit limit) {
  return std::find(c.limits.begin(), c.limits.end(), limit) != c.limits.end();
}

void look_at_clock(rules::box_facts& out) {
  timex now{};
  auto state = ::adjtimex(&now); // asks, because modes is 0
  if (state != -1)
    out.clock_in_step = state != TIME_ERROR && (now.status & STA_UNSYNC) == 0;
}

void ask_the_daemon(const daemon::config& conf, time_ms now, rules::box_facts& out) {
  auto said = ask_status(conf.admin_socket);
  if (!said) {
    out.daemon_silent = said.why() == refusal::link_down ? "nobody answers at " + conf.admin_socket.string()
                                                         : std::string{name_of(said.why())};
    return;
  }
  out.daemon = facts_of(*said, now);
  auto raw =
      daemon::ask_daemon(conf.admin_socket, admin::encode(admin::log_question{admin::log_head_question{}}));
  auto head = raw ? admin::decode_log_report(*raw) : expected<admin::log_report>{refusal::link_down};
  if (head)
    out.checkpoint = judge_checkpoint(*head, said->clinic);
}

} // namespace

void look_at_folders(const daemon::config& conf, rules::box_facts& out) {
  out.state_dir = conf.state_dir.string();
  out.state_mode = mode_of(conf.state_dir);
  out.state_there = out.state_mode || errno == EACCES;
  out.keys_dir = conf.credentials_dir.string();
  look_at_keys(conf, out);
  out.socket = conf.admin_socket.string();
  out.socket_mode = mode_of(conf.admin_socket);
  out.socket_folder_mode = mode_of(conf.admin_socket.parent_path());
}

void look_at_disk(const daemon::config& conf, rules::box_facts& out) {
  struct statvfs disk {};
  if (::statvfs(conf.state_dir.c_str(), &disk) == 0) {
    // What only root may still use is not free for the daemon.
    out.disk = rules::room_facts{static_cast<std::uint64_t>(disk.f_blocks) * disk.f_frsize,
                                 static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize};
    if (disk.f_files != 0) // btrfs and the like make them as they need them
      out.inodes = rules::room_facts{disk.f_files, disk.f_favail};
    else
      out.inodes = rules::room_facts{1, 1};
  }
  std::error_code error;
  auto ring = conf.state_dir / "keyring";
  auto facts = daemon::disk_facts_of(std::filesystem::exists(ring, error) ? ring : conf.state_dir);
  if (facts.file_system.empty())
    return;
  auto claim = rules::claim_of(facts);
  out.file_system = facts.file_system;
  out.file_system_is_remote = has(claim, rules::claim_limit::remote);
  out.file_system_is_memory = has(claim, rules::claim_limit::memory_only);
  if (claim.level == rules::erasure_claim::unproved && !claim.limits.empty())
    out.erasure = std::string{word_of(claim.limits.front())};
}

rules::daemon_facts facts_of(const admin::status_report& s, time_ms now) {
  rules::daemon_facts out;
  out.map_bytes = s.map_bytes;
  out.used_bytes = s.used_bytes;
  out.nearly_full = s.nearly_full;
  out.open_files = s.open_files;
  out.files_max = s.files_max;
  out.locked_bytes_max = s.locked_bytes_max;
  out.core_files = s.core_files;
  out.log_size = s.log_size;
  out.checkpoint_size = s.checkpoint_size;
  out.checkpoint_age_ms = now - std::min(now, s.checkpoint_time);
  for (const auto& p : s.plugins)
    out.plugins.push_back({p.plugin, p.links != 0});
  out.emergency_role = s.emergency_role;
  out.emergency_devices = s.emergency_devices;
  out.certificates_ending = s.ending;
  out.certificates_ended = s.ended;
  return out;
}

rules::checkpoint_facts judge_checkpoint(const admin::log_report& head, const clinic_id& clinic) {
  if (head.why == refusal::not_found)
    return rules::checkpoint_facts::none_yet;
  auto root = e2ee::root_certificate::decode(head.root, clinic);
  if (head.why != refusal::none || !root)
    return rules::checkpoint_facts::wrong;
  e2ee::trust held{clinic, root->identity};
  if (!e2ee::admit_root(head.root, held))
    return rules::checkpoint_facts::wrong;
  auto server = e2ee::admit_server(head.server, held);
  auto origin = daemon::log_origin(clinic);
  auto decoded = e2ee::decode_note(head.note);
  if (decoded && e2ee::later_epoch(origin, decoded->head.origin)) // after a restore
    origin = decoded->head.origin;
  auto note = server ? e2ee::verify_note(head.note, origin, server->log_key)
                     : expected<e2ee::checkpoint>{server.why()};
  return note && note->size == head.size ? rules::checkpoint_facts::verified : rules::checkpoint_facts::wrong;
}

rules::box_facts facts_of(const std::string& config_file, time_ms now) {
  rules::box_facts out;
  out.settings_file = config_file;
  daemon::config conf;
  out.setting_problems = daemon::read_config(config_file, conf);
  std::vector<daemon::plugin_config> plugins;
  if (out.setting_problems.empty())
    out.setting_problems = daemon::read_plugins(conf.plugins_dir, plugins);
  look_at_clock(out);
  // With settings that are wrong these are the defaults and what could be read: still where a box is looked
  // for.
  look_at_folders(conf, out);
  look_at_disk(conf, out);
  ask_the_daemon(conf, now, out);
  return out;
}

} // namespace wardline::ctl
