#include "item_rows.hpp"
#include "e2ee/slip.hpp"
#include "message_rows.hpp"
#include "plan_codec.hpp"
#include "row_codec.hpp"

namespace wardline::rows {

namespace {

using rules::item_state;

constexpr std::uint8_t due_lanes = 3;
constexpr std::uint8_t level_max = 5;

void write(writer& out, const item_state& s) {
  out.value(s.at).value(s.level).u8(s.timed ? 1 : 0).put(s.owner).u64(s.since).u32(s.version);
  out.u8(s.next_step).u32(s.rounds).u8(s.clock ? 1 : 0);
  if (s.clock)
    out.u64(s.clock->at).u64(s.clock->set);
  rows::write(out, s.steps);
}

item_state read_state(reader& in) {
  item_state out;
  out.at = in.one_of(rules::phase::resting, rules::phase::answered);
  out.level = in.one_of(rules::lane::now, rules::lane::info);
  out.timed = in.bits(1) != 0;
  out.owner = in.id<user_id>();
  out.since = in.u64();
  out.version = in.u32();
  out.next_step = in.u8();
  out.rounds = in.u32();
  if (in.bits(1) != 0) {
    rules::due_time due;
    due.at = in.u64();
    due.set = in.u64();
    out.clock = due;
  }
  out.steps = read_chain(in, rules::item_targets_max);
  if (!out.steps.steps.empty() && out.next_step >= out.steps.steps.size())
    in.refuse(refusal::unknown_value);
  return out;
}

bytes key_of_due(const item_state& s, const message_id& message) {
  return encode(due_key{s.level, s.clock->at, message});
}

} // namespace

bytes encode(const item& r) {
  auto out = begin();
  out.put(r.conversation).u64(r.seq).put(r.author).ids8(r.parties);
  out.u8(r.level).u8(r.type).u8(r.needs_ack ? 1 : 0).u64(r.time);
  write(out, r.state);
  out.v16(r.act);
  return out.take();
}

template <>
std::optional<item> decode<item>(bytes_view raw) {
  return whole<item>(raw, [](reader& in, item& r) {
    r.conversation = in.id<conversation_id>();
    r.seq = in.u64();
    r.author = in.id<user_id>();
    r.parties = in.id_set8<party_id>(e2ee::slip_parties_max);
    r.level = in.u8();
    if (r.level > level_max)
      in.refuse(refusal::unknown_value);
    r.type = in.u8();
    r.needs_ack = in.bits(1) != 0;
    r.time = in.u64();
    r.state = read_state(in);
    r.act = to_bytes(in.v16(wire::act_bytes_max));
  });
}

bytes encode(const due_key& k) {
  writer out;
  out.value(k.lane).u64(k.at).put(k.message);
  return out.take();
}

std::optional<due_key> due_of_key(bytes_view key) {
  reader in{key};
  due_key out;
  out.lane = in.one_of(rules::lane::now, static_cast<rules::lane>(due_lanes));
  out.at = in.u64();
  out.message = in.id<message_id>();
  in.finish();
  return in.ok() ? std::optional{out} : std::nullopt;
}

std::optional<message_id> message_of_waiting(bytes_view value) {
  return message_id::from(value);
}

} // namespace wardline::rows

namespace wardline {

expected<stamped_row<rows::item>> read_item(const ports::reader& from, const message_id& message) {
  if (from.read(ports::table::item, message.view()).status == ports::read_status::absent)
    return refusal::not_found;
  auto row = read_row<rows::item>(from, ports::table::item, message.view());
  if (!row)
    return refusal::value_not_openable;
  return std::move(*row);
}

void put_item(act& with, const message_id& message, const rows::item& made) {
  auto key = to_bytes(message.view());
  with.only_if.push_back(absent(ports::table::item, key));
  with.changes.push_back(put_row(ports::table::item, std::move(key), made));
  with.changes.push_back({ports::put(ports::table::waiting, rows::key_of_place(made.conversation, made.seq),
                                     to_bytes(message.view())),
                          false});
  if (made.state.clock)
    with.changes.push_back(
        {ports::put(ports::table::due, rows::key_of_due(made.state, message), {rows::row_version}), false});
}

void change_item(act& with, const message_id& message, const stamped_row<rows::item>& before,
                 const rows::item& after) {
  auto key = to_bytes(message.view());
  with.only_if.push_back(unchanged(ports::table::item, key, before.stored));
  with.changes.push_back(put_row(ports::table::item, std::move(key), after));
  // Old first: of two changes of one key the later one stays.
  if (before.row.state.clock)
    with.changes.push_back(
        {ports::del(ports::table::due, rows::key_of_due(before.row.state, message)), false});
  if (after.state.clock)
    with.changes.push_back(
        {ports::put(ports::table::due, rows::key_of_due(after.state, message), {rows::row_version}), false});
  if (after.state.at == rules::phase::answered)
    with.changes.push_back(
        {ports::del(ports::table::waiting, rows::key_of_place(after.conversation, after.seq)), false});
}

} // namespace wardline
