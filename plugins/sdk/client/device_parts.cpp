#include "client/device_parts.hpp"
#include "client/after_all.hpp"
#include "e2ee/chains.hpp"
#include <algorithm>

namespace wardline::client {

device::parts::parts(device& owner, device_store& store, pipe& out, device_events events)
    : face{owner}, shared{store, out, heard(), std::move(events)}, log{shared}, objects{shared, log},
      changes{shared, log, objects}, parties{shared, log, objects, changes}, packs{shared, objects, parties},
      turns{shared, objects, changes, parties, packs}, messages{shared}, conversations{shared, objects,
                                                                                       changes, parties,
                                                                                       messages},
      uploads{shared}, outbox{shared, conversations, parties, messages, uploads}, opening{shared, messages},
      downloads{shared, messages}, lives{shared, log, objects, messages, outbox}, acts{shared, messages},
      key_lists{shared, parties, messages, conversations}, reports{shared, objects, messages, key_lists},
      registry{shared, objects, changes}, exposures{shared, log, parties}, second{shared, objects, changes,
                                                                                  parties, registry},
      invitations{shared, objects, conversations, registry},
      addressing{shared, parties, conversations, invitations}, renewal{shared, objects}, enrolment{shared} {
  outbox.other_moved = [this](const outbox_row& row, const refused&) {
    if (face.outbox_moved)
      face.outbox_moved(row);
  };
  parties.adopted = [this](const party_id& party) { on_adopted(party); };
  packs.learned = [this] {
    if (settled)
      conversations.judge_again([](refusal) {});
  };
  turns.heard = [this](const wire::device::pending& waits) {
    renewal.on_pending(waits);
    reports.on_pending(waits);
  };
  conversations.unreadable = [this](const conversation_id& where, std::uint64_t seq) {
    auto all = settled ? messages.unopenable() : std::vector<std::pair<conversation_id, std::uint64_t>>{};
    if (std::find(all.begin(), all.end(), std::pair{where, seq}) != all.end())
      reports.report(where, seq);
  };
  conversations.forgotten_recall = [this](const message_id& m) { acts.recall(m, [](const auto&) {}); };
  conversations.forgotten_acknowledgement = [this](const message_id& m) {
    acts.acknowledge(m, [](const auto&) {});
  };
  damaged = enrolment.load();
  log.load_outer();
}

session_events device::parts::heard() {
  session_events out;
  out.greeted = [this](const wire::device::server_hello& h) { shared.incarnation = h.incarnation; };
  out.welcomed = [this](wire::device::welcome& w) { on_welcome(w); };
  out.turned_away = [this](const refused& no) { on_turned_away(no); };
  out.slip = [this](wire::device::slip& s) { conversations.on_slip(s); };
  out.party_changed = [this](const wire::device::party_changed& c) { on_party_changed(c.party); };
  out.pending = [this](const wire::device::pending& p) { turns.on_pending(p); };
  out.ended = [this](refusal why) { on_ended(why); };
  out.share_gone = [this](std::uint32_t number) { on_share_gone(number); };
  out.wiped = [this](bytes_view order) { on_wipe_order(order); };
  out.woken = [this](const wire::device::wake& w) {
    if (shared.events.woken)
      shared.events.woken(w.message, static_cast<urgency>(w.level));
  };
  out.lost = [this](refusal why) {
    greeted = false;
    if (shared.events.lost)
      shared.events.lost(why);
  };
  out.pin_size = [this] { return shared.pin ? shared.pin->head.size : 0; };
  return out;
}

void device::parts::start(time_ms now) {
  shared.link.tick(now);
  if (damaged == refusal::none && enrolment.enrolled())
    shared.link.start(enrolment.identity(false), now);
}

/// The pin moves first. A log that does not fit is said, and work goes on (e2ee 5.15).
void device::parts::on_welcome(wire::device::welcome& w) {
  greeted = true;
  away = refusal::none;
  shared.safe_leaves = w.safe_leaves;
  (void)log.advance(w.checkpoint, w.consistency);
  if (!w.user) {
    if (shared.inner)
      lock(refusal::not_logged_in);
    else if (!logging_in)
      end_settling(refusal::not_logged_in);
    return;
  }
  if (auto why = log_in_with(w.user, w.session_until, w.idle, w.share); why != refusal::none)
    end_settling(why);
}

void device::parts::on_turned_away(const refused& no) {
  // It was renewed, and the answer got lost: the next hello names the new certificate.
  if (no.why == refusal::stale_certificate && renewal.take_staged(no.hash))
    return;
  away = no.why;
  end_settling(no.why);
}

/// A person's first device is logged in by its enrolment: the welcome says so.
void device::parts::enrolled(const credentials_ref& held, done<logged_in_as> then) {
  const auto& given = held->given;
  shared.link.stop();
  shared.link.drop_all();
  greeted = false;
  shared.link.start(enrolment.identity(false), shared.now());
  if (!given.totp_secret.empty())
    settling_for.push_back(std::move(then));
  else if (given.user || given.user_name.empty())
    log_in({given.user, given.password, given.second_factor}, std::move(then));
  else
    find_user(given.user_name, [this, held, then](const result<user_id>& found) {
      if (found)
        log_in({*found, held->given.password, held->given.second_factor}, then);
      else
        then(found.no);
    });
}

/// Nobody checks the name here; a daemon that names another person only makes the password wrong.
void device::parts::find_user(std::string name, done<user_id> then) {
  shared.link.ask_for<wire::device::person>(wire::device::find_person{std::move(name)},
                                            [then](const result<wire::device::person>& found) {
                                              if (found)
                                                then(user_id{found->user});
                                              else
                                                then(found.no);
                                            });
}

void device::parts::log_in(wire::device::log_in request, done<logged_in_as> then) {
  logging_in = true;
  shared.link.ask_for<wire::device::logged_in>(
      std::move(request), [this, then](result<wire::device::logged_in> answer) {
        logging_in = false;
        if (!answer) {
          then(answer.no);
          end_settling(answer.why());
          return;
        }
        settling_for.push_back(then);
        auto why = log_in_with(answer->user, answer->session_until, answer->idle, answer->share);
        wipe(answer->share.value);
        wipe(answer->share.next);
        if (why != refusal::none)
          end_settling(why);
      });
}

refusal device::parts::log_in_with(const user_id& user, time_ms until, time_ms idle,
                                   const wire::device::share& share) {
  if (!shared.inner) {
    if (auto why = open_inner(share); why != refusal::none) {
      shared.inner.reset();
      shared.rows.lock();
      // Nobody uses what stays closed: the session and its half must not wait here.
      shared.link.ask(wire::device::log_off{}, nullptr);
      return why;
    }
  }
  // A personal device has one person; who the daemon says is logged in must be that one.
  const auto& own = shared.inner->certificate;
  if (own.user && own.user != user)
    return refusal::author_not_device_user;
  shared.who =
      logged_in_as{user, own.user ? own.display_name : name_of_user(shared.inner->trust, user), until};
  idle_ms = idle;
  quiet_ms = 0;
  take_next_share(share);
  settle();
  return refusal::none;
}

refusal device::parts::load_inner() {
  auto raw = shared.rows.get(table::keys, rows::key_of("keys"));
  auto keys = raw ? rows::decode<rows::keys>(raw->value) : std::nullopt;
  auto outer = shared.rows.get(table::device, rows::key_of("device"));
  if (!keys || !outer || sha256(outer->value) != keys->device_row)
    return refusal::store_not_openable;
  const auto& me = *shared.me;
  e2ee::trust t{me.clinic, me.identity_key};
  auto root = e2ee::admit_root(me.root, t);
  auto server = e2ee::admit_server(me.server, t);
  auto certificate = e2ee::device_certificate::decode(me.certificate, me.clinic);
  if (!root || !server || !certificate)
    return refusal::store_not_openable;
  shared.inner = std::make_unique<inner_part>(e2ee::signing_key::from_seed(std::move(keys->signing_seed)),
                                              e2ee::x25519_pair::from_secret(std::move(keys->sealing_secret)),
                                              std::move(*certificate), std::move(t));
  if (!client::renewal::made_here(shared.inner->certificate, shared.inner->signing.public_part()))
    return refusal::store_not_openable;
  if (auto why = log.load_inner(); why != refusal::none)
    return why;
  for (auto load : std::initializer_list<std::function<refusal()>>{
           [this] { return objects.load(shared.inner->trust); }, [this] { return changes.load(); },
           [this] { return parties.load(); }, [this] { return messages.load(); },
           [this] { return conversations.load(); }, [this] { return outbox.load(); }})
    if (auto why = load(); why != refusal::none)
      return why;
  return refusal::none;
}

/// The store's key and everything it opened leave memory. What is on its way ends with not_logged_in, outbox
/// and acts go on after the next log-in.
void device::parts::lock(refusal why) {
  shared.inner.reset();
  shared.rows.lock();
  shared.who.reset();
  settled = false;
  messages.forget();
  conversations.forget();
  outbox.forget();
  uploads.forget();
  end_settling(why == refusal::none ? refusal::not_logged_in : why);
  turns.forget();
  reports.forget();
}

/// A station keeps its keys over the change of persons; only nobody is logged in.
void device::parts::on_ended(refusal why) {
  if (!shared.inner || shared.inner->certificate.user)
    return lock(why);
  shared.who.reset();
  settled = false;
  end_settling(why == refusal::none ? refusal::not_logged_in : why);
}

/// Counted from tick to tick, so that a clock that is set back adds no time.
void device::parts::count_quiet(time_ms now) {
  quiet_ms += now > ticked && ticked != 0 ? now - ticked : 0;
  ticked = now;
  if (!shared.who || idle_ms == 0 || quiet_ms < idle_ms)
    return;
  shared.link.ask(wire::device::log_off{}, nullptr); // the daemon's own count may be younger
  on_ended(refusal::logged_off_idle);
}

void device::parts::when_settled(std::function<void(refusal)> act) {
  quiet_ms = 0;
  if (damaged != refusal::none || shared.rows.broken())
    act(damaged != refusal::none ? damaged : refusal::store_not_openable);
  else if (settled && shared.inner)
    act(refusal::none);
  else if (!enrolment.enrolled() || (greeted && !settling && !logging_in))
    act(refusal::not_logged_in);
  else if (waiting.size() >= acts_waiting_max)
    act(refusal::overloaded);
  else
    waiting.push_back(std::move(act));
}

} // namespace wardline::client
