#include "founding_file.hpp"
#include "durable_file.hpp"
#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <set>
#include <sstream>
#include <unistd.h>

namespace wardline::daemon {

namespace {

template <class Into>
bool take_fixed(const std::string& value, Into& into) {
  auto raw = from_hex(value);
  auto exact = raw ? fixed<std::tuple_size_v<Into>>(*raw) : std::nullopt;
  if (exact)
    into = *exact;
  return exact.has_value();
}

bool take_bytes(const std::string& value, bytes& into) {
  auto raw = from_hex(value);
  if (raw)
    into = std::move(*raw);
  return !into.empty();
}

/// "ID NAME": the name runs to the end of the line.
bool take_emergency(const std::string& value, founding& f) {
  auto space = value.find(' ');
  if (space == std::string::npos || !take_fixed(value.substr(0, space), f.emergency.value))
    return false;
  f.emergency_name = value.substr(space + 1);
  return !f.emergency_name.empty();
}

/// "ID KIND NAME": the name runs to the end of the line.
bool take_party(const std::string& value, std::vector<wire::device::party_name>& into) {
  std::istringstream in{value};
  std::string party;
  unsigned kind = 0;
  wire::device::party_name name;
  if (!(in >> party >> kind) || kind < 1 || kind > 4 || !take_fixed(party, name.party.value))
    return false;
  name.kind = static_cast<std::uint8_t>(kind);
  in.get();
  std::getline(in, name.name);
  into.push_back(name);
  return !name.name.empty();
}

/// A file that ends early lacks one of these; the parties are its last lines.
constexpr const char* needed[] = {"clinic",    "root",      "server",    "invitation",
                                  "code_salt", "code_hash", "emergency", "party"};

bool take_line(const std::string& name, const std::string& value, founding& f) {
  if (name == "clinic")
    return take_fixed(value, f.clinic.value);
  if (name == "root")
    return take_bytes(value, f.root);
  if (name == "server")
    return take_bytes(value, f.server);
  if (name == "invitation")
    return take_bytes(value, f.invitation);
  if (name == "code_salt")
    return take_fixed(value, f.code_salt);
  if (name == "code_hash")
    return take_fixed(value, f.code_hash);
  if (name == "link_key")
    return take_fixed(value, f.link_key.emplace());
  if (name == "emergency")
    return take_emergency(value, f);
  if (name == "party")
    return take_party(value, f.names);
  return false;
}

} // namespace

refusal write_founding(const std::filesystem::path& file, const founding& f) {
  std::ostringstream out;
  out << "clinic " << hex(f.clinic.view()) << "\nroot " << hex(f.root) << "\nserver " << hex(f.server)
      << "\ninvitation " << hex(f.invitation) << "\ncode_salt " << hex(f.code_salt) << "\ncode_hash "
      << hex(f.code_hash) << '\n';
  if (f.link_key)
    out << "link_key " << hex(*f.link_key) << '\n';
  out << "emergency " << hex(f.emergency.view()) << ' ' << f.emergency_name << '\n';
  for (const auto& n : f.names)
    out << "party " << hex(n.party.view()) << ' ' << static_cast<unsigned>(n.kind) << ' ' << n.name << '\n';
  auto all = out.str();
  int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return errno == EEXIST ? refusal::already_exists : refusal::storage_refused;
  bool whole = write_at(fd, view(all), 0) && ::fsync(fd) == 0;
  whole = ::close(fd) == 0 && whole && sync_folder(file.parent_path());
  if (!whole)
    ::unlink(file.c_str());
  return whole ? refusal::none : refusal::storage_refused;
}

expected<founding> read_founding(const std::filesystem::path& file) {
  std::error_code error;
  auto size = std::filesystem::file_size(file, error);
  if (error)
    return refusal::not_found;
  if (size > founding_file_bytes_max)
    return refusal::malformed_request;
  std::ifstream in{file};
  founding out;
  std::string line;
  std::set<std::string> seen;
  while (std::getline(in, line)) {
    auto space = line.find(' ');
    bool fresh = seen.insert(line.substr(0, space)).second || line.starts_with("party ");
    if (space == std::string::npos || !fresh ||
        !take_line(line.substr(0, space), line.substr(space + 1), out))
      return refusal::malformed_request;
  }
  bool whole = std::all_of(std::begin(needed), std::end(needed), [&](auto n) { return seen.contains(n); });
  return whole ? expected<founding>{std::move(out)} : expected<founding>{refusal::malformed_request};
}

} // namespace wardline::daemon
