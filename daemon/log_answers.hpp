#pragma once
// Answers to `wardctl audit` out of committed rows.
#include "audit_words.hpp"
#include "ports/storage.hpp"
#include <string>

namespace wardline::daemon {

/// `frame` is a log question; called on the admin socket's thread, beside all actors. Whatever is wrong is
/// said in the report. `origin` and `key` are the log's own.
bytes answer_log(const ports::reader& rows, const std::string& origin, const public_key& key,
                 bytes_view frame);

} // namespace wardline::daemon
