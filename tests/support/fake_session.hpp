#pragma once
// A device's channel that keeps what it is told.
#include "handles.hpp"
#include "wire/device.hpp"
#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace wardline {

struct fake_session {
  device_session_actor actor;
  std::vector<refusal> cut;
  std::vector<refusal> ended;
  std::vector<std::shared_ptr<const bytes>> got;

  void spawn(caf::actor_system& sys) {
    actor = sys.spawn([this](device_session_actor::pointer) -> device_session_actor::behavior_type {
      return {[](const channel_in&) {}, [this](const channel_cut& m) { cut.push_back(m.why); },
              [this](const deliver& m) { got.push_back(m.message); },
              [this](const end_session& m) {
                ended.push_back(m.why);
                if (m.last_word)
                  got.push_back(m.last_word);
              },
              [](const tick&) {}};
    });
  }

  /// What was delivered of one kind since the last question.
  template <class News>
  std::vector<News> take() {
    std::vector<News> out;
    for (const auto& raw : std::exchange(got, {})) {
      auto message = wire::device::decode_from_daemon(*raw);
      if (message && std::holds_alternative<News>(*message))
        out.push_back(std::get<News>(*message));
    }
    return out;
  }
};

} // namespace wardline
