#include "client/session.hpp"
#include <algorithm>
#include <sodium.h>

namespace wardline::client {

namespace {

request_id random_request() {
  request_id out;
  randombytes_buf(out.value.data(), out.value.size());
  return out;
}

bool worth_asking_again(refusal why) {
  return why == refusal::overloaded || why == refusal::timed_out || why == refusal::too_many_unanswered;
}

/// Passwords, codes and secrets in a request are wiped when the request is forgotten.
void wipe_secrets(wire::device::request_body& what) {
  if (auto* e = std::get_if<wire::device::enrol>(&what)) {
    wipe_text(e->password);
    wipe(e->totp_secret);
    wipe_text(e->second_factor);
  } else if (auto* l = std::get_if<wire::device::log_in>(&what)) {
    wipe_text(l->password);
    wipe_text(l->second_factor);
  } else if (auto* p = std::get_if<wire::device::prove>(&what)) {
    wipe_text(p->second_factor);
  } else if (auto* s = std::get_if<wire::device::set_second_factor>(&what)) {
    wipe(s->secret);
    wipe_text(s->code);
  }
}

/// Halves of the store's key in an answer that was dealt with.
void wipe_shares(wire::device::answer_body& what) {
  auto both = [](wire::device::share& s) {
    wipe(s.value);
    wipe(s.next);
  };
  if (auto* w = std::get_if<wire::device::welcome>(&what))
    both(w->share);
  else if (auto* l = std::get_if<wire::device::logged_in>(&what))
    both(l->share);
}

} // namespace

session::session(pipe& out, session_events events) : out_{out}, events_{std::move(events)} {}

session::~session() {
  drop_all();
}

void session::start(session_identity who, time_ms now) {
  now_ = now;
  who_.emplace(std::move(who));
  wait_ms_ = reconnect_ms_min;
  connect();
}

void session::stop() {
  if (channel_)
    if (auto last = channel_->close())
      out_.send(*last);
  if (state_ != session_state::idle && state_ != session_state::down)
    out_.close();
  state_ = session_state::idle;
  channel_.reset();
  shaking_.reset();
  for (auto& [id, r] : requests_)
    if (std::exchange(r.on_channel, false))
      waiting_[r.order] = id;
  unanswered_ = 0;
}

void session::connect() {
  shaking_.emplace(who_->clinic, who_->noise, who_->server_noise_key);
  auto first = shaking_->start();
  state_ = session_state::shaking;
  heard_ = now_;
  out_.open();
  if (first)
    out_.send(*first);
  else
    lose(first.why());
}

void session::lose(refusal why) {
  if (state_ == session_state::idle || state_ == session_state::down)
    return;
  if (channel_)
    if (auto last = channel_->close(why))
      out_.send(*last);
  stop();
  state_ = session_state::down;
  last_loss_ = why;
  next_try_ = now_ + wait_ms_;
  wait_ms_ = std::min(wait_ms_ * 2, reconnect_ms_max);
  if (events_.lost)
    events_.lost(why);
}

void session::on_channel_closed(refusal why, time_ms now) {
  now_ = now;
  if (channel_)
    (void)channel_->close(); // its keys are of no use any more, and nobody would read a last word
  lose(why == refusal::none ? refusal::link_down : why);
}

void session::on_channel_data(bytes_view payload, time_ms now) {
  now_ = now;
  if (state_ == session_state::shaking) {
    finish_handshake(payload);
    return;
  }
  if (!channel_)
    return;
  heard_ = now;
  auto event = channel_->receive(payload, now);
  if (!event)
    lose(event.why());
  else if (auto* message = std::get_if<wire::channel_message>(&*event))
    take_message(wiped_bytes{std::move(message->value)}.value); // it may carry halves of the store's key
  else if (auto* closed = std::get_if<wire::channel_closed>(&*event))
    lose(closed->reason == 0 ? refusal::link_down : refusal_from_number(closed->reason));
}

void session::finish_handshake(bytes_view payload) {
  auto opened = shaking_->finish(payload, now_);
  if (!opened) {
    lose(opened.why());
    return;
  }
  shaking_.reset();
  channel_.emplace(std::move(opened->channel));
  heard_ = now_;
  auto hello = wire::device::decode_server_hello(opened->server_hello);
  if (!hello) {
    lose(hello.why());
    return;
  }
  state_ = session_state::greeting;
  if (events_.greeted)
    events_.greeted(*hello);
  if (state_ != session_state::greeting)
    return; // the owner did not like what it heard
  if (who_->device) {
    say_hello();
  } else {
    state_ = session_state::ready;
    wait_ms_ = reconnect_ms_min;
    send_waiting();
  }
}

void session::say_hello() {
  hello_ = random_request();
  wire::device::hello hello;
  hello.device = who_->device;
  hello.certificate_hash = who_->certificate_hash;
  hello.store_instance = who_->store_instance;
  hello.pin_size = events_.pin_size ? events_.pin_size() : 0;
  send_message(wire::device::encode(wire::device::request{hello_, hello}));
}

void session::take_message(bytes_view raw) {
  auto message = wire::device::decode_from_daemon(raw);
  if (!message) {
    lose(message.why());
  } else if (auto* answer = std::get_if<wire::device::answer>(&*message)) {
    take_answer(*answer);
  } else if (auto* slip = std::get_if<wire::device::slip>(&*message)) {
    if (events_.slip)
      events_.slip(*slip);
  } else if (auto* changed = std::get_if<wire::device::party_changed>(&*message)) {
    if (events_.party_changed)
      events_.party_changed(*changed);
  } else if (auto* wanted = std::get_if<wire::device::pending>(&*message)) {
    if (events_.pending)
      events_.pending(*wanted);
  } else if (auto* ended = std::get_if<wire::device::session_ended>(&*message)) {
    if (events_.ended)
      events_.ended(ended->why);
  } else if (auto* wake = std::get_if<wire::device::wake>(&*message)) {
    if (events_.woken)
      events_.woken(*wake);
  } else if (auto* order = std::get_if<wire::device::wipe_order>(&*message)) {
    if (events_.wiped)
      events_.wiped(order->object);
  } else if (auto* gone = std::get_if<wire::device::share_gone>(&*message)) {
    if (events_.share_gone)
      events_.share_gone(gone->number);
  }
}

void session::take_welcome(wire::device::answer& a) {
  hello_ = {};
  if (auto* welcome = std::get_if<wire::device::welcome>(&a.result)) {
    state_ = session_state::ready;
    wait_ms_ = reconnect_ms_min;
    if (events_.welcomed)
      events_.welcomed(*welcome);
    wipe_shares(a.result);
    send_waiting();
    return;
  }
  refused no;
  no.why = refusal::malformed_request;
  if (auto* r = std::get_if<refused>(&a.result))
    no = *r;
  lose(no.why);
  if (events_.turned_away)
    events_.turned_away(no);
}

bool session::ask_again_later(const request_id& id, pending_request& r, const wire::device::answer_body& a) {
  auto* no = std::get_if<refused>(&a);
  if (no == nullptr || !worth_asking_again(no->why) || r.retries >= retries_max)
    return false;
  waiting_.erase(r.order);
  resting_.emplace(now_ + (retry_ms_min << r.retries++), r.order);
  waiting_[r.order] = id;
  return true;
}

void session::take_answer(wire::device::answer& a) {
  if (hello_ && a.id == hello_) {
    take_welcome(a);
    return;
  }
  auto found = requests_.find(a.id);
  if (found == requests_.end())
    return; // dropped, or answered twice: the first answer stands
  auto& r = found->second;
  if (std::exchange(r.on_channel, false))
    --unanswered_;
  if (ask_again_later(a.id, r, a.result)) {
    send_waiting();
    return;
  }
  auto then = std::move(r.then);
  waiting_.erase(r.order);
  wipe_secrets(r.what);
  requests_.erase(found);
  send_waiting();
  if (then)
    then(a.result);
  wipe_shares(a.result);
}

void session::send_message(bytes_view raw) {
  auto frames = channel_->send(raw);
  if (!frames)
    return; // never: requests are far smaller than a message may be, and the channel is open
  for (const auto& frame : *frames)
    out_.send(frame);
}

void session::send_waiting() {
  if (state_ != session_state::ready)
    return;
  auto rests = [&](std::uint64_t order) {
    return std::any_of(resting_.begin(), resting_.end(), [&](const auto& r) { return r.second == order; });
  };
  for (auto at = waiting_.begin(); at != waiting_.end() && unanswered_ < wire::unanswered_max;) {
    if (!resting_.empty() && rests(at->first)) {
      ++at;
      continue;
    }
    auto id = at->second;
    auto& r = requests_.at(id);
    r.on_channel = true;
    at = waiting_.erase(at);
    if (unanswered_++ == 0)
      heard_ = now_; // silence counts from the first question
    auto raw = wire::device::encode(wire::device::request{id, r.what});
    send_message(raw);
    wipe(raw);
  }
}

request_id session::ask(wire::device::request_body what, on_answer then) {
  auto id = random_request();
  ask_as(id, std::move(what), std::move(then));
  return id;
}

void session::ask_as(const request_id& id, wire::device::request_body what, on_answer then) {
  if (requests_.contains(id) || requests_.size() >= requests_waiting_max + wire::unanswered_max) {
    refused no;
    no.why = refusal::too_many_unanswered;
    wire::device::answer_body answer{no};
    if (then)
      then(answer);
    return;
  }
  auto order = next_order_++;
  requests_.emplace(id, pending_request{std::move(what), std::move(then), order, 0, false});
  waiting_[order] = id;
  send_waiting();
}

void session::drop(const request_id& id) {
  auto found = requests_.find(id);
  if (found == requests_.end())
    return;
  if (found->second.on_channel)
    --unanswered_;
  waiting_.erase(found->second.order);
  wipe_secrets(found->second.what);
  requests_.erase(found);
}

void session::drop_all() {
  for (auto& [id, r] : requests_)
    wipe_secrets(r.what);
  requests_.clear();
  waiting_.clear();
  resting_.clear();
  unanswered_ = 0;
}

void session::tick(time_ms now) {
  now_ = now;
  bool greeting = state_ == session_state::shaking || state_ == session_state::greeting;
  if (state_ == session_state::down && now >= next_try_) {
    connect();
  } else if (greeting && now >= heard_ + greeting_ms_max) {
    lose(refusal::link_down);
  } else if (state_ == session_state::ready && unanswered_ > 0 && now >= heard_ + silence_ms_max) {
    lose(refusal::timed_out);
  } else if (channel_ && state_ == session_state::ready) {
    if (auto why = channel_->expire(now); why != refusal::none)
      lose(why);
    else if (channel_->renewal_due(now))
      lose(refusal::none);
  }
  bool rested = false;
  while (!resting_.empty() && resting_.begin()->first <= now) {
    resting_.erase(resting_.begin());
    rested = true;
  }
  if (rested)
    send_waiting();
}

} // namespace wardline::client
