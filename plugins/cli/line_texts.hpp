#pragma once
// The manual page and the completion of `ward`, made from its command line as the parser knows it, so that
// they cannot say anything else.
#include <string>

namespace CLI {
class App;
}

namespace wardline::cli {

std::string line_manual(const CLI::App& app);
std::string bash_completion(const CLI::App& app);

} // namespace wardline::cli
