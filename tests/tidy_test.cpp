// The repository's own rules as a test. Tables first; every rule is a function of a tree of files and is
// shown to fire on a sample that breaks it.
#include "tidy/source_tree.hpp"
#include <algorithm>
#include <catch2/catch.hpp>
#include <regex>
#include <sstream>

using namespace tidy;

namespace {

// ---------------------------------------------------------------- tables

/// The first row whose folder fits a file decides what that file may include.
struct layer {
  std::string folder;
  std::vector<std::string> house; ///< paths in the repository (prefixes)
  std::vector<std::string>
      libraries; ///< headers of libraries (prefixes); the standard library is always allowed
};

/// The only parts of the wire that rules and ports may know: plain values.
const std::string ids = "plugins/sdk/wire/ids.hpp", hash = "plugins/sdk/wire/hash.hpp",
                  refusals = "plugins/sdk/wire/refusals.hpp";

const std::vector<layer> layers{
    {"plugins/sdk/wire/",
     {"plugins/sdk/wire/"},
     {"sodium", "google/protobuf/", "link.pb.h", "device.pb.h", "content.pb.h", "sys/prctl.h",
      "sys/resource.h"}},
    {"plugins/sdk/e2ee/",
     {"plugins/sdk/wire/", "plugins/sdk/e2ee/"},
     {"sodium", "google/protobuf/", "content.pb.h"}},
    {"plugins/sdk/client/",
     {"plugins/sdk/"},
     {"sodium", "zmq", "lmdb.h", "nlohmann/", "sys/", "fcntl.h", "unistd.h"}},
    {"plugins/sdk/clinical/", {"plugins/sdk/clinical/", ids, hash}, {}},
    {"plugins/sdk/", {"plugins/sdk/"}, {"sodium", "google/protobuf/"}},
    {"plugins/cli/",
     {"plugins/cli/", "plugins/sdk/"},
     {"CLI/", "nlohmann/", "fmt/", "liboath/", "sodium", "sys/", "fcntl.h", "unistd.h", "termios.h", "poll.h",
      "histedit.h"}},
    {"actors/rules/", {"actors/rules/", ids, hash, refusals}, {}},
    {"actors/ports/", {"actors/rules/", "actors/ports/", ids, refusals}, {}},
    {"actors/", {"actors/", "plugins/sdk/wire/", "plugins/sdk/e2ee/"}, {"caf/"}},
    {"daemon/verify/",
     {"daemon/verify/"},
     {"openssl/", "CLI/", "nlohmann/", "unistd.h"}}, // nothing of the house
    {"daemon/ctl/",
     {"daemon/", "actors/", "plugins/sdk/wire/", "plugins/sdk/e2ee/", "plugins/sdk/clinical/"},
     {"CLI/", "nlohmann/", "fmt/", "sodium", "yaml-cpp/", "date/", "sys/", "fcntl.h", "unistd.h", "termios.h",
      "poll.h"}},
    {"daemon/",
     {"daemon/", "actors/", "plugins/sdk/wire/", "plugins/sdk/e2ee/"},
     {"caf/", "liboath/", "sodium", "zmq", "lmdb.h", "yaml-cpp/", "fmt/", "systemd/", "sys/", "fcntl.h",
      "unistd.h", "poll.h", "pthread.h"}},
};

/// Headers that only the files named may include, wherever else the table above would allow them.
struct kept_header {
  std::string header;
  std::vector<std::string> files;
};

const std::vector<kept_header> kept_headers{
    {"lmdb.h", {"daemon/lmdb_storage", "plugins/sdk/client/lmdb_device_store", "tests/"}},
    {"zmq.h", {"daemon/zmq_link", "plugins/sdk/client/", "tests/"}},
    {"zmq_link_sockets.hpp", {"daemon/zmq_link"}},
    {"date/", {"daemon/ctl/zone_tables"}},
    {"liboath/", {"daemon/oath_factor", "plugins/cli/authenticator", "tests/"}},
    {"histedit.h", {"plugins/cli/line_editor"}},
    {"boost/", {"plugins/sdk/http/"}},
    {"openssl/", {"daemon/verify/hashing"}},
};

/// Headers that no other header may include: they would reach every file behind it.
const std::vector<std::string> never_in_headers{"zmq.h", "boost/", "google/protobuf/", ".pb.h"};
/// Except headers that kept_headers keeps within the sources of one part.
const std::vector<std::string> private_headers{"daemon/zmq_link_sockets.hpp"};

/// Standard headers through which a pure rule or a port would touch the world.
const std::vector<std::string> world_headers{"fstream", "filesystem", "iostream", "thread",
                                             "mutex",   "random",     "future",   "cstdio",
                                             "ctime",   "stdio.h",    "time.h"};

const std::vector<std::string> actor_names{
    "store",          "directory", "triage",       "escalation", "wipe",       "audit", "plugin_host",
    "device_session", "user",      "conversation", "admin",      "signatures", "house"};

/// Introduces the actors to each other, so it knows them all; only main and tests know it.
const std::string introducer = "house";

/// What a target must not link, directly or through another.
const std::map<std::string, std::vector<std::string>> never_linked{
    {"wardline_wire", {"PkgConfig::ZMQ", "wardline_lmdb", "wardline_caf", "wardline_actors"}},
    {"wardline_e2ee_public",
     {"wardline_e2ee", "PkgConfig::ZMQ", "wardline_lmdb", "wardline_caf", "wardline_actors"}},
    {"wardline_e2ee", {"PkgConfig::ZMQ", "wardline_lmdb", "wardline_caf", "wardline_actors"}},
    {"wardline_client", {"wardline_caf", "wardline_actors", "wardline_daemon", "yaml-cpp"}},
    {"wardline_rules",
     {"wardline_caf", "wardline_lmdb", "PkgConfig::ZMQ", "yaml-cpp", "wardline_actors", "fmt::fmt"}},
    {"wardline_actors",
     {"wardline_lmdb", "PkgConfig::ZMQ", "yaml-cpp", "wardline_daemon", "wardline_e2ee", "wardline_client"}},
    {"wardline_clinical", {"PkgConfig::ZMQ", "wardline_lmdb", "wardline_caf", "wardline_actors", "yaml-cpp"}},
    {"wardline_daemon", {"wardline_e2ee", "wardline_client", "wardline_clinical"}},
    {"wardlined", {"wardline_e2ee", "wardline_client", "wardline_clinical"}},
    {"wardline_verify", {"wardline_wire", "wardline_rules", "wardline_e2ee_public", "PkgConfig::SODIUM"}},
    {"ward", {"wardline_caf", "wardline_actors", "wardline_daemon", "yaml-cpp"}},
};

/// Words that say that something is not finished. Written in halves, because this file is read too.
const std::regex unfinished{"\\b(TO"
                            "DO|FIX"
                            "ME|XX"
                            "X)\\b|\\b(place"
                            "holder|not yet imple"
                            "mented)\\b"};
/// Names that say nothing about what a thing does. A person may be the manager of a practice.
const std::regex empty_names{"\\w+_mana"
                             "ger\\w*|\\bmana"
                             "ger_\\w+|\\w*(hel"
                             "per|util)\\w*",
                             std::regex::icase};
const std::regex directive{"^[ \\t]*#[^\n]*", std::regex::multiline};
/// Paths of one machine and hosts that serve packages: neither belongs into a product.
const std::regex machine_text{"/wo"
                              "rk/|/ro"
                              "ot/|/ho"
                              "me/[a-z]|deb"
                              "ian\\.org|npm"
                              "js\\.(org|com)|py"
                              "pi\\.org|crates"
                              "\\.io|proxy\\.go"
                              "lang|\\b10\\.\\d+\\.\\d+\\.\\d+\\b"};
const std::regex e2ee_label{"\"(wardline [a-z][a-z ]* v1)\""};
/// Only a test against a real process may wait, and only the daemon and the devices may read the wall clock.
const std::regex clock_or_sleep{"sleep_for|sleep_until|\\busleep\\(|system_clock::now|steady_clock::now|"
                                "\\btime\\(nullptr\\)|clock_gettime"};
const std::vector<std::string> timeless{"actors/",        "tests/rules/", "tests/actors/",
                                        "tests/plugins/", "tests/sdk/",   "tests/sim/"};

constexpr std::size_t actor_lines_max = 300;
constexpr std::size_t source_lines_max = 400;
constexpr std::size_t test_lines_max = 500;
constexpr std::size_t list_lines_max = 500; // of a header that only lists messages or values, one struct each
constexpr std::size_t function_lines_max = 70;

// ---------------------------------------------------------------- rules

bool is_standard(const std::string& header) {
  return header.find('.') == std::string::npos && header.find('/') == std::string::npos;
}

complaints wrong_arrows(const tree& files) {
  complaints out;
  for (const auto& [path, text] : files) {
    auto row = std::find_if(layers.begin(), layers.end(),
                            [&file = path](const layer& l) { return starts_with_any(file, {l.folder}); });
    if (!is_cpp(path) || row == layers.end())
      continue;
    for (const auto& name : includes(text)) {
      const auto target = resolve(files, path, name);
      const bool fine = target.empty() ? is_standard(name) || starts_with_any(name, row->libraries)
                                       : starts_with_any(target, row->house);
      if (!fine)
        out.push_back(path + " may not include " + name);
    }
  }
  return out;
}

complaints strayed_headers(const tree& files) {
  complaints out;
  for (const auto& [path, text] : files)
    if (is_cpp(path))
      for (const auto& name : includes(text)) {
        for (const auto& kept : kept_headers)
          if (starts_with_any(name, {kept.header}) && !starts_with_any(path, kept.files))
            out.push_back(path + " may not include " + name);
        const bool header = path.substr(path.size() - 4) == ".hpp";
        for (const auto& banned : never_in_headers)
          if (header && !starts_with_any(path, private_headers) && !is_test(path) &&
              name.find(banned) != std::string::npos)
            out.push_back("the header " + path + " may not include " + name);
        const bool pure = starts_with_any(path, {"actors/rules/", "actors/ports/"});
        if (pure && std::find(world_headers.begin(), world_headers.end(), name) != world_headers.end())
          out.push_back(path + " is pure and may not include " + name);
      }
  return out;
}

complaints actors_that_know_each_other(const tree& files) {
  complaints out;
  for (const auto& [path, text] : files)
    if (is_cpp(path) && starts_with_any(path, {"actors/"}) && path.find('/', 7) == std::string::npos &&
        stem(path) != introducer)
      for (const auto& name : includes(text))
        for (const auto& actor : actor_names)
          if (resolve(files, path, name) == "actors/" + actor + ".hpp" &&
              !starts_with_any(stem(path), {actor}))
            out.push_back(path + " may not include the actor " + name);
  return out;
}

complaints wrong_link_lines(const tree& files) {
  complaints out;
  const auto links = link_lines(files);
  for (const auto& [target, banned] : never_linked) {
    const auto all = reachable(links, target);
    for (const auto& library : banned)
      if (std::find(all.begin(), all.end(), library) != all.end())
        out.push_back(target + " must not link " + library);
  }
  return out;
}

complaints banned_words(const tree& files) {
  complaints out;
  for (const auto& [path, text] : files) {
    if (std::regex_search(text, unfinished))
      out.push_back(path + " says that something is not finished");
    if (std::regex_search(file_name(path), empty_names))
      out.push_back(path + " has a name that says nothing");
    if (!is_cpp(path))
      continue;
    const auto code = std::regex_replace(code_only(text, true), directive, "");
    for (std::sregex_iterator it{code.begin(), code.end(), empty_names}, end; it != end; ++it)
      out.push_back(path + ": the name " + it->str() + " says nothing");
  }
  return out;
}

complaints machine_paths(const tree& files) {
  complaints out;
  std::smatch found;
  for (const auto& [path, text] : files)
    if (std::regex_search(text, found, machine_text))
      out.push_back(path + " names " + found.str());
  return out;
}

complaints oversized_files(const tree& files) {
  complaints out;
  for (const auto& [path, text] : files) {
    if (!is_cpp(path))
      continue;
    const bool actor = starts_with_any(path, {"actors/"}) && path.find('/', 7) == std::string::npos;
    const bool list = actor && (stem(path) == "messages" || stem(path) == "handles"); // one row a message
    const bool values = path == "plugins/sdk/wire/device.hpp" || path == "plugins/sdk/client/device.hpp";
    const auto max = is_test(path)    ? test_lines_max
                     : values         ? list_lines_max
                     : actor && !list ? actor_lines_max
                                      : source_lines_max;
    if (count_lines(text) > max)
      out.push_back(path + " has " + std::to_string(count_lines(text)) + " lines, at most " +
                    std::to_string(max));
  }
  return out;
}

complaints oversized_functions(const tree& files) {
  complaints out;
  for (const auto& [path, text] : files)
    if (is_cpp(path) && !is_test(path))
      for (const auto& f : functions(text))
        if (f.lines > function_lines_max)
          out.push_back(path + ":" + std::to_string(f.line) + ": a function of " + std::to_string(f.lines) +
                        " lines");
  return out;
}

complaints repeated_labels(const tree& files) {
  complaints out;
  std::map<std::string, std::string> seen;
  for (const auto& [path, text] : files) {
    if (!is_cpp(path) || is_test(path))
      continue;
    const auto code = code_only(text, false);
    for (std::sregex_iterator it{code.begin(), code.end(), e2ee_label}, end; it != end; ++it)
      if (auto [first, fresh] = seen.emplace((*it)[1], path); !fresh)
        out.push_back("\"" + first->first + "\" stands in " + first->second + " and in " + path);
  }
  return out;
}

complaints clocks(const tree& files) {
  complaints out;
  std::smatch found;
  for (const auto& [path, text] : files)
    if (is_cpp(path) && starts_with_any(path, timeless)) {
      const auto code = code_only(text, true);
      if (std::regex_search(code, found, clock_or_sleep))
        out.push_back(path + " uses " + found.str());
    }
  return out;
}

complaints headers_without_guard(const tree& files) {
  complaints out;
  for (const auto& [path, text] : files)
    if (path.size() > 4 && path.substr(path.size() - 4) == ".hpp" &&
        text.find("#pragma once") == std::string::npos)
      out.push_back(path + " has no #pragma once");
  return out;
}

complaints undocumented_packages(const tree& files) {
  complaints out;
  auto list = files.find("packages.txt"), readme = files.find("README.md");
  if (list == files.end() || readme == files.end())
    return {"packages.txt or README.md is missing"};
  std::istringstream lines{list->second};
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && line[0] != '#' && readme->second.find("`" + line + "`") == std::string::npos)
      out.push_back("README.md does not say why " + line + " is needed");
  return out;
}

