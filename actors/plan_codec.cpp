#include "plan_codec.hpp"

namespace wardline::rows {

namespace {

constexpr std::size_t zone_name_bytes_max = 64;

void write(writer& out, const rules::lane_seconds& s) {
  for (auto x : s)
    out.u32(x);
}

rules::lane_seconds read_seconds(reader& in) {
  rules::lane_seconds out;
  for (auto& x : out)
    x = in.u32();
  return out;
}

std::vector<user_id> read_people(reader& in, std::size_t max) {
  return in.list8(max, [](reader& r) { return r.id<user_id>(); });
}

rules::zone read_zone(reader& in) {
  rules::zone out;
  out.name = in.text8(zone_name_bytes_max);
  out.changes = in.list16(rules::zone_changes_max, [](reader& r) {
    rules::zone_change c;
    c.at = r.u64();
    c.offset_s = static_cast<std::int32_t>(r.u32());
    return c;
  });
  return out;
}

} // namespace

bytes key_of_plan(plan_kind kind, const party_id& role) {
  writer out;
  out.value(kind).put(role);
  return out.take();
}

void write(writer& out, const rules::chain& c) {
  out.list8(c.steps, [](writer& w, const rules::chain_step& s) {
    w.list16(s.targets, [](writer& t, const rules::wake_target& x) { t.value(x.who).put(x.party); });
    write(w, s.wait_s);
  });
  write(out, c.lapse_s);
}

rules::chain read_chain(reader& in, std::size_t targets_max) {
  rules::chain out;
  out.steps = in.list8(rules::chain_steps_max + 1, [&](reader& r) {
    rules::chain_step s;
    s.targets = r.set16(targets_max, reader::whole_item, [](reader& t) {
      rules::wake_target x;
      x.who = t.one_of(rules::wake_target::kind::on_duty, rules::wake_target::kind::everyone);
      x.party = t.id<party_id>();
      return x;
    });
    s.wait_s = read_seconds(r);
    return s;
  });
  out.lapse_s = read_seconds(in);
  return out;
}

bytes encode(const rules::chain& c) {
  auto out = begin();
  write(out, c);
  return out.take();
}

template <>
std::optional<rules::chain> decode<rules::chain>(bytes_view raw) {
  return whole<rules::chain>(
      raw, [](reader& in, rules::chain& c) { c = read_chain(in, rules::item_targets_max); });
}

bytes encode(const rules::roster& r) {
  auto out = begin();
  out.text8(r.zone.name);
  out.list16(r.zone.changes, [](writer& w, const rules::zone_change& c) {
    w.u64(c.at).u32(static_cast<std::uint32_t>(c.offset_s));
  });
  out.u64(static_cast<std::uint64_t>(r.rotation.start)).u32(r.rotation.shift_hours).ids8(r.rotation.people);
  out.list16(r.overrides, [](writer& w, const rules::duty_override& o) {
    w.value(o.what).u64(o.from).u64(o.until).ids8(o.people);
  });
  return out.take();
}

template <>
std::optional<rules::roster> decode<rules::roster>(bytes_view raw) {
  return whole<rules::roster>(raw, [](reader& in, rules::roster& r) {
    r.zone = read_zone(in);
    r.rotation.start = static_cast<rules::wall_ms>(in.u64());
    r.rotation.shift_hours = in.u32();
    r.rotation.people = read_people(in, rules::rotation_people_max);
    r.overrides = in.list16(rules::overrides_max, [](reader& o) {
      using kind = rules::duty_override::kind;
      rules::duty_override out;
      out.what = o.one_of(kind::add, kind::replace);
      out.from = o.u64();
      out.until = o.u64();
      out.people = read_people(o, rules::override_people_max);
      return out;
    });
  });
}

} // namespace wardline::rows
