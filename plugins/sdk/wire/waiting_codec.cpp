#include "wire/waiting_codec.hpp"
#include "device.pb.h"
#include "wire/limits.hpp"
#include <algorithm>
#include <functional>

namespace wardline::wire::device {

namespace {

namespace pb = ::wardline::device::v1;
using codec::fields;
using codec::raw;

/// Values of the envelope: levels of its lanes, and its types (e2ee 5.9).
constexpr std::uint64_t level_max = 5, type_max = 8, woken_level_max = 3;

void take_item(fields& in, inbox_item& out, const pb::InboxItem& m) {
  in.take(out.message, m.message());
  in.take(out.conversation, m.conversation());
  out.seq = m.seq();
  in.require(out.seq >= 1);
  in.range(m.level(), 1, level_max);
  out.level = static_cast<std::uint8_t>(m.level());
  out.scored = m.scored();
  out.needs_ack = m.needs_ack();
  in.range(m.type(), 0, type_max);
  out.type = static_cast<std::uint8_t>(m.type());
  in.take(out.author, m.author());
  out.time = m.time_ms();
  in.take_or_none(out.owner, m.owner());
  out.since = m.since_ms();
  out.version = m.version();
  in.require(out.version >= 1);
  in.take(out.party, m.party());
  out.off_duty = m.off_duty();
  out.steps = m.steps();
  out.due = m.due_ms();
}

void take_duty(fields& in, duty& out, const pb::Duty& m) {
  in.take(out.role, m.role());
  out.rostered = m.rostered();
  in.range(static_cast<std::size_t>(m.people_size()), 0, duty_people_max);
  for (const auto& person : m.people())
    if (in.why() == refusal::none)
      in.take(out.people.emplace_back(), person);
  in.require(std::adjacent_find(out.people.begin(), out.people.end(), std::greater_equal<>{}) ==
             out.people.end());
  out.until = m.until_ms();
  out.mine = m.mine();
}

} // namespace

void put_waiting(pb::Inbox& to, const inbox& a) {
  for (const auto& item : a.items) {
    auto& m = *to.add_items();
    m.set_message(raw(item.message.view()));
    m.set_conversation(raw(item.conversation.view()));
    m.set_seq(item.seq);
    m.set_level(item.level);
    m.set_scored(item.scored);
    m.set_needs_ack(item.needs_ack);
    m.set_type(item.type);
    m.set_author(raw(item.author.view()));
    m.set_time_ms(item.time);
    if (item.owner)
      m.set_owner(raw(item.owner.view()));
    m.set_since_ms(item.since);
    m.set_version(item.version);
    m.set_party(raw(item.party.view()));
    m.set_off_duty(item.off_duty);
    m.set_steps(item.steps);
    m.set_due_ms(item.due);
  }
  to.set_next(raw(a.next));
  to.set_waiting(a.waiting);
}

void put_waiting(pb::Duties& to, const duties& a) {
  for (const auto& duty : a.all) {
    auto& m = *to.add_duties();
    m.set_role(raw(duty.role.view()));
    m.set_rostered(duty.rostered);
    for (const auto& person : duty.people)
      m.add_people(raw(person.view()));
    m.set_until_ms(duty.until);
    m.set_mine(duty.mine);
  }
}

void put_waiting(pb::Wake& to, const wake& a) {
  to.set_message(raw(a.message.view()));
  to.set_level(a.level);
}

void take(fields& in, inbox& out, const pb::Inbox& m) {
  in.range(static_cast<std::size_t>(m.items_size()), 0, inbox_items_max);
  for (const auto& item : m.items())
    if (in.why() == refusal::none)
      take_item(in, out.items.emplace_back(), item);
  if (!m.next().empty())
    in.take(out.next, m.next(), inbox_cursor_bytes, inbox_cursor_bytes);
  out.waiting = m.waiting();
}

void take(fields& in, duties& out, const pb::Duties& m) {
  in.range(static_cast<std::size_t>(m.duties_size()), 0, duties_max);
  for (const auto& duty : m.duties())
    if (in.why() == refusal::none)
      take_duty(in, out.all.emplace_back(), duty);
  auto later = [](const duty& a, const duty& b) { return a.role >= b.role; };
  in.require(std::adjacent_find(out.all.begin(), out.all.end(), later) == out.all.end());
}

void take(fields& in, wake& out, const pb::Wake& m) {
  in.take(out.message, m.message());
  in.range(m.level(), 1, woken_level_max);
  out.level = static_cast<std::uint8_t>(m.level());
}

} // namespace wardline::wire::device
