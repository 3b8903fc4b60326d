// The daemon's last word to a device that was turned out (e2ee 5.14): what opens the store is overwritten,
// then every row goes. Without it the store is closed as well, for its lock share died with the revocation;
// this makes sure of the half that lies here.
#include "client/device_parts.hpp"
#include "e2ee/wipe.hpp"

namespace wardline::client {

namespace {

constexpr table all_tables[] = {table::wrap,          table::keys,     table::parties, table::seeds,
                                table::conversations, table::messages, table::outbox,  table::acts,
                                table::listing,       table::turns,    table::objects, table::changes,
                                table::pin,           table::device,   table::store};

} // namespace

/// Burned first: whatever happens to the rows afterwards, nobody opens them. A crash before that leaves a
/// store that its daemon gives no share for.
refusal vault::destroy() {
  lock();
  auto why = burn_cell(secret_cell::local_half);
  if (auto other = burn_cell(secret_cell::enrolment); why == refusal::none)
    why = other;
  for (auto where : all_tables)
    for (;;) {
      store_changes gone;
      for (auto& row : store_.scan(where, {}, {}))
        erase(gone, where, std::move(row.key));
      if (gone.empty())
        break;
      if (auto no = commit(gone); no != refusal::none)
        return why == refusal::none ? no : why;
    }
  return why;
}

void device::parts::on_wipe_order(bytes_view raw) {
  if (!shared.me)
    return;
  auto server = e2ee::server_certificate::decode(shared.me->server, shared.me->clinic);
  auto order = e2ee::wipe_order::decode(raw, shared.me->clinic);
  auto why = !server ? server.why() : order.why();
  if (server && order)
    why = e2ee::check_wipe_order(*order, shared.me->id, server->daemon_key, shared.incarnation);
  if (why == refusal::none && order->scope != e2ee::wipe_scope::whole_store)
    why = refusal::unknown_value; // nobody orders less than all yet
  notice n;
  n.what = notice::about::store;
  n.why = why;
  if (why != refusal::none)
    return shared.say(std::move(n));
  // What never left goes with the store: its person hears of each.
  for (const auto& row : outbox.rows())
    if (row.state == outbox_state::written || row.state == outbox_state::sent)
      shared.say({notice::about::not_sent, refusal::device_wiped, {}, row.conversation, row.message, {}});
  lock(refusal::device_revoked);
  n.why = shared.rows.destroy() == refusal::none ? refusal::device_wiped : refusal::store_not_openable;
  away = refusal::device_wiped;
  shared.link.stop();
  end_settling(refusal::device_wiped);
  shared.say(std::move(n));
}

} // namespace wardline::client
