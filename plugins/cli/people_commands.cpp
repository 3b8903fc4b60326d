// Commands about people and devices: status, registrar.
#include "commands.hpp"
#include "invitation_json.hpp"
#include "wire/limits.hpp"
#include <fmt/format.h>

namespace wardline::cli {

namespace {

constexpr std::size_t certificate_file_bytes_max = 4'096;

std::string word_of(client::device_stage stage) {
  switch (stage) {
  case client::device_stage::empty:
    return "empty";
  case client::device_stage::enrolling:
    return "enrolling";
  case client::device_stage::locked:
    return "locked";
  case client::device_stage::open:
    break;
  }
  return "open";
}

std::string sentence_about(client::device_stage stage, const std::string& name) {
  switch (stage) {
  case client::device_stage::empty:
    return "This device is not enrolled. Run: ward enrol --invitation FILE";
  case client::device_stage::enrolling:
    return "An enrolment was begun and not finished. Run the same `ward enrol` again.";
  case client::device_stage::locked:
    return fmt::format("This device is enrolled for {}. Nobody is logged in: run `ward login`.", name);
  case client::device_stage::open:
    break;
  }
  return fmt::format("{} is logged in on this device.", name);
}

} // namespace

int run_status(const choices& c) {
  errand e{c};
  if (auto code = e.open_store())
    return *code;
  auto& d = e.device();
  bool reached = false;
  if (e.line->connect())
    reached =
        e.line->wait([&] { return d.settled() || d.needs_log_in() || d.turned_away() != refusal::none; });
  auto address = d.address();
  auto name = d.display_name();
  std::size_t unsent = 0;
  for (const auto& row : d.outbox())
    unsent += row.state == client::outbox_state::acked ? 0 : 1;
  auto who = d.who();
  nlohmann::json data = {{"stage", word_of(d.stage())},
                         {"name", name},
                         {"device", hex(d.id().view())},
                         {"endpoint", address ? address->endpoint : ""},
                         {"server_reached", reached},
                         {"turned_away", name_of(d.turned_away())},
                         {"logged_in", who.has_value()},
                         {"user", who ? hex(who->user.view()) : ""},
                         {"session_until_ms", who ? who->session_until : 0},
                         {"unsent", unsent},
                         {"certificate_until_ms", d.certificate_until()},
                         {"log_size", d.pinned_size()}};
  auto said = sentence_about(d.stage(), name);
  if (address)
    said += reached ? fmt::format("\nThe server at {} answers.", address->endpoint)
                    : "\n" + std::string{sentence_of(e.line->why_silent())};
  if (who)
    said += "\nThe id of who is logged in, for --user on a station: " + hex(who->user.view());
  if (d.turned_away() != refusal::none)
    said += "\n" + std::string{sentence_of(d.turned_away())};
  if (unsent != 0)
    said += fmt::format("\n{} of your messages {} not confirmed by the server yet.", unsent,
                        unsent == 1 ? "is" : "are");
  if (d.pinned_size() != 0)
    said += fmt::format("\nThe audit log had {} entries when this device last checked it.", d.pinned_size());
  return e.words.result(said, std::move(data));
}

int run_registrar_request(const choices& c, const std::string& out) {
  errand e{c};
  if (auto code = e.open_store())
    return *code;
  auto certificate = e.device().certificate();
  if (certificate.empty())
    return e.words.refuse(refusal::not_found, "This device is not enrolled.", exit_not_allowed);
  if (!write_new_file(out, certificate))
    return e.words.refuse(refusal::already_exists, "The file exists already, or cannot be written.",
                          exit_cannot_create);
  return e.words.result(
      fmt::format("This device's certificate is in {}. Take it to the clinic's identity key: "
                  "wardctl registrar certify.",
                  out),
      {{"file", out}, {"device", hex(e.device().id().view())}});
}

int run_registrar_install(const choices& c, const std::string& file) {
  errand e{c};
  auto object = read_file(file, certificate_file_bytes_max);
  if (!object)
    return e.words.refuse(refusal::malformed_request, "The certificate file cannot be read.", exit_no_input);
  if (auto code = e.log_in())
    return *code;
  auto done = e.line->act<client::nothing>(
      [&](client::done<client::nothing> then) { e.device().install_registrar(*object, std::move(then)); });
  if (!done)
    return e.silent("Run the same command again.");
  if (!*done)
    return e.words.refuse(done->no);
  return e.words.result("This device is now a registrar's: it can invite people.", nlohmann::json::object());
}

} // namespace wardline::cli
