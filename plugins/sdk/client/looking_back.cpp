// What happened to messages that are kept here while this device was away: acknowledgements change slips
// behind the cursor, and a push reaches only who is connected.
#include "client/after_all.hpp"
#include "client/conversations.hpp"

namespace wardline::client {

/// From the oldest message that still waits; what was acknowledged meanwhile comes with its slip again.
void conversations::look_back_all(ended then) {
  std::vector<std::pair<conversation_id, std::uint64_t>> waiting;
  for (const auto& [id, held] : all_)
    if (auto oldest = messages_.oldest_waiting(id); oldest && held.incarnation == core_.incarnation)
      waiting.emplace_back(id, *oldest - 1);
  auto one_less = after_all(waiting.size() + 1, std::move(then));
  for (const auto& [id, after] : waiting)
    look_back(id, after, one_less);
  one_less(refusal::none);
}

void conversations::look_back(const conversation_id& where, std::uint64_t after_seq, ended then) {
  wire::device::get_slips request{where, core_.incarnation, after_seq, slips_per_page_max};
  core_.link.ask_for<wire::device::slips>(request, [this, where, then](result<wire::device::slips> page) {
    const auto* held = core_.inner ? find(where) : nullptr;
    if (held != nullptr && (page.why() == refusal::not_found || page.why() == refusal::message_destroyed))
      return then(refusal::none); // she has left it, or it was destroyed: what she has of it stays as it is
    if (held == nullptr || !page)
      return then(page ? refusal::not_logged_in : page.why());
    bool past = page->rows.empty() || !page->more;
    for (const auto& slip : page->rows) {
      if (slip.seq > held->seq) // newer than the cursor: catching up brings it
        past = true;
      else if (slip.conversation == where)
        take_acts(where, slip.seq, acknowledgement_of(slip), recall_of(slip));
    }
    if (past)
      then(refusal::none);
    else
      look_back(where, page->rows.back().seq, then);
  });
}

} // namespace wardline::client
