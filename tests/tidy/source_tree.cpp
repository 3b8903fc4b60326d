#include "source_tree.hpp"
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <set>
#include <sstream>

namespace tidy {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> lines_of(const std::string& command) {
  std::string output;
  if (std::unique_ptr<FILE, int (*)(FILE*)> pipe{popen(command.c_str(), "r"), pclose}) {
    std::array<char, 4096> chunk;
    while (auto n = fread(chunk.data(), 1, chunk.size(), pipe.get()))
      output.append(chunk.data(), n);
  }
  std::vector<std::string> lines;
  std::istringstream in{output};
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

std::vector<std::string> walk(const fs::path& root) {
  static const std::set<std::string> skipped{"build",  ".git",         ".demo",
                                             ".check", "node_modules", "__pycache__"};
  std::vector<std::string> found;
  for (auto it = fs::recursive_directory_iterator(root); it != fs::recursive_directory_iterator(); ++it) {
    if (it->is_directory() && skipped.count(it->path().filename().string()) > 0)
      it.disable_recursion_pending();
    else if (it->is_regular_file())
      found.push_back(fs::relative(it->path(), root).string());
  }
  return found;
}

bool ends_with(std::string_view text, std::string_view ending) {
  return text.size() >= ending.size() && text.substr(text.size() - ending.size()) == ending;
}

} // namespace

tree read_tree(const std::string& root) {
  auto names = lines_of("git -C '" + root + "' ls-files --cached --others --exclude-standard 2>/dev/null");
  if (names.empty())
    names = walk(root);
  tree files;
  for (const auto& name : names) {
    std::ifstream in{fs::path{root} / name, std::ios::binary};
    std::ostringstream content;
    content << in.rdbuf();
    if (in && content.str().find('\0') == std::string::npos) // text only
      files[name] = content.str();
  }
  return files;
}

bool starts_with_any(std::string_view text, const std::vector<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const auto& prefix) { return text.substr(0, prefix.size()) == prefix; });
}

bool is_cpp(std::string_view path) {
  return ends_with(path, ".cpp") || ends_with(path, ".hpp");
}

bool is_test(std::string_view path) {
  return path.substr(0, 6) == "tests/";
}

std::string file_name(std::string_view path) {
  return std::string{path.substr(path.rfind('/') + 1)};
}

std::string stem(std::string_view path) {
  auto name = file_name(path);
  return name.substr(0, name.rfind('.'));
}

std::size_t count_lines(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::string code_only(std::string_view text, bool strings) {
  std::string out{text};
  auto blank = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < std::min(to, out.size()); ++i)
      if (out[i] != '\n')
        out[i] = ' ';
  };
  for (std::size_t i = 0; i < text.size();) {
    auto rest = text.substr(i);
    std::size_t end = i + 1;
    if (rest.substr(0, 2) == "//") {
      end = std::min(text.find('\n', i), text.size());
      blank(i, end);
    } else if (rest.substr(0, 2) == "/*") {
      end = std::min(text.find("*/", i + 2), text.size() - 2) + 2;
      blank(i, end);
    } else if (rest.substr(0, 2) == "R\"") {
      auto close = ")" + std::string{rest.substr(2, rest.find('(') - 2)} + "\"";
      end = std::min(text.find(close, i), text.size());
      if (strings)
        blank(i + 2, end);
      end += close.size();
    } else if (text[i] == '"' ||
               (text[i] == '\'' && (i == 0 || !std::isalnum(static_cast<unsigned char>(text[i - 1]))))) {
      while (end < text.size() && text[end] != text[i] && text[end] != '\n')
        end += text[end] == '\\' ? 2 : 1;
      if (strings)
        blank(i + 1, end);
      ++end;
    }
    i = end;
  }
  return out;
}

std::vector<std::string> includes(std::string_view text) {
  static const std::regex include{R"(^[ \t]*#[ \t]*include[ \t]*[<"]([^>"\n]+)[>"])", std::regex::multiline};
  const auto code = code_only(text, false);
  std::vector<std::string> found;
  for (std::sregex_iterator it{code.begin(), code.end(), include}, end; it != end; ++it)
    found.push_back((*it)[1]);
  return found;
}

