#pragma once
// `ward admin ...` and `ward add` on the command line.
#include "commands.hpp"
#include <functional>

namespace CLI {
class App;
}

namespace wardline::cli {

/// The words live as long as `app` parses; `run` is set to the chosen command.
void add_admin(CLI::App& app, const choices& chosen, invite_words& invite, admin_words& words,
               cosign_words& cosign, std::function<int()>& run);
/// The options of an invitation, for `admin invite` and for the older `invite`.
void add_invite(CLI::App& app, const choices& chosen, invite_words& invite, std::function<int()>& run);

} // namespace wardline::cli
