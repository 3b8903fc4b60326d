#include "vectors_file.hpp"
#include <map>

namespace wardline::tests {

using namespace e2ee;

namespace {

template <class Enum>
Enum choice(const json& f, const char* field) {
  return static_cast<Enum>(f.at(field).get<std::uint8_t>());
}

subject_id subject_at(const json& f) {
  return at<subject_id>(f, "subject");
}

template <class Fields>
void read_times(const json& f, Fields& out) {
  f.at("from").get_to(out.from);
  f.at("until").get_to(out.until);
}

} // namespace

const json& vector_cases(const std::string& group) {
  static std::map<std::string, json> read;
  if (auto found = read.find(group); found != read.end())
    return found->second;
  std::ifstream file{std::string{WARDLINE_SOURCE_DIR} + "/tests/plugins/sdk/e2ee/vectors/" + group + ".json"};
  REQUIRE(file);
  auto all = json::parse(file);
  REQUIRE(all.at("group") == group);
  REQUIRE_FALSE(all.at("cases").empty());
  return read[group] = all.at("cases");
}

const json& named(const json& cases, const std::string& name) {
  for (const auto& x : cases)
    if (x.at("name") == name)
      return x;
  FAIL("no vector named " << name);
  return cases;
}

bytes bytes_of(const json& hex) {
  return from_hex(hex.get<std::string>()).value();
}

bytes bytes_at(const json& x, const char* field) {
  INFO("field " << field);
  return bytes_of(x.at(field));
}

bytes rule_content(std::size_t size) {
  bytes out(size);
  for (std::size_t i = 0; i < size; ++i)
    out[i] = static_cast<std::uint8_t>(i % 251);
  return out;
}

std::vector<bytes> pieces_at(const json& x, const char* field) {
  auto joined = bytes_at(x, field);
  REQUIRE(joined.size() % 32 == 0);
  std::vector<bytes> out;
  for (std::size_t i = 0; i < joined.size(); i += 32)
    out.push_back(to_bytes(bytes_view{joined}.subspan(i, 32)));
  return out;
}

template <>
root_fields fields_of(const json& f) {
  root_fields out;
  out.identity = at<public_key>(f, "identity_key");
  f.at("clinic_name").get_to(out.clinic_name);
  f.at("created").get_to(out.created);
  return out;
}

template <>
server_fields fields_of(const json& f) {
  server_fields out;
  f.at("serial").get_to(out.serial);
  out.noise_key = at<public_key>(f, "noise_key");
  out.log_key = at<public_key>(f, "log_key");
  out.daemon_key = at<public_key>(f, "daemon_key");
  read_times(f, out);
  return out;
}

template <>
registrar_fields fields_of(const json& f) {
  registrar_fields out;
  f.at("serial").get_to(out.serial);
  out.device = at<device_id>(f, "device");
  out.user = at<user_id>(f, "user");
  out.signing_key = at<public_key>(f, "signing_key");
  f.at("scope").get_to(out.scope);
  f.at("alone").get_to(out.alone);
  out.units = all_of<party_id>(f.at("units"));
  read_times(f, out);
  return out;
}

template <>
invitation_fields fields_of(const json& f) {
  invitation_fields out;
  out.invitation = at<invitation_id>(f, "id");
  out.invitation_key = at<public_key>(f, "invitation_key");
  out.registrar = at<hash32>(f, "registrar_hash");
  out.user = at<user_id>(f, "user");
  out.of_class = choice<device_class>(f, "class");
  out.parties = all_of<party_id>(f.at("parties"));
  f.at("display_name").get_to(out.display_name);
  out.purpose = choice<invitation_purpose>(f, "purpose");
  f.at("history_from").get_to(out.history_from);
  read_times(f, out);
  return out;
}

template <>
device_fields fields_of(const json& f) {
  device_fields out;
  out.device = at<device_id>(f, "device");
  f.at("serial").get_to(out.serial);
  out.issuer = choice<certificate_issuer>(f, "issuer");
  out.invitation = at<hash32>(f, "invitation_hash");
  out.previous = at<hash32>(f, "previous");
  out.registrar = at<hash32>(f, "registrar_hash");
  out.user = at<user_id>(f, "user");
  out.of_class = choice<device_class>(f, "class");
  out.parties = all_of<party_id>(f.at("parties"));
  f.at("display_name").get_to(out.display_name);
  out.signing_key = at<public_key>(f, "signing_key");
  out.noise_key = at<public_key>(f, "noise_key");
  out.sealing_key = at<public_key>(f, "sealing_key");
  read_times(f, out);
  return out;
}

template <>
grant_fields fields_of(const json& f) {
  grant_fields out;
  out.of_subject = choice<subject_kind>(f, "subject_kind");
  out.subject = subject_at(f);
  out.party = at<party_id>(f, "party");
  f.at("serial").get_to(out.serial);
  out.state = choice<grant_state>(f, "state");
  out.registrar = at<hash32>(f, "registrar_hash");
  read_times(f, out);
  return out;
}

template <>
revocation_fields fields_of(const json& f) {
  revocation_fields out;
  out.of_subject = choice<subject_kind>(f, "subject_kind");
  out.subject = at<device_id>(f, "subject");
  out.reason = choice<revocation_reason>(f, "reason");
  f.at("time").get_to(out.time);
  out.signer_device = at<device_id>(f, "signer_device");
  out.signer = at<hash32>(f, "signer_hash");
  return out;
}

template <>
cosign_fields fields_of(const json& f) {
  cosign_fields out;
  out.of_object = at<hash32>(f, "object_hash");
  out.registrar = at<hash32>(f, "registrar_hash");
  f.at("time").get_to(out.time);
  return out;
}

template <>
link_fields fields_of(const json& f) {
  link_fields out;
  out.party = at<party_id>(f, "party");
  out.party_is = choice<party_kind>(f, "party_kind");
  f.at("n").get_to(out.n);
  out.previous = at<hash32>(f, "previous");
  out.inbox = at<public_key>(f, "inbox");
  out.members_hash = at<hash32>(f, "members_hash");
  out.seals_hash = at<hash32>(f, "seals_hash");
  f.at("count").get_to(out.count);
  out.reason = choice<link_reason>(f, "reason");
  out.role = choice<signer_role>(f, "signer_role");
  out.signer_device = at<device_id>(f, "signer_device");
  out.signer_certificate = at<hash32>(f, "signer_hash");
  f.at("time").get_to(out.time);
  return out;
}

template <>
pack_fields fields_of(const json& f) {
  pack_fields out;
  out.party = at<party_id>(f, "party");
  out.receiver = at<device_id>(f, "device");
  out.receiver_certificate = at<hash32>(f, "certificate_hash");
  f.at("first").get_to(out.first);
  f.at("last").get_to(out.last);
  out.last_core = at<hash32>(f, "core_hash");
  out.enc = at<public_key>(f, "enc");
  out.ct = bytes_at(f, "ct");
  return out;
}

template <>
keylist_fields fields_of(const json& f) {
  keylist_fields out;
  out.conversation = at<conversation_id>(f, "conversation");
  out.receiver = at<device_id>(f, "device");
  out.receiver_certificate = at<hash32>(f, "certificate_hash");
  out.invitation = at<hash32>(f, "invitation_hash");
  f.at("part").get_to(out.part);
  f.at("parts").get_to(out.parts);
  out.enc = at<public_key>(f, "enc");
  out.ct = bytes_at(f, "ct");
  return out;
}

template <>
conversation_fields fields_of(const json& f) {
  conversation_fields out;
  out.conversation = at<conversation_id>(f, "conversation");
  f.at("n").get_to(out.n);
  out.previous = at<hash32>(f, "previous");
  out.subject = at<party_id>(f, "subject");
  for (const auto& p : f.at("parties"))
    out.parties.push_back({at<party_id>(p, "party"), choice<party_kind>(p, "kind")});
  f.at("reason").get_to(out.reason);
  out.signer_device = at<device_id>(f, "signer_device");
  out.signer_certificate = at<hash32>(f, "signer_hash");
  f.at("time").get_to(out.time);
  return out;
}

template <>
act_fields fields_of(const json& f) {
  act_fields out;
  out.act = choice<act_kind>(f, "act");
  out.target = at<std::array<std::uint8_t, 16>>(f, "target");
  out.h = at<hash32>(f, "hash");
  out.user = at<user_id>(f, "user");
  out.device = at<device_id>(f, "device");
  out.certificate = at<hash32>(f, "certificate_hash");
  f.at("time").get_to(out.time);
  out.level = choice<urgency>(f, "level");
  f.at("reason").get_to(out.reason);
  f.at("tree_size").get_to(out.tree_size);
  out.tree_root = at<hash32>(f, "tree_root");
  return out;
}

template <>
wipe_fields fields_of(const json& f) {
  wipe_fields out;
  out.order = at<std::array<std::uint8_t, 16>>(f, "order");
  out.device = at<device_id>(f, "device");
  out.scope = choice<wipe_scope>(f, "scope");
  out.party = at<party_id>(f, "party");
  out.revocation = at<hash32>(f, "revocation");
  out.incarnation = at<incarnation_id>(f, "incarnation");
  f.at("time").get_to(out.time);
  return out;
}

slip_header header_of(const json& f) {
  slip_header out;
  out.message = at<message_id>(f, "message");
  out.conversation = at<conversation_id>(f, "conversation");
  f.at("conversation_n").get_to(out.conversation_link);
  out.author_user = at<user_id>(f, "author_user");
  out.author_device = at<device_id>(f, "author_device");
  out.author_certificate = at<hash32>(f, "certificate_hash");
  f.at("time").get_to(out.time);
  out.envelope = bytes_at(f, "envelope");
  for (const auto& a : f.at("attachments"))
    out.attachments.push_back(
        {at<attachment_id>(a, "id"), at<hash32>(a, "hash"), a.at("size").get<std::uint64_t>()});
  out.records_key = at<hash32>(f, "records_key_hash");
  return out;
}

} // namespace wardline::tests
