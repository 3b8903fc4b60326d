#include "setup.hpp"
#include "../credentials.hpp"
#include "../durable_file.hpp"
#include "../founding_file.hpp"
#include "../yaml_file.hpp"
#include "admission.hpp"
#include "e2ee/certificates.hpp"
#include "files.hpp"
#include "found_clinic.hpp"
#include "identity_file.hpp"
#include "prompt.hpp"
#include "unfinished_setup.hpp"
#include "wire/text.hpp"
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <sodium.h>

namespace wardline::ctl {

namespace {

/// As plugins/sdk/client/invitation_file.hpp says.
std::string invitation_text(const founded_clinic& made, const public_key& identity_key,
                            const daemon::credentials& box, const std::string& endpoint) {
  nlohmann::json out = {{"clinic", hex(made.first.clinic.view())},
                        {"identity_key", hex(identity_key)},
                        {"server_noise_key", hex(daemon::x25519_public(box.noise_key))},
                        {"invitation", hex(made.invitation.view())},
                        {"seed", hex(made.invitation_key.seed().view())},
                        {"endpoint", endpoint},
                        {"server_curve_key", hex(daemon::x25519_public(box.link_key))},
                        {"client_curve_public", hex(made.link.public_part)},
                        {"client_curve_secret", hex(made.link.secret.view())}};
  return out.dump(2) + "\n";
}

/// Nothing: the file system does not say.
std::optional<bool> inside(const std::filesystem::path& file, const std::filesystem::path& folder) {
  std::error_code error;
  auto whole_file = std::filesystem::weakly_canonical(file, error);
  if (error)
    return std::nullopt;
  auto whole_folder = std::filesystem::weakly_canonical(folder, error);
  if (error)
    return std::nullopt;
  auto relative = whole_file.lexically_relative(whole_folder);
  return !relative.empty() && *relative.begin() != "..";
}

std::string emergency_role(const setup_answers& a) {
  return a.emergency_role.empty() ? emergency_role_default : a.emergency_role;
}

bool is_there(const std::filesystem::path& file) {
  std::error_code error;
  // A link that leads nowhere is something too, and what cannot be looked at is not free.
  return std::filesystem::exists(std::filesystem::symlink_status(file, error));
}

/// What is wrong with the answers themselves.
std::string check_answers(const daemon::config& conf, const setup_places& places, const setup_answers& a) {
  if (a.clinic_name.empty() || a.clinic_name.size() > e2ee::clinic_name_bytes_max ||
      !text_ok(view(a.clinic_name)))
    return "The clinic's name must have 1 to 64 bytes of plain text.";
  if (a.first_person.empty() || a.first_person.size() > e2ee::display_name_bytes_max ||
      !text_ok(view(a.first_person)))
    return "The first person's name must have 1 to 96 bytes of plain text.";
  if (a.emergency_role.size() > e2ee::display_name_bytes_max || !text_ok(view(a.emergency_role)))
    return "The emergency role's name must have 1 to 96 bytes of plain text.";
  if (emergency_role(a) == a.first_person)
    return "The emergency role and the first person need different names.";
  if (a.passphrase.size() < passphrase_bytes_min)
    return "The passphrase of the identity key needs at least 12 characters.";
  for (const auto& folder : {conf.state_dir, places.keys_dir}) {
    auto within = inside(a.identity_file, folder);
    if (!within)
      return a.identity_file.string() + " cannot be looked at. Name another file for the identity key.";
    if (*within)
      return "The identity key must not lie on this box's state or credentials folder: name a file on a "
             "stick "
             "that leaves the box.";
  }
  if (inside(places.keys_dir, "/run").value_or(true))
    return places.keys_dir.string() +
           " is gone after a restart: systemd makes it anew for each start of the service. Say with --keys "
           "DIR "
           "where the keys of this box are to be written; systemd/README.md says how the service gets them.";
  return {};
}

/// What stands in the way on this box. What an unfinished set-up left is taken away first.
std::string clear_the_way(const daemon::config& conf, const setup_places& places) {
  if (is_there(conf.state_dir / "store") || is_there(conf.state_dir / "keyring"))
    return "There is a clinic in " + conf.state_dir.string() + " already; nothing was changed.";
  if (is_there(places.founding))
    return places.founding.string() +
           " exists already; nothing was changed. A clinic was set up here and waits for its first start: "
           "start "
           "wardlined. To begin again, remove this file and the keys in " +
           places.keys_dir.string() + ", then run this again.";
  if (has_unfinished(places))
    if (auto problem = discard_unfinished(places); !problem.empty())
      return problem;
  std::vector<std::filesystem::path> files{places.identity_file, places.invitation_file};
  for (auto& key : daemon::credentials::files(places.keys_dir))
    files.push_back(std::move(key));
  for (const auto& file : files)
    if (is_there(file))
      return file.string() +
             " exists already; nothing was changed. Name another, or remove it if nothing needs "
             "it, then run this again.";
  return {};
}

std::string make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  auto above = folder.parent_path();
  bool fresh = std::filesystem::create_directories(folder, error);
  if (!error && fresh)
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (!error && (!fresh || sync_folder(above)))
    return {};
  return folder.string() + " cannot be made" + (error ? ": " + error.message() : std::string{}) +
         ". Make it, or run this as a user who may; nothing was changed.";
}

std::string not_written(const std::filesystem::path& file, refusal why) {
  if (why == refusal::none)
    return {};
  return file.string() + " could not be written. " +
         (why == refusal::already_exists
              ? "Somebody has just made a file of that name."
              : "Does its folder exist, may you write there, and is there room on the disk?") +
         " Nothing was kept; run this again when it is mended.";
}

/// Everything that the founding file's last name stands for.
std::string write_all(const setup_places& places, const identity& who, const daemon::credentials& box,
                      const founded_clinic& made, const std::string& endpoint,
                      const std::string& passphrase) {
  auto why = daemon::write_founding(places.unfinished, made.first);
  if (why != refusal::none)
    return not_written(places.unfinished, why);
  if (why = write_identity(places.identity_file, who, passphrase); why != refusal::none)
    return not_written(places.identity_file, why);
  if (why = box.save(places.keys_dir); why != refusal::none)
    return not_written(places.keys_dir, why);
  auto text = invitation_text(made, daemon::ed25519_public(who.seed), box, endpoint);
  why = write_new_file(places.invitation_file, view(text));
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  if (why != refusal::none)
    return not_written(places.invitation_file, why);
  if (!give_to_owner_of(places.founding.parent_path(), {places.unfinished}) ||
      !give_to_owner_of(places.keys_dir, daemon::credentials::files(places.keys_dir)))
    return not_written(places.founding, refusal::storage_refused);
  return not_written(places.founding, rename_new(places.unfinished, places.founding));
}

setup_places places_of(const daemon::config& conf, const setup_answers& answers) {
  auto founding = conf.state_dir / daemon::founding_file_name;
  auto unfinished = founding;
  unfinished += ".unfinished";
  return {founding, unfinished, answers.keys_dir.empty() ? conf.credentials_dir : answers.keys_dir,
          answers.identity_file, answers.invitation_file};
}

} // namespace

