#include "store_instances.hpp"
#include "stored.hpp"
#include "wire/hash.hpp"

namespace wardline {

namespace {

act act_on(rules::audit_kind kind, const caller& who, const wire::device::hello& m, time_ms now) {
  act a;
  a.entry.kind = kind;
  a.entry.time = now;
  a.entry.device = who.device;
  a.entry.hash = sha256(m.store_instance);
  return a;
}

decision gate(const rows::device& row, const caller& who, const wire::device::hello& m, time_ms now) {
  auto a = act_on(rules::audit_kind::store_copied, who, m, now);
  a.changes.push_back(
      put_row(ports::table::device, to_bytes(who.device.view()), rows::device{row.certificate, true}));
  a.changes.push_back(close_gate(who.device));
  a.changes.push_back({ports::del(ports::table::session, to_bytes(who.device.view())), false});
  return {write{{std::move(a)}}, [device = who.device](registry& r, const committed&) { r.gate(device); },
          [](const committed&) { return refused(refusal::store_copied); }};
}

} // namespace

bool is_own_store(const ports::reader& rows, const wire::device::hello& m) {
  auto row =
      read_row<rows::store_instance>(rows, ports::table::device, rows::key_of_store_instance(m.device));
  return row && row->row.instance == m.store_instance;
}

verdict decide_store(const circumstances& c, const caller& who, const wire::device::hello& m) {
  auto key = rows::key_of_store_instance(who.device);
  auto device = read_row<rows::device>(c.rows, ports::table::device, who.device.view());
  if (!device)
    return refused(refusal::value_not_openable);
  if (is_own_store(c.rows, m))
    return outcome{wire::device::done{}};
  if (c.rows.read(ports::table::device, key).status != ports::read_status::absent)
    return gate(device->row, who, m, c.now);
  auto a = act_on(rules::audit_kind::store_seen, who, m, c.now);
  a.only_if.push_back(absent(ports::table::device, key));
  a.changes.push_back(put_row(ports::table::device, key, rows::store_instance{m.store_instance}));
  return decision{write{{std::move(a)}}, [](registry&, const committed&) {},
                  [](const committed& at) { return outcome{wire::device::done{at.stamps.front().leaf}}; }};
}

} // namespace wardline
