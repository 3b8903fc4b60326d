// ward admin device: a device is reported as lost in one act, and what followed is put into a signed file.
#include "commands.hpp"
#include "loss_certificate.hpp"
#include <fmt/format.h>

namespace wardline::cli {

namespace {

/// Milliseconds for the report: a log of a million entries is read in some two thousand pages.
constexpr std::uint64_t report_within_ms = 600'000;
/// Milliseconds that `lost` waits for what the server and members' devices do by themselves.
constexpr std::uint64_t follow_up_ms = 20'000;
constexpr std::uint64_t look_again_ms = 1'000;
/// Of these, for devices of members to give the groups new keys: who is connected does it within seconds.
constexpr std::uint64_t members_ms = 6'000;
constexpr std::size_t certificate_bytes_max = 64u << 20;

std::optional<int> one_device(errand& e, const std::string& name, client::member_row& out) {
  using rows = std::vector<client::member_row>;
  auto raw = from_hex(name);
  if (auto id = raw ? device_id::from(*raw) : std::nullopt) {
    out.device = *id;
    return std::nullopt;
  }
  auto found =
      e.line->act<rows>([&](client::done<rows> then) { e.device().devices_of(name, std::move(then)); });
  if (!found)
    return e.silent();
  if (!*found)
    return e.words.refuse(found->no);
  std::size_t in_use = 0;
  for (const auto& row : **found)
    if (!row.revoked) {
      ++in_use;
      out = row;
    }
  if (in_use == 0)
    return e.words.refuse(refusal::device_revoked);
  if (in_use > 1)
    return e.words.usage(
        "There are several devices of this name. Say which: `ward admin devices` shows their ids.");
  return std::nullopt;
}

std::optional<int> report_on(errand& e, const device_id& which, client::exposure_report& out) {
  auto found = e.line->act<client::exposure_report>(
      [&](client::done<client::exposure_report> then) { e.device().exposure(which, 0, std::move(then)); },
      report_within_ms);
  if (!found)
    return e.silent("The device stays shut out. For the certificate run: ward admin device certificate " +
                    hex(which.view()) + " --out FILE");
  if (!*found)
    return e.words.refuse(found->no);
  out = std::move(**found);
  return std::nullopt;
}

/// What this device verified about it: name and class.
client::member_row known_row(errand& e, const device_id& which) {
  client::member_row out;
  out.device = which;
  if (auto row = e.device().member(which))
    out = *row;
  return out;
}

bool is_personal(const client::member_row& row) {
  return row.of_class != e2ee::device_class::station;
}

/// The file and, beside it, its signature.
std::optional<int> write_certificate(errand& e, reserved_file& file, reserved_file& beside,
                                     const client::member_row& row, const client::exposure_report& report,
                                     const loss_steps& steps) {
  certificate_heads heads;
  heads.clinic = hex(e.device().clinic().view());
  heads.device = hex(row.device.view());
  heads.name = row.name;
  heads.of_class = class_name(row.of_class);
  heads.registrar = e.device().who() ? e.device().who()->display_name : std::string{};
  heads.by_device = hex(e.device().id().view());
  heads.made = wall_clock();
  auto text = certificate_text(heads, report, steps);
  auto signature = e.device().sign_statement(view(text));
  if (!signature)
    return e.words.refuse(refusal::not_logged_in);
  nlohmann::json sig = {{"of", "wardline lost device 1"},
                        {"device", heads.by_device},
                        {"certificate", hex(e.device().certificate())},
                        {"signature", hex(*signature)}};
  if (!file.fill(view(text)) || !beside.fill(view(sig.dump() + '\n')))
    return e.words.refuse(refusal::storage_refused, "The certificate could not be written.", exit_io);
  return std::nullopt;
}

struct certificate_files {
  reserved_file file;
  reserved_file beside;
  explicit certificate_files(const std::string& path) : file{path}, beside{path + ".sig"} {}
  [[nodiscard]] bool made() const { return file.made() && beside.made(); }
};

std::optional<int> reserve(errand& e, const std::string& path, std::optional<certificate_files>& out) {
  if (path.empty() || out.emplace(path).made())
    return std::nullopt;
  out.reset();
  return e.words.refuse(
      refusal::already_exists,
      "The file for the certificate (or the one for its signature, FILE.sig) exists, or cannot be "
      "made there. Nothing was done; name another.",
      exit_cannot_create);
}

/// The server and members' devices go on by themselves; this only looks until all of it is done.
std::optional<int> follow(errand& e, const client::member_row& row, client::exposure_report& report,
                          loss_steps& steps) {
  for (std::uint64_t waited = 0;; waited += look_again_ms) {
    if (auto code = report_on(e, row.device, report))
      return code;
    steps = steps_of(report, is_personal(row));
    if (steps.done() || waited >= (steps.server_done() ? members_ms : follow_up_ms))
      return std::nullopt;
    e.line->wait([] { return false; }, look_again_ms);
  }
}

} // namespace

int run_device_lost(const choices& c, const admin_words& order) {
  errand e{c};
  std::optional<certificate_files> files;
  if (auto code = reserve(e, order.request, files))
    return *code;
  if (auto code = e.log_in())
    return *code;
  client::member_row row;
  if (auto code = one_device(e, order.name, row))
    return *code;
  auto done = e.proved_act<client::nothing>([&](client::done<client::nothing> then) {
    e.device().revoke(row.device, e2ee::revocation_reason::lost, std::move(then));
  });
  if (!done)
    return e.silent("Run the same command again.");
  // Reported before: what followed is still to be shown.
  if (!*done && done->why() != refusal::device_revoked)
    return e.words.refuse(done->no);
  client::exposure_report report;
  loss_steps steps;
  if (auto code = follow(e, known_row(e, row.device), report, steps))
    return *code;
  row = known_row(e, row.device);
  if (files)
    if (auto code = write_certificate(e, files->file, files->beside, row, report, steps))
      return *code;
  auto text = fmt::format("{} {} is shut out, for ever.\n{}", class_name(row.of_class),
                          hex(row.device.view()), steps_text(steps));
  if (!steps.done())
    text += "What is missing goes on by itself. Look again: ward admin device certificate " +
            hex(row.device.view()) + " --out FILE\n";
  auto data = steps_json(steps);
  data["device"] = hex(row.device.view());
  return e.words.result(text, std::move(data));
}

int run_device_certificate(const choices& c, const admin_words& order) {
  errand e{c};
  std::optional<certificate_files> files;
  if (auto code = reserve(e, order.request, files))
    return *code;
  if (auto code = e.log_in())
    return *code;
  client::member_row row;
  auto raw = from_hex(order.device);
  auto id = raw ? device_id::from(*raw) : std::nullopt;
  if (!id)
    return e.words.usage("Give the device's id, as `ward admin devices` shows it.");
  client::exposure_report report;
  if (auto code = report_on(e, *id, report))
    return *code;
  row = known_row(e, *id);
  auto steps = steps_of(report, is_personal(row));
  if (auto code = write_certificate(e, files->file, files->beside, row, report, steps))
    return *code;
  auto data = steps_json(steps);
  data["device"] = hex(id->view());
  return e.words.result(steps_text(steps), std::move(data));
}

int run_device_check(const choices& c, const admin_words& order) {
  errand e{c};
  auto file = read_file(order.request, certificate_bytes_max);
  auto beside = read_file(order.request + ".sig", 16'384);
  if (!file || !beside)
    return e.words.refuse(refusal::not_found, "The certificate, or its signature FILE.sig, cannot be read.",
                          exit_io);
  auto sig = nlohmann::json::parse(text(*beside), nullptr, false);
  auto word = [&](const char* name) {
    bool there = sig.is_object() && sig.contains(name) && sig[name].is_string();
    return there ? from_hex(sig[name].get<std::string>()).value_or(bytes{}) : bytes{};
  };
  auto by = device_id::from(word("device"));
  auto signature = fixed<64>(word("signature"));
  if (!by || !signature)
    return e.words.refuse(refusal::bad_signature, "FILE.sig is not what ward wrote.");
  if (auto code = e.log_in())
    return *code;
  auto done = e.line->act<client::member_row>([&](client::done<client::member_row> then) {
    e.device().check_statement(*by, std::move(*file), *signature, std::move(then));
  });
  if (!done)
    return e.silent();
  if (!*done)
    return e.words.refuse(done->no);
  return e.words.result(
      fmt::format("Unchanged, and signed by {} on device {}{}.", (*done)->name, hex(by->view()),
                  (*done)->revoked ? ", which has been revoked since" : ""),
      {{"by", (*done)->name}, {"device", hex(by->view())}, {"signer_revoked", (*done)->revoked}});
}

} // namespace wardline::cli