// ---------------------------------------------------------------- the rules applied

const tree& repository() {
  static const tree files = read_tree(WARDLINE_SOURCE_DIR);
  return files;
}

struct sample {
  tree files;
  std::string expected; ///< part of the complaint
};

void holds_and_fires(complaints (*rule)(const tree&), const std::vector<sample>& samples) {
  for (const auto& complaint : rule(repository()))
    FAIL_CHECK(complaint);
  for (const auto& sample : samples) {
    const auto found = rule(sample.files);
    INFO("a sample that must be complained about: " << sample.expected);
    CHECK(std::any_of(found.begin(), found.end(),
                      [&](const auto& c) { return c.find(sample.expected) != std::string::npos; }));
  }
}

std::string many_lines(std::size_t n) {
  std::string text;
  for (std::size_t i = 0; i < n; ++i)
    text += "int x" + std::to_string(i) + ";\n";
  return text;
}

} // namespace

TEST_CASE("the repository was read") {
  CHECK(repository().count("CMakeLists.txt") == 1);
  CHECK(repository().count("tests/tidy_test.cpp") == 1);
}

TEST_CASE("includes follow the arrows") {
  holds_and_fires(
      wrong_arrows,
      {{{{"actors/rules/access.cpp", "#include <caf/actor.hpp>\n"}}, "caf/actor.hpp"},
       {{{"actors/rules/access.cpp", "#include \"ports/clock.hpp\"\n"}, {"actors/ports/clock.hpp", ""}},
        "ports/clock"},
       {{{"actors/ports/clock.hpp", "#include <sodium.h>\n"}}, "sodium.h"},
       {{{"actors/store.cpp", "#include <lmdb.h>\n"}}, "lmdb.h"},
       {{{"actors/store.cpp", "#include \"config.hpp\"\n"}, {"daemon/config.hpp", ""}}, "config.hpp"},
       {{{"plugins/sdk/wire/codec.cpp", "#include <zmq.hpp>\n"}}, "zmq.hpp"},
       {{{"plugins/sdk/e2ee/slip.cpp", "#include \"client/session.hpp\"\n"},
         {"plugins/sdk/client/session.hpp", ""}},
        "session.hpp"},
       {{{"plugins/sdk/client/session.cpp", "#include \"handles.hpp\"\n"}, {"actors/handles.hpp", ""}},
        "handles.hpp"},
       {{{"plugins/cli/main.cpp", "#include \"messages.hpp\"\n"}, {"actors/messages.hpp", ""}},
        "messages.hpp"},
       {{{"daemon/main.cpp", "#include \"cli/args.hpp\"\n"}, {"plugins/cli/args.hpp", ""}}, "args.hpp"},
       {{{"daemon/main.cpp", "#include \"support/world.hpp\"\n"}, {"tests/support/world.hpp", ""}},
        "world.hpp"}});
}

