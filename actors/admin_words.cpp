#include "admin_words.hpp"
#include "plan_codec.hpp"

namespace wardline::admin {

namespace {

using e2ee::reader;
using e2ee::writer;

constexpr std::uint8_t version = 1;
enum class kind : std::uint8_t { set_roster = 1, set_chain, set_gate, note_backup };

/// Refuses more than the rules would, long before they look.
constexpr std::size_t steps_max = 64, targets_max = 64, people_max = 255, roster_bytes_max = 192 * 1'024;

void put(writer& out, const file_place& p) {
  out.u32(p.line).u32(p.column);
}

void put(writer& out, const placed_name& n) {
  out.text8(n.name);
  put(out, n.at);
}

void put(writer& out, const std::vector<placed_name>& names) {
  out.list16(names, [](writer& w, const placed_name& n) { put(w, n); });
}

file_place place(reader& in) {
  file_place out;
  out.line = in.u32();
  out.column = in.u32();
  return out;
}

placed_name name(reader& in) {
  placed_name out;
  out.name = in.text8(name_bytes_max);
  out.at = place(in);
  return out;
}

std::vector<placed_name> names(reader& in) {
  return in.list16(people_max, [](reader& r) { return name(r); });
}

rules::lane_seconds seconds(reader& in) {
  rules::lane_seconds out;
  for (auto& s : out)
    s = in.u32();
  return out;
}

void put(writer& out, const set_roster& m) {
  out.value(kind::set_roster);
  put(out, m.role);
  out.v32(rows::encode(m.roster));
  put(out, m.rotation_at);
  put(out, m.people);
  out.list16(m.overrides, [](writer& w, const set_roster::override_words& o) {
    put(w, o.at);
    put(w, o.people);
  });
}

set_roster take_roster(reader& in) {
  set_roster out;
  out.role = name(in);
  auto roster = rows::decode<rules::roster>(in.v32(roster_bytes_max));
  if (!roster)
    in.refuse(refusal::malformed_request);
  else
    out.roster = std::move(*roster);
  out.rotation_at = place(in);
  out.people = names(in);
  out.overrides = in.list16(rules::overrides_max, [](reader& r) {
    set_roster::override_words o;
    o.at = place(r);
    o.people = names(r);
    return o;
  });
  if (out.overrides.size() != out.roster.overrides.size())
    in.refuse(refusal::count_mismatch);
  return out;
}

void put(writer& out, const set_chain& m) {
  out.value(kind::set_chain);
  put(out, m.role);
  out.list16(m.steps, [](writer& w, const set_chain::step& s) {
    put(w, s.at);
    w.list16(s.targets, [](writer& t, const set_chain::target& x) {
      t.value(x.what);
      put(t, x.of);
    });
    for (auto wait : s.wait_s)
      w.u32(wait);
  });
  for (auto s : m.lapse_s)
    out.u32(s);
}

set_chain take_chain(reader& in) {
  using target_kind = set_chain::target_kind;
  set_chain out;
  out.role = name(in);
  out.steps = in.list16(steps_max, [](reader& r) {
    set_chain::step s;
    s.at = place(r);
    s.targets = r.list16(targets_max, [](reader& t) {
      set_chain::target x;
      x.what = t.one_of(target_kind::on_duty, target_kind::person);
      x.of = name(t);
      return x;
    });
    s.wait_s = seconds(r);
    return s;
  });
  out.lapse_s = seconds(in);
  return out;
}

void put(writer& out, const set_gate& m) {
  out.value(kind::set_gate).put(m.device).text8(m.name).u8(m.opens ? 1 : 0).text8(m.reason);
}

set_gate take_gate(reader& in) {
  set_gate out;
  out.device = in.id<device_id>();
  out.name = in.text8(name_bytes_max);
  out.opens = in.bits(1) != 0;
  out.reason = in.text8(reason_bytes_max);
  if (static_cast<bool>(out.device) != out.name.empty() || out.opens != out.reason.empty())
    in.refuse(refusal::malformed_request);
  return out;
}

void put(writer& out, const note_backup& m) {
  out.value(kind::note_backup).u64(m.leaves).u64(m.turn).put(m.manifest);
}

note_backup take_backup(reader& in) {
  note_backup out;
  out.leaves = in.u64();
  out.turn = in.u64();
  out.manifest = in.b32();
  return out;
}

void put(writer& out, const std::vector<problem>& all) {
  out.list16(all, [](writer& w, const problem& p) {
    w.u16(static_cast<std::uint16_t>(p.why));
    put(w, p.at);
    w.text8(p.about);
  });
}

std::vector<problem> problems(reader& in) {
  return in.list16(problems_max, [](reader& r) {
    problem p;
    p.why = refusal_from_number(r.u16());
    p.at = place(r);
    p.about = r.text8(name_bytes_max);
    return p;
  });
}

} // namespace

bytes encode(const act_body& a) {
  writer out;
  out.u8(version);
  std::visit([&](const auto& m) { put(out, m); }, a);
  return out.take();
}

expected<act_body> decode_act(bytes_view raw) {
  if (raw.size() > frame_bytes_max)
    return refusal::message_too_large;
  reader in{raw};
  if (in.u8() != version)
    return refusal::protocol_not_supported;
  act_body out;
  switch (in.one_of(kind::set_roster, kind::note_backup)) {
  case kind::set_roster:
    out = take_roster(in);
    break;
  case kind::set_chain:
    out = take_chain(in);
    break;
  case kind::set_gate:
    out = take_gate(in);
    break;
  case kind::note_backup:
    out = take_backup(in);
    break;
  }
  in.finish();
  if (!in.ok())
    return in.why();
  return out;
}

bytes encode(const answer& a) {
  writer out;
  out.u8(version);
  put(out, a.problems);
  put(out, a.warnings);
  out.u64(a.leaf);
  return out.take();
}

expected<answer> decode_answer(bytes_view raw) {
  if (raw.size() > frame_bytes_max)
    return refusal::message_too_large;
  reader in{raw};
  if (in.u8() != version)
    return refusal::protocol_not_supported;
  answer out;
  out.problems = problems(in);
  out.warnings = problems(in);
  out.leaf = in.u64();
  in.finish();
  if (!in.ok())
    return in.why();
  return out;
}

} // namespace wardline::admin
