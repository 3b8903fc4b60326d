#include "progress.hpp"
#include "local_files.hpp"
#include <cstdio>
#include <fmt/format.h>
#include <unistd.h>

namespace wardline::cli {

progress::progress(const terminal& words, connection& line) : line_{line} {
  if (!words.as_json() && ::isatty(STDERR_FILENO) == 1)
    line_.on_transfer = [this](const client::transfer& t) { show(t); };
}

progress::~progress() {
  end();
}

void progress::end() {
  line_.on_transfer = nullptr;
  if (std::exchange(shown_, false))
    std::fputs("\r\033[K", stderr);
}

void progress::show(const client::transfer& t) {
  shown_ = true;
  std::fputs(("\r\033[K" + progress_line(t)).c_str(), stderr);
  std::fflush(stderr);
}

std::string progress_line(const client::transfer& t) {
  constexpr std::size_t cells = 20;
  const char* what = t.at == client::transfer::stage::sealing   ? "Encrypting"
                     : t.at == client::transfer::stage::sending ? "Sending"
                                                                : "Fetching";
  auto percent = t.all == 0 ? 100 : t.done * 100 / t.all;
  auto filled = static_cast<std::size_t>(percent) * cells / 100;
  return fmt::format("{:10} [{:.<20}] {:3} %  {} of {}", what, std::string(filled, '#'), percent,
                     show_size(t.done), show_size(t.all));
}

} // namespace wardline::cli
