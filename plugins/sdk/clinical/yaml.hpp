#pragma once
// The part of YAML 1.2 that rule data is written in (README.md, "The files"). Small on purpose: the SDK links
// no YAML library, a browser reads the same bytes with any, and what a clinician reviews is what is signed.
// What lies outside the part is a problem with its line, never a guess.
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wardline::clinical::yaml {

inline constexpr std::size_t file_bytes_max = 1'048'576;
inline constexpr std::size_t depth_max = 8;

/// A scalar, a list or a map. Scalars are text; who reads them knows what they mean.
struct field;
struct node {
  enum class kind : unsigned char { scalar, list, map };
  kind what = kind::scalar;
  unsigned line = 0;
  std::string text;          ///< of a scalar
  std::vector<node> items;   ///< of a list
  std::vector<field> fields; ///< of a map, in order; no key twice

  /// Nothing unless this is a map that has the key.
  [[nodiscard]] const node* find(std::string_view key) const;
};

struct field {
  std::string first; ///< the key
  node second;
};

struct document {
  node root;
  std::string problem; ///< empty = read; else what is wrong and where
};

/// Block maps and lists by indentation, flow lists of scalars on one line, plain and double-quoted scalars
/// without escapes, comments. Never throws.
document read(std::string_view text);

} // namespace wardline::clinical::yaml
