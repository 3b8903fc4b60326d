#include "invitation_json.hpp"
#include <nlohmann/json.hpp>

namespace wardline::cli {

namespace {

using client::invitation_file;
using nlohmann::json;

/// The bytes of a hex field; the first refusal sticks.
template <std::size_t N>
std::array<std::uint8_t, N> hex_field(const json& file, const char* name, bool& ok) {
  std::array<std::uint8_t, N> out{};
  auto found = file.find(name);
  if (found == file.end() || !found->is_string()) {
    ok = false;
    return out;
  }
  auto raw = from_hex(found->get_ref<const std::string&>());
  auto sized = raw ? fixed<N>(*raw) : std::nullopt;
  if (raw)
    wipe(*raw);
  if (!sized) {
    ok = false;
    return out;
  }
  return *sized;
}

secret32 secret_field(const json& file, const char* name, bool& ok) {
  auto raw = hex_field<32>(file, name, ok);
  secret32 out{raw};
  wipe(raw);
  return out;
}

} // namespace

std::string write_invitation_file(const invitation_file& file) {
  json out = {{"clinic", hex(file.clinic.view())},
              {"identity_key", hex(file.identity_key)},
              {"server_noise_key", hex(file.server_noise_key)},
              {"invitation", hex(file.invitation.view())},
              {"seed", hex(file.seed.view())},
              {"endpoint", file.endpoint},
              {"server_curve_key", hex(file.server_curve_key)},
              {"client_curve_public", hex(file.client_curve_public)},
              {"client_curve_secret", hex(file.client_curve_secret.view())}};
  return out.dump(2) + "\n";
}

expected<invitation_file> read_invitation_file(std::string_view text) {
  if (text.size() > invitation_file_bytes_max)
    return refusal::object_too_large;
  auto read = json::parse(text, nullptr, false);
  if (read.is_discarded() || !read.is_object())
    return refusal::malformed_request;
  bool ok = true;
  invitation_file out;
  out.clinic.value = hex_field<16>(read, "clinic", ok);
  out.identity_key = hex_field<32>(read, "identity_key", ok);
  out.server_noise_key = hex_field<32>(read, "server_noise_key", ok);
  out.invitation.value = hex_field<16>(read, "invitation", ok);
  out.seed = secret_field(read, "seed", ok);
  out.server_curve_key = hex_field<32>(read, "server_curve_key", ok);
  out.client_curve_public = hex_field<32>(read, "client_curve_public", ok);
  out.client_curve_secret = secret_field(read, "client_curve_secret", ok);
  auto endpoint = read.find("endpoint");
  if (!ok || endpoint == read.end() || !endpoint->is_string())
    return refusal::malformed_request;
  out.endpoint = endpoint->get<std::string>();
  bool known = out.endpoint.starts_with("ipc://") || out.endpoint.starts_with("tcp://");
  if (!known || out.endpoint.size() > client::endpoint_bytes_max)
    return refusal::link_malformed;
  return out;
}

} // namespace wardline::cli
