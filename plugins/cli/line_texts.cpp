#include "line_texts.hpp"
#include "thread_line.hpp"
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <map>

namespace wardline::cli {

namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

bool takes_value(const CLI::Option& o) {
  return o.get_items_expected_max() > 0;
}

/// "--level", or "name" for what stands without a word of its own.
std::string name_of(const CLI::Option& o) {
  return o.get_positional() ? o.get_name(true) : "--" + o.get_lnames().front();
}

std::vector<const CLI::Option*> options_of(const CLI::App& app, bool positional) {
  return app.get_options([=](const CLI::Option* o) {
    return o->get_positional() == positional && (positional || !o->get_lnames().empty());
  });
}

// ---- manual page

/// Text as troff shows it: no hyphen becomes a dash, and no line a request.
std::string roff(const std::string& text) {
  std::string out;
  for (char c : text)
    if (c == '-' || c == '\\')
      out += c == '-' ? "\\-" : "\\e";
    else
      out += c;
  return out.starts_with(".") || out.starts_with("'") ? "\\&" + out : out;
}

/// As it stands in a sentence of its own.
std::string sentence(const std::string& text) {
  return roff(text.ends_with('.') || text.ends_with('?') ? text : text + ".");
}

std::string metavariable(const CLI::Option& o) {
  auto out = o.get_positional() ? o.get_name(true) : o.get_lnames().front();
  for (auto& c : out)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::string usage(const CLI::Option& o) {
  auto words = o.get_positional() ? metavariable(o)
                                  : name_of(o) + (takes_value(o) ? " " + metavariable(o) : std::string{});
  if (o.get_positional() && o.get_items_expected_max() > 1)
    words += "...";
  return o.get_required() ? words : "[" + words + "]";
}

std::string options_as_list(const CLI::App& app) {
  std::string out;
  for (bool positional : {true, false})
    for (const auto* o : options_of(app, positional)) {
      if (o == app.get_help_ptr())
        continue;
      out += fmt::format(".TP\n.B {}{}\n{}\n", roff(positional ? metavariable(*o) : name_of(*o)),
                         roff(!positional && takes_value(*o) ? " " + metavariable(*o) : ""),
                         sentence(o->get_description()));
    }
  return out;
}

/// One paragraph for each command that does something.
std::string commands_as_list(const CLI::App& app, const std::string& above) {
  std::string out;
  for (const auto* command : commands_of(app)) {
    auto path = above.empty() ? command->get_name() : above + " " + command->get_name();
    if (!commands_of(*command).empty()) {
      out += commands_as_list(*command, path);
      continue;
    }
    std::string line = path;
    for (bool positional : {true, false})
      for (const auto* o : options_of(*command, positional))
        if (o != command->get_help_ptr())
          line += " " + usage(*o);
    out += fmt::format(".SS {}\n{}\n", roff(line), sentence(command->get_description()));
    out += options_as_list(*command);
  }
  return out;
}

std::string thread_as_list() {
  std::string out;
  for (const auto& c : thread_commands()) {
    auto about = std::string{c.about};
    about.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(about.front())));
    out += fmt::format(".TP\n.B /{}{}{}\n{}\n", c.name, c.arguments.empty() ? "" : " ",
                       roff(std::string{c.arguments}), sentence(about));
  }
  return out;
}

constexpr std::string_view exit_codes = R"(.SH EXIT STATUS
That of sysexits.h:
.TP
.B 0
It is done.
.TP
.B 64, 65, 66, 73
The line, what it names, or a file is wrong.
.TP
.B 67
Nobody has this name, or cannot be written to yet.
.TP
.B 69, 75
Nobody answers, or not now; try later.
.TP
.B 77
Log in, or ask a registrar.
.TP
.B 70, 74
This device is at fault.
)";

constexpr std::string_view environment_and_more = R"(.SH ENVIRONMENT
.TP
.B WARD_STORES
The directory of the stores that \-\-as names.
.TP
.B NO_COLOR
If it is set, nothing is coloured.
.SH SEE ALSO
.BR wardline.yaml (5)
)";

// ---- completion

void collect(const CLI::App& app, const std::string& path, std::map<std::string, std::string>& words) {
  auto& here = words[path];
  for (const auto* command : commands_of(app)) {
    here += command->get_name() + " ";
    collect(*command, path + " " + command->get_name(), words);
  }
  for (const auto* o : options_of(app, false))
    here += name_of(*o) + " ";
  here.pop_back();
}

/// Patterns of path and option, for options that a value stands behind; those of the line stand anywhere.
void collect_valued(const CLI::App& app, const std::string& path, std::string& patterns) {
  for (const auto* o : options_of(app, false))
    if (takes_value(*o))
      patterns += fmt::format("{}{}\"{} {}\"", patterns.empty() ? "" : " | ", path.empty() ? "*" : "", path,
                              name_of(*o));
  for (const auto* command : commands_of(app))
    collect_valued(*command, path + " " + command->get_name(), patterns);
}

/// The line's own options.
std::string options_anywhere(const CLI::App& app) {
  std::string out;
  for (const auto* o : options_of(app, false))
    if (o != app.get_help_ptr())
      out += (out.empty() ? "" : " ") + name_of(*o);
  return out;
}

} // namespace

std::string line_manual(const CLI::App& app) {
  auto out = std::string{".TH WARD 1 \"\" Wardline \"Wardline\"\n.SH NAME\nward \\- secure messages on a "
                         "terminal\n.SH SYNOPSIS\n.B ward\n.RI [ OPTION ...]\n.RI [ COMMAND ...]\n"
                         ".SH DESCRIPTION\nOne device, one person, one store.\nWithout a command, on a "
                         "terminal, a thread opens.\n.SH OPTIONS\nThey stand before or behind a command.\n"};
  out += options_as_list(app) + ".SH COMMANDS\n" + commands_as_list(app, {});
  out += ".SH IN A THREAD\nA line is a message, sent when you press Enter.\nWith a slash it is a command:\n" +
         thread_as_list();
  return out.append(exit_codes).append(environment_and_more);
}

std::string bash_completion(const CLI::App& app) {
  std::map<std::string, std::string> words;
  collect(app, {}, words);
  std::string valued;
  collect_valued(app, {}, valued);
  std::string paths;
  std::string cases;
  for (const auto& [path, here] : words) {
    if (!path.empty())
      paths += (paths.empty() ? "\"" : " | \"") + path + "\"";
    cases += fmt::format("    \"{}\") words=\"{}\" ;;\n", path, here);
  }
  return fmt::format(
      R"(# Completion of ward for bash, made by `ward print completion`. Source it, or put it into
# /usr/share/bash-completion/completions/ward.
_ward() {{
  local path="" words="" i
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}}
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path ${{COMP_WORDS[i]}}" in
      {}) path="$path ${{COMP_WORDS[i]}}" ;;
    esac
  done
  case "$path $before" in
    *" --level") mapfile -t COMPREPLY < <(compgen -W "now urgent today routine info" -- "$word"); return ;;
    {}) return ;; # a value: bash offers files
  esac
  case "$path" in
{}  esac
  [ -z "$path" ] || words="$words {}"
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}}
complete -o default -F _ward ward ./ward
)",
      paths, valued, cases, options_anywhere(app));
}

} // namespace wardline::cli
