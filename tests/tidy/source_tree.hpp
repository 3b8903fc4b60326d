#pragma once
// How tidy_test reads the repository: files as text, code without comments and strings, functions by braces.
// Standard library only; nothing here knows a rule.
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tidy {

/// Path from the repository's root -> content. A rule is a function of this, so that samples can be given to
/// it.
using tree = std::map<std::string, std::string>;
using complaints = std::vector<std::string>;

/// What git tracks or would track below `root`; without git, every file outside build folders.
tree read_tree(const std::string& root);

bool starts_with_any(std::string_view text, const std::vector<std::string>& prefixes);
bool is_cpp(std::string_view path);
bool is_test(std::string_view path);
std::string file_name(std::string_view path);
/// File name without its last ending.
std::string stem(std::string_view path);
std::size_t count_lines(std::string_view text);

/// Comments become spaces; with `strings` too, the insides of string and character literals. Lines keep their
/// numbers.
std::string code_only(std::string_view text, bool strings);

/// Header names in #include lines, in order.
std::vector<std::string> includes(std::string_view text);

/// The repository's file that an #include means, or nothing for a library's header.
std::string resolve(const tree& files, const std::string& from, const std::string& name);

struct function_size {
  std::string header; ///< what stands before the opening brace
  std::size_t line;   ///< of the opening brace, from 1
  std::size_t lines;
};
/// Outermost function bodies; lambdas belong to the function they stand in.
std::vector<function_size> functions(std::string_view text);

/// target -> what target_link_libraries names for it, over every CMakeLists.txt.
std::map<std::string, std::vector<std::string>> link_lines(const tree& files);
/// Everything a target links, directly or through others.
std::vector<std::string> reachable(const std::map<std::string, std::vector<std::string>>& links,
                                   const std::string& target);

} // namespace tidy
