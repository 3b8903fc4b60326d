#pragma once
// One thread, virtual time: nothing runs by itself (guides/actors 3.9).
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <utility>

namespace wardline {

/// What a request came to: an answer, an error, or neither (a promise that nobody keeps is silence in CAF
/// 0.17).
template <class Answer>
struct asked {
  std::optional<Answer> answer;
  caf::error why;
};

/// An actor system whose jobs run when a test says so. End a test by sending exits and run(): the system's
/// destructor waits for every actor.
struct world {
  struct config : caf::actor_system_config {
    explicit config(std::size_t messages_per_job) {
      set("scheduler.policy", caf::atom("testing"));
      set("scheduler.max-throughput", messages_per_job);
    }
  } cfg;
  caf::actor_system sys{cfg};
  caf::scheduler::test_coordinator& sched = dynamic_cast<caf::scheduler::test_coordinator&>(sys.scheduler());

  /// messages_per_job 1: a job handles one message, so that a test can stop between two of one actor.
  explicit world(std::size_t messages_per_job = 64) : cfg{messages_per_job} {}

  void run() {
    while (sched.try_run_once()) {
    }
  }

  /// Runs at most `jobs` jobs; how many ran.
  std::size_t run_some(std::size_t jobs) {
    std::size_t ran = 0;
    while (ran < jobs && sched.try_run_once())
      ++ran;
    return ran;
  }

  /// Time moves in steps, and everything runs after each: one big jump fires a re-arming timer only once.
  void advance(caf::timespan total, caf::timespan step = std::chrono::seconds{1}) {
    run();
    for (caf::timespan t{0}; t < total; t += step) {
      sched.advance_time(step);
      run();
    }
  }

  /// Runs every job in an order decided by `seed`: a failing seed is a repro.
  void run_shuffled(std::uint64_t seed) {
    std::mt19937_64 dice{seed};
    for (auto& jobs = sched.jobs; !jobs.empty(); sched.run_once())
      std::swap(jobs.front(), jobs[dice() % jobs.size()]);
  }

  /// Asks from outside; look at what came back after run().
  template <class Answer, class Handle, class Message>
  std::shared_ptr<asked<Answer>> ask(const Handle& whom, Message what) {
    auto out = std::make_shared<asked<Answer>>();
    sys.spawn([out, whom, what = std::move(what)](caf::event_based_actor* self) {
      self->request(whom, ask_timeout, what)
          .then([out](const Answer& a) { out->answer = a; }, [out](const caf::error& e) { out->why = e; });
    });
    return out;
  }

  static constexpr std::chrono::seconds ask_timeout{600}; ///< virtual: only advance() reaches it

  /// Those who still wait for an answer that never comes would keep the system alive.
  ~world() {
    run();
    sched.advance_time(ask_timeout);
    run();
  }
};

} // namespace wardline
