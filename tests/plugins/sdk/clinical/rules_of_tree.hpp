#pragma once
// The rules of this source tree, loaded once, and files of messages.
#include "clinical/rule_folder.hpp"
#include "clinical/scorer.hpp"

namespace wardline::clinical {

const rule_files& files_of_tree();
const rule_set& rules_of_tree();

struct message {
  std::string id, role, text;
  unsigned level = 0;
};
/// Empty if there is no such file.
std::vector<message> read_messages(const std::filesystem::path& file);
/// In the folder of these tests.
std::vector<message> own_messages(const std::string& file);

inline unsigned level_of(std::string_view text, sender who = sender::patient) {
  return score_text(rules_of_tree(), text, who).level;
}

} // namespace wardline::clinical