std::string run_setup(const daemon::config& conf, const std::vector<daemon::plugin_config>& plugins,
                      const setup_answers& answers, time_ms now, setup_result& out) {
  auto places = places_of(conf, answers);
  if (auto problem = check_answers(conf, places, answers); !problem.empty())
    return problem;
  auto cli = std::find_if(plugins.begin(), plugins.end(), [](const auto& p) { return p.name == cli_plugin; });
  if (cli == plugins.end())
    return "plugins.d has no cli.yaml: people's terminals would have nowhere to connect.";
  if (auto problem = clear_the_way(conf, places); !problem.empty())
    return problem;
  for (const auto& folder : {conf.state_dir, places.keys_dir})
    if (auto problem = make_folder(folder); !problem.empty())
      return problem;
  auto box = daemon::credentials::make();
  identity who{{}, secret32::random()};
  randombytes_buf(who.clinic.value.data(), who.clinic.value.size());
  auto made = found_clinic(who,
                           {daemon::x25519_public(box.noise_key), daemon::ed25519_public(box.log_key),
                            daemon::ed25519_public(box.daemon_key)},
                           answers.clinic_name, answers.first_person, now, emergency_role(answers));
  out.clinic = who.clinic;
  out.second_code = made.second_code;
  auto problem = write_all(places, who, box, made, cli->address, answers.passphrase);
  if (problem.empty())
    return {};
  if (is_there(places.founding))
    return places.founding.string() +
           " is written, but the disk did not confirm it. Look after the disk; then remove this file and the "
           "keys "
           "in " +
           places.keys_dir.string() + ", and run this again.";
  if (has_unfinished(places))
    if (auto left = discard_unfinished(places); !left.empty())
      problem += " " + left;
  return problem;
}

daemon::config_problems read_answers(const std::filesystem::path& file, setup_answers& out) {
  daemon::config_problems problems;
  daemon::yaml_file yaml{file, problems};
  auto root = yaml.parse();
  if (!root)
    return problems;
  std::vector<std::string> missing{"clinic_name", "first_person", "identity_file", "passphrase",
                                   "invitation_file"};
  auto take = [&](const std::string& key, auto& to) {
    return std::pair{key, daemon::yaml_file::take{[&yaml, &missing, &to, key](const YAML::Node& n) {
                       std::erase(missing, key);
                       to = yaml.scalar(n, key, "text");
                     }}};
  };
  yaml.each_key(*root, "",
                {take("clinic_name", out.clinic_name), take("first_person", out.first_person),
                 take("identity_file", out.identity_file), take("passphrase", out.passphrase),
                 take("invitation_file", out.invitation_file), take("emergency_role", out.emergency_role)});
  for (const auto& key : missing)
    yaml.problem(key + " is missing");
  return problems;
}

setup_answers ask_answers() {
  setup_answers out;
  out.clinic_name = ask("1 of 5  Name of the clinic");
  out.first_person =
      ask("2 of 5  Name of the first person (front desk or practice manager; invites everybody else)");
  out.identity_file = ask("3 of 5  File for the clinic's identity key, on a stick that you lock away");
  out.passphrase = ask_hidden("4 of 5  Passphrase for that file (12 characters or more)");
  out.invitation_file = ask("5 of 5  File for the first person's invitation");
  return out;
}

} // namespace wardline::ctl
