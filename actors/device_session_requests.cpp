// What a device asks: who may ask it, whom it goes to, and that each request gets one answer.
#include "device_session_ask.hpp"
#include "e2ee/act.hpp"
#include "e2ee/slip.hpp"
#include "stored.hpp"
#include "timeouts.hpp"
#include "wire/limits.hpp"

namespace wardline {

namespace {

namespace asked = wire::device;

template <class... Kinds>
bool is_one_of(const asked::request_body& what) {
  return (std::holds_alternative<Kinds>(what) || ...);
}

bool lacks_proofs(const outcome& o) {
  return std::holds_alternative<asked::party>(o.result) || std::holds_alternative<asked::objects>(o.result) ||
         std::holds_alternative<asked::exposure>(o.result);
}

} // namespace

/// One request on its way: who asks, and a handler for each kind.
struct device_session_state::asking {
  device_session_state& st;
  request_id id;
  const rules::clinic& clinic;
  const rules::device_record* known; ///< none while enrolling
  caller_ref who;

  auto answer_it() const {
    return [&s = st, i = id](outcome&& o) { s.answer(i, std::move(o)); };
  }

  void operator()(asked::hello& m) const {
    if (m.device != known->device || m.certificate_hash != known->certificate) {
      asked::refused why;
      why.why = refusal::stale_certificate;
      why.hash = known->certificate;
      return st.answer(id, {why});
    }
    auto pin = m.pin_size;
    st.ask(st.parts.directory, id, ask_directory{who, st.peer, m, st.now},
           [&s = st, i = id, w = who, pin](outcome&& o) { s.greet(i, w, pin, std::move(o)); });
  }

  void operator()(asked::log_in& m) const {
    auto person = m.user ? m.user : known->user;
    if (!person || (known->user && person != known->user))
      return st.answer(id, refused(refusal::wrong_password));
    st.logging_in.insert(id);
    st.ask(st.parts.directory, id,
           sign_in{who, person, std::move(m.password), std::move(m.second_factor), st.line->handshake_hash(),
                   st.now},
           answer_it());
  }

  void operator()(asked::log_off& m) const {
    bool own = !m.device || m.device == st.device;
    if (!own && !st.user)
      return st.answer(id, refused(refusal::not_logged_in));
    if (own)
      st.forget_user(); // at once: whatever becomes of the row, this channel asks for nobody any more
    st.ask(st.parts.directory, id, sign_off{who, st.now, own ? device_id{} : m.device}, answer_it());
  }

  void operator()(asked::prove& m) const {
    ask_own_user(prove_again{std::move(m.second_factor), st.line->handshake_hash()});
  }
  void operator()(asked::make_recovery_codes&) const { ask_own_user(make_codes{}); }
  void operator()(asked::set_second_factor& m) const {
    ask_own_user(set_factor{std::make_shared<const wiped_bytes>(std::move(m.secret)), std::move(m.code)});
  }

  template <class What>
  void ask_own_user(What what) const {
    st.ask(st.parts.directory, id, ask_user{who, std::move(what), st.now}, [&s = st, i = id](outcome&& o) {
      if (o.proved != 0 && s.user) {
        s.proved = o.proved;
        s.proved_steady = s.steady;
        s.last_clinic.reset();
      }
      s.answer(i, std::move(o));
    });
  }

  /// Act 5: the device has its new half. It hears when the old one is gone (e2ee 5.13).
  void confirm_share(const e2ee::act& a) const {
    auto number = e2ee::share_number(a.h);
    if (!number || *number == 0 || a.target != decltype(a.target){})
      return st.answer(id, refused(refusal::malformed_request));
    st.ask(st.parts.directory, id, ask_user{who, share_stored{*number, a.hash()}, st.now},
           [&s = st, i = id, n = *number](outcome&& o) {
             bool stored = std::holds_alternative<asked::done>(o.result) && !o.earlier_kept;
             s.answer(i, std::move(o));
             if (stored)
               s.send(asked::encode(asked::from_daemon{asked::share_gone{n - 1}}));
           });
  }

