#pragma once
// Stands in front of every spoilt source: which of its mutants is in force, and which were asked about.
// WARDLINE_MUTANT in the environment names one ("slip.cpp:12"); WARDLINE_REACHED names a file to which the
// sites that were come by are written at the end.
#include <cstddef>

/// Number of the mutant of `source` that is in force, 0 if none; `reached` has one place for each, and one.
extern unsigned wardline_mutant_of(const char* source, bool* reached, std::size_t size);

namespace {

bool wardline_mutant(unsigned number) {
  static bool reached[WARDLINE_MUTANTS + 1];
  static const unsigned in_force = wardline_mutant_of(WARDLINE_MUTATED, reached, WARDLINE_MUTANTS + 1);
  reached[number] = true;
  return number == in_force;
}

} // namespace
