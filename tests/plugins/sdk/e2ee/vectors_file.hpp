#pragma once
// The vectors of the third judge, vectors/*.json (what their fields mean: vectors/make_vectors.py), as values
// of the house. A missing file or field fails the test that asks for it.
#include "e2ee/act.hpp"
#include "e2ee/certificates.hpp"
#include "e2ee/conversation.hpp"
#include "e2ee/keylist.hpp"
#include "e2ee/pack.hpp"
#include "e2ee/roster.hpp"
#include "e2ee/signing.hpp"
#include "e2ee/slip.hpp"
#include "e2ee/wipe.hpp"
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

namespace wardline::tests {

using nlohmann::json;

/// The cases of a group; read once, kept to the end.
const json& vector_cases(const std::string& group);
/// The case with this name.
const json& named(const json& cases, const std::string& name);

bytes bytes_of(const json& hex);
bytes bytes_at(const json& x, const char* field);

template <class T>
T fixed_of(const json& hex) {
  auto raw = bytes_of(hex);
  if constexpr (requires { T::from(raw); }) {
    return T::from(raw).value();
  } else {
    return fixed<std::tuple_size_v<T>>(raw).value();
  }
}
/// An id, a hash, a public key.
template <class T>
T at(const json& x, const char* field) {
  INFO("field " << field);
  return fixed_of<T>(x.at(field));
}
inline secret32 secret_at(const json& x, const char* field) {
  return secret32{bytes_at(x, field)};
}
template <class T>
std::vector<T> all_of(const json& list) {
  std::vector<T> out;
  for (const auto& item : list)
    out.push_back(fixed_of<T>(item));
  return out;
}
/// `size` bytes, byte i = i mod 251: content too long to write down.
bytes rule_content(std::size_t size);

/// Byte strings of a case joined in one hex string, cut into pieces of 32.
std::vector<bytes> pieces_at(const json& x, const char* field);

/// The fields of an object as the script names them.
template <class Fields>
Fields fields_of(const json& f);

/// Calls `f` with a value of the fields' type of this kind; slips are made by sealing, not from fields.
template <class Use>
void with_kind(const std::string& kind, Use f) {
  if (kind == "root")
    return f(e2ee::root_fields{});
  if (kind == "server")
    return f(e2ee::server_fields{});
  if (kind == "registrar")
    return f(e2ee::registrar_fields{});
  if (kind == "invitation")
    return f(e2ee::invitation_fields{});
  if (kind == "device")
    return f(e2ee::device_fields{});
  if (kind == "grant")
    return f(e2ee::grant_fields{});
  if (kind == "revocation")
    return f(e2ee::revocation_fields{});
  if (kind == "link")
    return f(e2ee::link_fields{});
  if (kind == "pack")
    return f(e2ee::pack_fields{});
  if (kind == "keylist")
    return f(e2ee::keylist_fields{});
  if (kind == "conversation")
    return f(e2ee::conversation_fields{});
  if (kind == "act")
    return f(e2ee::act_fields{});
  if (kind == "cosign")
    return f(e2ee::cosign_fields{});
  if (kind == "wipe")
    return f(e2ee::wipe_fields{});
  FAIL("no such kind: " << kind);
}

/// The header of a slip without what sealing fills in.
e2ee::slip_header header_of(const json& f);

} // namespace wardline::tests
