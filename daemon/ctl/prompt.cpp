#include "prompt.hpp"
#include <iostream>
#include <termios.h>
#include <unistd.h>

namespace wardline::ctl {

std::string ask(const std::string& question) {
  std::cout << question << ": " << std::flush;
  std::string line;
  std::getline(std::cin, line);
  return line;
}

std::string ask_hidden(const std::string& question) {
  termios shown{};
  bool terminal = ::tcgetattr(STDIN_FILENO, &shown) == 0;
  if (terminal) {
    auto hidden = shown;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  auto line = ask(question);
  if (terminal) {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    std::cout << std::endl;
  }
  return line;
}

} // namespace wardline::ctl
