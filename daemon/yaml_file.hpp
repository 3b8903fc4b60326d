#pragma once
// A YAML file of an administrator, read so that whatever is wrong is said with its line and column.
#include <charconv>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>
#include <yaml-cpp/yaml.h>

namespace wardline::daemon {

/// Every problem at once, as file:line:column: key: what; what is expected.
using config_problems = std::vector<std::string>;

/// Nothing is taken from yaml-cpp but text and places: it reads 0123 as 83 and "no" as false, and takes a key
/// twice.
class yaml_file {
public:
  yaml_file(const std::filesystem::path& file, config_problems& problems)
      : file_{file}, problems_{problems} {}

  [[nodiscard]] std::string place(const YAML::Mark& at) const {
    return file_.string() + ":" + std::to_string(at.line + 1) + ":" + std::to_string(at.column + 1);
  }

  void problem(const YAML::Mark& at, const std::string& what) const {
    problems_.push_back(place(at) + ": " + what);
  }

  using take = std::function<void(const YAML::Node&)>;
  /// Calls what fits each key; unknown and repeated keys are problems.
  void each_key(const YAML::Node& map, const std::string& path,
                const std::map<std::string, take>& known) const {
    if (!map.IsMap())
      return problem(map.Mark(),
                     (path.empty() ? "the file" : path) + ": expected a list of key: value lines");
    std::set<std::string> seen;
    for (const auto& entry : map) {
      auto key = entry.first.IsScalar() ? entry.first.Scalar() : std::string{};
      auto found = known.find(key);
      if (found == known.end())
        problem(entry.first.Mark(), path + key + ": unknown key; known are " + names(known));
      else if (!seen.insert(key).second)
        problem(entry.first.Mark(), path + key + ": stands here twice; remove one");
      else
        found->second(entry.second);
    }
  }

  std::string scalar(const YAML::Node& n, const std::string& path, const std::string& expected_text) const {
    if (!n.IsScalar() || n.Scalar().empty()) {
      problem(n.Mark(), path + ": expected " + expected_text);
      return {};
    }
    return n.Scalar();
  }

  std::uint64_t number(const YAML::Node& n, const std::string& path, std::uint64_t from,
                       std::uint64_t to) const {
    auto raw = scalar(n, path, "a whole number");
    std::uint64_t out = 0;
    auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), out);
    bool leading_zero = raw.size() > 1 && raw.front() == '0';
    if (error != std::errc{} || end != raw.data() + raw.size() || leading_zero || out < from || out > to)
      problem(n.Mark(),
              path + ": expected a whole number from " + std::to_string(from) + " to " + std::to_string(to));
    return out;
  }

  std::vector<std::string> list(const YAML::Node& n, const std::string& path,
                                const std::string& of_what) const {
    std::vector<std::string> out;
    if (!n.IsSequence()) {
      problem(n.Mark(), path + ": expected a list of " + of_what);
      return out;
    }
    for (const auto& item : n)
      out.push_back(scalar(item, path, of_what));
    return out;
  }

  /// The parsed file, or nothing and a problem.
  std::optional<YAML::Node> parse() const {
    try {
      auto size = std::filesystem::file_size(file_);
      if (size > file_bytes_max) {
        problems_.push_back(file_.string() + ": larger than " + std::to_string(file_bytes_max) + " bytes");
        return std::nullopt;
      }
      return YAML::LoadFile(file_.string());
    } catch (const YAML::ParserException& e) {
      problem(e.mark, e.msg);
    } catch (const std::exception&) {
      problems_.push_back(file_.string() +
                          ": cannot be read; check that it exists and that this user may read it");
    }
    return std::nullopt;
  }

private:
  static constexpr std::uintmax_t file_bytes_max = 4u << 20;

  static std::string names(const std::map<std::string, take>& known) {
    std::string out;
    for (const auto& [name, unused] : known)
      out += (out.empty() ? "" : ", ") + name;
    return out;
  }

  std::filesystem::path file_;
  config_problems& problems_;
};

} // namespace wardline::daemon
