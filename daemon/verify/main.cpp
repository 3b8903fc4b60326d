// wardline-verify: checks what `wardctl audit` wrote, on any machine, with none of the house's code.
#include "exports.hpp"
#include "proofs.hpp"
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace verify {

namespace {

enum exit_code : int { fine = 0, wrong = 1, wrong_usage = 64 };

struct options {
  std::string file;
  std::string trusted; ///< folder with verifier-key and certificates/, an export
  std::string old_checkpoint;
  std::string identity;
  bool json = false;
};

using clock = std::chrono::steady_clock;

int say(const finding& f, nlohmann::json more, const std::string& good, bool json) {
  if (json) {
    nlohmann::json out = {{"ok", f.problem.empty()}, {"identity_key", f.identity}, {"clinic", f.clinic_name}};
    if (!f.problem.empty())
      out["problem"] = f.problem;
    if (f.entry)
      out["first_wrong_entry"] = *f.entry;
    out.update(more);
    std::puts(out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  } else if (f.problem.empty()) {
    std::printf("%s\nClinic's identity key: %s\n"
                "Compare it with one that did not come with these files, or give it with --identity.\n",
                good.c_str(), f.identity.c_str());
  } else {
    if (f.entry)
      std::fprintf(stderr, "wardline-verify: first wrong entry: %llu\n",
                   static_cast<unsigned long long>(*f.entry));
    std::fprintf(stderr, "wardline-verify: %s\n", f.problem.c_str());
  }
  return f.problem.empty() ? fine : wrong;
}

int whole(const options& o) {
  hasher with;
  bool shown = !o.json && ::isatty(STDERR_FILENO) == 1;
  auto began = clock::now();
  auto found = check_export(with, o.file, o.identity, [&](std::uint64_t done, std::uint64_t all) {
    if (shown && (done % 65'536 == 0 || done == all))
      std::fprintf(stderr, "\r%llu of %llu entries%s", static_cast<unsigned long long>(done),
                   static_cast<unsigned long long>(all), done == all ? "\n" : "");
  });
  double seconds = std::chrono::duration<double>(clock::now() - began).count();
  auto rate = seconds > 0 ? static_cast<double>(found.entries) / seconds : 0;
  char good[256];
  std::snprintf(good, sizeof good, "%llu entries, %llu hashes: all right in %.2f s (%.0f entries/s).",
                static_cast<unsigned long long>(found.entries), static_cast<unsigned long long>(with.done()),
                seconds, rate);
  return say(found,
             {{"entries", found.entries},
              {"hashes", with.done()},
              {"seconds", seconds},
              {"entries_per_second", rate},
              {"origin", found.origin}},
             good, o.json);
}

std::string text_of(const std::string& file) {
  auto raw = read_file(file, text_bytes_max).value_or(bytes{});
  return {raw.begin(), raw.end()};
}

/// Leaf data, then what it commits to.
std::string judge(hasher& with, const entry_proof& p, const log_key& key) {
  constexpr std::size_t leaf_bytes = 34, salt_bytes = 16;
  if (!is_signed(p.head, key))
    return "the checkpoint in it is not signed by the log's key";
  if (p.extra.size() < leaf_bytes)
    return "it does not carry the entry's leaf";
  auto leaf = bytes_view{p.extra}.first(leaf_bytes);
  auto salted = bytes_view{p.extra}.subspan(leaf_bytes);
  if (!is_included(with, with.leaf(leaf), p.index, p.head.size, p.head.root, p.hashes))
    return "its hashes do not lead from the entry to the checkpoint";
  if (salted.empty()) // destroyed: that there was one is all that is proved
    return {};
  auto committed = with.of({salted});
  if (!std::equal(committed.begin(), committed.end(), leaf.begin() + 2) || salted.size() < salt_bytes + 2 ||
      salted[salt_bytes + 1] != leaf[1])
    return "the entry it shows is not what its leaf commits to";
  return {};
}

int one_entry(const options& o) {
  hasher with;
  finding found;
  auto key = certified_key(o.trusted, o.identity, found);
  auto proof = read_entry_proof(text_of(o.file));
  if (key)
    found.problem = proof ? judge(with, *proof, *key) : o.file + ": no tlog-proof";
  if (key && proof && !found.problem.empty())
    found.entry = proof->index;
  auto index = proof ? proof->index : 0;
  return say(found, {{"index", index}, {"size", proof ? proof->head.size : 0}},
             "Entry " + std::to_string(index) + " is in the log.", o.json);
}

int growth(const options& o) {
  hasher with;
  finding found;
  auto key = certified_key(o.trusted, o.identity, found);
  auto proof = read_growth_proof(text_of(o.file));
  auto old = read_checkpoint(text_of(o.old_checkpoint));
  if (key) {
    if (!proof)
      found.problem = o.file + ": no consistency proof";
    else if (!old || !is_signed(*old, *key) || !is_signed(proof->head, *key))
      found.problem = "one of the two checkpoints is not signed by the log's key";
    else if (proof->old_size != old->size)
      found.problem = "the proof begins at another size than the older checkpoint";
    else if (!is_grown(with, old->size, old->root, proof->head.size, proof->head.root, proof->hashes))
      found.problem = "the newer log does not contain the older one: something was changed or taken out";
  }
  return say(found, {{"old_size", proof ? proof->old_size : 0}, {"size", proof ? proof->head.size : 0}},
             "The log only grew.", o.json);
}

int run(int argc, char** argv) {
  options o;
  CLI::App app{"Checks a Wardline audit log without trusting its server"};
  app.require_subcommand(1);
  app.set_version_flag("--version", "wardline-verify " WARDLINE_VERSION);
  auto* all = app.add_subcommand("export", "A whole export: certificates, checkpoint, every entry and tile");
  all->add_option("folder", o.file, "Written by: wardctl audit export")->required();
  auto* one = app.add_subcommand("entry", "That an entry is in the log");
  auto* grown = app.add_subcommand("growth", "That a log only grew since an older checkpoint");
  for (auto* sub : {one, grown}) {
    sub->add_option("file", o.file, "Written by: wardctl audit proof")->required();
    sub->add_option("--export", o.trusted, "An export, for its certificates and key")->required();
  }
  grown->add_option("--old", o.old_checkpoint, "The older checkpoint")->required();
  for (auto* sub : {all, one, grown}) {
    sub->add_option("--identity", o.identity, "The clinic's identity key, 64 hex digits");
    sub->add_flag("--json", o.json, "Answer in JSON");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? fine : wrong_usage;
  }
  return all->parsed() ? whole(o) : one->parsed() ? one_entry(o) : growth(o);
}

} // namespace

} // namespace verify

int main(int argc, char** argv) {
  try {
    return verify::run(argc, argv);
  } catch (const std::exception& e) { // out of memory, or OpenSSL does not work here
    std::fprintf(stderr, "wardline-verify: %s\n", e.what());
    return 70;
  }
}
