#pragma once
// What a registrar may not do alone (e2ee 5.2): the second one's word, at the check and in the log.
#include "house_standing.hpp"
#include "stored.hpp"
#include "verdict.hpp"

namespace wardline {

/// What a registrar signed: refused or not, and the second registrar's word if it needed one. The word goes
/// into the leaf's entry as `detail`: whoever verifies the object later finds it there.
struct second_word {
  refusal why = refusal::none;
  std::optional<e2ee::cosignature> word{};
};

/// `check(word)` judges the object; it is asked again with the second registrar's word, as it came (may be
/// empty), if it needs one.
template <class Check>
second_word check_with_second(const circumstances& c, const bytes& came, Check check) {
  auto why = check(std::optional<e2ee::cosignature>{});
  if (why != refusal::second_registrar_missing || came.empty())
    return {why};
  auto word = e2ee::cosignature::decode(came, c.known.clinic().id);
  if (!word)
    return {word.why()};
  std::optional<e2ee::cosignature> second{std::move(*word)};
  why = check(second);
  return {why, std::move(second)};
}

inline void keep(const second_word& second, act& in) {
  if (second.word)
    in.entry.detail = second.word->raw();
}

/// The leaf about to be written stands behind everything that is in the log.
inline e2ee::evidence about_to_be_logged(time_ms now,
                                         std::optional<e2ee::cosignature> second = std::nullopt) {
  e2ee::evidence e;
  e.in_log = end_of_log(now);
  e.cosigned = std::move(second);
  return e;
}

/// The device holds this registrar's certificate.
bool is_registrar_of(const circumstances& c, const hash32& certificate, const device_id& d);

/// Either of the two may bring what both have signed: the second one's signing ends it, in one step.
bool may_submit(const circumstances& c, const hash32& first, const second_word& second, const device_id& d);

/// The word that the entry of this leaf keeps; none where nobody had to cosign.
std::optional<e2ee::cosignature> word_at(const circumstances& c, std::uint64_t leaf);

} // namespace wardline
