#include "directory.hpp"
#include "admission.hpp"
#include "lookups.hpp"
#include "meeting_life.hpp"
#include "store_instances.hpp"
#include "stored.hpp"
#include "submission.hpp"
#include "timeouts.hpp"

namespace wardline {

namespace {

namespace ask = wire::device;

bool enrols(const ask::request_body& what) {
  return std::holds_alternative<ask::show_invitation>(what) || std::holds_alternative<ask::enrol>(what);
}

bool changes(const ask::request_body& what) {
  return enrols(what) || std::holds_alternative<ask::submit>(what) ||
         std::holds_alternative<ask::invite>(what) || std::holds_alternative<ask::hello>(what) ||
         std::holds_alternative<ask::meet_life>(what);
}

} // namespace

caf::result<outcome> directory_state::on(ask_directory& m) {
  if (!known.founded())
    return refused(refusal::not_found);
  const auto* hello = std::get_if<ask::hello>(&m.what);
  if (hello != nullptr && is_own_store(*with.rows, *hello))
    return outcome{ask::done{}};
  // Before anybody is logged in a station may ask who has a name (device_session_requests.cpp).
  bool asks_name = std::holds_alternative<ask::find_person>(m.what) && m.who != nullptr &&
                   m.who->kind == rules::device_class::station;
  if (!enrols(m.what) && hello == nullptr && !asks_name && (m.who == nullptr || !m.who->user))
    return refused(refusal::not_logged_in);
  if (!changes(m.what))
    return look_up(m);
  auto answer = wait_in_line({std::move(m), {}, {}});
  wipe_secrets(m.what);
  return answer;
}

caf::result<outcome> directory_state::on(const gate_devices& m) {
  if (!known.founded())
    return refused(refusal::not_found);
  return wait_in_line({{nullptr, {}, ask::list_pending{}, m.now}, {}, m.what});
}

caf::result<outcome> directory_state::wait_in_line(waiting_change next) {
  if (waiting.size() >= changes_waiting_max) {
    wipe_secrets(next.asked.what);
    return refused(refusal::overloaded);
  }
  auto answer = self->make_response_promise<outcome>();
  next.answer = answer;
  waiting.push_back(std::move(next));
  if (waiting.size() == 1)
    decide_next();
  return answer;
}

outcome directory_state::look_up(const ask_directory& m) {
  circumstances c{known, *with.rows, m.now};
  if (const auto* q = std::get_if<ask::find_person>(&m.what))
    return find_person(c, *q);
  if (const auto* q = std::get_if<ask::list_parties>(&m.what))
    return list_parties(c, *q);
  if (const auto* q = std::get_if<ask::list_conversations>(&m.what))
    return list_conversations(c, *m.who, *q);
  if (const auto* q = std::get_if<ask::get_party>(&m.what))
    return get_party(c, *m.who, *q, waiting_at(*m.who, q->party));
  if (const auto* q = std::get_if<ask::get_objects>(&m.what))
    return get_objects(c, *m.who, *q);
  if (std::holds_alternative<ask::list_pending>(m.what))
    return list_pending(m.who->device, m.now);
  if (const auto* q = std::get_if<ask::get_packs>(&m.what))
    return get_packs(c, *m.who, *q);
  if (const auto* q = std::get_if<ask::want_pack>(&m.what))
    return want_pack(*m.who, q->party, m.now);
  if (const auto* q = std::get_if<ask::get_key_lists>(&m.what))
    return get_key_lists(c, *m.who, *q);
  if (const auto* q = std::get_if<ask::get_standing>(&m.what))
    return get_standing(c, *m.who, *q);
  if (const auto* q = std::get_if<ask::get_changes>(&m.what))
    return get_changes(c, *q);
  if (const auto* q = std::get_if<ask::get_exposure>(&m.what))
    return get_exposure(c, *with.board->now(), *m.who, *q);
  if (const auto* q = std::get_if<ask::get_duty>(&m.what))
    return get_duty(c, *with.duty->now(), *m.who, *q);
  return refused(refusal::unknown_request);
}

void directory_state::decide_next() {
  if (!waiting.empty())
    decide(waiting.front());
}

void directory_state::decide(const waiting_change& next) {
  circumstances c{known, *with.rows, next.asked.now};
  const auto& what = next.asked.what;
  if (next.brake)
    return settle(decide_gate(c, *next.brake));
  if (const auto* shown = std::get_if<ask::show_invitation>(&what))
    return settle(decide_show(c, *shown));
  if (std::holds_alternative<ask::enrol>(what))
    return hash_then_enrol(next);
  if (const auto* hello = std::get_if<ask::hello>(&what))
    return settle(decide_store(c, *next.asked.who, *hello));
  if (const auto* invited = std::get_if<ask::invite>(&what)) {
    std::array<std::uint8_t, 16> salt;
    with.random->fill(salt);
    return settle(decide_invite(c, *next.asked.who, *invited, salt));
  }
  if (const auto* met = std::get_if<ask::meet_life>(&what))
    return settle(decide_meet_life(c, *next.asked.who, *met));
  settle(decide_submit(c, *next.asked.who, std::get<ask::submit>(what)));
}

/// The checks first, and again afterwards: nobody makes this box hash a password without the second code.
void directory_state::hash_then_enrol(const waiting_change& next) {
  const auto& m = std::get<ask::enrol>(next.asked.what);
  auto checked = precheck_enrol({known, *with.rows, next.asked.now}, m, next.asked.noise_key, *with.factors);
  if (checked.done)
    return settle(std::move(*checked.done));
  auto decide_with = [this](const std::optional<first_log_in>& first) {
    const auto& asked = waiting.front().asked;
    settle(decide_enrol({known, *with.rows, asked.now}, std::get<ask::enrol>(asked.what), asked.noise_key,
                        first));
  };
  if (!checked.step)
    return decide_with(std::nullopt);
  auto free = with.line->take();
  if (!free)
    return finish(refused(refusal::overloaded));
  self->request(with.passwords, password_timeout, make_password_hash{m.password, {std::move(free)}})
      .then(
          [this, decide_with, step = *checked.step](const password_hash& made) {
            if (made.phc.empty())
              return finish(refused(refusal::overloaded));
            first_log_in first{made.phc, step, wiped_bytes{secret32::size}};
            with.random->fill(first.share.value);
            decide_with(std::move(first));
          },
          [this](const caf::error&) { finish(refused(refusal::overloaded)); });
}

void directory_state::settle(submitted_change change) {
  if (auto* now = std::get_if<outcome>(&change.what))
    return finish(*now);
  auto d = std::get<decision>(std::move(change.what));
  self->request(with.store, store_timeout, std::move(d.what))
      .then(
          [this, adopt = std::move(d.adopt), answer = std::move(d.answer),
           change = std::move(change)](const committed& at) {
            adopt(known, at);
            show_snapshot(waiting.front().asked.now);
            after_submission(change);
            allow_keys();
            cut_if_gated();
            finish(answer(at));
          },
          [this](const caf::error& e) {
            if (refusal_of(e) == refusal::timed_out)
              stop_on_unknown(e);
            else
              finish(refused(refusal_of(e)));
          });
}

/// Whether the change is durable nobody knows: what is known may be behind the store, and the next decision
/// would be made on it. The process ends, and the next one reads what the store really holds (DESIGN 7).
void directory_state::stop_on_unknown(const caf::error& e) {
  with.journal->write(ports::severity::critical, "change_unknown", {{"waiting", waiting.size()}});
  self->quit(e);
}

void directory_state::finish(const outcome& answer) {
  wipe_secrets(waiting.front().asked.what);
  waiting.front().answer.deliver(answer);
  waiting.pop_front();
  decide_next();
}

/// The CURVE key of an invitation that was just accepted; the ones before are allowed already.
void directory_state::allow_keys() {
  const auto* invited = std::get_if<ask::invite>(&waiting.front().asked.what);
  if (invited != nullptr && invited->link_key)
    with.link->allow(*invited->link_key, std::string{cli_plugin});
}

/// A second store spoke for a device: the live channel of the first one ends as well.
void directory_state::cut_if_gated() {
  const auto& asked = waiting.front().asked;
  if (!std::holds_alternative<ask::hello>(asked.what))
    return;
  auto board = with.board->now();
  const auto* device = board->device(asked.who->device);
  auto live = online.find(asked.who->device);
  if (device != nullptr && device->gated && live != online.end())
    self->send(live->second.session, channel_cut{refusal::device_revoked});
}

void directory_state::open_house() {
  show_snapshot(with.start);
  bytes after;
  for (;;) {
    auto page = with.rows->scan(ports::table::link_key, {}, after, ports::scan_rows_max);
    for (const auto& row : page) {
      auto parts = split_stamp(row.value);
      if (auto key = parts ? rows::decode<rows::link_key>(parts->value) : std::nullopt)
        with.link->allow(key->key, key->plugin);
    }
    if (page.size() < ports::scan_rows_max)
      return;
    after = page.back().key;
  }
}

/// Once in a clinic's life. A crash before the commit leaves an empty store, and the next start ingests
/// again.
void directory_state::found() {
  auto v = decide_founding(*with.first, with.first_incarnation, known, with.start);
  if (const auto* no = std::get_if<outcome>(&v)) {
    auto why = std::get<ask::refused>(no->result).why;
    with.journal->write(ports::severity::critical, "founding_refused",
                        {{"refusal", ports::word::of_table(name_of(why))}});
    return self->quit(caf::make_error(why));
  }
  auto d = std::get<decision>(std::move(v));
  self->request(with.store, store_timeout, std::move(d.what))
      .then(
          [this, adopt = std::move(d.adopt)](const committed& at) {
            adopt(known, at);
            open_house();
            with.journal->write(ports::severity::notice, "clinic_founded", {{"clinic", known.clinic().id}});
          },
          [this](const caf::error& e) { self->quit(e); });
}

directory_actor::behavior_type directory(directory_actor::stateful_pointer<directory_state> self,
                                         directory_surroundings with, registry start) {
  auto& st = self->state;
  st.self = self;
  st.with = std::move(with);
  st.known = std::move(start);
  st.open_house();
  if (!st.known.founded() && st.with.first)
    st.found();
  self->set_down_handler([&st](caf::down_msg& m) { st.down(m); });
  return {
      // By mutable reference what carries secrets or is changed on its way.
      [&st](ask_directory& m) { return st.on(m); },
      [&st](const post_slip& m) { return st.hand_on(m.conversation, m); },
      [&st](const open_bodies& m) { return st.hand_on(m.what.conversation, m); },
      [&st](const read_slips& m) { return st.hand_on(m.what.conversation, m); },
      [&st](const apply_act& m) { return st.on(m); },
      [&st](const open_chunk& m) { return st.hand_on(m.what.conversation, m); },
      [&st](sign_in& m) { return st.on(m); },
      [&st](resume& m) { return st.on(m); },
      [&st](const sign_off& m) { return st.on(m); },
      [&st](const ask_user& m) { return st.on(m); },
      [&st](const session_used& m) { st.on(m); },
      [&st](const session_online& m) { st.on(m); },
      [&st](const session_offline& m) { st.on(m); },
      [&st](const fan_out& m) { st.on(m); },
      [&st](const tick& m) { st.on(m); },
      [&st](const wake_up& m) { return st.on(m); },
      [&st](const gate_devices& m) { return st.on(m); },
  };
}

} // namespace wardline
