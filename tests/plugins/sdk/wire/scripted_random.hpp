#pragma once
// libsodium's random bytes replaced by a script, so that published vectors with fixed ephemeral keys can be
// reproduced without a seam in the product's code. Tests only; put back when it goes out of scope.
#include "wire/ids.hpp"
#include <algorithm>
#include <cstdlib>
#include <sodium.h>

namespace wardline::tests {

class scripted_random {
public:
  explicit scripted_random(bytes script) {
    rest() = std::move(script);
    static randombytes_implementation scripted{
        [] { return "script"; }, [] { return std::uint32_t{0}; }, nullptr, nullptr, take, nullptr};
    randombytes_set_implementation(&scripted);
  }
  ~scripted_random() { randombytes_set_implementation(&randombytes_sysrandom_implementation); }
  scripted_random(const scripted_random&) = delete;
  scripted_random& operator=(const scripted_random&) = delete;

private:
  static bytes& rest() {
    static bytes all;
    return all;
  }
  static void take(void* to, std::size_t n) {
    if (n > rest().size())
      std::abort(); // the code under test asked for more than the vector names
    std::copy_n(rest().begin(), n, static_cast<std::uint8_t*>(to));
    rest().erase(rest().begin(), rest().begin() + static_cast<std::ptrdiff_t>(n));
  }
};

} // namespace wardline::tests
