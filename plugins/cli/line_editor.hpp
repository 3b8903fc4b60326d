#pragma once
// One line at the foot of a terminal that a person types, by libedit, while lines come in above it. The line
// and its cursor stay as they are.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace wardline::cli {

/// Both ends are a terminal.
bool on_terminal();
/// Standard output is a terminal that has colours, and nobody forbade them (NO_COLOR).
bool colours_wanted();

class line_editor {
public:
  /// Drives everything else until the condition holds: true; false: no line is wanted any more.
  using driver = std::function<bool(const std::function<bool()>& input_waits)>;
  /// What may stand in place of the words typed so far; each whole.
  using completer = std::function<std::vector<std::string>(const std::string& typed)>;

  line_editor(driver drive, completer complete);
  line_editor(const line_editor&) = delete;
  line_editor& operator=(const line_editor&) = delete;
  ~line_editor();

  /// The next line, without its end; pasted line ends are part of it. Nothing: the person left (Ctrl-D on an
  /// empty line, Ctrl-C, the terminal is gone), or the driver said so.
  std::optional<std::string> read();
  /// Shown before the line, with a space behind it; bold where there are colours.
  void prompt(const std::string& text);
  /// A line above the one that is typed; at any time.
  void print(const std::string& line);
  /// The arrow keys bring it back.
  void remember(const std::string& line);

private:
  struct inside;
  std::unique_ptr<inside> inside_;
};

} // namespace wardline::cli