TEST_CASE("headers of one library stay in their files") {
  holds_and_fires(strayed_headers,
                  {{{{"daemon/keyring.cpp", "#include <lmdb.h>\n"}}, "lmdb.h"},
                   {{{"daemon/main.cpp", "#include <zmq.hpp>\n"}}, "zmq.hpp"},
                   {{{"plugins/cli/main.cpp", "#include <boost/asio.hpp>\n"}}, "boost/asio.hpp"},
                   {{{"daemon/zmq_link.hpp", "#include <zmq.hpp>\n"}}, "the header daemon/zmq_link.hpp"},
                   {{{"daemon/main.cpp", "#include \"zmq_link_sockets.hpp\"\n"}}, "daemon/main.cpp"},
                   {{{"plugins/sdk/wire/codec.hpp", "#include \"link.pb.h\"\n"}}, "link.pb.h"},
                   {{{"actors/rules/roster.cpp", "#include <fstream>\n"}}, "fstream"}});
}

TEST_CASE("no actor includes another actor") {
  holds_and_fires(
      actors_that_know_each_other,
      {{{{"actors/user.cpp", "#include \"store.hpp\"\n"}, {"actors/store.hpp", ""}}, "store.hpp"}});
  CHECK(actors_that_know_each_other(
            {{"actors/store.cpp", "#include \"store.hpp\"\n"}, {"actors/store.hpp", ""}})
            .empty());
}

