#include "clinical/rule_folder.hpp"
#include "clinical/yaml.hpp"
#include <fstream>
#include <iterator>

namespace wardline::clinical {

namespace {

namespace fs = std::filesystem;

constexpr const char* marker = "language.yaml"; ///< what every rule folder has

std::optional<std::string> content_of(const fs::path& file) {
  std::error_code error;
  auto size = fs::file_size(file, error);
  std::ifstream in{file, std::ios::binary};
  if (error || size > yaml::file_bytes_max || !in)
    return std::nullopt;
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

bool has_rules(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(folder / marker, error);
}

} // namespace

std::vector<std::string> read_rule_folder(const fs::path& folder, rule_folder& out) {
  std::error_code error;
  for (fs::directory_iterator at{folder, error}, end; !error && at != end; at.increment(error)) {
    const auto& file = at->path();
    if (file.extension() != ".yaml")
      continue;
    auto text = content_of(file);
    if (!text || out.files.size() == files_max)
      return {file.filename().string() + " cannot be read, is too large, or is one file too many"};
    out.files[file.filename().string()] = std::move(*text);
  }
  if (error || out.files.empty())
    return {"There are no rules in " + folder.string() + "."};
  if (fs::exists(folder / approval_file, error)) {
    auto text = content_of(folder / approval_file);
    auto raw = text ? from_hex(std::string_view{*text}.substr(0, text->find('\n'))) : std::nullopt;
    out.approval = raw ? fixed<64>(*raw) : std::nullopt;
    if (!out.approval)
      return {std::string{approval_file} + " is damaged: it holds no signature"};
  }
  return {};
}

bytes approved_bytes(const clinic_id& clinic, const hash32& rule_set) {
  auto out = to_bytes(clinic.view());
  out.insert(out.end(), rule_set.begin(), rule_set.end());
  return out;
}

fs::path find_rule_folder(const std::string& given, fs::path beside) {
  if (!given.empty())
    return given;
  constexpr int levels_max = 8;
  for (int i = 0; i < levels_max && !beside.empty(); ++i) {
    for (const char* below : {"share/wardline/triage", "etc/triage"})
      if (has_rules(beside / below))
        return beside / below;
    if (beside == beside.parent_path())
      break;
    beside = beside.parent_path();
  }
  const fs::path installed = "/etc/wardline/triage";
  return has_rules(installed) ? installed : fs::path{};
}

} // namespace wardline::clinical
