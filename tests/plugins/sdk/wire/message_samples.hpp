#pragma once
// One message of every kind with every field set; for round trips, hostile mutations and the fuzzers' corpus.
#include "wire/content.hpp"
#include "wire/device.hpp"
#include "wire/limits.hpp"
#include "wire/link.hpp"
#include <string_view>

namespace wardline::tests {

namespace link = wire::link;
namespace device = wire::device;

template <class Id>
Id sample_id(std::uint8_t n) {
  Id out;
  out.value.fill(n);
  return out;
}

inline hash32 sample_hash(std::uint8_t n) {
  hash32 out;
  out.fill(n);
  return out;
}

inline bytes sample_bytes(std::string_view s) {
  return to_bytes(view(s));
}

inline std::vector<link::frame> sample_frames() {
  return {
      link::hello{"gateway-1", "0.1.0", 1, 2, {"channels", "wakeup.message"}},
      link::welcome{1, {"channels"}, 1'048'576, 1'024, 4'096, 67'108'864},
      link::refused{refusal::protocol_not_supported},
      link::channel_data{7, sample_bytes("opaque")},
      link::channel_closed{7, refusal::replaced},
      link::event{"wakeup.message", bytes(16, 9)},
      link::event_ack{bytes(16, 9)},
  };
}

inline std::vector<device::request> sample_requests() {
  auto conversation = sample_id<conversation_id>(3);
  std::vector<device::request_body> all{
      device::hello{sample_id<device_id>(1), sample_hash(2), {1, 2, 3}, 77},
      device::show_invitation{sample_id<invitation_id>(4), "01234567"},
      device::enrol{sample_id<invitation_id>(4), "01234567", sample_bytes("certificate"), "correct horse",
                    bytes(20, 8), "123456"},
      device::log_in{sample_id<user_id>(5), "correct horse", "654321"},
      device::log_off{sample_id<device_id>(9)},
      device::find_person{"Dr. Núñez"},
      device::list_parties{sample_id<party_id>(6)},
      device::get_party{sample_id<party_id>(6), 3},
      device::get_objects{{sample_hash(7), sample_hash(8)}},
      device::list_conversations{conversation},
      device::submit{sample_bytes("object"),
                     sample_bytes("members"),
                     sample_bytes("seals"),
                     {sample_bytes("pack"), sample_bytes("other pack")},
                     sample_bytes("cosignature"),
                     sample_hash(10)},
      device::invite{
          sample_bytes("invitation"),
          "76543210",
          sample_hash(9),
          {{sample_id<party_id>(6), 2, "Front desk", true}, {sample_id<party_id>(7), 1, "N. Nurse", true}},
          sample_bytes("cosignature")},
      device::post{sample_bytes("slip"), sample_bytes("body")},
      device::get_slips{conversation, sample_id<incarnation_id>(10), 41, 512},
      device::open{
          conversation, {1, 2, 40}, device::purpose::off_duty, device::off_duty_reason::roster_wrong},
      device::act{sample_bytes("act")},
      device::get_checkpoint{12},
      device::prove{"ABCD-EFGH-IJKL"},
      device::make_recovery_codes{},
      device::set_second_factor{bytes(20, 9), "135790"},
      device::list_pending{},
      device::get_packs{sample_id<party_id>(6)},
      device::get_key_lists{conversation, 3},
      device::get_standing{sample_id<user_id>(5), {}},
      device::get_changes{77},
      device::want_pack{sample_id<party_id>(6)},
      device::claim{sample_bytes("act"), 3},
      device::list_inbox{device::inbox_view::role, sample_id<party_id>(6), bytes(wire::inbox_cursor_bytes, 5),
                         256},
      device::get_duty{sample_id<party_id>(6), 1'700'000'000'000},
      device::get_exposure{sample_id<device_id>(1), device::exposure_part::log, sample_id<party_id>(6),
                           conversation, 77},
      device::get_upload{sample_id<attachment_id>(11)},
      device::put_chunk{sample_id<attachment_id>(11), 524'320, 1, sample_bytes("chunk")},
      device::get_chunk{conversation, 5, sample_id<attachment_id>(11), 1},
      device::meet_life{sample_id<incarnation_id>(10), 12, sample_hash(3)},
  };
  std::vector<device::request> out;
  for (auto& what : all)
    out.push_back({sample_id<request_id>(static_cast<std::uint8_t>(out.size() + 1)), std::move(what)});
  return out;
}

inline device::logged sample_logged() {
  return {sample_bytes("object"), 5, bytes(16, 1), sample_bytes("entry"), {sample_hash(1), sample_hash(2)}};
}

inline device::slip sample_slip() {
  return {sample_id<conversation_id>(3),
          41,
          99,
          sample_bytes("slip"),
          sample_bytes("act"),
          1'700'000'000'000,
          123,
          sample_bytes("recall"),
          124};
}

inline device::exposure sample_exposure() {
  auto leaf = sample_logged();
  leaf.object.clear();
  return {{{sample_id<party_id>(6), sample_id<conversation_id>(3), 41}}, {leaf}, "note\n", true, 78};
}

inline device::pending sample_pending() {
  auto party = sample_id<party_id>(6);
  auto device = sample_id<device_id>(1);
  return {{{party, {device, sample_id<device_id>(2)}, {sample_id<device_id>(3)}, 1'700'000'000'000}},
          {{party, device, 1'600'000'000'000}},
          {{sample_id<conversation_id>(3), device, 1'600'000'000'000, sample_bytes("report")}},
          sample_bytes("renewal"),
          {{device, 1'800'000'000'000, true}}};
}

inline device::inbox sample_inbox() {
  device::inbox_item item;
  item.message = sample_id<message_id>(13);
  item.conversation = sample_id<conversation_id>(3);
  item.seq = 41;
  item.level = 1;
  item.scored = item.needs_ack = item.off_duty = true;
  item.type = 8;
  item.author = sample_id<user_id>(5);
  item.time = 1'700'000'000'000;
  item.owner = sample_id<user_id>(6);
  item.since = 1'700'000'060'000;
  item.version = 4;
  item.party = sample_id<party_id>(6);
  item.steps = 2;
  item.due = 1'700'000'120'000;
  auto other = item;
  other.message = sample_id<message_id>(14);
  return {{item, other}, bytes(wire::inbox_cursor_bytes, 5), 7};
}

inline std::vector<device::from_daemon> sample_answers() {
  const char* note = "clinic.example/audit/1\n1\nAA==\n\n\u2014 clinic.example/audit/1 AAAA\n";
  auto user = sample_id<user_id>(5);
  auto party = sample_id<party_id>(6);
  device::share share{4, bytes(32, 7), 5, bytes(32, 8), 3};
  std::vector<device::answer_body> all{
      device::refused{refusal::stale_party, party, 9, sample_hash(1), sample_hash(2), user,
                      1'700'000'000'000},
      device::welcome{user, 1'700'000'000'000, note, {sample_hash(3)}, share, 900'000, 7},
      device::invitation{sample_bytes("root"),
                         sample_bytes("server"),
                         {sample_bytes("registrar")},
                         sample_bytes("invitation")},
      device::enrolled{17},
      device::logged_in{user, 1'700'000'000'000, share, 900'000},
      device::person{user, party},
      device::parties{{{party, 2, "Front desk", true}}, true},
      device::party{party,
                    2,
                    {sample_logged(), sample_logged()},
                    sample_bytes("members"),
                    sample_bytes("seals"),
                    {sample_logged()},
                    note,
                    {{4, {1, 2, 3}}, {5, {9}}}},
      device::objects{{sample_logged()}, note},
      device::conversations{{{sample_id<conversation_id>(3), sample_bytes("link"), 41}}, true},
      device::submitted{sample_hash(4), 18},
      device::posted{42, 19},
      device::slips{{sample_slip(), sample_slip()}, true},
      device::opened{20, {{1, sample_bytes("body one")}, {2, sample_bytes("body two")}}, 3},
      device::done{21},
      device::checkpoint{note, {sample_hash(5)}},
      sample_pending(),
      device::recovery_codes{std::vector<std::string>(10, "ABCD-EFGH")},
      device::packs{{sample_bytes("pack"), sample_bytes("other pack")}},
      device::key_lists{{sample_bytes("list")}, true},
      device::station{sample_id<device_id>(1)},
      sample_inbox(),
      device::duties{{{sample_id<party_id>(6), true, {user, sample_id<user_id>(6)}, 1'700'000'000'000, true},
                      {sample_id<party_id>(7), true, {user}, 1'600'000'000'000, true}}},
  };
  std::vector<device::from_daemon> out;
  for (auto& result : all)
    out.push_back(device::answer{sample_id<request_id>(static_cast<std::uint8_t>(out.size() + 1)), result});
  out.push_back(sample_slip());
  out.push_back(device::session_ended{refusal::replaced});
  out.push_back(device::party_changed{party, 7});
  out.push_back(sample_pending());
  out.push_back(device::share_gone{4});
  out.push_back(device::wake{sample_id<message_id>(13), 1});
  out.push_back(device::wipe_order{sample_bytes("wipe order")});
  out.push_back(device::answer{sample_id<request_id>(99), sample_exposure()});
  out.push_back(device::answer{sample_id<request_id>(98), device::upload{2}});
  out.push_back(device::answer{sample_id<request_id>(97), device::chunk{7, sample_bytes("chunk")}});
  return out;
}

inline device::server_hello sample_server_hello() {
  return {sample_id<incarnation_id>(10), 1'700'000'000'000, 1'048'576, "note\n", sample_hash(6)};
}

inline wire::content sample_content() {
  return {"Room 4: chest pain,\nplease come",
          {{sample_id<attachment_id>(11), "ecg.pdf", "application/pdf", 40'000, sample_hash(12)}},
          sample_id<message_id>(13)};
}

} // namespace wardline::tests
