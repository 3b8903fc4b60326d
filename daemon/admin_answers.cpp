#include "admin_answers.hpp"
#include "timeouts.hpp"
#include <caf/scoped_actor.hpp>

namespace wardline::daemon {

namespace {

bytes refused(refusal why) {
  return admin::encode(admin::answer{{{why, {}, {}}}, {}, 0});
}

} // namespace

bytes answer_admin(caf::actor_system& system, const admin_actor& admin_acts, const ports::clock& clock,
                   bytes_view frame) {
  auto what = admin::decode_act(frame);
  if (!what)
    return refused(what.why());
  bytes out;
  caf::scoped_actor self{system};
  self->request(admin_acts, answer_timeout, admin_act{std::move(*what), clock.now_ms()})
      .receive([&](const admin_answer& a) { out = admin::encode(a.said); },
               [&](const caf::error& e) { out = refused(refusal_of(e)); });
  return out;
}

} // namespace wardline::daemon
