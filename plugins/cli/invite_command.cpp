// ward admin invite: who comes, with which device, and from when on it may read.
#include "admin_dates.hpp"
#include "commands.hpp"
#include "invitation_json.hpp"
#include <fmt/format.h>

namespace wardline::cli {

namespace {

constexpr std::uint64_t year_ms = 365ULL * 86'400'000;

std::optional<e2ee::device_class> class_named(const std::string& word) {
  if (word == "staff")
    return e2ee::device_class::personal_staff;
  if (word == "patient")
    return e2ee::device_class::personal_patient;
  if (word == "station")
    return e2ee::device_class::station;
  if (word == "service")
    return e2ee::device_class::service;
  return std::nullopt;
}

/// What was asked for, or what is wrong with it.
std::variant<client::invite_order, std::string> order_of(const invite_words& words) {
  client::invite_order out;
  int people =
      (words.name.empty() ? 0 : 1) + (words.further.empty() ? 0 : 1) + (words.replacement.empty() ? 0 : 1);
  if (people != 1)
    return "Say whom: --name for somebody new, --further for another device of a person, or --replacement.";
  auto of_class = class_named(words.of_class);
  if (!of_class)
    return "--class is staff, patient, station or service.";
  out.of_class = *of_class;
  out.roles = words.roles;
  out.valid_ms = words.hours * std::uint64_t{3'600'000};
  out.display_name = words.name + words.further + words.replacement;
  if (!words.further.empty())
    out.purpose = e2ee::invitation_purpose::further;
  if (!words.replacement.empty())
    out.purpose = e2ee::invitation_purpose::replacement;
  if (out.purpose != e2ee::invitation_purpose::first)
    out.history_from = wall_clock() - year_ms;
  if (!words.history.empty()) {
    auto date = read_date(words.history);
    if (!date)
      return "--history takes a date like 2026-03-01.";
    out.history_from = *date;
  }
  return out;
}

} // namespace

int run_invite(const choices& c, const invite_words& words) {
  errand e{c};
  auto order = order_of(words);
  if (const auto* wrong = std::get_if<std::string>(&order))
    return e.words.usage(*wrong);
  auto wanted = std::get<client::invite_order>(order);
  // Before anything else: an invitation without its file is lost.
  reserved_file out{words.out};
  if (!out.made())
    return e.words.refuse(refusal::already_exists,
                          "The file for the invitation exists, or cannot be made there. Nobody was invited; "
                          "name another with --out.",
                          exit_cannot_create);
  std::optional<reserved_file> request;
  if (!words.request.empty() && !request.emplace(words.request).made())
    return e.words.refuse(
        refusal::already_exists,
        "The file for the request exists, or cannot be made there. Nobody was invited; name "
        "another with --request.",
        exit_cannot_create);
  if (auto code = e.log_in())
    return *code;
  auto done = e.line->act<client::invitation_made>(
      [&](client::done<client::invitation_made> then) { e.device().invite(wanted, std::move(then)); });
  if (!done)
    return e.silent("The invitation may exist at the server, but nobody has its file. Invite again.");
  if (!*done)
    return e.words.refuse(done->no);
  if ((*done)->request && !request)
    return e.words.refuse(refusal::second_registrar_missing, with_request);
  auto json = write_invitation_file((*done)->file);
  bool written = out.fill(view(json));
  wipe({reinterpret_cast<std::uint8_t*>(json.data()), json.size()});
  if (!written)
    return e.words.refuse(
        refusal::storage_refused,
        "The file could not be written, and the invitation is lost. Invite again with another "
        "--out.",
        exit_cannot_create);
  nlohmann::json data = {
      {"file", words.out}, {"code", (*done)->code}, {"user", hex((*done)->user.view())}, {"done", true}};
  auto text = fmt::format("The invitation for {} is in {}. It is good for {} hours and for one device.\n"
                          "Second code: {}\nTell the code another way than you hand over the file: by "
                          "telephone, or in person.",
                          wanted.display_name, words.out, words.hours, (*done)->code);
  if (wanted.purpose != e2ee::invitation_purpose::first)
    text += fmt::format("\n{} keeps password and second factor. On the new device: ward enrol --further "
                        "--invitation {}",
                        wanted.display_name, words.out);
  if ((*done)->request)
    return hand_over(e, *request, words.request, *(*done)->request, text, std::move(data));
  return e.words.result(text, std::move(data));
}

} // namespace wardline::cli
