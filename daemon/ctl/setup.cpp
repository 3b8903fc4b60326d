#include "setup.hpp"
#include "../credentials.hpp"
#include "../founding_file.hpp"
#include "admission.hpp"
#include "e2ee/certificates.hpp"
#include "files.hpp"
#include "found_clinic.hpp"
#include "identity_file.hpp"
#include "prompt.hpp"
#include "wire/text.hpp"
#include <algorithm>
#include <nlohmann/json.hpp>
#include <sodium.h>
#include <yaml-cpp/yaml.h>

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

bool inside(const std::filesystem::path& file, const std::filesystem::path& folder) {
  auto relative =
      std::filesystem::weakly_canonical(file).lexically_relative(std::filesystem::weakly_canonical(folder));
  return !relative.empty() && *relative.begin() != "..";
}

std::string emergency_role(const setup_answers& a) {
  return a.emergency_role.empty() ? emergency_role_default : a.emergency_role;
}

/// What is wrong with the answers, before anything is written.
std::string check(const daemon::config& conf, const setup_answers& a) {
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
  if (inside(a.identity_file, conf.state_dir) || inside(a.identity_file, conf.credentials_dir))
    return "The identity key must not lie on this box's state or credentials folder: name a file on a stick "
           "that leaves "
           "the box.";
  if (std::filesystem::exists(conf.state_dir / "store") ||
      std::filesystem::exists(conf.state_dir / "keyring"))
    return "There is a clinic in " + conf.state_dir.string() + " already; nothing was changed.";
  for (const auto& file : {a.identity_file, a.invitation_file, conf.state_dir / daemon::founding_file_name})
    if (std::filesystem::exists(file))
      return file.string() + " exists already; nothing was changed.";
  return {};
}

std::string not_written(const std::filesystem::path& file, refusal why) {
  return why == refusal::none ? std::string{}
                              : file.string() + " could not be written: " + std::string{sentence_of(why)};
}

} // namespace

std::string run_setup(const daemon::config& conf, const std::vector<daemon::plugin_config>& plugins,
                      const setup_answers& answers, time_ms now, setup_result& out) {
  if (auto problem = check(conf, answers); !problem.empty())
    return problem;
  auto cli = std::find_if(plugins.begin(), plugins.end(), [](const auto& p) { return p.name == cli_plugin; });
  if (cli == plugins.end())
    return "plugins.d has no cli.yaml: people's terminals would have nowhere to connect.";
  std::error_code error;
  std::filesystem::create_directories(conf.state_dir, error);
  std::filesystem::create_directories(conf.credentials_dir, error);
  auto box = daemon::credentials::make();
  identity who{{}, secret32::random()};
  randombytes_buf(who.clinic.value.data(), who.clinic.value.size());
  auto made = found_clinic(who,
                           {daemon::x25519_public(box.noise_key), daemon::ed25519_public(box.log_key),
                            daemon::ed25519_public(box.daemon_key)},
                           answers.clinic_name, answers.first_person, now, emergency_role(answers));
  out.clinic = who.clinic;
  out.second_code = made.second_code;
  // The identity key first: without it nothing else is worth keeping.
  if (auto problem =
          not_written(answers.identity_file, write_identity(answers.identity_file, who, answers.passphrase));
      !problem.empty())
    return problem;
  if (auto problem = not_written(conf.credentials_dir, box.save(conf.credentials_dir)); !problem.empty())
    return problem;
  auto text = invitation_text(made, daemon::ed25519_public(who.seed), box, cli->address);
  auto wrote = write_new_file(answers.invitation_file, view(text));
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  if (auto problem = not_written(answers.invitation_file, wrote); !problem.empty())
    return problem;
  auto founding_file = conf.state_dir / daemon::founding_file_name;
  return not_written(founding_file, daemon::write_founding(founding_file, made.first));
}

daemon::config_problems read_answers(const std::filesystem::path& file, setup_answers& out) {
  daemon::config_problems problems;
  auto text = read_small_file(file);
  if (!text) {
    problems.push_back(file.string() + ": " + std::string{sentence_of(text.why())});
    return problems;
  }
  try {
    auto root = YAML::Load(*text);
    auto take = [&](const char* key) {
      auto node = root[key];
      if (node && node.IsScalar())
        return node.Scalar();
      problems.push_back(file.string() + ": " + key + " is missing");
      return std::string{};
    };
    out.clinic_name = take("clinic_name");
    out.first_person = take("first_person");
    out.identity_file = take("identity_file");
    out.passphrase = take("passphrase");
    out.invitation_file = take("invitation_file");
    if (auto role = root["emergency_role"]; role && role.IsScalar())
      out.emergency_role = role.Scalar();
  } catch (const YAML::Exception& e) {
    problems.push_back(file.string() + ":" + std::to_string(e.mark.line + 1) + ": " + e.msg);
  }
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
