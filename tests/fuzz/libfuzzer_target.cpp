// One libFuzzer program for each entry; WARDLINE_FUZZ_ENTRY is its function (CMakeLists.txt).
#include "entries.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)wardline::fuzz::WARDLINE_FUZZ_ENTRY({data, size});
  return 0;
}
