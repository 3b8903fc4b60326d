// Files of messages on their way in: chunks, and the post that names them.
#include "device_session_ask.hpp"

namespace wardline {

/// Only this device's own uploads are looked for.
void device_session_state::post_with_files(const request_id& id, post_slip out,
                                           const e2ee::slip_header& header) {
  find_files wanted{device, {}};
  for (const auto& a : header.attachments)
    wanted.wanted.push_back(a.attachment);
  self->request(parts.attachments, store_timeout, std::move(wanted))
      .then(
          [this, id, out = std::move(out)](const files_found& found) mutable {
            if (!unanswered.contains(id))
              return;
            out.files = found.files;
            ask(parts.directory, id, std::move(out), [this, id](outcome&& o) { answer(id, std::move(o)); });
          },
          [this, id](const caf::error& e) { answer(id, refused(refusal_of(e))); });
}

void device_session_state::put_chunk(const request_id& id, wire::device::put_chunk what) {
  auto place = parts.chunk_line->take();
  if (!place)
    return answer(id, refused(refusal::overloaded));
  ask(parts.attachments, id,
      take_chunk{device, std::make_shared<const wire::device::put_chunk>(std::move(what)), std::move(place)},
      [this, id](outcome&& o) { answer(id, std::move(o)); });
}

} // namespace wardline
