#include "connection.hpp"
#include <chrono>

namespace wardline::cli {

namespace {

std::uint64_t steady_ms() {
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

} // namespace

time_ms wall_clock() {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<time_ms>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

connection::connection(client::device_store& store, terminal& out)
    : out_{out}, device_{store, *this, told()} {}

connection::~connection() {
  device_.stop();
}

bool connection::wait_for_files(const std::function<bool()>& ended) {
  for (bool moved = true; moved && !ended();) {
    auto before = moves_;
    wait([&] { return ended() || moves_ != before; });
    moved = moves_ != before;
  }
  return ended();
}

client::device_events connection::told() {
  using about = client::notice::about;
  client::device_events out;
  out.transferred = [this](const client::transfer& t) {
    ++moves_;
    if (on_transfer)
      on_transfer(t);
  };
  out.said = [this](const client::notice& n) {
    switch (n.what) {
    case about::role_without_me:
      out_.remark(
          "You belong to a role whose key was made before this device joined. Its messages cannot be read "
          "here until a member's device lets this one in.");
      break;
    case about::not_sent:
      out_.remark("A message was not sent: " + std::string{sentence_of(n.why)});
      break;
    case about::party_changed:
      if (n.why != refusal::none)
        out_.remark("A group key changed: " + std::string{sentence_of(n.why)});
      break;
    case about::unreadable:
      out_.remark("Something from the server was refused: " + std::string{sentence_of(n.why)});
      break;
    case about::old_head:
      out_.remark("A group key has not changed for two weeks. The message goes all the same.");
      break;
    case about::certificate:
      out_.remark(
          n.why != refusal::none
              ? "This device's certificate was not renewed: " + std::string{sentence_of(n.why)}
              : "This device's certificate " +
                    std::string{device_.certificate_until() > wall_clock() ? "ends on " : "ended on "} +
                    show_time(device_.certificate_until()) +
                    ". Everything goes on; ask a registrar to run: ward admin renew " +
                    hex(device_.id().view()));
      break;
    case about::restored:
      out_.remark("The server was restored from a backup. " +
                  (n.forgotten == 0
                       ? std::string{"Nothing that this device saw was lost."}
                       : std::to_string(n.forgotten) +
                             " entries of its log that this device saw did not come back. What was "
                             "sent from here and is not in the backup is sent again.") +
                  " Your recovery codes are void: make new ones with: ward recovery-codes");
      break;
    case about::log:
    case about::store:
      out_.remark(std::string{sentence_of(n.why)});
      break;
    }
  };
  out.woken = [this](const message_id& message, client::urgency level) {
    if (on_wake)
      on_wake(message, level);
  };
  auto pass_on = [](std::function<void(const client::message_row&)>& to) {
    return [&to](const client::message_row& m) {
      if (to)
        to(m);
    };
  };
  out.arrived = pass_on(on_arrived);
  out.acknowledged = pass_on(on_acknowledged);
  out.recalled = pass_on(on_recalled);
  return out;
}

bool connection::connect() {
  auto address = device_.address();
  if (!address || device_.stage() == client::device_stage::enrolling)
    return false;
  link_ = std::make_unique<client::link>(client::link_settings{address->endpoint, address->server_curve_key,
                                                               address->client_curve_public,
                                                               std::move(address->client_curve_secret)});
  device_.start(wall_clock());
  return true;
}

void connection::connect(const client::invitation_file& file) {
  link_ = std::make_unique<client::link>(client::link_settings{
      file.endpoint, file.server_curve_key, file.client_curve_public, file.client_curve_secret.copy()});
  device_.start(wall_clock());
}

bool connection::wait(const std::function<bool()>& ended, std::uint64_t within_ms) {
  auto until = steady_ms() + within_ms;
  while (!ended()) {
    auto now = steady_ms();
    if (now >= until)
      return false;
    link_->turn(now, turn_ms, *this);
    device_.tick(wall_clock());
  }
  return true;
}

refusal connection::why_silent() const {
  if (device_.turned_away() != refusal::none)
    return device_.turned_away();
  if (link_ && link_->trouble() != refusal::none)
    return link_->trouble();
  if (device_.last_loss() != refusal::none)
    return device_.last_loss();
  return link_ && link_->welcomed() ? refusal::timed_out : refusal::link_down;
}

void connection::open() {
  link_->open();
}

void connection::send(bytes_view payload) {
  link_->send(payload);
}

void connection::close() {
  if (link_)
    link_->close();
}

void connection::on_channel_data(bytes_view payload) {
  device_.on_channel_data(payload, wall_clock());
}

void connection::on_channel_closed(refusal why) {
  device_.on_channel_closed(why, wall_clock());
}

} // namespace wardline::cli
