// The seed corpus: at least one good input for each entry, and the shapes that a mutation finds late.
#include "admin_words.hpp"
#include "audit_words.hpp"
#include "backup_words.hpp"
#include "box_words.hpp"
#include "e2ee/act.hpp"
#include "e2ee/certificates.hpp"
#include "e2ee/checkpoint.hpp"
#include "e2ee/conversation.hpp"
#include "e2ee/keylist.hpp"
#include "e2ee/life.hpp"
#include "e2ee/pack.hpp"
#include "e2ee/slip.hpp"
#include "e2ee/wipe.hpp"
#include "entries.hpp"
#include "plugins/sdk/wire/message_samples.hpp"
#include <cstdlib>
#include <sodium.h>

namespace wardline::fuzz {

namespace {

using tests::sample_hash;
using tests::sample_id;

constexpr time_ms day_one = 1'700'000'000'000;

/// Decoders check keys, not signatures: keys are real, signatures are filler.
public_key signing_public(std::uint8_t n) {
  bytes seed(crypto_sign_SEEDBYTES, n);
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret;
  public_key out;
  crypto_sign_seed_keypair(out.data(), secret.data(), seed.data());
  return out;
}

public_key exchange_public(std::uint8_t n) {
  bytes secret(crypto_scalarmult_SCALARBYTES, n);
  public_key out;
  crypto_scalarmult_base(out.data(), secret.data());
  return out;
}

std::vector<signature64> filler(std::size_t n) {
  signature64 one;
  one.fill(0x5a);
  return std::vector<signature64>(n, one);
}

template <class Fields>
bytes object_of(const Fields& fields, std::size_t signatures = Fields::signatures_min) {
  return e2ee::with_signatures(e2ee::encode(clinic_of_corpus, fields), filler(signatures));
}

void add_wire(seeds& out) {
  auto numbered = [](std::size_t i) { return (i < 10 ? "0" : "") + std::to_string(i); };
  std::size_t i = 0;
  for (const auto& frame : tests::sample_frames())
    out["link_frame"][numbered(i++)] = wire::link::encode(frame);
  i = 0;
  for (const auto& request : tests::sample_requests())
    out["device_request"][numbered(i++)] = wire::device::encode(request);
  i = 0;
  for (const auto& answer : tests::sample_answers())
    out["from_daemon"][numbered(i++)] = wire::device::encode(answer);
  using target_kind = admin::set_chain::target_kind;
  admin::set_chain chain;
  chain.role = {"nurses", {1, 7}};
  chain.steps = {
      {{3, 5}, {{target_kind::on_duty, {}}, {target_kind::person, {"A. Able", {4, 9}}}}, {60, 300, 3'600}}};
  out["admin_act"]["chain"] = admin::encode(admin::act_body{chain});
  admin::set_roster roster;
  roster.role = {"nurses", {1, 7}};
  roster.roster.zone = {"Europe/Vienna", {{0, 3'600}, {1'774'746'000'000, 7'200}}};
  roster.roster.rotation = {1'700'000'000'000, 12, {}};
  roster.roster.overrides = {{rules::duty_override::kind::replace, 1, 2, {}}};
  roster.people = {{"A. Able", {5, 10}}, {"B. Baker", {5, 19}}};
  roster.overrides = {{{7, 5}, {{"C. Charlie", {7, 15}}}}};
  out["admin_act"]["roster"] = admin::encode(admin::act_body{roster});
  out["admin_act"]["gate"] = admin::encode(
      admin::act_body{admin::set_gate{tests::sample_id<device_id>(1), {}, false, "left in the tram"}});
  out["admin_act"]["ungate"] = admin::encode(admin::act_body{admin::set_gate{{}, "A. Able", true, {}}});
  out["admin_answer"]["done"] =
      admin::encode(admin::answer{{}, {{refusal::roster_gap, {3, 8}, "nurses"}}, 9});
  out["admin_answer"]["refused"] =
      admin::encode(admin::answer{{{refusal::unknown_person, {5, 10}, "A. Able"}}, {}, 0});
  out["server_hello"]["full"] = wire::device::encode(tests::sample_server_hello());
  out["content"]["attachment"] = *wire::encode(tests::sample_content());
  wire::content plain;
  plain.text = "Room 4: chest pain, please come";
  out["content"]["text"] = *wire::encode(plain);
}

void add_channel(seeds& out) {
  out["handshake"]["first_good"] = {0, 0, 0, 0};
  out["handshake"]["first_altered"] = {0, 0, 0, 0, 0, 33, 1};
  out["handshake"]["first_cut"] = {0, 0, 0, 95};
  out["handshake"]["first_with_payload"] = {0, 0, 0, 112};
  out["handshake"]["first_raw"] = bytes(98, 0);
  out["handshake"]["answer_good"] = {1, 0, 0, 0};
  out["handshake"]["answer_altered"] = {1, 0, 0, 0, 0, 50, 128};
  auto& frames = out["channel_frames"];
  frames["one"] = {0, 1, 3, 'a', 'b', 'c'};
  frames["three_parts"] = {0, 0, 1, 'a', 0, 0, 1, 'b', 0, 1, 1, 'c'};
  frames["altered"] = {0, 1, 1, 'a', 1, 1, 1, 'b', 0, 7, 1};
  frames["lost"] = {2, 1, 1, 'a'};
  frames["late"] = {0, 0, 1, 'a', 0xff, 0x20, 0x00, 0, 1, 1, 'b'};
  frames["empty_part"] = {0, 0, 0};
  frames["unknown"] = {0, 7, 1, 'a'};
  frames["closed"] = {0, 2, 2, 0, 130};
  auto& large = frames["too_large"];
  for (int i = 0; i < 17; ++i)
    large.insert(large.end(), {4, 0, 0xff, 0xee});
}

void add_sealed(seeds& out) {
  out["body"]["empty"] = {0};
  out["body"]["text"] = {0, 0, 0, 0, 5, 'h', 'e', 'l', 'l', 'o'};
  out["body"]["dirty"] = {0, 0, 0, 0, 1, 'a', 'b'};
  out["body"]["too_long"] = {0, 0, 0, 1, 0};
  out["body"]["not_minimal"] = {1, 0, 0, 0, 1, 'a'};
  out["body"]["second_bucket"] = {1, 0, 0, 0, 253, 'a'};
  out["hpke"]["good"] = {0, 0, 0, 0, 's', 'e', 'e', 'd'};
  out["hpke"]["altered"] = {0, 0, 40, 1, 's', 'e', 'e', 'd'};
  out["hpke"]["raw"] = bytes(81, 1);
}

void add_certificates(seeds& out) {
  auto user = sample_id<user_id>(1);
  auto device = sample_id<device_id>(2);
  std::vector<party_id> two_parties{sample_id<party_id>(3), sample_id<party_id>(4)};

  e2ee::root_fields root{signing_public(1), "Clinic of the corpus", day_one};
  out["root"]["first"] = object_of(root);
  out["root"]["replaced"] = object_of(root, 2);
  out["server"]["one"] = object_of(e2ee::server_fields{1, exchange_public(2), signing_public(3),
                                                       signing_public(4), day_one, day_one + 1'000});
  e2ee::registrar_fields registrar{
      1, device, user, signing_public(5), e2ee::scope::all, e2ee::scope::staff, {}, day_one, day_one + 1'000};
  out["registrar"]["all_units"] = object_of(registrar);
  registrar.units = two_parties;
  out["registrar"]["two_units"] = object_of(registrar);

  e2ee::invitation_fields invitation;
  invitation.invitation = sample_id<invitation_id>(6);
  invitation.invitation_key = signing_public(6);
  invitation.registrar = sample_hash(7);
  invitation.user = user;
  invitation.parties = two_parties;
  invitation.display_name = "N. Núñez";
  invitation.from = day_one;
  invitation.until = day_one + 1'000;
  out["invitation"]["staff"] = object_of(invitation);

  e2ee::device_fields certificate;
  certificate.device = device;
  certificate.serial = 1;
  certificate.invitation = sample_hash(8);
  certificate.user = user;
  certificate.parties = two_parties;
  certificate.display_name = "N. Núñez";
  certificate.signing_key = signing_public(8);
  certificate.noise_key = exchange_public(9);
  certificate.sealing_key = exchange_public(10);
  certificate.from = day_one;
  certificate.until = day_one + 1'000;
  out["device"]["first"] = object_of(certificate);
  certificate.issuer = e2ee::certificate_issuer::registrar;
  certificate.invitation = {};
  certificate.previous = sample_hash(11);
  certificate.registrar = sample_hash(7);
  out["device"]["offered"] = object_of(certificate, 1);
  out["device"]["renewed"] = object_of(certificate, 3);

  e2ee::grant_fields grant;
  grant.subject = e2ee::subject_of(user);
  grant.party = two_parties[0];
  grant.serial = 1;
  grant.registrar = sample_hash(7);
  grant.from = day_one;
  out["grant"]["open"] = object_of(grant);
  e2ee::revocation_fields revocation;
  revocation.subject = device;
  revocation.time = day_one;
  revocation.signer_device = sample_id<device_id>(12);
  revocation.signer = sample_hash(13);
  out["revocation"]["lost"] = object_of(revocation);
  e2ee::wipe_fields order;
  order.order.fill(16);
  order.device = sample_id<device_id>(1);
  order.revocation = sample_hash(14);
  order.incarnation = sample_id<incarnation_id>(10);
  order.time = day_one;
  out["wipe_order"]["store"] = object_of(order);
  order.scope = e2ee::wipe_scope::one_party;
  order.party = sample_id<party_id>(6);
  out["wipe_order"]["party"] = object_of(order);
  out["cosign"]["one"] = object_of(e2ee::cosign_fields{sample_hash(14), sample_hash(15), day_one});
}

void add_messages(seeds& out) {
  e2ee::conversation_fields conversation;
  conversation.conversation = sample_id<conversation_id>(1);
  conversation.n = 1;
  conversation.parties = {{sample_id<party_id>(2), e2ee::party_kind::user},
                          {sample_id<party_id>(3), e2ee::party_kind::role}};
  conversation.signer_device = sample_id<device_id>(4);
  conversation.signer_certificate = sample_hash(5);
  conversation.time = day_one;
  out["conversation"]["two_parties"] = object_of(conversation);

  e2ee::slip_fields slip;
  slip.header.message = sample_id<message_id>(6);
  slip.header.conversation = conversation.conversation;
  slip.header.conversation_link = 1;
  slip.header.author_user = sample_id<user_id>(7);
  slip.header.author_device = conversation.signer_device;
  slip.header.author_certificate = conversation.signer_certificate;
  slip.header.time = day_one;
  slip.header.envelope = e2ee::encode(
      e2ee::envelope{e2ee::urgency::now, true, e2ee::message_type::question, e2ee::scored_by::rules, {}});
  slip.header.body_hash = sample_hash(8);
  slip.header.body_size = 272;
  slip.header.key_commitment = sample_hash(9);
  slip.header.parties = {sample_id<party_id>(2), sample_id<party_id>(3)};
  slip.seals.assign(2, e2ee::slip_seal{1, exchange_public(11), {}});
  out["slip"]["plain"] = object_of(slip);
  slip.header.attachments = {{sample_id<attachment_id>(1), sample_hash(2), 4'112}};
  slip.header.records_key = sample_hash(10);
  slip.records.emplace().fill(0x77);
  out["slip"]["records_and_attachment"] = object_of(slip);

  e2ee::act_fields act;
  act.target = slip.header.message.value;
  act.h = sample_hash(12);
  act.user = slip.header.author_user;
  act.device = slip.header.author_device;
  act.certificate = slip.header.author_certificate;
  act.time = day_one;
  out["act"]["acknowledge"] = object_of(act);
}

void add_history(seeds& out) {
  e2ee::pack_fields pack;
  pack.party = sample_id<party_id>(1);
  pack.receiver = sample_id<device_id>(2);
  pack.receiver_certificate = sample_hash(3);
  pack.first = 4;
  pack.last = 5;
  pack.last_core = sample_hash(6);
  pack.enc = exchange_public(7);
  pack.ct = bytes(2 * 32 + 16, 8);
  out["pack"]["two_epochs"] = object_of(pack);
  pack.ct.clear(); // a length that its range does not want: refused later than by its form
  out["pack"]["empty"] = object_of(pack);

  e2ee::keylist_fields list;
  list.conversation = sample_id<conversation_id>(1);
  list.receiver = pack.receiver;
  list.receiver_certificate = pack.receiver_certificate;
  list.invitation = sample_hash(9);
  list.part = 1;
  list.parts = 2;
  list.enc = exchange_public(10);
  list.ct = bytes(3 * e2ee::keylist_entry_bytes + 16, 11);
  out["keylist"]["three_keys"] = object_of(list);
}

/// Scripts of sequence_entries.cpp: an operation, then the numbers it takes.
void add_sequences(seeds& out) {
  auto& all = out["objects"];
  for (std::uint8_t i = 0; i < sequence_length; ++i) {
    all["in_order"].insert(all["in_order"].end(), {0, i});
    auto back = static_cast<std::uint8_t>(sequence_length - 1 - i);
    all["backwards"].insert(all["backwards"].end(), {0, back});
  }
  auto& mixed = all["altered_withheld_and_again"];
  for (std::uint8_t i = 0; i < sequence_length; ++i)
    mixed.insert(mixed.end(), {1, i, 0, static_cast<std::uint8_t>(20 + i), 1, 3, i, 0, i, 0, i});
  auto& away = all["links_at_once"];
  for (std::uint8_t i = 0; i + 8 < sequence_length; ++i)
    away.insert(away.end(), {0, i});
  for (std::uint8_t i = 0; i < 6; ++i)
    away.insert(away.end(), {5, i, 4, i, static_cast<std::uint8_t>(i + 1), 6});
}

void add_log(seeds& out) {
  e2ee::link_fields core;
  std::vector<e2ee::party_member> members{{sample_id<device_id>(1), sample_hash(2), {}},
                                          {sample_id<device_id>(3), sample_hash(4), sample_hash(5)}};
  auto members_raw = e2ee::encode_members(members);
  auto seals_raw = e2ee::encode_seals(std::vector<e2ee::seed_seal>(2, {exchange_public(6), {}}));
  core.party = sample_id<party_id>(7);
  core.party_is = e2ee::party_kind::role;
  core.n = 1;
  core.inbox = exchange_public(8);
  core.members_hash = e2ee::members_hash(members_raw);
  core.seals_hash = e2ee::seals_hash(seals_raw);
  core.count = 2;
  core.signer_device = members[0].device;
  core.signer_certificate = members[0].certificate;
  core.time = day_one;
  auto raw = object_of(core);
  auto& link = out["link"]["genesis"];
  for (auto size : {raw.size(), members_raw.size()}) {
    link.push_back(static_cast<std::uint8_t>(size >> 8));
    link.push_back(static_cast<std::uint8_t>(size));
  }
  for (const auto* part : {&raw, &members_raw, &seals_raw})
    link.insert(link.end(), part->begin(), part->end());

  e2ee::checkpoint head{"clinic.example/corpus/audit/1", 3, sample_hash(9)};
  auto sign = [](bytes_view) { return filler(1)[0]; };
  auto note = *e2ee::make_note(head, signing_public(10), sign);
  out["note"]["one_signature"] = to_bytes(view(note));
  head.origin = "witness.example/w1";
  auto other = *e2ee::make_note(head, signing_public(11), sign);
  note += other.substr(other.find("\n\n") + 2);
  out["note"]["two_signatures"] = to_bytes(view(note));
}

/// What the stand-alone verifier reads; after the objects and notes that it reads too.
void add_verifier(seeds& out) {
  out["log_question"]["head"] = admin::encode(admin::log_question{admin::log_head_question{}});
  out["log_question"]["leaves"] = admin::encode(admin::log_question{admin::log_leaves_question{256, 4'096}});
  out["log_question"]["inclusion"] = admin::encode(admin::log_question{admin::log_inclusion_question{7}});
  out["log_question"]["consistency"] = admin::encode(admin::log_question{admin::log_consistency_question{8}});
  const std::string note{text(out["note"]["two_signatures"])};
  admin::log_report report{refusal::none,   3, note, "key", {1}, {2}, bytes(34, 3), bytes(40, 4),
                           {sample_hash(5)}};
  out["log_report"]["full"] = admin::encode(report);
  out["log_report"]["refused"] =
      admin::encode(admin::log_report{refusal::not_found, 0, {}, {}, {}, {}, {}, {}, {}});
  out["foreign_checkpoint"]["two_signatures"] = to_bytes(view(note));
  const std::string hash = std::string(43, 'A') + "=\n";
  out["foreign_proofs"]["growth"] = to_bytes(view("old 2\n" + hash + hash + "\n" + note));
  out["foreign_proofs"]["entry"] =
      to_bytes(view("c2sp.org/tlog-proof@v1\nextra AAAA\nindex 1\n" + hash + "\n" + note));
  out["foreign_key"]["one"] =
      to_bytes(view(e2ee::verifier_key("wardline/c1/audit/1", signing_public(10)) + "\n"));
  out["foreign_certificates"]["root"] = out["root"]["first"];
  out["foreign_certificates"]["server"] = out["server"]["one"];
  out["foreign_bundle"]["two"] = {1, 0, 3, 'a', 'b', 'c', 0, 0};
}

/// Backups, and what a restore writes first.
void add_backups(seeds& out) {
  auto& questions = out["backup_question"];
  questions["begin"] = admin::encode(admin::backup_question{admin::begin_backup{}});
  questions["rows"] = admin::encode(admin::backup_question{admin::backup_rows{7}});
  questions["blobs"] = admin::encode(admin::backup_question{admin::backup_blobs{7, ports::blob_id{{1}}}});
  questions["blob"] = admin::encode(admin::backup_question{admin::backup_blob{7, ports::blob_id{{2}}, 9}});
  questions["current"] = admin::encode(admin::backup_question{admin::backup_current_table{7, 3}});
  questions["manifest"] = admin::encode(admin::backup_question{admin::backup_manifest{7}});
  out["backup_report"]["piece"] =
      admin::encode(admin::backup_report{refusal::none, 1, 2, 3, 4, bytes(40, 5)});
  out["backup_report"]["refused"] =
      admin::encode(admin::backup_report{refusal::no_recovery_key, 0, 0, 0, 0, {}});
  out["opened_life"]["one"] =
      e2ee::encode(e2ee::opened_life{1'790'000'000, incarnation_id{{1}}, 12, 15, "a note\n"});
}

/// What an administrator writes: whole, wrong in every way that has a name, and small files that stand for
/// large ones.
void add_settings(seeds& out) {
  auto put = [&](const char* entry, const char* name, std::string_view content) {
    out[entry][name] = to_bytes(view(content));
  };
  put("config_file", "whole",
      "# all\nstate_dir: /srv/w\ncredentials_dir: \"/c\"\nplugins_dir: '/p'\nadmin_socket: /a\nstore:\n  "
      "map_bytes: 16777216\n");
  put("config_file", "flow", "{state_dir: /w, store: {map_bytes: 17592186044416}}");
  put("config_file", "wrong",
      "state_dur: /x\nstate_dir: /x\nstate_dir: yes\nstore: {map_bytes: 010, map_byte: 1:30}\n---\na: 1\n");
  put("config_file", "bomb",
      "a: &a [l, l]\nb: &b [*a, *a]\nc: &c [*b, *b]\nstore: &d\n  <<: *c\n  map_bytes: !!int 5\n");
  put("config_file", "deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[");
  put("plugin_file", "whole",
      "address: ipc:///run/w.sock\nrights: [channels, wakeup.message]\nkeys:\n  - " + std::string(64, 'a') +
          "\n  - " + std::string(64, 'B') + "\n");
  put("plugin_file", "wrong",
      "adress: x\nrights: [all]\nkeys: [1, " + std::string(64, '1') + ", " + std::string(64, '1') + "]\n");
  put("plugin_file", "tcp", "address: tcp://192.0.2.1:7001\n");
}

void add_box(seeds& out) {
  out["box_question"]["status"] = admin::encode(admin::box_question{admin::status_question{}});
  out["box_question"]["settings"] = admin::encode(admin::box_question{admin::settings_question{}});
  admin::status_report status;
  status.version = "1.2.3";
  status.log_size = 7;
  status.open_more = status.core_files = true;
  status.plugins = {{"cli", 1, 2}, {"web", 0, 0}};
  out["status_report"]["full"] = admin::encode(status);
  admin::settings_report settings;
  settings.file = "/etc/w.yaml";
  settings.settings = {{"state_dir", "/s"}};
  settings.plugins = {{"cli", "ipc:///c", {"channels"}, 3, sample_hash(5)}};
  out["settings_report"]["fresh"] = admin::encode(settings);
  settings.reload = admin::box_reload{9, {"f.yaml:1:1: wrong"}};
  out["settings_report"]["reloaded"] = admin::encode(settings);
}

void add_triage(seeds& out) {
  auto put = [&](const char* entry, const char* name, std::string_view content) {
    out[entry][name] = to_bytes(view(content));
  };
  put("triage_text", "fires", "Dr. says: my chest really hurts, temp 38.3C, bp 120/80. no siezure now");
  put("triage_text", "denied", "no chest pain, vomiting or short of breath but (two) seizures gone");
  put("triage_text", "accents",
      "\xc2\xbf"
      "Dolor? T\xc3\xa9mp 39 c \xf0\x9f\x98\xad chest of drawers");
  put("triage_rules", "small",
      "rule_set: s\nversion: 1\nlimits: n\nclasses:\n  p: a b*\nconcepts:\n  - id: c\n    patterns: x ..2 "
      "<p> | <n>\n"
      "cues:\n  - as: negated\n    reach: after\n    patterns: no\nrules:\n  - id: r\n    version: 1\n    "
      "level: 2\n"
      "    title: t\n    logic: l\n    inputs: i\n    population: p\n    basis: b\n    limits: l\n    when:\n"
      "      - c and not (c near c)\n");
}

} // namespace

seeds make_seeds() {
  if (sodium_init() < 0)
    std::abort();
  seeds out;
  add_wire(out);
  add_channel(out);
  add_sealed(out);
  add_certificates(out);
  add_messages(out);
  add_history(out);
  add_log(out);
  add_sequences(out);
  add_triage(out);
  add_settings(out);
  add_box(out);
  add_verifier(out);
  add_backups(out);
  return out;
}

} // namespace wardline::fuzz
