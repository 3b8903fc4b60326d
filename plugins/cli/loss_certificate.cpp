#include "loss_certificate.hpp"
#include "terminal.hpp"
#include <fmt/format.h>

namespace wardline::cli {

namespace {

using nlohmann::json;

/// Numbers of what is audited, as they stand in the log (final).
enum : std::uint8_t {
  object_accepted = 2,
  opened = 8,
  opened_off_duty = 32,
  rerouted = 35,
  rerouting_ended = 36,
  wipe_sent = 39,
  destroyed = 42,
  file_opened = 44,
};

bool is_release(const client::log_entry& e) {
  return e.kind == opened || e.kind == opened_off_duty || e.kind == file_opened;
}

/// Of an entry about a release: u8 purpose, off duty also u8 reason, then u64 each; of a file: u64, u8 off
/// duty.
json messages_in(const client::log_entry& e) {
  json out = json::array();
  std::size_t at = e.kind == file_opened ? 0 : e.kind == opened_off_duty ? 2 : 1;
  for (; at + 8 <= e.detail.size(); at += 8) {
    std::uint64_t seq = 0;
    for (std::size_t i = 0; i < 8; ++i)
      seq = seq << 8 | e.detail[at + i];
    out.push_back(seq);
  }
  return out;
}

/// As `wardctl erasure` says it on the server.
const char* claim_word(std::uint8_t claim) {
  return claim == 2 ? "clear" : claim == 1 ? "clear-on-flash" : "unproved";
}

const char* claim_text(std::uint8_t claim) {
  switch (claim) {
  case 2:
    return "The key was overwritten in place, in both copies, and read back (Clear, NIST SP 800-88).";
  case 1:
    return "The key was overwritten in place, in both copies, and read back (Clear); chips that a flash disk "
           "has set "
           "aside may still hold an old block.";
  default:
    return "The key was overwritten in the file, in both copies, and read back; old blocks of this file "
           "system may "
           "still hold it.";
  }
}

std::string entry(const std::optional<std::uint64_t>& leaf) {
  return fmt::format("audit entry {}", *leaf);
}

json proven(const loss_steps& s) {
  json out = json::array();
  if (s.revoked)
    out.push_back(
        fmt::format("The device is revoked, for ever ({}). From then on the server gives it no channel, no "
                    "log-in, no lock "
                    "share, no announcement and no message's text{}",
                    entry(s.revoked),
                    s.released_after == 0 ? "; the log holds no release to it behind that entry." : "."));
  if (s.share_gone)
    out.push_back(
        fmt::format("The server's half of the key to the device's store is destroyed ({}). {} Without that "
                    "half nobody who finds the device locked can open its store.",
                    entry(s.share_gone), claim_text(s.claim)));
  if (s.parties_left == 0)
    out.push_back(
        "Every group that the device was in has a new key, which the device does not have; its links were "
        "verified on the device that made this file.");
  if (s.rerouted_all)
    out.push_back(fmt::format("Of what its person had in hand, {} message{} went back to everybody ({}).",
                              s.rerouted, s.rerouted == 1 ? "" : "s", entry(s.rerouted_all)));
  if (s.wipe_sent)
    out.push_back(
        fmt::format("The device was connected and was sent a signed order to destroy its store ({}).",
                    entry(s.wipe_sent)));
  return out;
}

json not_proven(const loss_steps& s) {
  json out = json::array();
  if (!s.revoked)
    out.push_back("That the device is shut out: its revocation is not in the log.");
  if (s.released_after != 0)
    out.push_back(
        fmt::format("That nothing was released behind the revocation: {} entries say it was. Tell whoever "
                    "runs the server.",
                    s.released_after));
  if (!s.share_gone)
    out.push_back("That the server's half of the key to its store is destroyed: that is still under way.");
  if (s.parties_left != 0)
    out.push_back(
        fmt::format("That the device has no current key: {} of its groups wait for a member's device to give "
                    "them a new one. Until then the server alone holds back what is written to them.",
                    s.parties_left));
  if (s.personal && !s.rerouted_all)
    out.push_back("That what its person had in hand went back to others: that is still under way.");
  out.push_back(s.wipe_sent
                    ? "That the device obeyed the order to destroy its store: nobody can know."
                    : "That the device destroyed anything: it was not connected, and no order reached it.");
  out.push_back(
      "What was read on its screen, photographed, printed or told. If it was taken while somebody was logged "
      "in, whoever had it could copy the keys in it, and read on its screen what was open.");
  out.push_back(
      "That the server recorded every release: a server that was taken over before the loss can release "
      "without an entry. Entries cannot be removed unnoticed.");
  out.push_back(
      "Copies: a copy of the server's disk from before the destruction, together with its key file of that "
      "time, still holds the half of the key.");
  return out;
}

json could_open(const client::exposure_report& r) {
  json out = json::array();
  for (const auto& x : r.conversations)
    if (out.size() < certificate_rows_max)
      out.push_back({{"conversation", hex(x.conversation.view())},
                     {"group", hex(x.party.view())},
                     {"messages", x.messages}});
  return out;
}

bool was_off_duty(const client::log_entry& e) {
  return e.kind == opened_off_duty || (e.kind == file_opened && !e.detail.empty() && e.detail.back() == 1);
}

json had_open(const client::exposure_report& r) {
  json out = json::array();
  for (const auto& e : r.entries)
    if (is_release(e) && out.size() < certificate_rows_max)
      out.push_back({{"entry", e.leaf},
                     {"leaf_hash", hex(e.leaf_hash)},
                     {"time_ms", e.time},
                     {"user", hex(e.user.view())},
                     {"conversation", hex(e.conversation.view())},
                     {"messages", messages_in(e)},
                     {"file", e.kind == file_opened},
                     {"off_duty", was_off_duty(e)}});
  return out;
}

json leaf_of(const client::exposure_report& r, const std::optional<std::uint64_t>& leaf) {
  for (const auto& e : r.entries)
    if (leaf && e.leaf == *leaf)
      return {{"entry", e.leaf}, {"leaf_hash", hex(e.leaf_hash)}, {"time_ms", e.time}};
  return nullptr;
}

} // namespace

loss_steps steps_of(const client::exposure_report& r, bool personal) {
  loss_steps out;
  out.personal = personal;
  for (const auto& p : r.parties)
    if (p.still_member || !p.verified)
      ++out.parties_left;
  for (const auto& e : r.entries) {
    bool about = e.object == r.device.value;
    if (e.kind == object_accepted && about) { // nothing else about a device is accepted behind it
      out.revoked = e.leaf;
      out.revoked_at = e.time;
    }
  }
  for (const auto& e : r.entries) {
    if (!out.revoked || e.leaf < *out.revoked)
      continue;
    if (is_release(e))
      ++out.released_after;
    else if (e.kind == rerouted)
      ++out.rerouted;
    else if (e.kind == rerouting_ended)
      out.rerouted_all = e.leaf;
    else if (e.kind == wipe_sent)
      out.wipe_sent = e.leaf;
    else if (e.kind == destroyed && e.object == r.device.value) {
      out.share_gone = e.leaf;
      out.claim = e.detail.empty() ? 0 : e.detail.back();
    }
  }
  return out;
}

json steps_json(const loss_steps& s) {
  auto number = [](const std::optional<std::uint64_t>& leaf) { return leaf ? json(*leaf) : json(nullptr); };
  return {{"revoked", number(s.revoked)},
          {"share_destroyed", number(s.share_gone)},
          {"erasure_claim", s.share_gone ? json(claim_word(s.claim)) : json(nullptr)},
          {"groups_without_new_key", s.parties_left},
          {"given_back", s.rerouted},
          {"give_back_ended", number(s.rerouted_all)},
          {"wipe_order_sent", number(s.wipe_sent)},
          {"released_after", s.released_after},
          {"complete", s.done()}};
}

std::string steps_text(const loss_steps& s) {
  std::string out;
  for (const auto& line : proven(s))
    out += "Done: " + line.get<std::string>() + '\n';
  for (const auto& line : not_proven(s))
    out += "Not proven: " + line.get<std::string>() + '\n';
  return out;
}

std::string certificate_text(const certificate_heads& h, const client::exposure_report& r,
                             const loss_steps& s) {
  json groups = json::array();
  for (const auto& p : r.parties)
    groups.push_back({{"group", hex(p.party.view())},
                      {"key_number", p.n},
                      {"device_has_it", p.still_member},
                      {"verified", p.verified}});
  json out = {
      {"certificate", "wardline lost device 1"},
      {"clinic", h.clinic},
      {"device", {{"id", h.device}, {"name", h.name}, {"class", h.of_class}}},
      {"made",
       {{"time_ms", h.made}, {"time", show_time(h.made)}, {"by", h.registrar}, {"device", h.by_device}}},
      {"log", {{"size", r.log_size}, {"root", hex(r.log_root)}}},
      {"steps", steps_json(s)},
      {"entries",
       {{"revoked", leaf_of(r, s.revoked)},
        {"share_destroyed", leaf_of(r, s.share_gone)},
        {"give_back_ended", leaf_of(r, s.rerouted_all)},
        {"wipe_order_sent", leaf_of(r, s.wipe_sent)}}},
      {"groups", std::move(groups)},
      {"proven", proven(s)},
      {"not_proven", not_proven(s)},
      {"could_open", could_open(r)},
      {"had_open", had_open(r)},
      {"lists_complete", r.complete}};
  return out.dump(2) + '\n';
}

} // namespace wardline::cli
