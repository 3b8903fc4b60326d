#include "client/exposures.hpp"
#include "client/after_all.hpp"
#include <algorithm>

namespace wardline::client {

namespace {

using wire::device::exposure;
using wire::device::exposure_part;

} // namespace

void exposures::gather(const device_id& which, std::uint64_t from_leaf, done<exposure_report> then) {
  auto g = std::make_shared<gathering>();
  g->report.device = which;
  g->then = std::move(then);
  g->from_leaf = from_leaf;
  if (from_leaf == 0)
    ask_conversations(g, {}, {});
  else
    ask_entries(g);
}

void exposures::ask_conversations(const gathering_ref& g, const party_id& party,
                                  const conversation_id& after) {
  wire::device::get_exposure request{g->report.device, exposure_part::could_open, party, after, 0};
  core_.link.ask_for<exposure>(request, [this, g](const result<exposure>& page) {
    if (!core_.inner || !page)
      return g->then(core_.inner ? page.why() : refusal::not_logged_in);
    auto& all = g->report.conversations;
    for (const auto& x : page->conversations)
      all.push_back({x.conversation, x.party, x.last_seq});
    bool full = all.size() >= exposed_entries_max;
    g->report.complete = g->report.complete && !(full && page->more);
    if (page->more && !full && !page->conversations.empty())
      ask_conversations(g, all.back().party, all.back().conversation);
    else
      look_at_parties(g);
  });
}

/// By their links, verified here: whether the device still has the key of a head is not the server's word.
void exposures::look_at_parties(const gathering_ref& g) {
  std::set<party_id> all;
  for (const auto& x : g->report.conversations)
    all.insert(x.party);
  if (const auto* held = core_.inner->trust.newest(g->report.device))
    all.insert(held->what.parties.begin(), held->what.parties.end());
  auto one_less = after_all(all.size() + 1, [this, g](refusal) {
    if (core_.inner)
      ask_entries(g);
    else
      g->then(refusal::not_logged_in);
  });
  for (const auto& party : all)
    parties_.refresh(party, [this, g, party, one_less](refusal why) {
      const auto* chain = core_.inner ? parties_.chain(party) : nullptr;
      exposed_party out{party, 0, false, why == refusal::none};
      if (chain != nullptr && chain->head() != 0) {
        out.n = chain->head();
        out.still_member = chain->has_member(g->report.device);
      }
      g->report.parties.push_back(out);
      one_less(refusal::none);
    });
  one_less(refusal::none);
}

void exposures::ask_entries(const gathering_ref& g) {
  wire::device::get_exposure request{g->report.device, exposure_part::log, {}, {}, g->from_leaf};
  core_.link.ask_for<exposure>(request, [this, g](result<exposure> page) {
    if (!core_.inner || !page)
      return g->then(core_.inner ? page.why() : refusal::not_logged_in);
    auto note = page->checkpoint;
    log_.settle_on(note, [this, g, page = std::move(*page)](refusal why) {
      if (!core_.inner)
        g->then(refusal::not_logged_in);
      else if (why == refusal::needs && ++g->tries < proof_tries_max)
        core_.after(proof_wait_ms, [this, g] { ask_entries(g); });
      else if (why != refusal::none)
        g->then(why);
      else
        take_entries(g, page);
    });
  });
}

void exposures::take_entries(const gathering_ref& g, const exposure& page) {
  auto& all = g->report.entries;
  for (const auto& x : page.leaves) {
    auto entry = log_.prove_entry(x);
    bool ascends = all.empty() || all.back().leaf < x.leaf;
    bool meant = entry && (entry->device == g->report.device || entry->object == g->report.device.value);
    if (!entry || !ascends || !meant)
      return g->then(entry ? refusal::not_sorted : entry.why());
    all.push_back(std::move(*entry));
  }
  g->tries = 0;
  g->report.log_size = core_.pin->head.size;
  g->report.log_root = core_.pin->head.root;
  bool full = all.size() >= exposed_entries_max;
  g->report.complete = g->report.complete && !(full && page.more);
  if (!page.more || full)
    return g->then(std::move(g->report));
  if (page.next_leaf <= g->from_leaf)
    return g->then(refusal::malformed_request); // a server that leads round in a ring
  g->from_leaf = page.next_leaf;
  ask_entries(g);
}

} // namespace wardline::client
