#pragma once
// Which word somebody meant who mistyped it.
#include <span>
#include <string_view>

namespace wardline::rules {

/// Bytes of a word that is compared; nobody mistypes a longer one by a letter or two.
inline constexpr std::size_t compared_word_bytes_max = 64;

/// Bytes to insert, take away, change or swap with their neighbour to get from one to the other (optimal
/// string alignment). Both at most compared_word_bytes_max.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The nearest of the known words if at most a third of it is mistyped; otherwise empty. Of two equally near
/// ones the first.
std::string_view nearest_word(std::string_view written, std::span<const std::string_view> known);

} // namespace wardline::rules
