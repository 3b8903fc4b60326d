// wardlined: signals, configuration, start in order, the one tick, stop in reverse order. Nothing else.
#include "admin_answers.hpp"
#include "admin_socket.hpp"
#include "backup_session.hpp"
#include "box.hpp"
#include "box_answers.hpp"
#include "box_words.hpp"
#include "house.hpp"
#include "log_answers.hpp"
#include "metrics.hpp"
#include "oath_factor.hpp"
#include "plugin_grants.hpp"
#include "process_journal.hpp"
#include "readiness.hpp"
#include "settings_reload.hpp"
#include "system_clock.hpp"
#include "wire/private_memory.hpp"
#include "zmq_link.hpp"
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <pthread.h>
#include <sodium.h>
#include <unistd.h>

namespace wardline::daemon {

namespace {

/// The store's file ended before its map: its disk is gone or it was cut short under us. Nothing can be
/// trusted.
void stop_on_bus_error(int) {
  constexpr char what[] = "wardlined: the store's file is shorter than its map; stopping\n";
  [[maybe_unused]] auto said = ::write(STDERR_FILENO, what, sizeof what - 1);
  ::_exit(crashed);
}

/// SIGUSR1 is our own: a core actor is gone. SIGHUP: the settings changed.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int s : {SIGTERM, SIGINT, SIGHUP, SIGUSR1})
    sigaddset(&set, s);
  pthread_sigmask(SIG_BLOCK, &set, nullptr); // before any thread exists: they inherit it
  return set;
}

/// Unknown commit: whoever goes on after it may acknowledge what is not on disk.
void die(const char* why) {
  complain(crashed, std::string{why} + "; stopping, so that the next start reads what the disk really holds");
  std::_Exit(crashed);
}

/// Linux gives such a thread what no other thread wants, and a little. Refused, it runs like the others.
void run_when_idle() {
  sched_param none{};
  (void)::pthread_setschedparam(::pthread_self(), SCHED_IDLE, &none);
}

tick tick_of(const ports::clock& clock) {
  return {clock.now_ms(), clock.steady_ms()};
}

house_parts parts_of(box& b, ports::random& random, ports::journal& journal, ports::link& link,
                     ports::passwords& passwords, ports::second_factor& factors, const ports::clock& clock,
                     rules::duty_board& duty) {
  house_parts p;
  p.duty = &duty;
  p.rows = b.rows.get();
  p.random = &random;
  p.journal = &journal;
  p.link = &link;
  p.passwords = &passwords;
  p.factors = &factors;
  p.blobs = b.blobs.get();
  p.board = std::make_shared<rules::clinic_board>();
  p.noise = std::make_shared<const wire::noise_key_pair>(wire::noise_key_pair::from(b.keys.noise_key.copy()));
  p.rights = rights_of(b.plugins);
  p.store.disk = b.rows.get();
  p.store.turns = b.rows.get();
  p.erasure_claim = static_cast<std::uint8_t>(b.claim.level);
  p.store.dice = &random;
  p.store.journal = &journal;
  p.store.signer = {log_origin(b.clinic, b.log_epoch), ed25519_public(b.keys.log_key),
                    signer_of(b.keys.log_key)};
  p.sign_order = signer_of(b.keys.daemon_key);
  p.store.start = b.start;
  p.store.die = die;
  p.yield_to_others = run_when_idle;
  p.first = b.first;
  p.first_incarnation = random.make<incarnation_id>();
  p.start = clock.now_ms();
  return p;
}

/// Any core actor that ends ends the process: systemd starts it again into a verified state (DESIGN 7).
void watch_core(caf::actor_system& system, const house& h) {
  system.spawn([core = h.in_stop_order()](caf::event_based_actor* self) -> caf::behavior {
    for (const auto& a : core)
      self->monitor(a);
    auto left = std::make_shared<std::size_t>(core.size());
    self->set_down_handler([self, left](caf::down_msg& m) {
      if (m.reason != caf::exit_reason::user_shutdown)
        ::kill(::getpid(), SIGUSR1);
      if (--*left == 0)
        self->quit(); // an actor that stays keeps the system from ending
    });
    return {[](const tick&) {}};
  });
}

link_listener listener_of(const house& h) {
  return {
      [host = h.plugin_host](ports::link_peer from, bytes frame, std::shared_ptr<const void> held) {
        caf::anon_send(host, frame_in{std::move(from), std::move(frame), std::move(held)});
      },
      [host = h.plugin_host](ports::link_peer peer) { caf::anon_send(host, peer_gone{std::move(peer)}); }};
}

/// Seconds between two looks for readers that died in the store (security 3).
constexpr unsigned check_readers_every_s = 30;

void reload(settings_board& settings, ports::link& link, ports::journal& journal, const ports::clock& clock) {
  notify_starter("RELOADING=1");
  auto next = *settings.now();
  next.reload = reload_settings(next, link, journal, clock.now_ms());
  notify_starter(next.reload->problems.empty()
                     ? "READY=1\nSTATUS=serving"
                     : "READY=1\nSTATUS=serving; the settings were not read again: " +
                           std::to_string(next.reload->problems.size()) + " problems");
  settings.swap(std::move(next));
}

/// One tick a second until a signal. crashed: a core actor is gone.
exit_code serve(const sigset_t& signals, const house& h, const ports::clock& clock, box& b, ports::link& link,
                ports::journal& journal, const rules::clinic_board& board, settings_board& settings,
                backup_sessions& backups) {
  timespec second{1, 0};
  bool founding_left = b.first.has_value();
  for (unsigned seconds = 1;; ++seconds) {
    int got = sigtimedwait(&signals, nullptr, &second);
    if (got == SIGUSR1)
      return crashed;
    if (got == SIGHUP)
      reload(settings, link, journal, clock);
    else if (got > 0)
      return stopped;
    h.on_tick(tick_of(clock));
    if (seconds % check_readers_every_s == 0)
      b.lmdb->check_readers();
    backups.let_go(clock.now_ms());
    if (founding_left && board.now()->id) {
      remove_founding(b.conf);
      founding_left = false;
    }
  }
}

/// An actor begins on its own thread, some time after it was spawned. Nobody may knock before all have:
/// whoever came earlier would meet a clinic without devices, and its key would not be known yet. False: one
/// is gone.
bool wait_until_all_began(caf::actor_system& system, const house& h) {
  caf::scoped_actor self{system};
  bool all = true;
  for (const auto& part : h.in_stop_order()) // CAF answers this itself, behind the actor's own beginning
    self->request(part, caf::infinite, caf::sys_atom::value, caf::get_atom::value, std::string{"info"})
        .receive([](caf::ok_atom, const std::string&, const caf::strong_actor_ptr&, const std::string&) {},
                 [&](const caf::error&) { all = false; });
  return all;
}

void stop_house(caf::actor_system& system, const house& h) {
  caf::scoped_actor self{system};
  for (const auto& part : h.in_stop_order()) {
    self->send_exit(part, caf::exit_reason::user_shutdown);
    self->wait_for(part);
  }
}

/// Before the first one is begun the store knows that there are backups (actors/life_rows.hpp).
bytes answer_backup(bytes_view frame, backup_sessions& backups, const box& b, const settings_board& settings,
                    caf::actor_system& system, const house& h, const ports::clock& clock) {
  auto q = admin::decode_backup_question(frame);
  if (!q)
    return admin::encode(admin::backup_report{q.why(), 0, 0, 0, 0, {}});
  auto recovery = settings.now()->conf.recovery_key;
  if (recovery && std::holds_alternative<admin::begin_backup>(*q) && !has_backups(*b.rows))
    (void)answer_admin(system, h.admin, clock, admin::encode(admin::act_body{admin::note_backup{}}));
  if (recovery && !has_backups(*b.rows))
    return admin::encode(admin::backup_report{refusal::storage_refused, 0, 0, 0, 0, {}});
  return admin::encode(backups.answer(*q, recovery, clock.now_ms()));
}

/// On the admin socket's thread.
bytes answer(bytes_view frame, box& b, const box_sources& about, caf::actor_system& system, const house& h,
             const ports::clock& clock) {
  if (admin::is_box_question(frame))
    return answer_box(about, clock.now_ms(), frame);
  if (admin::is_log_question(frame))
    return answer_log(*b.rows, log_origin(b.clinic, b.log_epoch), ed25519_public(b.keys.log_key), frame);
  return answer_admin(system, h.admin, clock, frame);
}

exit_code run(const char* config_file, bool accept_changed_rows, const sigset_t& signals) {
  process_journal journal;
  sodium_random random;
  system_clock clock;
  box b;
  if (auto code = open_box({config_file, accept_changed_rows, clock.now_ms()}, journal, random, b);
      code != stopped)
    return code;
  argon2_passwords passwords;
  oath_factor factors;
  rules::duty_board duty;
  zmq_link link{endpoints_of(b.plugins), b.keys.link_key, &journal};
  for (const auto& p : b.plugins)
    for (const auto& key : p.keys)
      link.allow(key, p.name);

  caf::actor_system_config caf_config;
  caf_config.set("scheduler.policy", caf::atom("sharing"));
  caf::actor_system system{caf_config};
  auto parts = parts_of(b, random, journal, link, passwords, factors, clock, duty);
  auto board = parts.board;
  settings_board settings;
  settings.swap({b.config_file, b.conf, b.plugins, {}});
  const box_sources about{*b.rows,  *b.lmdb, *board,           parts.links,
                          settings, b.claim, WARDLINE_VERSION, clock.now_ms()};
  auto h = build_house(system, std::move(parts));
  if (!h)
    return complain(damaged, std::string{sentence_of(h.why())}), damaged;
  watch_core(system, *h);
  h->on_tick(tick_of(clock)); // nobody knows the time before the first one
  if (!wait_until_all_began(system, *h))
    std::_Exit(complain(damaged, "a part of the house did not begin; the journal says why"));
  auto code = stopped;
  backup_sessions backups{{*b.rows, *b.lmdb, *b.ring, *b.blobs, b.keys}};
  admin_socket door{b.conf.admin_socket,
                    [&](bytes_view frame) {
                      return admin::is_backup_question(frame)
                                 ? answer_backup(frame, backups, b, settings, system, *h, clock)
                                 : answer(frame, b, about, system, *h, clock);
                    },
                    journal};
  metrics_socket figures{
      b.conf.metrics_socket,
      [&] { return metrics_text(status_of(about, clock.now_ms()), settings.now()->reload); }, journal};
  (void)door.start();    // without it the clinic works; the journal says what is wrong
  (void)figures.start(); // likewise
  if (auto problem = link.start(listener_of(*h))) {
    complain(unavailable, *problem);
    code = unavailable;
  } else {
    journal.write(ports::severity::notice, "serving", {{"clinic", b.clinic}});
    notify_starter("READY=1");
    code = serve(signals, *h, clock, b, link, journal, *board, settings, backups);
    notify_starter("STOPPING=1");
  }
  if (code == crashed)
    std::_Exit(crashed); // nothing is told to actors that may wait for one that is gone
  figures.stop();
  door.stop();
  link.stop();
  stop_house(system, *h);
  // All that was accepted is committed. CAF 0.17 cannot cancel timers: the system's destructor would wait for
  // the timeout of every request of the last 40 seconds, and a restart would look like an outage.
  std::_Exit(code);
}

} // namespace

} // namespace wardline::daemon

int main(int argc, char** argv) {
  using namespace wardline::daemon;
  if (argc == 2 && std::strcmp(argv[1], "--version") == 0) {
    std::puts("wardlined " WARDLINE_VERSION);
    return stopped;
  }
  bool accept = argc == 4 && std::strcmp(argv[3], "--accept-changed-rows") == 0;
  if ((argc != 3 && !accept) || std::strcmp(argv[1], "--config") != 0)
    return complain(wrong_usage,
                    "usage: wardlined --config /etc/wardline/wardline.yaml [--accept-changed-rows]");
  wardline::keep_memory_private();
  std::signal(SIGBUS, stop_on_bus_error);
  auto signals = block_signals();
  if (sodium_init() < 0)
    return complain(unavailable, "libsodium does not start on this machine");
  return run(argv[2], accept, signals);
}
