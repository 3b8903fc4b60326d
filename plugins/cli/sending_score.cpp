#include "sending_score.hpp"
#include "e2ee/certificates.hpp"
#include <fmt/format.h>

namespace wardline::cli {

sending_score score_for_sending(const client::device& d, const send_words& order, client::draft& what) {
  sending_score out;
  auto own = e2ee::device_certificate::decode(d.certificate(), d.clinic());
  out.patient = own && own->of_class == e2ee::device_class::personal_patient;
  if (!order.level.empty())
    return out;
  out.rules = read_triage_rules(order.rules);
  if (!out.rules->problem.empty() ||
      approval_of(*out.rules, d.clinic(), d.identity_key()) == approval_state::bad) {
    out.unusable = true;
    return out;
  }
  out.score = clinical::score_text(out.rules->set, what.text,
                                   out.patient ? clinical::sender::patient : clinical::sender::staff);
  if (out.score->scored) {
    what.level = static_cast<client::urgency>(out.score->level);
    what.rule_set = out.rules->set.hash;
  }
  return out;
}

std::string score_lines(const sending_score& s, client::urgency level, std::string_view other_level) {
  std::string out;
  if (s.score && s.score->scored && !s.patient) {
    out += fmt::format("\nUrgency {}, by rules on this device:", show_level(level));
    for (const auto& r : s.score->rules)
      if (r.which->level == s.score->level)
        out += fmt::format(" {} ({}).", r.which->title, r.which->id);
    out += fmt::format(" Another level: {}.", other_level);
  }
  bool urgent = level == client::urgency::now || level == client::urgency::urgent;
  if (s.patient && urgent)
    out += fmt::format("\n{}", emergency_sentence);
  return out;
}

nlohmann::json rules_json(const sending_score& s) {
  auto out = nlohmann::json::array();
  if (s.score)
    for (const auto& r : s.score->rules)
      out.push_back({{"id", r.which->id}, {"level", r.which->level}});
  return out;
}

} // namespace wardline::cli
