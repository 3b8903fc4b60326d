#pragma once
// A folder of rule data (etc/triage) from disk: its *.yaml files, and the clinic's approval if there is one.
#include "clinical/rule_set.hpp"
#include <filesystem>

namespace wardline::clinical {

/// What a clinic's medical lead signs: H(label, clinic | rule-set hash), Ed25519 with the clinic's identity
/// key.
inline constexpr std::string_view approval_label = "wardline triage approval v1";
/// One line: the signature, 128 hex digits.
inline constexpr std::string_view approval_file = "approval";

struct rule_folder {
  rule_files files;
  std::optional<signature64> approval;
};

/// Problems, or none. A file that is larger than yaml::file_bytes_max, or more than files_max, is a problem.
std::vector<std::string> read_rule_folder(const std::filesystem::path& folder, rule_folder& out);

/// What the approval signs, behind its label.
bytes approved_bytes(const clinic_id& clinic, const hash32& rule_set);

/// Where the rules are: `given` if not empty; else `beside`/share/wardline/triage or `beside`/etc/triage for
/// the folder of the program and each one above it; else /etc/wardline/triage. Empty if there are none.
std::filesystem::path find_rule_folder(const std::string& given, std::filesystem::path beside);

} // namespace wardline::clinical
