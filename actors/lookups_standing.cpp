// What the log says about a person, a device, and everybody's standing since a leaf (e2ee 5.5).
#include "e2ee/chains.hpp"
#include "lookups.hpp"
#include "roster_rows.hpp"
#include "stored.hpp"
#include <algorithm>

namespace wardline {

namespace {

using wire::device::logged;

/// Objects up to what one message carries with its proofs; false: the next one does not fit.
class fitting_objects {
public:
  bool add(const circumstances& c, const hash32& hash) {
    auto held = read_object(c.rows, hash);
    if (!held)
      return true; // a damaged object is left out
    size_ += held->raw.size() + logged_bytes;
    if (size_ > party_bytes_max || out_.found.size() >= wire::logged_per_answer_max)
      return false;
    out_.found.push_back({std::move(held->raw), held->leaf, {}, {}, {}});
    return true;
  }
  outcome take() { return {std::move(out_)}; }

private:
  wire::device::objects out_;
  std::size_t size_ = 0;
};

/// Whom the question is about: a person with her devices, or one device and its person.
struct asked_about {
  user_id user;
  std::vector<device_id> devices;
};

asked_about about(const circumstances& c, const wire::device::get_standing& m) {
  asked_about out{m.user, {}};
  for (const auto* held : c.known.trust().newest_certificates()) {
    const auto& x = held->what;
    if (m.device ? x.device == m.device : x.user && x.user == m.user) {
      out.user = x.user;
      out.devices.push_back(x.device);
    }
  }
  return out;
}

bool may_know(const circumstances& c, const caller& who, const asked_about& x) {
  bool herself = x.user && x.user == who.user;
  bool itself = x.devices.size() == 1 && x.devices.front() == who.device;
  return herself || itself || c.known.is_registrar(who.device);
}

/// Words about the person, and about each device named.
std::vector<hash32> words_about(const circumstances& c, const asked_about& x) {
  std::vector<hash32> out;
  for (const auto& [key, word] : c.known.words()) {
    bool of_user =
        key.of_subject == e2ee::subject_kind::user && x.user && key.subject == e2ee::subject_of(x.user);
    bool of_device = key.of_subject == e2ee::subject_kind::device &&
                     std::any_of(x.devices.begin(), x.devices.end(),
                                 [&k = key](const auto& d) { return k.subject == e2ee::subject_of(d); });
    if (of_user || of_device)
      out.push_back(word.object);
  }
  return out;
}

} // namespace

outcome get_standing(const circumstances& c, const caller& who, const wire::device::get_standing& m) {
  auto x = about(c, m);
  auto words = words_about(c, x);
  if ((x.devices.empty() && words.empty()) || !may_know(c, who, x))
    return refused(refusal::not_found);
  fitting_objects out;
  // Revocations first: what does not fit any more is asked for in smaller questions, and they matter most.
  for (const auto& d : x.devices)
    for (const auto& hash : c.known.revocations_of(d))
      out.add(c, hash);
  for (const auto& d : x.devices)
    out.add(c, c.known.trust().newest(d)->what.hash());
  for (const auto& hash : words)
    out.add(c, hash);
  return out.take();
}

bytes renewal_for(const circumstances& c, const device_id& d) {
  auto row = read_row<rows::renewal>(c.rows, ports::table::device, rows::key_of_renewal(d));
  return row ? std::move(row->row.offer) : bytes{};
}

std::vector<wire::device::renewal_due> renewals_due(const circumstances& c) {
  std::vector<wire::device::renewal_due> out;
  const auto& t = c.known.trust();
  for (const auto* held : t.newest_certificates()) {
    const auto& x = held->what;
    bool out_of_use = c.known.gated().contains(x.device) || t.device_revoked_before(x.device, UINT64_MAX);
    if (!out_of_use && e2ee::expiry_of(x.until, c.now) != e2ee::expiry::valid)
      out.push_back({x.device, x.until, false});
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::tie(a.until, a.device) < std::tie(b.until, b.device);
  });
  if (out.size() > wire::pending_rows_max)
    out.resize(wire::pending_rows_max);
  for (auto& due : out)
    due.offered = !renewal_for(c, due.device).empty();
  return out;
}

outcome get_changes(const circumstances& c, const wire::device::get_changes& m) {
  fitting_objects out;
  const auto& all = c.known.changes();
  for (auto at = all.lower_bound(m.after_leaf); at != all.end(); ++at)
    if (!out.add(c, at->second))
      break;
  return out.take();
}

} // namespace wardline
