#pragma once
// Neighbours for tests of one actor: they keep what they were told and answer what the test says.
#include "handles.hpp"
#include "stored.hpp"
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

namespace wardline {

/// A directory that answers by its hooks, not_found without one.
struct fake_directory {
  std::function<outcome(const ask_directory&)> on_ask;
  std::function<outcome(const ask_directory&)> on_hello; ///< every store is the right one without it
  std::function<outcome(const ask_user&)> on_user;
  std::function<outcome(const post_slip&)> on_post;
  std::function<outcome(const open_bodies&)> on_open;
  std::function<outcome(const read_slips&)> on_slips;
  std::function<outcome(const apply_act&)> on_act;
  std::function<outcome(const open_chunk&)> on_chunk;
  std::function<outcome(const sign_in&)> on_sign_in;
  std::function<outcome(const resume&)> on_resume;
  std::function<outcome(const sign_off&)> on_sign_off;
  bool silent = false; ///< keeps every request unanswered
  std::vector<caf::typed_response_promise<outcome>> kept;
  outcome late = refused(refusal::not_found); ///< a tick answers what was kept with this
  std::vector<session_used> used;
  std::vector<sign_off> signed_off;
  std::vector<fan_out> news;
  std::vector<session_online> online;
  std::vector<session_offline> offline;
  std::vector<wake_up> wakes;
  std::function<outcome(const gate_devices&)> on_gate;
  std::function<std::size_t(const wake_up&)> on_wake; ///< devices reached; one without it

  template <class Message>
  caf::result<outcome> answer(directory_actor::pointer self,
                              const std::function<outcome(const Message&)>& hook, const Message& m) {
    if (silent) {
      kept.push_back(self->make_response_promise<outcome>());
      return kept.back();
    }
    return hook ? hook(m) : refused(refusal::not_found);
  }

  directory_actor spawn(caf::actor_system& sys) {
    return sys.spawn([this](directory_actor::pointer self) -> directory_actor::behavior_type {
      return {
          [=, this](const ask_directory& m) -> caf::result<outcome> {
            if (!std::holds_alternative<wire::device::hello>(m.what))
              return answer(self, on_ask, m);
            return on_hello ? on_hello(m) : outcome{wire::device::done{}};
          },
          [=, this](const gate_devices& m) { return answer(self, on_gate, m); },
          [=, this](const post_slip& m) { return answer(self, on_post, m); },
          [=, this](const open_bodies& m) { return answer(self, on_open, m); },
          [=, this](const read_slips& m) { return answer(self, on_slips, m); },
          [=, this](const apply_act& m) { return answer(self, on_act, m); },
          [=, this](const open_chunk& m) { return answer(self, on_chunk, m); },
          [=, this](const sign_in& m) { return answer(self, on_sign_in, m); },
          [=, this](const resume& m) { return answer(self, on_resume, m); },
          [=, this](const sign_off& m) {
            signed_off.push_back(m);
            return answer(self, on_sign_off, m);
          },
          [=, this](const ask_user& m) { return answer(self, on_user, m); },
          [this](const session_used& m) { used.push_back(m); },
          [this](const session_online& m) { online.push_back(m); },
          [this](const session_offline& m) { offline.push_back(m); },
          [this](const fan_out& m) { news.push_back(m); },
          [this](const tick&) { // answers what was kept: promises are kept by their own actor alone
            for (auto& p : kept)
              p.deliver(late);
            kept.clear();
          },
          [this](const wake_up& m) {
            wakes.push_back(m);
            return woken{on_wake ? on_wake(m) : 1};
          },
      };
    });
  }
};

/// Attachments that answer by their hooks.
struct fake_attachments {
  std::function<outcome(const take_chunk&)> on_take;
  std::function<outcome(const count_chunks&)> on_count;
  std::function<files_found(const find_files&)> on_find;
  std::function<chunk_read(const read_chunk&)> on_read;
  std::size_t sweeps = 0;

  attachments_actor spawn(caf::actor_system& sys) {
    return sys.spawn([this](attachments_actor::pointer) -> attachments_actor::behavior_type {
      return {
          [this](const take_chunk& m) { return on_take ? on_take(m) : refused(refusal::storage_refused); },
          [this](const count_chunks& m) { return on_count ? on_count(m) : outcome{wire::device::upload{0}}; },
          [this](const find_files& m) {
            return on_find ? on_find(m) : files_found{std::make_shared<const std::vector<unnamed_file>>()};
          },
          [this](const read_chunk& m) { return on_read ? on_read(m) : chunk_read{}; },
          [this](const sweep_files&) { ++sweeps; },
          [](const tick&) {}};
    });
  }
};

/// A triage that keeps what it heard, and answers by its hook.
struct fake_triage {
  std::vector<message_id> changed;
  std::vector<conversation_id> gone;
  std::function<outcome(const ask_inbox&)> on_inbox;

  triage_actor spawn(caf::actor_system& sys) {
    return sys.spawn([this](triage_actor::pointer) -> triage_actor::behavior_type {
      return {[this](const item_changed& m) { changed.push_back(m.message); },
              [this](const conversation_gone& m) { gone.push_back(m.conversation); },
              [this](const ask_inbox& m) { return on_inbox ? on_inbox(m) : refused(refusal::not_found); }};
    });
  }
};

/// A store in front of the real one: keeps writes back until told, and can answer in its stead.
struct gate_before_store {
  struct held_write {
    write what;
    caf::typed_response_promise<committed> ack;
  };
  store_actor behind;
  store_actor front;
  bool hold = false;
  refusal instead = refusal::none; ///< answers what was held without doing it
  std::vector<held_write> held;
  std::vector<std::size_t> acts_of_writes; ///< of every write that came

  store_actor spawn(caf::actor_system& sys) {
    front = sys.spawn([this](store_actor::pointer self) -> store_actor::behavior_type {
      return {
          [=, this](const write& m) -> caf::result<committed> {
            acts_of_writes.push_back(m.acts.size());
            if (!hold)
              return self->delegate(behind, m);
            held.push_back({m, self->make_response_promise<committed>()});
            return held.back().ack;
          },
          [this](const flush&) { let_go(); },
          [](const sign_checkpoint&) {},
          [=, this](const get_checkpoint& m) { return self->delegate(behind, m); },
          [=, this](const probe& m) { return self->delegate(behind, m); },
          [=, this](const begin_turn& m) { return self->delegate(behind, m); },
          [=, this](const step_turn& m) { return self->delegate(behind, m); },
      };
    });
    return front;
  }

  /// Hands on what was held; the real store answers. Effective with the next run().
  void release() {
    hold = false;
    caf::anon_send(front, flush{});
  }

  /// Hands on the first of them alone, and holds on.
  void release_one() {
    one = true;
    caf::anon_send(front, flush{});
  }

  void refuse(refusal why) {
    instead = why;
    release();
  }

private:
  bool one = false;

  void let_go() {
    if (std::exchange(one, false)) {
      if (!held.empty()) {
        held.front().ack.delegate(behind, held.front().what);
        held.erase(held.begin());
      }
      return;
    }
    auto why = std::exchange(instead, refusal::none);
    for (auto& h : std::exchange(held, {}))
      if (why == refusal::none)
        h.ack.delegate(behind, h.what);
      else
        h.ack.deliver(caf::make_error(why));
  }
};

} // namespace wardline
