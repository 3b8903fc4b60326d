#include "act_json.hpp"
#include "wire/limits.hpp"
#include <algorithm>
#include <nlohmann/json.hpp>

namespace wardline::cli {

namespace {

using nlohmann::json;

/// The bytes of a hex field; the first refusal sticks.
bytes hex_field(const json& file, const char* name, std::size_t bytes_max, bool& ok) {
  auto found = file.find(name);
  bool text = found != file.end() && found->is_string();
  auto raw = text ? from_hex(found->get_ref<const std::string&>()) : std::nullopt;
  ok = ok && raw && raw->size() <= bytes_max;
  return ok ? std::move(*raw) : bytes{};
}

std::string text_field(const json& from, const char* name, std::size_t bytes_max, bool& ok) {
  auto found = from.find(name);
  bool text = found != from.end() && found->is_string();
  ok = ok && text && found->get_ref<const std::string&>().size() <= bytes_max;
  return ok ? found->get<std::string>() : std::string{};
}

std::optional<wire::device::party_name> read_name(const json& from) {
  bool ok = from.is_object();
  if (!ok)
    return std::nullopt;
  auto party = party_id::from(hex_field(from, "party", party_id::size, ok));
  auto kind = from.find("kind");
  bool known = kind != from.end() && kind->is_number_unsigned() && kind->get<std::uint64_t>() >= 1 &&
               kind->get<std::uint64_t>() <= 4;
  auto name = text_field(from, "name", wire::name_bytes_max, ok);
  if (!ok || !party || !known || name.empty())
    return std::nullopt;
  return wire::device::party_name{*party, kind->get<std::uint8_t>(), std::move(name)};
}

bool is_code(const std::string& code) {
  return code.empty() || (code.size() == wire::code_digits &&
                          std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; }));
}

} // namespace

std::string write_act_file(const client::prepared_act& act) {
  auto names = json::array();
  for (const auto& n : act.names)
    names.push_back({{"party", hex(n.party.view())}, {"kind", n.kind}, {"name", n.name}});
  json out = {{"object", hex(act.object)},
              {"members", hex(act.members)},
              {"seals", hex(act.seals)},
              {"code", act.code},
              {"link_key", act.link_key ? hex(*act.link_key) : ""},
              {"names", std::move(names)}};
  return out.dump(2) + "\n";
}

expected<client::prepared_act> read_act_file(std::string_view text) {
  if (text.size() > act_file_bytes_max)
    return refusal::object_too_large;
  auto read = json::parse(text, nullptr, false);
  if (read.is_discarded() || !read.is_object())
    return refusal::malformed_request;
  bool ok = true;
  client::prepared_act out;
  out.object = hex_field(read, "object", wire::certificate_bytes_max, ok);
  out.members = hex_field(read, "members", wire::link_members_bytes_max, ok);
  out.seals = hex_field(read, "seals", wire::link_members_bytes_max, ok);
  out.code = text_field(read, "code", wire::code_digits, ok);
  auto key = hex_field(read, "link_key", std::tuple_size_v<public_key>, ok);
  auto names = read.find("names");
  bool whole = ok && !out.object.empty() && is_code(out.code) && names != read.end() && names->is_array() &&
               names->size() <= wire::invited_parties_max;
  if (whole && !key.empty()) {
    out.link_key = fixed<std::tuple_size_v<public_key>>(key);
    whole = out.link_key.has_value();
  }
  if (!whole)
    return refusal::malformed_request;
  for (const auto& n : *names) {
    auto name = read_name(n);
    if (!name)
      return refusal::malformed_request;
    out.names.push_back(std::move(*name));
  }
  return out;
}

} // namespace wardline::cli
