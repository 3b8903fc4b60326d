#include "rules_of_tree.hpp"
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

namespace wardline::clinical {

const rule_files& files_of_tree() {
  static const rule_folder folder = [] {
    rule_folder out;
    auto problems = read_rule_folder(WARDLINE_SOURCE_DIR "/etc/triage", out);
    for (const auto& one : problems)
      FAIL(one);
    return out;
  }();
  return folder.files;
}

const rule_set& rules_of_tree() {
  static const rule_set* set = [] {
    auto* out = new rule_set; // for the life of the program
    for (const auto& one : load(files_of_tree(), *out))
      FAIL(one);
    return out;
  }();
  return *set;
}

std::vector<message> read_messages(const std::filesystem::path& file) {
  std::vector<message> out;
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);) {
    auto j = nlohmann::json::parse(line);
    out.push_back({j["id"], j["sender_role"], j["text"], j["level"]});
  }
  return out;
}

std::vector<message> own_messages(const std::string& file) {
  return read_messages(std::filesystem::path{WARDLINE_SOURCE_DIR} / "tests/plugins/sdk/clinical" / file);
}

} // namespace wardline::clinical
