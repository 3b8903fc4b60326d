#include "plugin_files.hpp"
#include "../config_keys.hpp"
#include "../durable_file.hpp"
#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

namespace wardline::ctl {

namespace {

std::size_t at(const YAML::Node& n) {
  return static_cast<std::size_t>(std::max(n.Mark().pos, 0));
}

/// [ ] on one line or many: behind the last key, or behind the bracket.
void add_to_brackets(std::string& text, const YAML::Node& list, const std::string& key) {
  if (list.size() == 0)
    return (void)text.insert(at(list) + 1, key);
  auto last = list[list.size() - 1];
  bool quoted = text[at(last)] == '"' || text[at(last)] == '\'';
  text.insert(at(last) + last.Scalar().size() + (quoted ? 2 : 0), ", " + key);
}

/// A line of its own below the last key's, and as far to the right.
void add_line(std::string& text, const YAML::Node& list, const std::string& key) {
  auto end = text.find('\n', at(list[list.size() - 1]));
  auto line = std::string(static_cast<std::size_t>(std::max(list.Mark().column, 0)), ' ') + "- " + key;
  if (end == std::string::npos)
    text += "\n" + line + "\n";
  else
    text.insert(end + 1, line + "\n");
}

} // namespace

expected<std::string> with_key(const std::filesystem::path& file, const std::string& text,
                               const public_key& key) {
  daemon::plugin_config wanted;
  if (!daemon::read_plugin_text(file, text, wanted).empty())
    return refusal::malformed_request;
  if (std::find(wanted.keys.begin(), wanted.keys.end(), key) != wanted.keys.end())
    return refusal::already_exists;
  if (wanted.keys.size() >= daemon::plugin_keys_max)
    return refusal::count_too_large;
  wanted.keys.push_back(key);
  auto list = YAML::Load(text)["keys"]; // it was read just now, so nothing is thrown
  auto out = text;
  if (at(list) >= text.size())
    return refusal::malformed_request;
  if (text[at(list)] == '[')
    add_to_brackets(out, list, hex(key));
  else if (list.size() != 0)
    add_line(out, list, hex(key));
  daemon::plugin_config got;
  bool meant = daemon::read_plugin_text(file, out, got).empty() && got == wanted;
  return meant ? expected<std::string>{std::move(out)} : refusal::malformed_request;
}

std::string new_plugin_text(const daemon::plugin_config& plugin) {
  std::string out =
      "# The name of this file is the name of the plugin. etc/plugins.d/cli.yaml explains each key.\n"
      "address: " +
      plugin.address + "\nrights: [";
  for (const auto& right : plugin.rights)
    out += (&right == &plugin.rights.front() ? "" : ", ") + right;
  out += "]\nkeys:\n";
  for (const auto& key : plugin.keys)
    out += "  - " + hex(key) + "\n";
  return out;
}

refusal replace_file(const std::filesystem::path& file, const std::string& text) {
  auto beside = file;
  beside += ".unfinished";
  ::unlink(beside.c_str()); // of a crash
  struct stat before {};
  bool there = ::stat(file.c_str(), &before) == 0;
  // A new one belongs to whom the folder belongs: the daemon reads it.
  if (!there && ::stat(file.parent_path().c_str(), &before) != 0)
    return refusal::storage_refused;
  int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return refusal::storage_refused;
  bool whole = write_at(fd, view(text), 0) && ::fchown(fd, before.st_uid, before.st_gid) == 0 &&
               ::fchmod(fd, there ? before.st_mode & 0777u : 0640u) == 0 && ::fsync(fd) == 0;
  whole = ::close(fd) == 0 && whole;
  if (whole && ::rename(beside.c_str(), file.c_str()) == 0 && sync_folder(file.parent_path()))
    return refusal::none;
  ::unlink(beside.c_str());
  return refusal::storage_refused;
}

} // namespace wardline::ctl
