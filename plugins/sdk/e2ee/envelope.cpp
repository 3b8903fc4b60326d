#include "e2ee/envelope.hpp"
#include "e2ee/bytes.hpp"

namespace wardline::e2ee {

namespace {
constexpr std::uint8_t envelope_version = 1;
constexpr std::uint8_t needs_ack_bit = 1;
constexpr std::size_t reserved_bytes = 3;
} // namespace

bytes encode(const envelope& e) {
  writer out;
  out.u8(envelope_version).value(e.level).u8(e.needs_ack ? needs_ack_bit : 0).value(e.type).value(e.scorer);
  out.zeros(reserved_bytes).put(e.rule_set);
  return out.take();
}

envelope read_envelope(bytes_view raw) {
  reader in{raw};
  envelope out;
  auto version = in.u8();
  out.level = in.one_of(urgency::unscored, urgency::info);
  out.needs_ack = in.bits(needs_ack_bit) != 0;
  out.type = in.one_of(message_type::question, message_type::notice);
  out.scorer = in.one_of(scored_by::nobody, scored_by::service);
  in.reserved(reserved_bytes);
  out.rule_set = in.b32();
  in.finish();
  return in.ok() && version == envelope_version ? out : envelope{};
}

urgency timed_as(urgency level) {
  return level == urgency::unscored ? urgency::today : level;
}

} // namespace wardline::e2ee
