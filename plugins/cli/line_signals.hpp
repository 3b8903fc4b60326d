#pragma once
// Signals while a line is edited: what would end or stop the program first gives the terminal back.
#include <memory>

namespace wardline::cli {

/// One at a time. Afterwards every signal is handled as before.
class line_signals {
public:
  line_signals();
  line_signals(const line_signals&) = delete;
  line_signals& operator=(const line_signals&) = delete;
  ~line_signals();

  [[nodiscard]] bool any() const;
  /// Ctrl-C, or somebody ends the program, or the terminal is gone. Stays.
  [[nodiscard]] bool wants_end() const;
  /// Ctrl-Z since the last time.
  bool take_stop();
  bool take_new_size();
  /// Stops now, until a shell goes on with the program.
  static void stop();

private:
  struct handlers;
  std::unique_ptr<handlers> before_;
};

} // namespace wardline::cli
