#pragma once
// A line on the terminal that says how far a file is. Nothing where nobody looks: into a file or a pipe, and
// with --json.
#include "connection.hpp"

namespace wardline::cli {

class progress {
public:
  progress(const terminal& words, connection& line);
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  ~progress();

  /// The line is cleared; nothing more is shown.
  void end();

private:
  void show(const client::transfer& t);

  connection& line_;
  bool shown_ = false;
};

/// "Encrypting   [####......]  40 %  4.0 MiB of 10.0 MiB"
std::string progress_line(const client::transfer& t);

} // namespace wardline::cli