  void operator()(asked::post& m) const {
    auto slip = e2ee::slip::decode(m.slip, clinic.id);
    if (!slip)
      return st.answer(id, refused(slip.why()));
    const auto& header = slip->header;
    if (auto why = e2ee::check_author(header, known->device, known->certificate, who->user);
        why != refusal::none)
      return st.answer(id, refused(why));
    post_slip out{who, header.conversation, header.message, slip->h, {}, st.now};
    out.post = std::make_shared<const asked::post>(std::move(m));
    if (header.attachments.empty())
      return st.ask(st.parts.directory, id, std::move(out), answer_it());
    st.post_with_files(id, std::move(out), header);
  }

  void operator()(asked::get_upload& m) const {
    st.ask(st.parts.attachments, id, count_chunks{known->device, m.attachment}, answer_it());
  }
  void operator()(asked::put_chunk& m) const { st.put_chunk(id, std::move(m)); }
  void operator()(asked::get_chunk& m) const {
    st.ask(st.parts.directory, id, open_chunk{who, m, st.now}, answer_it());
  }

  void operator()(asked::act& m) const { take_act(std::move(m.object), std::nullopt); }
  void operator()(asked::claim& m) const { take_act(std::move(m.object), m.version); }

  void take_act(bytes object, std::optional<std::uint32_t> claims) const {
    auto decoded = e2ee::act::decode(object, clinic.id);
    if (!decoded)
      return st.answer(id, refused(decoded.why()));
    e2ee::act_author author{known->device, known->certificate, who->user, known->signing};
    if (auto why = e2ee::check_act_author(*decoded, author); why != refusal::none)
      return st.answer(id, refused(why));
    if (claims && decoded->act != e2ee::act_kind::acknowledge)
      return st.answer(id, refused(refusal::unknown_value));
    if (decoded->act == e2ee::act_kind::lock_share_stored)
      return confirm_share(*decoded);
    auto word = std::make_shared<const asked::act>(asked::act{std::move(object)});
    if (decoded->act == e2ee::act_kind::destroy)
      return st.ask(st.parts.directory, id,
                    apply_act{who, decoded->conversation(), {}, std::move(word), st.now, {}, true},
                    answer_it());
    st.ask(st.parts.directory, id, apply_act{who, {}, decoded->message(), std::move(word), st.now, claims},
           answer_it());
  }

  void operator()(asked::list_inbox& m) const {
    st.ask(st.parts.triage, id, ask_inbox{who, std::move(m), st.now}, answer_it());
  }

  void operator()(asked::get_slips& m) const {
    st.ask(st.parts.directory, id, read_slips{who, m, st.now}, answer_it());
  }

  void operator()(asked::open& m) const {
    st.ask(st.parts.directory, id, open_bodies{who, std::move(m), st.now}, answer_it());
  }

  void operator()(asked::get_checkpoint& m) const {
    st.ask(st.parts.audit, id, consistency{m.old_size}, answer_it());
  }

