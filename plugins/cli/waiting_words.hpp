#pragma once
// How what waits is shown, in a listing and in a thread.
#include "terminal.hpp"

namespace wardline::cli {

/// A name, or "somebody".
std::string named(const std::string& name);

/// What the daemon says of it now; for what waits no more, what this device knows.
std::string state_of(const client::message_row& m, const client::waiting_item* w, const client::device& d);

/// Of a message of one's own, as far as this device knows.
std::string sent_state_of(const client::message_row& m, const client::device& d);

struct shown_row {
  client::message_row row;
  const client::waiting_item* waits = nullptr;
};

/// As the daemon ranks them; behind them what waits no more, the newest first.
std::vector<shown_row> rows_of(const client::waiting_list& list, const client::device& d, bool with_answered);

/// One line of a listing, without its end.
std::string listed_line(std::uint32_t number, const shown_row& r, const client::device& d);

/// Who has it instead, for people; empty if that is not known.
std::string owner_of(const client::refused& no, const client::device& d);

/// Why the daemon lets this device in no more; none while it does.
refusal shut_out(const client::device& d);

} // namespace wardline::cli
