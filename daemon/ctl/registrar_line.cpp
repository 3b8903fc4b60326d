#include "registrar_line.hpp"
#include "../system_clock.hpp"
#include "certify.hpp"
#include "files.hpp"
#include "prompt.hpp"
#include <cstdio>
#include <nlohmann/json.hpp>

namespace wardline::ctl {

namespace {

struct registrar_options {
  certify_order order;
  std::string passphrase_file;
};

int certify(registrar_options& o, bool json) {
  if (o.passphrase_file.empty()) {
    o.order.passphrase = ask_hidden("Passphrase of the identity key");
  } else {
    auto text = read_small_file(o.passphrase_file);
    if (!text)
      return say_problem(unavailable, o.passphrase_file + ": " + std::string{sentence_of(text.why())}, json);
    o.order.passphrase = text->substr(0, text->find('\n'));
  }
  if (auto problem = run_certify(o.order, daemon::system_clock{}.now_ms()); !problem.empty())
    return say_problem(refused_code, problem, json);
  if (json)
    std::puts(nlohmann::json{{"ok", true}, {"out", o.order.out_file.string()}}.dump().c_str());
  else
    std::printf("%s is written. On the registrar's device: ward registrar install %s\n",
                o.order.out_file.c_str(), o.order.out_file.c_str());
  return fine;
}

} // namespace

void add_registrar(CLI::App& app, command_line& line) {
  auto o = std::make_shared<registrar_options>();
  auto* registrar = app.add_subcommand("registrar", "Registrars: who may invite people");
  registrar->require_subcommand(1);
  auto* cert = registrar->add_subcommand("certify", "Make a device a registrar, with the identity key");
  cert->add_option("--identity", o->order.identity_file, "File of the identity key")->required();
  cert->add_option("--passphrase-file", o->passphrase_file,
                   "First line is the passphrase; without it you are asked");
  cert->add_option("--device", o->order.device_file, "Certificate, from: ward registrar request")->required();
  cert->add_option("--out", o->order.out_file, "File for the registrar's certificate")->required();
  cert->add_option("--serial", o->order.serial, "One higher than the last one of this device")
      ->capture_default_str();
  cert->add_option(
          "--with-second", o->order.with_second,
          "What this registrar may not do alone: patients, staff, stations, services, roles, or all; "
          "separated by commas")
      ->delimiter(',');
  add_json(*cert, line);
  cert->callback([o, &line] { line.run = [o, &line] { return certify(*o, line.json); }; });
}

} // namespace wardline::ctl
