#include "admin_line.hpp"
#include <CLI/CLI.hpp>

namespace wardline::cli {

namespace {

constexpr const char* request_help = "If a second registrar is needed: the file for her, to be written";

void add_cosign(CLI::App& admin, const choices& chosen, cosign_words& words, std::function<int()>& run) {
  auto* cosign =
      admin.add_subcommand("cosign", "Look at what another registrar may not do alone, and cosign it");
  cosign->add_option("file", words.file, "Her request")->required();
  cosign->add_flag("--yes", words.yes, "Cosign it; without, it is only shown");
  cosign->callback([&] { run = [&] { return run_cosign(chosen, words); }; });
}

using doing = std::function<void(CLI::App*, int (*)(const choices&, const admin_words&))>;

void add_lost_device(CLI::App& admin, admin_words& words, const doing& does) {
  auto* device =
      admin.add_subcommand("device", "A device that was lost, and the certificate of what was done");
  device->require_subcommand(1);
  device->fallthrough();
  auto* lost = device->add_subcommand("lost", "Shut a device out, for ever, with all that follows from it");
  lost->add_option("name", words.name, "Device id, or name of a person or station with one device")
      ->required();
  lost->add_option("--certificate", words.request, "File to be written; its signature goes to FILE.sig");
  does(lost, run_device_lost);
  auto* certificate =
      device->add_subcommand("certificate", "Write the certificate again, as things stand now");
  certificate->add_option("device", words.device, "Its id")->required();
  certificate->add_option("--out", words.request, "File to be written; its signature goes to FILE.sig")
      ->required();
  does(certificate, run_device_certificate);
  auto* check = device->add_subcommand("check", "Is a certificate unchanged, and who signed it?");
  check->add_option("file", words.request, "The certificate; FILE.sig lies beside it")->required();
  does(check, run_device_check);
}

} // namespace

void add_invite(CLI::App& app, const choices& chosen, invite_words& invite, std::function<int()>& run) {
  auto* command = app.add_subcommand("invite", "Invite a person, a further device or a station (registrars)");
  command->add_option("--name", invite.name, "Name of somebody new, as everybody will see it");
  command->add_option("--further", invite.further, "A further device of the person with this name");
  command->add_option("--replacement", invite.replacement, "A device in place of all that this person had");
  command->add_option("--class", invite.of_class, "staff, patient, station or service");
  command->add_option("--role", invite.roles, "Roles, separated by commas; new ones come into being")
      ->delimiter(',');
  command->add_option("--history", invite.history,
                      "The device reads what was written since this day, YYYY-MM-DD");
  command->add_option("--out", invite.out, "Invitation file to be written")->required();
  command->add_option("--request", invite.request, request_help);
  command->add_option("--hours", invite.hours, "How long it is good")->check(CLI::Range(1, 72));
  command->callback([&] { run = [&] { return run_invite(chosen, invite); }; });
}

void add_admin(CLI::App& app, const choices& chosen, invite_words& invite, admin_words& words,
               cosign_words& cosign, std::function<int()>& run) {
  auto* admin = app.add_subcommand("admin", "A registrar's work: who belongs where");
  admin->require_subcommand(1);
  admin->fallthrough();
  add_invite(*admin, chosen, invite, run);
  add_cosign(*admin, chosen, cosign, run);
  auto does = [&](CLI::App* command, int (*what)(const choices&, const admin_words&)) {
    command->callback(
        [&chosen, &words, &run, what] { run = [&chosen, &words, what] { return what(chosen, words); }; });
  };
  auto* grant = admin->add_subcommand("grant", "Let a person or a station belong to a role");
  grant->add_option("name", words.name, "Name, exact")->required();
  grant->add_option("role", words.role, "Name of the role, or a party's id")->required();
  grant->add_option("--until", words.until, "Day it ends, YYYY-MM-DD");
  grant->add_option("--request", words.request, request_help);
  does(grant, run_grant);
  auto* withdraw = admin->add_subcommand("withdraw", "End it");
  withdraw->add_option("name", words.name, "Name, exact")->required();
  withdraw->add_option("role", words.role, "Name of the role, or a party's id")->required();
  withdraw->add_option("--request", words.request, request_help);
  does(withdraw, run_withdraw);
  auto* revoke = admin->add_subcommand("revoke", "Stop a device, or all devices of a person, for ever");
  revoke->add_option("name", words.name, "Device id, or name of a person or station")->required();
  revoke->add_option("--reason", words.reason, "lost, stolen, left, replaced or compromised")->required();
  does(revoke, run_revoke);
  add_lost_device(*admin, words, does);
  auto* renew = admin->add_subcommand("renew", "The next certificate for a device, or for all of a person's");
  renew->add_option("name", words.name, "Device id, or name of a person or station")->required();
  renew->add_option("--request", words.request, request_help);
  does(renew, run_renew);
  auto* turn = admin->add_subcommand("turn", "A new key for a party, with who waits to come in or go");
  turn->add_option("party", words.role, "Name of a role or person, or a party's id")->required();
  turn->add_option("--request", words.request, request_help);
  does(turn, run_turn);
  auto* replace = admin->add_subcommand("replace", "Invite a device in place of all that a person had");
  replace->add_option("name", invite.replacement, "Name, exact")->required();
  replace->add_option("--history", invite.history, "The device may be given what was written since this day");
  replace->add_option("--out", invite.out, "Invitation file to be written")->required();
  replace->add_option("--request", invite.request, request_help);
  replace->callback([&] { run = [&] { return run_invite(chosen, invite); }; });
  auto* give =
      admin->add_subcommand("give-keys", "Give a replaced device the keys of a conversation you read");
  give->add_option("conversation", words.conversation, "Its id")->required();
  give->add_option("device", words.device, "Its id")->required();
  does(give, run_give_keys);
  auto* devices = admin->add_subcommand("devices", "List a person's devices");
  devices->add_option("name", words.name, "Name, exact")->required();
  does(devices, run_devices);
  admin->add_subcommand("pending", "What waits for somebody's hands")->callback([&] {
    run = [&] { return run_pending(chosen); };
  });
  auto* destroy = admin->add_subcommand("destroy", "Destroy every message of a conversation, for ever");
  destroy->add_option("conversation", words.conversation, "Its id")->required();
  destroy->add_option("--reason", words.reason, "retention, asked, wrong-record or other")->required();
  does(destroy, run_destroy);
  auto* add = app.add_subcommand("add", "Add a person or role to a conversation");
  add->add_option("conversation", words.conversation, "Its id")->required();
  add->add_option("name", words.name, "Name, exact")->required();
  does(add, run_add);
}

} // namespace wardline::cli
