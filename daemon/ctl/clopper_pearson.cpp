#include "clopper_pearson.hpp"
#include <cmath>

namespace wardline::ctl {

namespace {

/// P(X <= hits) of a binomial with n tries at rate p.
double at_most(std::uint64_t hits, std::uint64_t n, double p) {
  if (p <= 0 || hits >= n)
    return 1;
  double sum = 0;
  auto tries = static_cast<double>(n);
  for (std::uint64_t k = 0; k <= hits; ++k) {
    auto x = static_cast<double>(k);
    sum += std::exp(std::lgamma(tries + 1) - std::lgamma(x + 1) - std::lgamma(tries - x + 1) +
                    x * std::log(p) + (tries - x) * std::log1p(-p));
  }
  return sum;
}

} // namespace

double upper_bound(std::uint64_t hits, std::uint64_t n) {
  if (n == 0 || hits >= n)
    return 1;
  double low = static_cast<double>(hits) / static_cast<double>(n), high = 1;
  for (int i = 0; i < 60; ++i) { // halves until a double cannot tell the ends apart
    auto middle = (low + high) / 2;
    (middle < 1 && at_most(hits, n, middle) > 1 - bound_confidence ? low : high) = middle;
  }
  return high;
}

double lower_bound(std::uint64_t hits, std::uint64_t n) {
  return n == 0 || hits == 0 ? 0 : 1 - upper_bound(n - hits, n);
}

} // namespace wardline::ctl
