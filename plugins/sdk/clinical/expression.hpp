#pragma once
// When a rule fires: names of concepts and measures joined by `and`, `or`, `not`, `near`, with brackets
// (README.md, "Expressions"). Reading and deciding; nothing else.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace wardline::clinical {

inline constexpr std::size_t expression_depth_max = 16;
/// Two mentions are near each other if at most this many tokens lie between them.
inline constexpr std::uint32_t near_tokens_max = 12;

struct expression {
  enum class kind : unsigned char { name, compare, all, any, no, close };
  enum class relation : unsigned char { less, at_most, at_least, more, equal };
  kind what = kind::name;
  relation how = relation::equal;
  std::uint32_t name = 0;  ///< what the resolver gave
  std::int64_t number = 0; ///< thousandths
  std::vector<expression> parts;
};

/// What a name stands for: a concept or measure (kind::name), or a whole expression that was given a name.
/// Null if there is no such name.
using resolver = std::function<const expression*(std::string_view name)>;

expression read_expression(std::string_view text, const resolver& names, std::string& problem);

/// One mention as expressions see it.
struct sighting {
  std::uint32_t name = 0;
  std::uint32_t begin = 0; ///< tokens
  std::uint32_t end = 0;
  std::int64_t number = 0; ///< of a measure; thousandths
};

/// True if it holds; `evidence` gets the places in `seen` that made it hold.
bool holds(const expression& e, const std::vector<sighting>& seen, std::vector<std::uint32_t>& evidence);

} // namespace wardline::clinical
