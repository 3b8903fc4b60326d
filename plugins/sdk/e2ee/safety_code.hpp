#pragma once
// The safety code (e2ee 11, rule 8): 30 digits that two people read to each other, to hear whether their
// devices hold the same heads of each other's parties.
#include "wire/ids.hpp"
#include <string>

namespace wardline::e2ee {

/// Of the other party's head and the own one (core hashes). Both people get the same digits: the hashes are
/// put in order first. Digits 5i..5i+4 are bytes 5i..5i+4 of H("wardline safety code v1", lower | higher) as
/// a big-endian number mod 100 000.
std::string safety_code(const hash32& head, const hash32& own_head);

/// As it is read aloud and shown: six groups of five.
std::string in_groups(const std::string& code);

} // namespace wardline::e2ee
