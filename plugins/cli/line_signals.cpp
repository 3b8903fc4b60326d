#include "line_signals.hpp"
#include <array>
#include <csignal>

namespace wardline::cli {

namespace {

volatile std::sig_atomic_t ended = 0;
volatile std::sig_atomic_t stopped = 0;
volatile std::sig_atomic_t resized = 0;

constexpr std::array taken{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP};

void on_signal(int number) {
  if (number == SIGWINCH)
    resized = 1;
  else if (number == SIGTSTP)
    stopped = 1;
  else
    ended = 1;
}

bool take(volatile std::sig_atomic_t& flag) {
  bool was = flag != 0;
  flag = 0;
  return was;
}

} // namespace

struct line_signals::handlers {
  std::array<struct sigaction, taken.size()> all{};
};

line_signals::line_signals() : before_{std::make_unique<handlers>()} {
  ended = 0;
  stopped = 0;
  resized = 0;
  struct sigaction ours {};
  ours.sa_handler = on_signal;
  for (std::size_t i = 0; i < taken.size(); ++i)
    ::sigaction(taken[i], &ours, &before_->all[i]);
}

line_signals::~line_signals() {
  for (std::size_t i = 0; i < taken.size(); ++i)
    ::sigaction(taken[i], &before_->all[i], nullptr);
}

bool line_signals::any() const {
  return ended != 0 || stopped != 0 || resized != 0;
}

bool line_signals::wants_end() const {
  return ended != 0;
}

bool line_signals::take_stop() {
  return take(stopped);
}

bool line_signals::take_new_size() {
  return take(resized);
}

void line_signals::stop() {
  std::raise(SIGSTOP);
}

} // namespace wardline::cli
