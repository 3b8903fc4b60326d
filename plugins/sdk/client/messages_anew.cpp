// Messages after a restore of the server's store: seqs may mean others now, so all slips of a conversation
// are fetched once more, and each is recognised by its id and hash (e2ee 6.6).
#include "client/messages.hpp"
#include <sodium.h>

namespace wardline::client {

earlier_messages messages::begin_anew(const conversation_id& where, store_changes& changes) {
  earlier_messages out;
  for (auto at = all_.lower_bound({where, 0}); at != all_.end() && at->first.first == where;) {
    const auto& [h, shown] = std::tie(at->second.h, at->second.shown);
    if (auto kept = row(where, shown.seq); kept && shown.message)
      out.try_emplace(shown.message, earlier_message{h, shown.opened, std::move(kept->key), shown.author,
                                                     shown.acknowledged_by, shown.recalled});
    vault::erase(changes, table::messages, rows::key_of_message(where, shown.seq));
    by_id_.erase(shown.message);
    needy_.erase(shown.message);
    at = all_.erase(at);
  }
  return out;
}

void messages::inherit(judged_slip& slip, const earlier_message& before) const {
  if (before.h != slip.h)
    return;
  slip.row.opened = slip.shown.opened = before.opened;
  if (wants_key(slip.row.unreadable) && sodium_is_zero(before.key.data(), secret32::size) == 0) {
    slip.row.key = before.key.copy();
    slip.row.unreadable = slip.shown.unreadable = refusal::none;
  }
}

} // namespace wardline::client
