#include "clinical/rule_set.hpp"
#include "clinical/loader.hpp"
#include "wire/hash.hpp"

namespace wardline::clinical {

namespace {

constexpr std::string_view standing_names[standings] = {"current", "negated",  "historical", "hypothetical",
                                                        "other",   "resolved", "idiom"};

} // namespace

std::string_view name_of(standing s) {
  return standing_names[static_cast<std::size_t>(s)];
}

std::optional<standing> read_standing(std::string_view name) {
  for (std::size_t i = 0; i < standings; ++i)
    if (standing_names[i] == name)
      return static_cast<standing>(i);
  return std::nullopt;
}

std::vector<std::string> load(const rule_files& files, rule_set& out) {
  return loader{out}.load(files);
}

hash32 hash_of(const rule_files& files) {
  std::string all;
  for (const auto& [name, text] : files)
    all += name + "\n" + std::to_string(text.size()) + "\n" + text;
  return labelled_hash("wardline triage rules v1", view(all));
}

} // namespace wardline::clinical
