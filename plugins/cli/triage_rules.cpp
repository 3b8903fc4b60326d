#include "triage_rules.hpp"
#include "e2ee/keys.hpp"

namespace wardline::cli {

std::unique_ptr<triage_rules> read_triage_rules(const std::string& given) {
  auto out = std::make_unique<triage_rules>();
  std::error_code error;
  auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  out->folder = clinical::find_rule_folder(given, program.parent_path());
  if (out->folder.empty()) {
    out->problem =
        "No triage rules are installed: /etc/wardline/triage is empty. Name a folder with --rules.";
    return out;
  }
  clinical::rule_folder read;
  auto problems = clinical::read_rule_folder(out->folder, read);
  if (problems.empty())
    problems = clinical::load(read.files, out->set);
  out->approval = read.approval;
  for (const auto& one : problems)
    out->problem += (out->problem.empty() ? "" : "\n") + one;
  return out;
}

approval_state approval_of(const triage_rules& rules, const clinic_id& clinic,
                           const public_key& identity_key) {
  if (!rules.approval)
    return approval_state::none;
  auto signed_bytes = clinical::approved_bytes(clinic, rules.set.hash);
  return e2ee::verify_signature(identity_key, clinical::approval_label, signed_bytes, *rules.approval)
             ? approval_state::good
             : approval_state::bad;
}

} // namespace wardline::cli
