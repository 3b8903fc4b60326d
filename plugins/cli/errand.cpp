// What every command does first: store, link, log-in; and last: the outbox.
#include "authenticator.hpp"
#include "commands.hpp"
#include <algorithm>
#include <fmt/format.h>

namespace wardline::cli {

namespace {

bool waits(const client::outbox_row& row) {
  return row.state == client::outbox_state::written || row.state == client::outbox_state::sent;
}

auto waiting_in(const client::device& d) {
  auto rows = d.outbox();
  return std::count_if(rows.begin(), rows.end(), waits);
}

} // namespace

std::optional<user_id> user_id_of(const choices& c) {
  auto raw = from_hex(c.user);
  return raw ? user_id::from(*raw) : std::nullopt;
}

errand::~errand() {
  if (line && line->device().settled())
    line->wait([&] { return device().quiet() || device().link() != client::session_state::ready; },
               finish_within_ms);
}

std::optional<int> errand::open_store() {
  auto opened = client::open_lmdb_device_store(choice.store);
  if (!opened)
    return words.refuse(opened.why());
  store = std::move(*opened);
  line = std::make_unique<connection>(*store, words);
  return std::nullopt;
}

std::optional<std::string> errand::password(const std::string& question) const {
  if (!choice.password_file.empty())
    return read_password_file(choice.password_file);
  return ask_password(question);
}

int errand::silent(const std::string& more) const {
  return words.refuse(line->why_silent(), more);
}

std::optional<int> errand::log_in(const std::string& if_silent) {
  if (auto code = open_store())
    return code;
  if (!line->connect())
    return words.refuse(refusal::not_found, "This device is not enrolled. Run: ward enrol --invitation FILE",
                        exit_not_allowed);
  auto& d = device();
  auto waits_for_us = [&] { return d.settled() || d.needs_log_in() || d.turned_away() != refusal::none; };
  if (!line->wait(waits_for_us) || d.turned_away() != refusal::none) {
    tell_kept();
    return silent(if_silent);
  }
  if (auto code = find_user())
    return code;
  // On a station somebody else may be logged in.
  bool hers = d.settled() && (choice.user.empty() || (d.who() && d.who()->user == user_));
  return hers ? std::nullopt : give_password();
}

std::optional<int> errand::log_in_again() {
  auto code = find_user();
  return code ? code : give_password();
}

/// Who is meant by --user: an id as it is, a name by asking the server.
std::optional<int> errand::find_user() {
  if (choice.user.empty())
    return std::nullopt;
  if (auto id = user_id_of(choice)) {
    user_ = *id;
    return std::nullopt;
  }
  auto found = line->act<user_id>(
      [&](client::done<user_id> then) { device().find_user(choice.user, std::move(then)); });
  if (!found)
    return silent();
  if (!*found)
    return words.refuse(found->no, found->why() == refusal::not_logged_in
                                       ? "On a device of her own a person is known: leave out --user."
                                       : std::string{});
  user_ = **found;
  return std::nullopt;
}

std::optional<std::string> errand::second_factor(const std::string& question, unsigned ahead) const {
  if (choice.totp_file.empty())
    return ask_password(question);
  auto secret = read_totp_file(choice.totp_file);
  return secret ? std::optional{six_digits(secret->value, wall_clock(), ahead)} : std::nullopt;
}

/// A code from a file may have been used a moment ago by another command: then the next one is tried, once.
/// A person waits for hers.
std::optional<int> errand::give_password() {
  unsigned tries = choice.totp_file.empty() ? 1 : 2;
  for (unsigned ahead = 0;; ++ahead) {
    auto given = password("Password: ");
    auto factor = given ? second_factor("Six digits, or a recovery code: ", ahead) : std::nullopt;
    if (!given || !factor)
      return words.refuse(refusal::not_logged_in,
                          choice.password_file.empty()
                              ? "Run `ward login` on a terminal, or give --password-file and --totp-file."
                              : "The file of the password or of the second factor cannot be read.");
    auto done = line->act<client::logged_in_as>(
        [&](client::done<client::logged_in_as> then) {
          device().log_in(std::move(*given), std::move(*factor), std::move(then), user_);
        },
        log_in_within_ms);
    if (!done)
      return silent();
    if (*done)
      return std::nullopt;
    if (done->why() != refusal::wrong_password || ahead + 1 >= tries)
      return words.refuse(done->no);
  }
}

refusal errand::prove() {
  unsigned tries = choice.totp_file.empty() ? 1 : 2;
  for (unsigned ahead = 0;; ++ahead) {
    auto factor = second_factor("Six digits once more, or a recovery code: ", ahead);
    if (!factor)
      return refusal::second_factor_needed;
    auto done = line->act<client::nothing>(
        [&](client::done<client::nothing> then) { device().prove(std::move(*factor), std::move(then)); });
    if (!done)
      return line->why_silent();
    if (*done || done->why() != refusal::wrong_second_factor || ahead + 1 >= tries)
      return done->why();
  }
}

/// The store is closed: which of them the server has cannot be said.
void errand::tell_kept() const {
  auto kept = store->scan(client::table::outbox, {}, {}).size();
  if (kept == 0 || device().stage() == client::device_stage::open)
    return;
  words.remark(fmt::format("{}{} message{} written here {} kept on this device, and the server may not have "
                           "the last of them. If one was "
                           "urgent, say it another way now. If others reach the server and this device does "
                           "not, it was shut out: ask a "
                           "registrar.",
                           kept, kept == client::scan_rows_max ? " or more" : "", kept == 1 ? "" : "s",
                           kept == 1 ? "is" : "are"));
}

void errand::drain() {
  if (waiting_in(device()) == 0)
    return;
  line->wait_for_files([&] { return waiting_in(device()) == 0; });
  if (auto left = waiting_in(device()); left != 0)
    words.remark(
        fmt::format("{} of your messages {} not confirmed by the server yet. They are kept on this device "
                    "and sent again the next time ward runs.",
                    left, left == 1 ? "is" : "are"));
}

} // namespace wardline::cli
