// `ward triage`: scores texts with the installed rules. Reads standard input and the rules, nothing else: no
// store, no network.
#include "commands.hpp"
#include "triage_rules.hpp"
#include <fmt/format.h>
#include <iostream>

namespace wardline::cli {

namespace {

/// Bytes of a line of --jsonl: a text of the largest size, escaped, and a little more. Longer ones are
/// refused.
constexpr std::size_t line_bytes_max = 1'048'576;

nlohmann::json places(std::string_view text, const std::vector<clinical::span>& spans) {
  auto out = nlohmann::json::array();
  for (const auto& s : spans)
    out.push_back({{"begin", s.begin}, {"end", s.end}, {"text", text.substr(s.begin, s.end - s.begin)}});
  return out;
}

nlohmann::json as_json(std::string_view text, const clinical::score& s) {
  auto rules = nlohmann::json::array(), discarded = nlohmann::json::array();
  for (const auto& r : s.rules)
    rules.push_back({{"id", r.which->id}, {"level", r.which->level}, {"evidence", places(text, r.evidence)}});
  for (const auto& d : s.discarded)
    discarded.push_back({{"concept", d.what->id},
                         {"text", text.substr(d.where.begin, d.where.end - d.where.begin)},
                         {"begin", d.where.begin},
                         {"end", d.where.end},
                         {"why", name_of(d.why)}});
  return {{"level", s.level}, {"scored", s.scored}, {"rules", rules}, {"discarded", discarded}};
}

/// Text that came from outside may hold half a character where a span ends: such bytes are replaced, never
/// fatal.
std::string line_of(const nlohmann::json& j) {
  return j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// One line in, one line out. False: it was no object with a text.
bool score_line(const clinical::rule_set& rules, const std::string& line, const std::string& rule_set_hash) {
  auto in = line.size() > line_bytes_max ? nlohmann::json{} : nlohmann::json::parse(line, nullptr, false);
  if (!in.is_object() || !in.contains("text") || !in["text"].is_string()) {
    std::cout << line_of(
                     {{"id", nullptr}, {"error", "This line is no JSON object with a text, or is too long."}})
              << "\n";
    return false;
  }
  auto text = in["text"].get<std::string>();
  auto role = in.contains("sender_role") && in["sender_role"].is_string()
                  ? in["sender_role"].get<std::string>()
                  : std::string{};
  auto out = as_json(text, clinical::score_text(rules, text, clinical::sender_of(role)));
  out["id"] = in.contains("id") ? in["id"] : nlohmann::json{};
  out["rule_set"] = rule_set_hash;
  std::cout << line_of(out) << "\n";
  return true;
}

std::string explained(const clinical::rule_set& rules, std::string_view text, const clinical::score& s) {
  static constexpr const char* words[] = {"", "now", "urgent", "today", "routine", "info"};
  auto out = fmt::format("Level {} ({}){}\n", s.level, words[s.level],
                         s.scored ? "" : ": no rule says anything; unscored counts as today");
  for (const auto& r : s.rules) {
    const auto& rule = *r.which;
    out += fmt::format("  {} (level {}): {}\n    {}\n", rule.id, rule.level, rule.title, rule.logic);
    for (const auto& e : r.evidence)
      out += fmt::format("    found: \"{}\"\n", text.substr(e.begin, e.end - e.begin));
    out +=
        fmt::format("    source: {}{}; for: {}\n    {}\n", rule.source.empty() ? "none" : rule.source,
                    rule.basis == "read" ? "" : ", not verified", rule.population,
                    rule.reviewed_by.empty() ? "no clinician has reviewed this rule"
                                             : "reviewed by " + rule.reviewed_by + " on " + rule.reviewed_on);
    out += fmt::format("    limits: {}\n", rule.limits);
  }
  for (const auto& d : s.discarded)
    out += fmt::format("  not counted: \"{}\" ({}, {})\n",
                       text.substr(d.where.begin, d.where.end - d.where.begin), d.what->id, name_of(d.why));
  return out + fmt::format("Rules: {} {}, {}\n{}", rules.name, rules.version, hex(rules.hash), rules.limits);
}

} // namespace

int run_triage(const choices& c, const triage_words& order) {
  terminal words{c.as_json};
  if (order.jsonl == !order.explain.empty())
    return words.usage("ward triage takes --jsonl, or --explain TEXT.");
  auto rules = read_triage_rules(order.rules);
  if (!rules->problem.empty())
    return words.usage(rules->problem);
  if (!order.jsonl) {
    auto s = clinical::score_text(rules->set, order.explain, clinical::sender_of(order.role));
    auto data = as_json(order.explain, s);
    data["rule_set"] = hex(rules->set.hash);
    return words.result(explained(rules->set, order.explain, s), std::move(data));
  }
  auto hash = hex(rules->set.hash);
  bool good = true;
  for (std::string line; std::getline(std::cin, line);)
    if (!line.empty())
      good = score_line(rules->set, line, hash) && good;
  std::cout.flush();
  return good ? exit_ok : exit_bad_data;
}

} // namespace wardline::cli
