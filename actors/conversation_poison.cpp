// A poison row is a state, not a stop: once it is an error in the journal, the second time it is quarantined.
// From then on it is not read again, asked for it is refused by name, and a leaf tells the auditor;
// everything else of the conversation goes on.
#include "conversation.hpp"
#include "timeouts.hpp"

namespace wardline {

void conversation_state::load_quarantine() {
  quarantined.clear();
  auto prefix = rows::prefix_of_poison(id);
  bytes after;
  for (;;) {
    auto page = parts.rows->scan(ports::table::meta, prefix, after, ports::scan_rows_max);
    for (const auto& row : page) {
      bytes_view key{row.key};
      if (key.size() == prefix.size() + 9)
        quarantined.insert({*ports::row_number(key.subspan(prefix.size(), 8)),
                            key.back() == 1 ? rows::poison::slip : rows::poison::body});
    }
    if (page.size() < ports::scan_rows_max)
      return;
    after = page.back().key;
  }
}

bool conversation_state::is_quarantined(std::uint64_t seq, rows::poison what) const {
  return quarantined.contains({seq, what});
}

/// Why a body is not even tried; none if it is.
refusal conversation_state::withheld(std::uint64_t seq, const message_id& message) const {
  if (is_recalled(*parts.rows, message))
    return refusal::message_destroyed;
  return is_quarantined(seq, rows::poison::body) ? refusal::value_not_openable : refusal::none;
}

/// detail: u64 seq | u8 which row.
void conversation_state::met(std::uint64_t seq, rows::poison what, time_ms now) {
  parts.journal->write(ports::severity::error,
                       what == rows::poison::slip ? ports::word{"slip_not_openable"}
                                                  : ports::word{"body_not_openable"},
                       {{"conversation", id}, {"seq", seq}});
  if (met_once.size() >= poison_met_max)
    met_once.clear(); // then it takes a third time
  if (met_once.insert({seq, what}).second)
    return;
  quarantined.insert({seq, what});
  parts.journal->write(ports::severity::critical, "row_quarantined", {{"conversation", id}, {"seq", seq}});
  act a;
  a.entry.kind = rules::audit_kind::quarantined;
  a.entry.time = now;
  a.entry.conversation = id;
  a.entry.detail = ports::row_key(seq);
  a.entry.detail.push_back(static_cast<std::uint8_t>(what));
  auto key = rows::key_of_poison(id, seq, what);
  a.only_if.push_back(absent(ports::table::meta, key));
  a.changes.push_back({ports::put(ports::table::meta, std::move(key), bytes{1}), false});
  self->request(parts.store, store_timeout, write{{std::move(a)}})
      .then([](const committed&) {},
            [this, seq, what](const caf::error& e) {
              if (refusal_of(e) != refusal::precondition_failed)
                quarantined.erase({seq, what}); // without its leaf it is met once more
            });
}

} // namespace wardline
