#pragma once
// plugins.d as `wardctl plugin` changes it: one key more, everything else as the administrator wrote it.
#include "../config.hpp"
#include "wire/expected.hpp"

namespace wardline::ctl {

/// The text of a plugin's file with one more key at the end of its list; comments stay. The result is read
/// again and must mean just that. Refuses: already_exists (the key is there), count_too_large,
/// malformed_request (the file cannot be read, or its list is written in a way that is not understood here).
expected<std::string> with_key(const std::filesystem::path& file, const std::string& text,
                               const public_key& key);

/// The file of a plugin that there was none of.
std::string new_plugin_text(const daemon::plugin_config& plugin);

/// Over the file that is there, which keeps its owner and mode, or under a name that nobody has; durable, and
/// never half there. storage_refused.
refusal replace_file(const std::filesystem::path& file, const std::string& text);

} // namespace wardline::ctl