  /// Everything that directory answers itself.
  template <class Request>
  void operator()(Request& m) const {
    st.ask(st.parts.directory, id, ask_directory{who, st.peer, asked::request_body{std::move(m)}, st.now},
           [&s = st, i = id](outcome&& o) {
             if (!lacks_proofs(o))
               return s.answer(i, std::move(o));
             s.ask(s.parts.audit, i, add_proofs{std::move(o), s.now},
                   [&s, i](outcome&& proved) { s.answer(i, std::move(proved)); });
           });
  }
};

void device_session_state::take_message(wiped_bytes raw) {
  request_id id;
  auto request = asked::decode_request(raw.value, &id);
  if (request) {
    take(*request);
    wipe_secrets(request->what);
  } else if (id) {
    answer(id, refused(request.why()));
  } else {
    end(request.why());
  }
}

void device_session_state::take(asked::request& r) {
  if (unanswered.contains(r.id))
    return; // asked twice, answered once
  if (unanswered.size() >= wire::unanswered_max)
    return answer(r.id, refused(refusal::too_many_unanswered));
  // The board is asked for every request: who was turned out a moment ago gets nothing more (e2ee 6.7).
  auto clinic = parts.board->now();
  const auto* known = clinic->device_with_noise_key(peer);
  if (auto why = may_ask(r.what, known); why != refusal::none) {
    answer(r.id, refused(why));
    if (known == nullptr || known->gated || why == refusal::too_many_tries)
      end(why);
    return;
  }
  unanswered.insert(r.id);
  count_as_used(r.what);
  std::visit(asking{*this, r.id, *clinic, known, who(clinic, known)}, r.what);
}

/// Refusals: device_revoked, handshake_failed (an unknown device may only enrol), too_many_tries,
/// hello_missing, not_logged_in.
refusal device_session_state::may_ask(const asked::request_body& what, const rules::device_record* known) {
  if (known == nullptr ? greeted : known->gated)
    return refusal::device_revoked;
  if (is_one_of<asked::show_invitation>(what))
    return ++invitations_shown > enrolling_requests_max ? refusal::too_many_tries : refusal::none;
  if (is_one_of<asked::enrol>(what)) // also of a known device: the answer to its first one may have been lost
    return ++enrolments_tried > enrolling_requests_max ? refusal::too_many_tries : refusal::none;
  if (known == nullptr)
    return refusal::handshake_failed;
  if (is_one_of<asked::hello>(what))
    return refusal::none;
  if (!greeted)
    return refusal::hello_missing;
  if (is_one_of<asked::log_in, asked::log_off, asked::get_checkpoint>(what))
    return refusal::none;
  // A station asks who the person is that types a name into it. It has proved its key: no stranger asks this.
  if (is_one_of<asked::find_person>(what) && known->kind == rules::device_class::station)
    return refusal::none;
  return user && now < user_until ? refusal::none : refusal::not_logged_in;
}

caller_ref device_session_state::who(const std::shared_ptr<const rules::clinic>& clinic,
                                     const rules::device_record* known) {
  if (clinic == last_clinic && last_caller)
    return last_caller;
  auto out = std::make_shared<caller>();
  if (known != nullptr) {
    out->device = known->device;
    out->user = user;
    out->kind = known->kind;
    out->certificate = known->certificate;
    out->parties = known->parties;
    out->proved = proved;
  }
  last_clinic = clinic;
  last_caller = out;
  return out;
}

/// The device's store is the one that was seen first. Its first transport message has authenticated, so it is
/// no replay: from here on it is the live channel of its device, and directory cuts the one before (e2ee
/// 7.2). A copied store gets no channel.
void device_session_state::greet(const request_id& id, const caller_ref& who, std::uint64_t pin_size,
                                 outcome seen) {
  if (const auto* no = std::get_if<asked::refused>(&seen.result)) {
    auto why = no->why;
    answer(id, std::move(seen));
    if (why == refusal::store_copied)
      end(why);
    return;
  }
  if (!greeted)
    self->send(parts.directory, session_online{who, self});
  greeted = true;
  line->greet();
  device = who->device;
  logging_in.insert(id);
  ask(parts.directory, id, resume{who, now},
      [this, id, pin_size](outcome&& o) { welcome(id, pin_size, std::move(o)); });
}

/// Adds to what `resume` said the newest checkpoint and its consistency with the device's pin. Without one
/// the welcome still comes: the log stops nothing urgent (e2ee 5.15).
void device_session_state::welcome(const request_id& id, std::uint64_t pin_size, outcome resumed) {
  if (!std::holds_alternative<asked::welcome>(resumed.result))
    return answer(id, std::move(resumed));
  auto held = std::make_shared<outcome>(std::move(resumed));
  self->request(parts.audit, answer_timeout, consistency{pin_size})
      .then(
          [this, id, held](outcome& o) {
            auto& w = std::get<asked::welcome>(held->result);
            if (auto* c = std::get_if<asked::checkpoint>(&o.result)) {
              w.checkpoint = std::move(c->note);
              w.consistency = std::move(c->consistency);
            }
            answer(id, std::move(*held));
          },
          [this, id, held](const caf::error&) { answer(id, std::move(*held)); });
}

} // namespace wardline
