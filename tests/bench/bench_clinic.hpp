#pragma once
// The load's side: a real wardlined process in a folder of its own, and devices that talk to it.
#include "bench_registrar.hpp"
#include "measure.hpp"
