#include "second_registrar.hpp"
#include "audit_rows.hpp"
#include "rules/audit_entry.hpp"

namespace wardline {

bool is_registrar_of(const circumstances& c, const hash32& certificate, const device_id& d) {
  const auto* held = c.known.trust().registrar(certificate);
  return held != nullptr && held->what.device == d;
}

bool may_submit(const circumstances& c, const hash32& first, const second_word& second, const device_id& d) {
  return is_registrar_of(c, first, d) || (second.word && is_registrar_of(c, second.word->registrar, d));
}

std::optional<e2ee::cosignature> word_at(const circumstances& c, std::uint64_t leaf) {
  auto stored = read_entry(c.rows, leaf);
  auto entry = stored ? rules::decode_audit_entry(stored->entry) : std::nullopt;
  auto word = entry ? e2ee::cosignature::decode(entry->detail, c.known.clinic().id)
                    : expected<e2ee::cosignature>{refusal::not_found};
  return word ? std::optional{std::move(*word)} : std::nullopt;
}

} // namespace wardline
