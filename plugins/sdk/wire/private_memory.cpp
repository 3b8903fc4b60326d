#include "wire/private_memory.hpp"
#include <sys/prctl.h>
#include <sys/resource.h>

namespace wardline {

void keep_memory_private() {
  rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
}

} // namespace wardline
