#pragma once
#include "ports/journal.hpp"
#include <mutex>

namespace wardline::daemon {

/// Structured lines: to journald where it listens (JOURNAL_STREAM), else one JSON object a line on stderr.
/// Fields are WARDLINE_<NAME>; none can hold a name, a text or a key, because ports::field takes none.
class process_journal final : public ports::journal {
public:
  process_journal();
  using ports::journal::write;
  void write(ports::severity how, ports::word event, std::span<const ports::field> fields) override;

private:
  bool to_journald_;
  std::mutex mutex_; // one line at a time
};

} // namespace wardline::daemon