TEST_CASE("no target links what would make the server see") {
  holds_and_fires(
      wrong_link_lines,
      {{{{"daemon/CMakeLists.txt", "target_link_libraries(wardlined PRIVATE wardline_e2ee)"}}, "wardlined"},
       {{{"actors/CMakeLists.txt", "target_link_libraries(wardline_actors PUBLIC wardline_store)\n"
                                   "target_link_libraries(wardline_store PRIVATE wardline_lmdb)"}},
        "wardline_lmdb"},
       {{{"plugins/CMakeLists.txt", "target_link_libraries(wardline_wire PUBLIC PkgConfig::ZMQ)"}},
        "PkgConfig::ZMQ"}});
}

TEST_CASE("nothing is left unfinished and names say what things do") {
  holds_and_fires(banned_words, {{{{"README.md", "TO"
                                                 "DO: write"}},
                                  "not finished"},
                                 {{{"actors/store.cpp", "// a place"
                                                        "holder\n"}},
                                  "not finished"},
                                 {{{"actors/session_mana"
                                    "ger.cpp",
                                    ""}},
                                  "says nothing"},
                                 {{{"actors/store.cpp", "struct key_hel"
                                                        "per {};\n"}},
                                  "says nothing"}});
  CHECK(banned_words({{"plugins/cli/main.cpp", "person manager; // of a practice\n"}}).empty());
}

