#include "measures.hpp"

namespace wardline::bench {

namespace {

posted_part posted_to(const place_of_work& at, const recipients_plan& plan, unsigned readers) {
  daemon_process daemon{at.wardlined, at.folder / ("to" + std::to_string(readers))};
  bench_registrar registrar{daemon};
  progress(at, "enrolling " + std::to_string(plan.authors * (readers + 1)) + " devices");
  auto all = make_talks(registrar, plan.authors, readers);
  make_posts(all, plan.messages);
  progress(at, "posting to " + std::to_string(readers));
  return post_and_deliver(all, plan.window, daemon);
}

} // namespace

nlohmann::json measure_recipients(const place_of_work& at, const recipients_plan& plan) {
  auto load = load_average();
  auto one = posted_to(at, plan, 1);
  auto many = posted_to(at, plan, plan.recipients);
  auto further = static_cast<double>(plan.recipients - 1);
  return {{"load_average", load},
          {"authors", plan.authors},
          {"recipients", plan.recipients},
          {"window", plan.window},
          {"to_one", to_json(one)},
          {"to_many", to_json(many)},
          {"accepted_to_many_over_one", many.accepted_per_second / one.accepted_per_second},
          {"daemon_cpu_us_per_further_slip", (many.daemon_cpu_us - one.daemon_cpu_us) / further}};
}

} // namespace wardline::bench
