#pragma once
// `wardctl setup`: makes a clinic out of nothing. Everything is made here, on a box that is not serving yet:
// the identity key (into a file that leaves the box), the box's own keys, and one invitation for the first
// person.
#include "../config.hpp"
#include "wire/expected.hpp"
#include <filesystem>
#include <string>

namespace wardline::ctl {

/// The questions, at most six.
struct setup_answers {
  std::string clinic_name;               ///< 1..64 bytes
  std::string first_person;              ///< display name of who will be the first registrar, 1..96 bytes
  std::filesystem::path identity_file;   ///< outside the state folder
  std::string passphrase;                ///< of the identity file, at least 12 characters
  std::filesystem::path invitation_file; ///< for the first person's device
  std::filesystem::path keys_dir{};      ///< not asked: --keys; empty = credentials_dir of the settings
  std::string emergency_role{}; ///< name of the role in every patient's conversation; empty = the usual one
};

struct setup_result {
  clinic_id clinic;
  std::string second_code; ///< 8 digits; told to the first person another way than the invitation
};

/// What is wrong and what to do, in plain words, or nothing and `out`. Nothing of an existing clinic is
/// touched. Everything or nothing: what a failure leaves is taken away at once, what a crash leaves by the
/// next set-up.
std::string run_setup(const daemon::config& conf, const std::vector<daemon::plugin_config>& plugins,
                      const setup_answers& answers, time_ms now, setup_result& out);

/// From a YAML file with the keys clinic_name, first_person, identity_file, passphrase, invitation_file and,
/// if the clinic has a name of its own for it, emergency_role.
daemon::config_problems read_answers(const std::filesystem::path& file, setup_answers& out);
/// Asks on the terminal.
setup_answers ask_answers();

} // namespace wardline::ctl
