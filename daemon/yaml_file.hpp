#pragma once
// A YAML file of an administrator, read so that whatever is wrong is said with its line and column.
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>
#include <yaml-cpp/yaml.h>

namespace wardline::daemon {

/// Every problem at once, as file:line:column: key: what; what is expected.
using config_problems = std::vector<std::string>;

/// Of one file. Anchors, aliases, tags and merge keys are refused, so that a small file cannot stand for a
/// large one.
inline constexpr std::size_t yaml_bytes_max = 4u << 20;
inline constexpr std::size_t yaml_depth_max = 32; ///< of lists and maps within each other
inline constexpr std::size_t yaml_nodes_max = 65'536;
inline constexpr std::size_t yaml_problems_max = 50; ///< further ones are not said
/// Bytes of what stands in the file, as a problem repeats it.
inline constexpr std::size_t yaml_shown_bytes_max = 64;

/// Where something stands in a file; both from 1.
struct yaml_place {
  int line = 1;
  int column = 1;
  bool operator==(const yaml_place&) const = default;
};
yaml_place place_of(const YAML::Mark& at);

/// Nothing is taken from yaml-cpp but text and places: it reads 0123 as 83 and "no" as false, and takes a key
/// twice.
class yaml_file {
public:
  yaml_file(const std::filesystem::path& file, config_problems& problems)
      : file_{file}, problems_{problems} {}

  [[nodiscard]] std::string place(const YAML::Mark& at) const;
  void problem(const YAML::Mark& at, const std::string& what) const;
  /// Of the file as a whole.
  void problem(const std::string& what) const;

  using take = std::function<void(const YAML::Node&)>;
  /// Calls what fits each key; unknown and repeated keys are problems.
  void each_key(const YAML::Node& map, const std::string& path,
                const std::map<std::string, take>& known) const;

  [[nodiscard]] std::string scalar(const YAML::Node& n, const std::string& path,
                                   const std::string& expected_text) const;
  /// Decimal digits without quotes; what YAML 1.1 reads otherwise is named.
  [[nodiscard]] std::uint64_t number(const YAML::Node& n, const std::string& path, std::uint64_t from,
                                     std::uint64_t to) const;
  [[nodiscard]] std::vector<std::string> list(const YAML::Node& n, const std::string& path,
                                              const std::string& of_what) const;

  /// The file as it is parsed, or nothing and a problem.
  [[nodiscard]] std::optional<YAML::Node> parse() const;
  /// The same of a text that was read already.
  [[nodiscard]] std::optional<YAML::Node> parse(const std::string& text) const;

private:
  [[nodiscard]] bool look_at_structure(const std::string& text) const;

  std::filesystem::path file_;
  config_problems& problems_;
  mutable std::size_t said_ = 0;
};

/// What readers of YAML take for something else than it looks like: 010, 0x1F, 1_000, 1:30, yes, on, 1e3.
/// A sentence that says so, or nothing.
std::string surprise_of(const std::string& plain);

/// As a problem repeats it: no control characters, at most yaml_shown_bytes_max.
std::string shown(const std::string& from_file);

/// The same without a limit.
std::string shown_line(std::string from_elsewhere);

/// The whole file, or nothing; nothing also of one with more bytes than `most`, then `too_large` is set.
std::optional<std::string> read_whole(const std::filesystem::path& file, std::size_t most, bool& too_large);

} // namespace wardline::daemon
