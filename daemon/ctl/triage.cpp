#include "triage.hpp"
#include "clinical/rule_folder.hpp"
#include "clopper_pearson.hpp"
#include "e2ee/signing.hpp"
#include "files.hpp"
#include "identity_file.hpp"
#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>

namespace wardline::ctl {

namespace {

constexpr std::uint64_t messages_max = 1'000'000;

void count(const clinical::rule_set& rules, const nlohmann::json& line, evaluation& out) {
  auto role = line.value("sender_role", std::string{"patient"});
  auto text = line["text"].get<std::string>();
  auto level = line["level"].get<unsigned>();
  auto before = std::chrono::steady_clock::now();
  auto got = clinical::score_text(rules, text, clinical::sender_of(role)).level;
  auto took = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - before)
          .count());
  out.microseconds += took;
  out.microseconds_max = std::max(out.microseconds_max, took);
  ++out.counts[level][got];
  if ((level == 1 && got != 1) || (level == 2 && got > 2) || (level >= 4 && got <= 2))
    out.missed.push_back(
        fmt::format("{} should be {}, is {}", line.contains("id") ? line["id"].dump() : "?", level, got));
}

std::string rate(const char* what, std::uint64_t hits, std::uint64_t n, bool wants_many, double gate,
                 bool none = false) {
  if (n == 0)
    return fmt::format("  {:<44} no such messages: nothing is known\n", what);
  auto share = static_cast<double>(hits) / static_cast<double>(n);
  auto bound = wants_many ? lower_bound(hits, n) : upper_bound(hits, n);
  bool kept = none ? hits == 0 : wants_many ? share >= gate : share <= gate;
  bool proved = wants_many ? bound >= gate : bound <= gate;
  return fmt::format(
      "  {:<44} {:>4} of {:>4} = {:5.1f} %, {} {:5.1f} % (95 %, one-sided); gate {} {}: {}{}\n", what, hits,
      n, 100 * share, wants_many ? "at least" : "at most", 100 * bound,
      wants_many ? ">=" : "<=", none ? "none" : fmt::format("{:.1f} %", 100 * gate), kept ? "kept" : "MISSED",
      none     ? ""
      : proved ? ", proved"
               : ", not proved by so few");
}

} // namespace

std::uint64_t evaluation::messages(unsigned first, unsigned last) const {
  return placed(first, last, 1, 5);
}

std::uint64_t evaluation::placed(unsigned first, unsigned last, unsigned got_first, unsigned got_last) const {
  std::uint64_t out = 0;
  for (auto level = first; level <= last; ++level)
    for (auto got = got_first; got <= got_last; ++got)
      out += counts[level][got];
  return out;
}

bool evaluation::passes() const {
  return 1000 * placed(1, 1, 1, 1) >= 975 * messages(1, 1) &&
         100 * placed(1, 2, 3, 5) <= 5 * messages(1, 2) && placed(1, 1, 4, 5) == 0 &&
         100 * placed(4, 5, 1, 2) <= 10 * messages(4, 5);
}

std::string evaluate_file(const clinical::rule_set& rules, const std::filesystem::path& file,
                          evaluation& out) {
  std::ifstream in{file};
  if (!in)
    return file.string() + " cannot be read.";
  std::uint64_t number = 0;
  for (std::string line; std::getline(in, line);) {
    if (++number > messages_max)
      return file.string() + " holds more messages than are taken at once.";
    auto one = nlohmann::json::parse(line, nullptr, false);
    bool good = one.is_object() && one.contains("text") && one["text"].is_string() && one.contains("level") &&
                one["level"].is_number_unsigned() && one["level"] >= 1 && one["level"] <= 5 &&
                (!one.contains("sender_role") || one["sender_role"].is_string());
    if (!good)
      return fmt::format(
          "{}, line {}: a message is {{\"id\", \"sender_role\", \"text\", \"level\": 1 to 5}}.",
          file.string(), number);
    count(rules, one, out);
  }
  return number == 0 ? file.string() + " is empty." : std::string{};
}

std::string shown(const evaluation& e) {
  std::string out = "should be    got 1     2     3     4     5\n";
  for (unsigned level = 1; level <= 5; ++level) {
    out += fmt::format("        {}    ", level);
    for (unsigned got = 1; got <= 5; ++got)
      out += fmt::format("{:>6}", e.counts[level][got]);
    out += "\n";
  }
  auto one = e.messages(1, 1), two = e.messages(1, 2), low = e.messages(4, 5), all = e.messages(1, 5);
  out += rate("level 1 found", e.placed(1, 1, 1, 1), one, true, 0.975);
  out += rate("level 1-2 placed below 2", e.placed(1, 2, 3, 5), two, false, 0.05);
  out += rate("level 1 placed at 4-5", e.placed(1, 1, 4, 5), one, false, 0, true);
  out += rate("level 4-5 raised to 1-2", e.placed(4, 5, 1, 2), low, false, 0.10);
  std::uint64_t exact = 0;
  for (unsigned level = 1; level <= 5; ++level)
    exact += e.counts[level][level];
  out += fmt::format("  the same level: {} of {}; {} us a message, at most {} us\n", exact, all,
                     e.microseconds / all, e.microseconds_max);
  if (one > 0)
    out += fmt::format(
        "What {} messages of level 1 can prove: with none missed, that at most {:.1f} % of such messages are "
        "missed; 2.5 % takes 119 without a miss. ",
        one, 100 * upper_bound(0, one));
  out += "What they cannot: anything about messages that are written otherwise than these, and about how "
         "often a level 1 "
         "comes at all. Levels here are the author's, not a clinician's.\n";
  for (const auto& id : e.missed)
    out += "  " + id + "\n";
  return out;
}

std::string approve_rules(const approval_order& order, hash32& approved) {
  clinical::rule_folder folder;
  auto problems = clinical::read_rule_folder(order.rules, folder);
  clinical::rule_set rules;
  if (problems.empty())
    problems = clinical::load(folder.files, rules);
  if (!problems.empty())
    return problems.front();
  auto who = read_identity(order.identity_file, order.passphrase);
  if (!who)
    return order.identity_file.string() + ": " + std::string{sentence_of(who.why())};
  auto clinic = who->clinic;
  auto signature = e2ee::signing_key::from_seed(std::move(who->seed))
                       .sign(clinical::approval_label, clinical::approved_bytes(clinic, rules.hash));
  auto place = order.rules / clinical::approval_file;
  std::error_code error;
  std::filesystem::remove(place, error); // an older approval is of other rules, or the same again
  if (auto why = write_new_file(place, view(hex(signature) + "\n")); why != refusal::none)
    return place.string() + " could not be written: " + std::string{sentence_of(why)};
  std::filesystem::permissions(place, std::filesystem::perms{0644}, error); // devices read it
  approved = rules.hash;
  return {};
}

} // namespace wardline::ctl
