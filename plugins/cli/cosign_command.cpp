// What needs two registrars: the first one's act goes into a file, the second one looks at it and cosigns.
#include "act_json.hpp"
#include "commands.hpp"
#include <fmt/format.h>

namespace wardline::cli {

namespace {

using client::act_shown;

std::string kind_of(act_shown::kind k) {
  switch (k) {
  case act_shown::kind::invitation:
    return "invitation";
  case act_shown::kind::grant:
    return "grant";
  case act_shown::kind::withdrawal:
    return "withdrawal";
  case act_shown::kind::renewal:
    return "renewal";
  case act_shown::kind::link:
    break;
  }
  return "link";
}

/// Names of the act's parties: those it makes, roles by the directory's word, ids for the rest.
std::vector<std::string> party_names(errand& e, const act_shown& act) {
  std::map<party_id, std::string> known(act.new_names.begin(), act.new_names.end());
  auto roles = e.line->act<std::vector<client::role_name>>(
      [&](client::done<std::vector<client::role_name>> then) { e.device().roles(std::move(then)); });
  if (roles && *roles)
    for (const auto& role : **roles)
      known.emplace(role.party, role.name);
  std::vector<std::string> out;
  for (const auto& party : act.parties) {
    auto found = known.find(party);
    out.push_back(found == known.end() ? hex(party.view()) : found->second);
  }
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& w : words)
    out += (out.empty() ? "" : ", ") + w;
  return out;
}

std::string sentence(const act_shown& act, const std::vector<std::string>& parties) {
  auto of = joined(parties);
  switch (act.what) {
  case act_shown::kind::grant:
    return fmt::format("{} lets {} belong to {}{}.", act.by, act.name, of,
                       act.until == 0 ? "" : " until " + show_time(act.until));
  case act_shown::kind::withdrawal:
    return fmt::format("{} takes {} out of {}.", act.by, act.name, of);
  case act_shown::kind::link:
    return fmt::format("{} gives {} a new key: {} to come in, {} to go.", act.by, of, act.coming_in.size(),
                       act.going.size());
  case act_shown::kind::renewal:
    return fmt::format("{} renews the certificate of a device of {} ({}), until {}.", act.by, act.name,
                       class_name(act.of_class), show_time(act.until));
  case act_shown::kind::invitation:
    break;
  }
  auto whom = act.purpose == e2ee::invitation_purpose::first ? act.name
              : act.purpose == e2ee::invitation_purpose::further
                  ? "a further device of " + act.name
                  : "a device in place of all that " + act.name + " had";
  return fmt::format("{} invites {} ({}) to {}, until {}.{}", act.by, whom, class_name(act.of_class), of,
                     show_time(act.until),
                     act.history_from == 0
                         ? ""
                         : " It may read what was written since " + show_time(act.history_from) + ".");
}

nlohmann::json as_json(const act_shown& act, const std::vector<std::string>& parties, bool done) {
  return {{"what", kind_of(act.what)},
          {"by", act.by},
          {"name", act.name},
          {"parties", parties},
          {"until_ms", act.until},
          {"class", class_name(act.of_class)},
          {"history_from_ms", act.history_from},
          {"coming_in", act.coming_in.size()},
          {"going", act.going.size()},
          {"cosigned", done}};
}

} // namespace

int hand_over(const errand& e, reserved_file& out, const std::string& file, const client::prepared_act& act,
              const std::string& text, nlohmann::json data) {
  if (!out.fill(view(write_act_file(act))))
    return e.words.refuse(refusal::storage_refused,
                          "The request could not be written, and nothing was done. Name another file with "
                          "--request.",
                          exit_cannot_create);
  data["request"] = file;
  data["done"] = false;
  return e.words.result(
      fmt::format("{}{}This needs a second registrar. The request is in {}: give it to one, who runs\n"
                  "    ward admin cosign {}\nNothing is in force before that.",
                  text, text.empty() ? "" : "\n", file, file),
      std::move(data));
}

int run_cosign(const choices& c, const cosign_words& order) {
  errand e{c};
  auto raw = read_file(order.file, act_file_bytes_max);
  if (!raw)
    return e.words.refuse(refusal::malformed_request, "The request file cannot be read.", exit_no_input);
  auto act = read_act_file({reinterpret_cast<const char*>(raw->data()), raw->size()});
  if (!act)
    return e.words.refuse(act.why(), "This is no request of a registrar.", exit_bad_data);
  if (auto code = e.log_in())
    return *code;
  auto shown = e.line->act<act_shown>(
      [&](client::done<act_shown> then) { e.device().show_act(*act, std::move(then)); });
  if (!shown)
    return e.silent();
  if (!*shown)
    return e.words.refuse(shown->no);
  auto parties = party_names(e, **shown);
  auto what = sentence(**shown, parties);
  if (!order.yes)
    return e.words.result(what + "\nIf that is right, run the same command with --yes: it signs it as well.",
                          as_json(**shown, parties, false));
  auto done = e.line->act<client::nothing>(
      [&](client::done<client::nothing> then) { e.device().cosign(*act, std::move(then)); });
  if (!done)
    return e.silent("Run the same command again.");
  if (!*done)
    return e.words.refuse(done->no);
  return e.words.result(what + "\nYou have cosigned it, and it is in force.",
                        as_json(**shown, parties, true));
}

} // namespace wardline::cli
