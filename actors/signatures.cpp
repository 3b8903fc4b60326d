#include "signatures.hpp"
#include "e2ee/slip.hpp"
#include "timeouts.hpp"

namespace wardline {

/// detail: u16 refusal.
void signatures_state::on(const verify_slip& m) {
  auto slip = e2ee::slip::decode(m.slip, m.clinic);
  if (!slip || e2ee::check_slip_signature(*slip, m.signing) == refusal::none)
    return;
  const auto& header = slip->header;
  parts.journal->write(
      ports::severity::critical, "slip_signature_bad",
      {{"conversation", header.conversation}, {"message", header.message}, {"device", header.author_device}});
  act a;
  a.entry.kind = rules::audit_kind::refused;
  a.entry.time = m.now;
  a.entry.user = header.author_user;
  a.entry.device = header.author_device;
  a.entry.conversation = header.conversation;
  a.entry.object = header.message.value;
  a.entry.hash = slip->h;
  constexpr auto why = static_cast<std::uint16_t>(refusal::bad_signature);
  a.entry.detail = {static_cast<std::uint8_t>(why >> 8), static_cast<std::uint8_t>(why & 0xff)};
  self->request(parts.store, store_timeout, write{{std::move(a)}})
      .then([](const committed&) {},
            [this](const caf::error& e) {
              parts.journal->write(ports::severity::error, "alarm_not_logged",
                                   {{"why", ports::word::of_table(name_of(refusal_of(e)))}});
            });
}

signatures_actor::behavior_type signatures(signatures_actor::stateful_pointer<signatures_state> self,
                                           signatures_parts parts) {
  auto& st = self->state;
  st.self = self;
  st.parts = std::move(parts);
  if (st.parts.yield_to_others)
    st.parts.yield_to_others();
  return {[&st](const verify_slip& m) { st.on(m); }};
}

} // namespace wardline
