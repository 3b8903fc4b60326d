#pragma once
// Steps that the acceptance of every submitted object shares. Included by submission*.cpp only.
#include "house_standing.hpp"
#include "stored.hpp"
#include "submission.hpp"

namespace wardline::submission {

/// The act that accepts an object, its bytes stored behind the leaf.
act accepted(const hash32& hash, const bytes& raw, const caller& who, time_ms now);

/// The first act's leaf is the answer.
decision commit(std::vector<act> all, const hash32& hash,
                std::function<void(registry&, const committed&)> adopt);
inline decision commit(act a, const hash32& hash, std::function<void(registry&, const committed&)> adopt) {
  std::vector<act> all;
  all.push_back(std::move(a));
  return commit(std::move(all), hash, std::move(adopt));
}

/// An object that is in already: the same answer again.
std::optional<outcome> answered_before(const circumstances& c, const hash32& hash);

/// Who lost the race learns what won it.
outcome refused_at_head(refusal why, std::uint32_t n, const hash32& head);

/// What a registrar signed: refused or not, and the second registrar's word if it needed one. The word goes
/// into the leaf's entry as `detail`: whoever verifies the object later finds it there.
struct second_word {
  refusal why = refusal::none;
  std::optional<e2ee::cosignature> word{};
};

/// `check(word)` judges the object; it is asked again with the second registrar's word if it needs one.
template <class Check>
second_word check_with_second(const circumstances& c, const wire::device::submit& m, Check check) {
  auto why = check(std::optional<e2ee::cosignature>{});
  if (why != refusal::second_registrar_missing || m.cosignature.empty())
    return {why};
  auto word = e2ee::cosignature::decode(m.cosignature, c.known.clinic().id);
  if (!word)
    return {word.why()};
  std::optional<e2ee::cosignature> second{std::move(*word)};
  why = check(second);
  return {why, std::move(second)};
}
void keep(const second_word& second, act& in);

// One function for each kind.
submitted_change submit_registrar(const circumstances& c, const caller& who, bytes_view raw);
submitted_change submit_device(const circumstances& c, const caller& who, const wire::device::submit& m);
submitted_change submit_grant(const circumstances& c, const caller& who, const wire::device::submit& m);
submitted_change submit_revocation(const circumstances& c, const caller& who, bytes_view raw);
submitted_change submit_link(const circumstances& c, const caller& who, const wire::device::submit& m);
submitted_change submit_pack(const circumstances& c, const caller& who, bytes_view raw);
submitted_change submit_key_list(const circumstances& c, const caller& who, bytes_view raw);
submitted_change submit_conversation(const circumstances& c, const caller& who, bytes_view raw);

} // namespace wardline::submission
