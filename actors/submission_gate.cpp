// The administrator's emergency brake (DESIGN 7, e2ee 6.7: the gate does not wait for a registrar): a device
// gets nothing from the commit on. It revokes nothing, because nothing here could sign that; what it closed
// it can open again, and nothing else.
#include "reroute_rows.hpp"
#include "submission_steps.hpp"
#include "wire/hash.hpp"

namespace wardline::submission {

bool has_another_device(const circumstances& c, const user_id& user, const device_id& d) {
  for (const auto* held : c.known.trust().newest_certificates())
    if (held->what.user == user && held->what.device != d && !c.known.gated().contains(held->what.device) &&
        !c.known.trust().device_revoked_before(held->what.device, UINT64_MAX))
      return true;
  return false;
}

void order_reroute(const circumstances& c, const device_id& d, act& with) {
  const auto* held = c.known.trust().newest(d);
  if (held != nullptr && held->what.user)
    with.changes.push_back(put_row(ports::table::meta, rows::key_of_reroute(held->what.user),
                                   rows::reroute_order{held->what.user, d, c.now}));
}

} // namespace wardline::submission

namespace wardline {

namespace {

bool revoked(const circumstances& c, const device_id& d) {
  return c.known.trust().device_revoked_before(d, UINT64_MAX);
}

bool held_here(const circumstances& c, const device_id& d) {
  auto key = rows::key_of_brake(d);
  return c.rows.read(ports::table::device, key).status != ports::read_status::absent;
}

/// By its id, or every device of the person or station with this name, revoked ones left out.
std::vector<device_id> devices_meant(const circumstances& c, const admin::set_gate& m) {
  std::vector<device_id> out;
  auto holder = m.device ? std::nullopt : c.known.holder_of(m.name);
  if (!m.device && !holder)
    return out;
  for (const auto* held : c.known.trust().newest_certificates()) {
    const auto& x = held->what;
    bool meant = m.device       ? x.device == m.device
                 : holder->user ? x.user == holder->user
                                : x.device == holder->station;
    if (meant && (m.device || !revoked(c, x.device)))
      out.push_back(x.device);
  }
  return out;
}

rows::device device_row(const circumstances& c, const device_id& d, bool gated) {
  return {c.known.trust().newest(d)->what.hash(), gated};
}

act act_on(rules::audit_kind kind, const circumstances& c, const device_id& d) {
  act a;
  a.entry.kind = kind;
  a.entry.time = c.now;
  a.entry.device = d;
  a.entry.object = d.value;
  return a;
}

act close(const circumstances& c, const device_id& d, const std::string& reason) {
  auto a = act_on(rules::audit_kind::gate_closed, c, d);
  a.entry.hash = sha256(view(reason));
  a.only_if.push_back(not_gated(d));
  a.changes.push_back(put_row(ports::table::device, to_bytes(d.view()), device_row(c, d, true)));
  a.changes.push_back(close_gate(d));
  a.changes.push_back(put_row(ports::table::device, rows::key_of_brake(d), rows::brake{reason}));
  a.changes.push_back({ports::del(ports::table::session, to_bytes(d.view())), false});
  submission::order_reroute(c, d, a);
  return a;
}

act open(const circumstances& c, const device_id& d) {
  auto a = act_on(rules::audit_kind::gate_opened, c, d);
  a.changes.push_back(put_row(ports::table::device, to_bytes(d.view()), device_row(c, d, false)));
  a.changes.push_back({ports::del(ports::table::device, rows::key_of_gate(d)), false});
  a.changes.push_back({ports::del(ports::table::device, rows::key_of_brake(d)), false});
  return a;
}

} // namespace

submitted_change decide_gate(const circumstances& c, const admin::set_gate& m) {
  auto all = devices_meant(c, m);
  if (all.empty())
    return {refused(refusal::not_found)};
  bool any_closed = false;
  bool any_held = false;
  std::vector<device_id> chosen;
  for (const auto& d : all) {
    bool closed = c.known.gated().contains(d);
    bool held = held_here(c, d) && !revoked(c, d);
    any_closed = any_closed || closed;
    any_held = any_held || held;
    if (m.opens ? held : !closed)
      chosen.push_back(d);
  }
  if (chosen.empty())
    return {refused(!m.opens     ? refusal::device_revoked
                    : any_closed ? refusal::gate_not_yours
                                 : refusal::gate_open)};
  if (chosen.size() > write_acts_max)
    return {refused(refusal::count_too_large)};
  decision out;
  submitted_change change;
  for (const auto& d : chosen) {
    out.what.acts.push_back(m.opens ? open(c, d) : close(c, d, m.reason));
    if (!m.opens)
      change.removed.push_back({d, {}, {}});
  }
  out.adopt = [chosen, opens = m.opens](registry& r, const committed&) {
    for (const auto& d : chosen)
      if (opens)
        r.ungate(d);
      else
        r.gate(d);
  };
  out.answer = [](const committed& at) { return outcome{wire::device::done{at.stamps.front().leaf}}; };
  change.what = std::move(out);
  return change;
}

} // namespace wardline
