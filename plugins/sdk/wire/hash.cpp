#include "wire/hash.hpp"

namespace wardline {

hash32 sha256(bytes_view m) {
  return sha256({m});
}

hash32 sha256(std::initializer_list<bytes_view> parts) {
  running_sha256 out;
  for (auto part : parts)
    out.add(part);
  return out.finish();
}

bytes lab(std::string_view label) {
  bytes out;
  out.reserve(label.size() + 1);
  out.push_back(static_cast<std::uint8_t>(label.size()));
  out.insert(out.end(), label.begin(), label.end());
  return out;
}

hash32 labelled_hash(std::string_view label, bytes_view m) {
  return sha256({lab(label), m});
}

} // namespace wardline