TEST_CASE("no path of one machine and no package host") {
  holds_and_fires(machine_paths, {{{{"demo", "cd /wo"
                                             "rk/main"}},
                                   "/wo"
                                   "rk/"},
                                  {{{"etc/sources", "deb http://deb.deb"
                                                    "ian.org"}},
                                   "deb"
                                   "ian.org"}});
}

TEST_CASE("files can be read at one go") {
  holds_and_fires(oversized_files,
                  {{{{"actors/store.cpp", many_lines(actor_lines_max + 1)}}, "actors/store.cpp"},
                   {{{"daemon/main.cpp", many_lines(source_lines_max + 1)}}, "daemon/main.cpp"},
                   {{{"tests/tidy_test.cpp", many_lines(test_lines_max + 1)}}, "tests/tidy_test.cpp"}});
  CHECK(oversized_files({{"actors/store.cpp", many_lines(actor_lines_max)}}).empty());
}

TEST_CASE("functions fit a screen") {
  const auto body = [](std::size_t lines) { return "void f(int a) {\n" + many_lines(lines - 2) + "}\n"; };
  holds_and_fires(
      oversized_functions,
      {{{{"actors/store.cpp", "namespace w {\n" + body(function_lines_max + 1) + "}\n"}},
        "actors/store.cpp:2"},
       {{{"daemon/a.cpp", "struct s {\n  s() : x{1} {\n" + many_lines(80) + "  }\n};\n"}}, "daemon/a.cpp"}});
  CHECK(oversized_functions({{"actors/store.cpp", body(function_lines_max)}}).empty());
  CHECK(oversized_functions({{"actors/store.cpp", "struct s {\n" + many_lines(200) + "};\n"}}).empty());
}

TEST_CASE("every label of the end-to-end formats is written once") {
  holds_and_fires(repeated_labels, {{{{"plugins/sdk/e2ee/slip.cpp", "f(\"wardline body v1\");\n"},
                                      {"plugins/sdk/e2ee/body.cpp", "g(\"wardline body v1\");\n"}},
                                     "wardline body v1"}});
}

TEST_CASE("actors and their tests know no clock but the port") {
  holds_and_fires(
      clocks, {{{{"actors/user.cpp", "auto t = std::chrono::system_clock::now();\n"}}, "system_clock::now"},
               {{{"tests/actors/user_test.cpp", "std::this_thread::sleep_for(1s);\n"}}, "sleep_for"}});
}

TEST_CASE("headers are guarded") {
  holds_and_fires(headers_without_guard, {{{{"actors/store.hpp", "int x;\n"}}, "actors/store.hpp"}});
}

TEST_CASE("README says why each package is needed") {
  holds_and_fires(undocumented_packages,
                  {{{{"packages.txt", "g++\nlibfoo-dev\n"}, {"README.md", "`g++`"}}, "libfoo-dev"}});
}
