#include "meeting_life.hpp"
#include "life_rows.hpp"
#include "ports/storage.hpp"
#include <algorithm>

namespace wardline {

namespace {

outcome entries(const std::vector<std::uint64_t>& leaves) {
  wire::device::exposure out;
  for (auto leaf : leaves) {
    wire::device::logged one;
    one.leaf = leaf;
    out.leaves.push_back(std::move(one));
  }
  return {std::move(out)};
}

} // namespace

/// detail: u64 size.
verdict decide_meet_life(const circumstances& c, const caller& who, const wire::device::meet_life& m) {
  auto lives = lives_of(c.rows);
  if (!lives)
    return refused(refusal::value_not_openable);
  auto first =
      std::find_if(lives->begin(), lives->end(), [&](const auto& l) { return l.row.earlier == m.earlier; });
  if (lives->empty())
    return refused(refusal::other_incarnation);
  // Of a life that was itself lost nobody here knows: all there is, and that the device had seen it.
  auto kept = first == lives->end() ? 0 : m.size;
  first = first == lives->end() ? lives->begin() : first;
  std::vector<std::uint64_t> leaves;
  for (auto l = first; l != lives->end(); ++l) {
    leaves.push_back(l->at.leaf);
    kept = std::min(kept, l->row.restored);
  }
  if (kept == m.size)
    return entries(leaves);
  auto key = rows::key_of_shown_pin(lives->back().row.incarnation, who.device);
  auto shown = read_row<rows::shown_pin>(c.rows, ports::table::meta, key);
  if (shown && shown->row.size == m.size && shown->row.root == m.root) {
    leaves.push_back(shown->at.leaf);
    return entries(leaves);
  }
  act a;
  a.entry.kind = rules::audit_kind::pin_shown;
  a.entry.time = c.now;
  a.entry.user = who.user;
  a.entry.device = who.device;
  a.entry.object = m.earlier.value;
  a.entry.hash = m.root;
  a.entry.detail = ports::row_key(m.size);
  a.changes.push_back(put_row(ports::table::meta, std::move(key), rows::shown_pin{m.size, m.root}));
  decision d;
  d.what.acts.push_back(std::move(a));
  d.adopt = [](registry&, const committed&) {};
  d.answer = [leaves](const committed& at) mutable {
    auto all = leaves;
    all.push_back(at.stamps.front().leaf);
    return entries(all);
  };
  return d;
}

} // namespace wardline
