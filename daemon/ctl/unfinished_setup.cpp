#include "unfinished_setup.hpp"
#include "../credentials.hpp"
#include "../durable_file.hpp"
#include "../founding_file.hpp"
#include "files.hpp"
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace wardline::ctl {

namespace {

/// Identity and invitation files both say whose they are.
bool is_of(const std::filesystem::path& file, const clinic_id& clinic) {
  auto content = read_small_file(file);
  auto read = content ? nlohmann::json::parse(*content, nullptr, false) : nlohmann::json{};
  return read.is_object() && read.contains("clinic") && read["clinic"] == hex(clinic.view());
}

} // namespace

bool has_unfinished(const setup_places& places) {
  std::error_code ignored; // what cannot be looked at is met again when it is written
  return std::filesystem::exists(places.unfinished, ignored);
}

std::string discard_unfinished(const setup_places& places) {
  std::vector<std::filesystem::path> dead;
  // A mark that cannot be read was cut short itself: nothing was made after it.
  if (auto begun = daemon::read_founding(places.unfinished)) {
    for (const auto& file : {places.identity_file, places.invitation_file})
      if (is_of(file, begun->clinic))
        dead.push_back(file);
    for (auto& key : daemon::credentials::files(places.keys_dir))
      dead.push_back(std::move(key));
  }
  for (const auto& file : dead) {
    std::error_code error;
    bool was = std::filesystem::remove(file, error);
    if (error || (was && !sync_folder(file.parent_path())))
      return file.string() +
             " is of a set-up that was not finished and cannot be removed. Remove it, then run "
             "this again.";
  }
  std::error_code error;
  std::filesystem::remove(places.unfinished, error);
  if (error || !sync_folder(places.unfinished.parent_path()))
    return places.unfinished.string() + " cannot be removed. Remove it, then run this again.";
  return {};
}

bool give_to_owner_of(const std::filesystem::path& folder, const std::vector<std::filesystem::path>& files) {
  struct stat facts {};
  if (::geteuid() != 0)
    return true; // they are this user's already
  if (::stat(folder.c_str(), &facts) != 0)
    return false;
  for (const auto& file : files)
    if (::chown(file.c_str(), facts.st_uid, facts.st_gid) != 0)
      return false;
  return true;
}

} // namespace wardline::ctl
