#include "measures.hpp"
#include "shared_connection.hpp"
#include "wire/limits.hpp"
#include <algorithm>
#include <thread>
#include <unistd.h>

namespace wardline::bench {

namespace {

constexpr std::size_t shaking_at_once = 64;
constexpr std::size_t logging_in_at_once = 8;
constexpr double within_s = 600;
constexpr std::chrono::seconds settling{3};
constexpr std::chrono::seconds idling{10};

/// Devices on as few connections as the daemon allows.
class crowd {
public:
  crowd(const daemon_process& daemon, bench_registrar& registrar) : daemon_{daemon}, registrar_{registrar} {}

  std::unique_ptr<carrier> next_channel() {
    if (given_++ % wire::channels_per_plugin_max == 0)
      connections_.push_back(std::make_unique<shared_connection>(daemon_, registrar_.connection_key()));
    return connections_.back()->channel();
  }
  /// On the connection that is full once everybody is there.
  std::unique_ptr<carrier> one_channel_too_many() { return connections_.front()->channel(); }
  void open_again() {
    for (auto& c : connections_)
      c->open_again();
  }
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }

private:
  const daemon_process& daemon_;
  bench_registrar& registrar_;
  std::vector<std::unique_ptr<shared_connection>> connections_;
  std::size_t given_ = 0;
};

using devices = std::vector<std::unique_ptr<bench_device>>;

/// `begin` starts something for a device, `is_done` says when it is over; so many at once, until all are.
template <class Begin, class Done>
double for_all(devices& all, std::size_t at_once, Begin begin, Done is_done) {
  auto started = now_seconds();
  std::vector<bench_device*> under_way;
  for (std::size_t next = 0; next < all.size() || !under_way.empty();) {
    while (next < all.size() && under_way.size() < at_once) {
      under_way.push_back(all[next++].get());
      begin(*under_way.back());
    }
    for (auto* d : under_way)
      d->turn(0);
    std::erase_if(under_way, is_done);
    need(now_seconds() - started < within_s, "not all devices get what they ask for");
  }
  return now_seconds() - started;
}

double connect_all(devices& all) {
  return for_all(
      all, shaking_at_once, [](bench_device& d) { d.connect_again(); },
      [](bench_device* d) { return d->is_ready(); });
}

struct held {
  double own = 0;
  double resident = 0;
};

held held_by(const daemon_process& daemon) {
  std::this_thread::sleep_for(settling);
  return {static_cast<double>(daemon.own_bytes()), static_cast<double>(daemon.resident_bytes())};
}

/// Connects all of them; what that took, and what each holds then.
nlohmann::json connected(devices& all, const daemon_process& daemon) {
  auto before = held_by(daemon);
  auto cpu = daemon.cpu_seconds();
  auto machine = cpu_seconds_of_machine();
  auto own = cpu_seconds_of(::getpid());
  auto seconds = connect_all(all);
  auto spent = daemon.cpu_seconds() - cpu;
  auto foreign = cpu_seconds_of_machine() - machine - spent - (cpu_seconds_of(::getpid()) - own);
  auto after = held_by(daemon);
  auto count = static_cast<double>(all.size());
  auto idle_from = daemon.cpu_seconds();
  std::this_thread::sleep_for(idling);
  auto idle = (daemon.cpu_seconds() - idle_from) / static_cast<double>(idling.count());
  return {{"channels", all.size()},
          {"connect_seconds", seconds},
          {"daemon_cpu_us_per_connect", spent / count * 1e6},
          {"foreign_cpu_cores", std::max(foreign, 0.0) / seconds},
          {"own_bytes_per_channel", (after.own - before.own) / count},
          {"resident_bytes_per_channel", (after.resident - before.resident) / count},
          {"daemon_cpu_cores_while_idle", idle}};
}

devices enrol(crowd& on, bench_registrar& registrar, unsigned count, bool people) {
  devices out;
  for (unsigned i = 0; i < count; ++i) {
    auto name = (people ? "person " : "station ") + std::to_string(i);
    out.push_back(people ? registrar.let_in(name, on.next_channel())
                         : registrar.let_in_station(name, on.next_channel()));
    out.back()->hang_up();
  }
  return out;
}

/// The limit itself, so that nobody takes this run for one connection.
void need_a_limit(const daemon_process& daemon, crowd& on, const bench_device& as) {
  bench_device late{daemon, on.one_channel_too_many(), "one too many"};
  late.device = as.device;
  late.certificate = as.certificate;
  late.connect_again();
  auto end = now_seconds() + 10;
  while (late.last_loss() == refusal::none && now_seconds() < end)
    late.turn(5);
  need(late.last_loss() == refusal::too_many_channels, "a connection carries more channels than its limit");
}

nlohmann::json logged_in(devices& all) {
  std::size_t done = 0;
  std::map<bench_device*, bool> over;
  auto seconds = for_all(
      all, logging_in_at_once,
      [&](bench_device& d) {
        d.ask(d.log_in_request(), [&, to = &d](wire::device::answer_body& a) {
          need(std::holds_alternative<wire::device::logged_in>(a), "a log-in was refused");
          over[to] = true;
          ++done;
        });
      },
      [&](bench_device* d) { return over[d]; });
  need(done == all.size(), "a log-in was answered twice");
  return {
      {"log_ins", all.size()}, {"seconds", seconds}, {"seconds_each", seconds / static_cast<double>(done)}};
}

} // namespace

nlohmann::json measure_idle_channels(const place_of_work& at, const channels_plan& plan) {
  auto load = load_average();
  daemon_process daemon{at.wardlined, at.folder / "clinic"};
  bench_registrar registrar{daemon};
  crowd on{daemon, registrar};
  progress(at, "enrolling " + std::to_string(plan.stations) + " stations");
  auto begin = now_seconds();
  auto stations = enrol(on, registrar, plan.stations, false);
  auto stations_enrolled = now_seconds();
  progress(at, "enrolling " + std::to_string(plan.people) + " people");
  auto people = enrol(on, registrar, plan.people, true);
  auto people_enrolled = now_seconds();
  daemon.stop();
  auto ready = daemon.start_until_ready();
  on.open_again();
  progress(at, "connecting");
  auto of_stations = connected(stations, daemon);
  if (stations.size() >= wire::channels_per_plugin_max)
    need_a_limit(daemon, on, *stations.back());
  auto of_people = connected(people, daemon);
  for (const auto& p : people)
    need(p->welcomes_with_person() > 0, "a person was not logged in any more");
  auto log_ins = logged_in(people);
  return {{"load_average", load},
          {"load_average_at_end", load_average()},
          {"connections", on.connections()},
          {"channels_per_connection_max", wire::channels_per_plugin_max},
          {"enrol_seconds_of_stations", stations_enrolled - begin},
          {"enrol_seconds_of_people", people_enrolled - stations_enrolled},
          {"start_seconds", ready},
          {"stations", of_stations},
          {"people", of_people},
          {"password_work", log_ins}};
}

} // namespace wardline::bench
