#pragma once
// Signed objects that devices submit: registrar certificates, roster links, conversation links
// (e2ee 5.2, 5.6, 5.8).
#include "verdict.hpp"

namespace wardline {

/// What a conversation's actor has to be told after the commit; none for other objects.
struct submitted_change {
  verdict what;
  conversation_id conversation;
};

/// Every check of the daemon, then rows and leaf in one write. Refusals as in e2ee 5; unknown_kind for
/// objects that are not submitted this way; not_found for parties and conversations the caller is not in.
submitted_change decide_submit(const circumstances& c, const caller& who, const wire::device::submit& m);

} // namespace wardline
