// The labels test of e2ee 1: each occurs once, under plugins only in labels.hpp.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

std::vector<std::string> labels_in(const std::filesystem::path& file) {
  std::ifstream in{file};
  std::string all{std::istreambuf_iterator<char>{in}, {}};
  static const std::regex pattern{"\"(wardline [a-z ]+ v[0-9]+)\""};
  std::vector<std::string> out;
  // Comments may name a label: they are cut off first.
  all = std::regex_replace(all, std::regex{"//[^\n]*"}, "");
  for (std::sregex_iterator at{all.begin(), all.end(), pattern}, end; at != end; ++at)
    out.push_back((*at)[1]);
  return out;
}

/// The table of e2ee 1, "Labels", without `noise`, which the channel spells, and with the safety code of 11
/// and the label of files that a person's device signs.
const char* const signatures[] = {
    "root",  "server",     "registrar", "invitation",  "device",          "device possession", "cosign",
    "grant", "revocation", "link",      "pack",        "keylist",         "conversation",      "slip",
    "act",   "wipe",       "heartbeat", "records key", "records request", "records answer"};
const char* const others[] = {"slip header", "members",   "seals",       "body",     "attachment",
                              "seal",        "seed",      "inbox",       "history",  "keys",
                              "store",       "store row", "safety code", "statement"};
const char* const records[] = {"generator", "r",     "w",     "proof",    "box",
                               "nonce",     "share", "reply", "recalled", "recalled proof"};

} // namespace

TEST_CASE("labels.hpp holds the guide's labels, each once") {
  auto found = labels_in(WARDLINE_SOURCE_DIR "/plugins/sdk/e2ee/labels.hpp");
  std::set<std::string> wanted;
  for (std::string name : signatures) {
    wanted.insert("wardline " + name + " v1");
    if (name != "device possession")
      wanted.insert("wardline object " + name + " v1");
  }
  for (std::string name : others)
    wanted.insert("wardline " + name + " v1");
  for (std::string name : records)
    wanted.insert("wardline records " + name + " v1");
  CHECK(std::set<std::string>{found.begin(), found.end()} == wanted);
  CHECK(found.size() == wanted.size());
  for (const auto& label : found)
    CHECK(label.size() <= 40);
}

TEST_CASE("each label of the house is spelled once, and under plugins in labels.hpp") {
  std::map<std::string, std::vector<std::string>> files_of;
  std::size_t files = 0;
  for (const auto* part : {"plugins", "actors", "daemon"}) {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator{std::filesystem::path{WARDLINE_SOURCE_DIR} / part}) {
      auto extension = entry.path().extension();
      if (extension != ".cpp" && extension != ".hpp")
        continue;
      ++files;
      for (const auto& label : labels_in(entry.path()))
        files_of[label].push_back(std::string{part} + "/" + entry.path().filename().string());
    }
  }
  CHECK(files > 20);
  for (const auto& [label, where] : files_of) {
    INFO(label << " in " << where.front());
    CHECK(where.size() == 1);
    // Others spell labels of their own: the daemon for what it stores, and what lies below or beside
    // labels.hpp: the channel for its prologue, the triage rules for their hash and approval.
    bool own_use = where.front().starts_with("daemon/") || label == "wardline noise v1" ||
                   label.starts_with("wardline triage ");
    CHECK((own_use || where.front() == "plugins/labels.hpp"));
  }
}
