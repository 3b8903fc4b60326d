#pragma once
// How a device session asks its neighbours. Private to its sources.
#include "device_session.hpp"
#include "stored.hpp"
#include "timeouts.hpp"

namespace wardline {

template <class To, class Message, class Then>
void device_session_state::ask(const To& to, const request_id& id, Message what, Then then) {
  self->request(to, answer_timeout, std::move(what))
      .then(
          [this, id, then](outcome& o) {
            // A request that was forgotten with its channel has nobody left to answer.
            if (unanswered.contains(id))
              then(std::move(o));
          },
          [this, id](const caf::error& e) { answer(id, refused(refusal_of(e))); });
}

} // namespace wardline
