// Commands of coming and going: enrol, login, logoff, recovery-codes, second-factor.
#include "authenticator.hpp"
#include "commands.hpp"
#include "invitation_json.hpp"
#include "wire/base32.hpp"
#include "wire/limits.hpp"
#include <fmt/format.h>

namespace wardline::cli {

namespace {

constexpr std::size_t base32_group = 4;

int print_logged_in(const terminal& words, const client::logged_in_as& who, const std::string& first) {
  auto until = who.session_until == 0
                   ? std::string{}
                   : fmt::format(" You stay logged in until {}.", show_time(who.session_until));
  return words.result(first + until, {{"user", hex(who.user.view())},
                                      {"name", who.display_name},
                                      {"session_until_ms", who.session_until},
                                      {"logged_in", true}});
}

/// What a person puts into her authenticator. On standard error: it is no result of a command.
void show_secret(const terminal& words, const std::string& name, bytes_view secret) {
  words.remark(fmt::format("Put this into your authenticator, as a QR code or by hand:\n  {}\n  {}",
                           otpauth_uri(name, secret), to_base32(secret, base32_group)));
}

/// Of an enrolment: that of an earlier try of the same one, else the file's, else a fresh one.
std::optional<wiped_bytes> secret_for_enrolment(errand& e) {
  auto begun = e.device().enrolling_secret();
  if (!begun.value.empty())
    return begun;
  if (e.choice.totp_file.empty())
    return make_totp_secret();
  if (auto held = read_totp_file(e.choice.totp_file))
    return held;
  auto fresh = make_totp_secret();
  if (!write_totp_file(e.choice.totp_file, fresh.value))
    return std::nullopt;
  return fresh;
}

/// Both halves of what the person gives. Nothing: said already, with the exit code in `code`.
std::optional<client::credentials> ask_credentials(errand& e, const enrol_order& order, int& code) {
  bool known = order.further || !e.choice.user.empty(); // has a password already
  auto password = e.password(known ? "Your password: " : "Choose a password (at least 8 characters): ");
  if (!password) {
    code =
        e.words.refuse(refusal::not_logged_in, "Give --code and --password-file, or run this on a terminal.");
    return std::nullopt;
  }
  if (!known && e.choice.password_file.empty() && ask_password("The same password again: ") != password) {
    code = e.words.refuse(refusal::wrong_password, "The two passwords differ. Nothing was done.");
    return std::nullopt;
  }
  client::credentials out;
  if (auto id = user_id_of(e.choice))
    out.user = *id;
  else
    out.user_name = e.choice.user;
  out.password = std::move(*password);
  if (!known) {
    auto secret = secret_for_enrolment(e);
    if (!secret) {
      code = e.words.refuse(refusal::malformed_request,
                            "The file of the second factor cannot be read or written.", exit_no_input);
      return std::nullopt;
    }
    if (e.choice.totp_file.empty())
      show_secret(e.words, "this device", secret->value);
    out.totp_secret = secret->value;
  }
  auto factor = e.second_factor("Six digits that it shows now: ");
  if (!factor) {
    code = e.words.refuse(refusal::second_factor_needed, "Give --totp-file, or run this on a terminal.");
    return std::nullopt;
  }
  out.second_factor = std::move(*factor);
  return out;
}

/// The certificate was accepted and the log-in behind it was not: a code is good once, and the one that was
/// given may have been used a moment ago. One from a file is followed by the next, once.
int log_in_after_enrolment(errand& e, const client::refused& no) {
  auto& d = e.device();
  if (no.why == refusal::wrong_password && !e.choice.totp_file.empty() && !e.choice.password_file.empty()) {
    auto user = user_id_of(e.choice);
    auto found =
        user || e.choice.user.empty() ? std::nullopt : e.line->act<user_id>([&](client::done<user_id> then) {
          d.find_user(e.choice.user, std::move(then));
        });
    if (found && *found)
      user = **found;
    auto password = e.password({});
    auto factor = e.second_factor({}, 1);
    auto again = password && factor ? e.line->act<client::logged_in_as>(
                                          [&](client::done<client::logged_in_as> then) {
                                            d.log_in(std::move(*password), std::move(*factor),
                                                     std::move(then), user.value_or(user_id{}));
                                          },
                                          log_in_within_ms)
                                    : std::nullopt;
    if (again && *again)
      return print_logged_in(e.words, **again,
                             fmt::format("This device is now {}'s.", (*again)->display_name));
  }
  auto name = d.display_name();
  return e.words.result(
      fmt::format("This device is now {}'s. Nobody is logged in on it yet: {} Run `ward login`.", name,
                  sentence_of(no.why)),
      {{"user", ""},
       {"name", name},
       {"session_until_ms", 0},
       {"logged_in", false},
       {"log_in_refusal", name_of(no.why)}});
}

} // namespace

int run_enrol(const choices& c, const enrol_order& order) {
  errand e{c};
  auto raw = read_file(order.invitation, invitation_file_bytes_max);
  if (!raw)
    return e.words.refuse(refusal::malformed_request, "The invitation file cannot be read.", exit_no_input);
  auto file = read_invitation_file(text(*raw));
  wipe(*raw);
  if (!file)
    return e.words.refuse(file.why(), "The invitation file is damaged or not one. Ask for a new one.",
                          exit_bad_data);
  if (auto code = e.open_store())
    return *code;
  auto code = order.code.empty() ? ask_password("Second code (8 digits): ") : std::optional{order.code};
  if (!code)
    return e.words.refuse(refusal::not_logged_in,
                          "Give --code and --password-file, or run this on a terminal.");
  int exit_code = exit_ok;
  auto given = ask_credentials(e, order, exit_code);
  if (!given)
    return exit_code;
  e.line->connect(*file);
  auto done = e.line->act<client::logged_in_as>(
      [&](client::done<client::logged_in_as> then) {
        e.device().enrol(*file, std::move(*code), std::move(*given), std::move(then));
      },
      log_in_within_ms);
  if (!done)
    return e.silent("Run the same command again: it goes on where it stopped.");
  if (!*done && e.device().stage() == client::device_stage::locked)
    return log_in_after_enrolment(e, done->no);
  if (!*done)
    return e.words.refuse(done->no);
  return print_logged_in(e.words, **done, fmt::format("This device is now {}'s.", (*done)->display_name));
}

int run_login(const choices& c) {
  errand e{c};
  if (auto code = e.log_in())
    return *code;
  e.drain();
  return print_logged_in(e.words, *e.device().who(),
                         fmt::format("Logged in as {}.", e.device().who()->display_name));
}

int run_logoff(const choices& c, const std::string& other) {
  errand e{c};
  if (!other.empty()) {
    auto raw = from_hex(other);
    auto device = raw ? device_id::from(*raw) : std::nullopt;
    if (!device)
      return e.words.refuse(refusal::malformed_request, "--device takes the device's 32 hex digits.",
                            exit_usage);
    if (auto code = e.log_in())
      return *code;
    auto done = e.line->act<client::nothing>(
        [&](client::done<client::nothing> then) { e.device().log_off_other(*device, std::move(then)); });
    if (!done)
      return e.silent();
    if (!*done)
      return e.words.refuse(done->no);
    return e.words.result("Logged off on that device.", {{"device", other}});
  }
  if (auto code = e.open_store())
    return *code;
  if (!e.line->connect())
    return e.words.refuse(refusal::not_found, "This device is not enrolled.", exit_not_allowed);
  auto& d = e.device();
  if (!e.line->wait([&] { return d.settled() || d.needs_log_in(); }))
    return e.silent();
  if (d.needs_log_in())
    return e.words.result("Nobody was logged in.", {{"was_logged_in", false}});
  auto done =
      e.line->act<client::nothing>([&](client::done<client::nothing> then) { d.log_off(std::move(then)); });
  if (!done)
    return e.silent();
  if (!*done)
    return e.words.refuse(done->no);
  return e.words.result("Logged off. This device's store is locked.", {{"was_logged_in", true}});
}

int run_recovery_codes(const choices& c) {
  errand e{c};
  if (auto code = e.log_in())
    return *code;
  auto made = e.proved_act<std::vector<std::string>>(
      [&](auto then) { e.device().make_recovery_codes(std::move(then)); });
  if (!made)
    return e.silent("Run it again: only the newest codes are good.");
  if (!*made)
    return e.words.refuse(made->no);
  std::string text =
      "Ten recovery codes. Each is good once, in place of the six digits. Print them and put them "
      "away; those from before are dead.\n";
  for (const auto& code : **made)
    text += "  " + code + "\n";
  auto shown = e.words.result(text, {{"codes", **made}});
  wipe_text(text);
  for (auto& code : **made)
    wipe_text(code);
  return shown;
}

int run_second_factor(const choices& c, const std::string& new_file) {
  errand e{c};
  if (auto code = e.log_in())
    return *code;
  auto fresh = make_totp_secret();
  std::optional<std::string> code;
  if (new_file.empty()) {
    show_secret(e.words, e.device().display_name(), fresh.value);
    code = ask_password("Six digits that the new authenticator shows: ");
  } else {
    if (!write_totp_file(new_file, fresh.value))
      return e.words.refuse(refusal::already_exists, "The file exists already, or cannot be written.",
                            exit_cannot_create);
    code = six_digits(fresh.value, wall_clock());
  }
  if (!code)
    return e.words.refuse(refusal::second_factor_needed, "Give --new-totp-file, or run this on a terminal.");
  auto set = e.proved_act<client::nothing>(
      [&](auto then) { e.device().set_second_factor(fresh.value, *code, std::move(then)); });
  if (!set)
    return e.silent("Whether the new authenticator counts shows at the next log-in.");
  if (!*set)
    return e.words.refuse(set->no);
  return e.words.result("From now on the new authenticator counts, and the old one no more.",
                        nlohmann::json::object());
}

} // namespace wardline::cli
