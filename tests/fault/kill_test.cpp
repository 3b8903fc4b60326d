// kill -9 of the real daemon under load, again and again: whatever was answered before is there afterwards.
//
//   kill_test [--kills N] [--seed S]      prints the seed: it chooses the load and the moment of each kill
//
// After each restart (which verifies the audit log) a device that knows nothing newer than the morning
// fetches everything again from the daemon (busy_pair.hpp says what it must find).
#include "busy_pair.hpp"
#include "rounds.hpp"
#include <csignal>
#include <cstdio>

namespace wardline::fault {

namespace {

/// One clinic; a new one now and then, because the witness reads everything that is in it.
class kill_run {
public:
  explicit kill_run(std::uint64_t seed) : pair_{clinic_, seed} {}

  void round() {
    pair_.work(200 + static_cast<int>(pair_.roll(1'500)));
    clinic_.daemon->end(SIGKILL);
    clinic_.daemon->start();
    pair_.settle();
    pair_.check();
  }

  void report() const { std::printf("%s\n", pair_.report().c_str()); }

private:
  real_clinic clinic_;
  busy_pair pair_;
};

} // namespace

} // namespace wardline::fault

int main(int argc, char** argv) {
  wardline::fault::rounds_order order{"kill_test", "--kills", 20};
  if (!order.read(argc, argv))
    return 64;
  return wardline::fault::run_rounds<wardline::fault::kill_run>(order);
}