std::string resolve(const tree& files, const std::string& from, const std::string& name) {
  const auto folder = fs::path{from}.parent_path();
  for (const auto& base : {folder, fs::path{"plugins/sdk"}, fs::path{"actors"}, fs::path{"daemon"},
                           fs::path{"plugins"}, fs::path{}, fs::path{"tests/support"}, fs::path{"tests"}}) {
    auto path = (base / name).lexically_normal().string();
    if (files.count(path) > 0)
      return path;
  }
  return {};
}

std::vector<function_size> functions(std::string_view text) {
  static const std::regex scope_head{R"(^\s*(inline\s+)?(namespace|class|struct|enum|union|extern)\b)"};
  static const std::regex template_head{R"(^\s*template\s*<[^{}]*>\s*(class|struct|union)\b)"};
  auto code = code_only(text, true);
  code = std::regex_replace(code, std::regex{R"(^[ \t]*#[^\n]*)", std::regex::multiline}, "");
  enum class brace { scope, body, initialiser };
  std::vector<function_size> found;
  std::vector<brace> open;
  const auto within = [&](brace b) { return std::find(open.begin(), open.end(), b) != open.end(); };
  std::size_t line = 1, header_start = 0, parentheses = 0;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (code[i] == '\n')
      ++line;
    else if (within(brace::body) || (code[i] != '(' && code[i] != ')' && parentheses == 0)) {
      if (code[i] == '{') {
        const auto header = code.substr(header_start, i - header_start);
        const auto last = header.find_last_not_of(" \n\t");
        const bool value = last != std::string::npos && (header[last] == '=' || header[last] == ',');
        const bool spaced =
            i > 0 && std::isspace(static_cast<unsigned char>(code[i - 1])); // clang-format's way
        auto kind = brace::scope;
        if (within(brace::body) || within(brace::initialiser) || value || !spaced)
          kind = brace::initialiser;
        else if (header.find(')') != std::string::npos && !std::regex_search(header, scope_head) &&
                 !std::regex_search(header, template_head))
          kind = brace::body;
        open.push_back(kind);
        if (kind == brace::body)
          found.push_back({header, line, line});
        if (kind != brace::initialiser)
          header_start = i + 1;
      } else if (code[i] == '}' && !open.empty()) {
        if (open.back() == brace::body)
          found.back().lines = line - found.back().line + 1;
        if (open.back() != brace::initialiser)
          header_start = i + 1;
        open.pop_back();
      } else if (code[i] == ';' && !within(brace::body))
        header_start = i + 1;
    } else if (code[i] == '(')
      ++parentheses;
    else if (code[i] == ')')
      --parentheses;
  }
  return found;
}

std::map<std::string, std::vector<std::string>> link_lines(const tree& files) {
  static const std::regex call{R"(target_link_libraries\(\s*([^\s)]+)([^)]*)\))"};
  static const std::set<std::string> scopes{"PUBLIC", "PRIVATE", "INTERFACE"};
  std::map<std::string, std::vector<std::string>> links;
  for (const auto& [path, text] : files) {
    if (file_name(path) != "CMakeLists.txt" && !ends_with(path, ".cmake"))
      continue;
    const auto bare = std::regex_replace(text, std::regex{"#[^\n]*"}, "");
    for (std::sregex_iterator it{bare.begin(), bare.end(), call}, end; it != end; ++it) {
      std::istringstream words{(*it)[2].str()};
      for (std::string word; words >> word;)
        if (scopes.count(word) == 0)
          links[(*it)[1]].push_back(word);
    }
  }
  return links;
}

std::vector<std::string> reachable(const std::map<std::string, std::vector<std::string>>& links,
                                   const std::string& target) {
  std::set<std::string> seen;
  std::vector<std::string> waiting{target};
  while (!waiting.empty()) {
    const auto current = waiting.back();
    waiting.pop_back();
    if (auto it = links.find(current); it != links.end())
      for (const auto& next : it->second)
        if (seen.insert(next).second)
          waiting.push_back(next);
  }
  return {seen.begin(), seen.end()};
}

} // namespace tidy
