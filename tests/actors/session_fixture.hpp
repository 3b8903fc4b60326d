#pragma once
// A device session between a fake plugin host, a fake directory and a fake audit, and the device at the other
// end of its channel.
#include "device_session.hpp"
#include "fake_actors.hpp"
#include "small_clinic.hpp"
#include "wire/limits.hpp"

namespace wardline {

struct fake_audit {
  std::string note = "note";
  std::vector<hash32> proof;
  refusal why = refusal::none;
  bool silent = false;
  std::vector<std::uint64_t> asked_from;
  std::vector<time_ms> proofs_asked;
  std::vector<caf::typed_response_promise<outcome>> kept;

  audit_actor spawn(caf::actor_system& sys) {
    return sys.spawn([this](audit_actor::pointer self) -> audit_actor::behavior_type {
      return {
          [this](const add_proofs& m) -> caf::result<outcome> {
            proofs_asked.push_back(m.now);
            auto o = m.unproven;
            if (auto* objects = std::get_if<wire::device::objects>(&o.result)) {
              objects->checkpoint = note;
              for (auto& l : objects->found) {
                l.salt = bytes(rules::audit_salt_bytes, 1);
                l.entry = {2};
              }
            }
            return o;
          },
          [this, self](const consistency& m) -> caf::result<outcome> {
            asked_from.push_back(m.old_size);
            if (silent) {
              kept.push_back(self->make_response_promise<outcome>());
              return kept.back();
            }
            return why == refusal::none ? outcome{wire::device::checkpoint{note, proof}} : refused(why);
          },
      };
    });
  }
};

struct session_fixture {
  static constexpr time_ms now = small_clinic::now;

  world w;
  small_clinic c;
  kept_journal journal;
  fake_directory d;
  fake_audit a;
  directory_actor directory = d.spawn(w.sys);
  audit_actor audit = a.spawn(w.sys);
  fake_triage t;
  triage_actor triage = t.spawn(w.sys);
  fake_attachments files;
  std::shared_ptr<waiting_line> chunk_line = std::make_shared<waiting_line>(2);
  attachments_actor attachments = files.spawn(w.sys);
  plugin_host_actor host;
  std::vector<bytes> out; ///< payloads to the device, in order
  std::size_t taken = 0;  ///< of them, already given to the device
  std::vector<channel_over> overs;
  std::shared_ptr<wire::noise_key_pair> daemon_key =
      std::make_shared<wire::noise_key_pair>(wire::noise_key_pair::from(secret32{sha256(bytes{77})}));
  time_ms clock = now;
  std::uint64_t steady = 1;
  channel_ref ref{{"web/0011223344556677", {1}}, 7};
  device_session_actor session;
  std::optional<wire::channel> device; ///< the device's end, once the handshake is done
  wire::device::server_hello greeting;
  std::uint64_t next_id = 1;

  session_fixture() {
    host = w.sys.spawn([this](plugin_host_actor::pointer) -> plugin_host_actor::behavior_type {
      return {
          [](const frame_in&) {},
          [](const peer_gone&) {},
          [this](const channel_out& m) {
            CHECK(m.to == ref);
            out.insert(out.end(), m.payloads.begin(), m.payloads.end());
          },
          [this](const channel_over& m) { overs.push_back(m); },
          [](const tick&) {},
      };
    });
    d.on_resume = [](const resume&) { return outcome{wire::device::welcome{}}; };
    d.on_sign_in = [this](const sign_in& m) {
      return m.password.text() == "correct horse" ? logged_in_as(m.user, now + 3'600'000, m.now)
                                                  : refused(refusal::wrong_password);
    };
    d.on_sign_off = [](const sign_off&) { return outcome{wire::device::done{5}}; };
    session = spawn();
  }
  ~session_fixture() {
    for (auto& p : d.kept)
      p = {};
    stop(session);
    stop(directory);
    stop(audit);
    stop(triage);
    stop(attachments);
    stop(host);
  }
  session_fixture(const session_fixture&) = delete;
  session_fixture& operator=(const session_fixture&) = delete;

  /// What a user actor answers: the halves apart.
  static outcome logged_in_as(const user_id& who, time_ms until, time_ms proved, time_ms idle = 0) {
    auto halves = std::make_shared<lock_shares>();
    halves->number = 1;
    halves->share = secret32{bytes(32, 9)};
    halves->next = secret32{bytes(32, 10)};
    return {wire::device::logged_in{who, until, {}, idle}, proved, std::move(halves)};
  }

  device_session_actor spawn() {
    auto s = w.sys.spawn(
        device_session, ref, host,
        session_parts{&c.board, daemon_key, directory, audit, triage, &journal, attachments, chunk_line});
    caf::anon_send(s, tick{clock, steady});
    w.run();
    return s;
  }
  template <class Handle>
  void stop(const Handle& h) {
    caf::anon_send_exit(h, caf::exit_reason::user_shutdown);
    w.run();
  }

  void pass(std::uint64_t ms) {
    steady += ms;
    set_clock(clock + ms);
  }
  /// Somebody sets the wall clock; the steady one does not move.
  void set_clock(time_ms wall) {
    clock = wall;
    caf::anon_send(session, tick{clock, steady});
    w.run();
  }

  void in(bytes payload) {
    caf::anon_send(session, channel_in{std::move(payload), {}});
    w.run();
  }

  /// The device's half of the handshake; false if the daemon did not answer.
  bool shake(const wire::noise_key_pair& key) {
    wire::channel_initiator initiator{c.id, key, daemon_key->pub};
    in(*initiator.start());
    if (taken == out.size())
      return false;
    auto opened = initiator.finish(out[taken++], clock);
    REQUIRE(opened);
    device = std::move(opened->channel);
    auto hello = wire::device::decode_server_hello(opened->server_hello);
    REQUIRE(hello);
    greeting = *hello;
    return true;
  }

  void say(bytes_view message) {
    auto frames = device->send(message);
    REQUIRE(frames);
    for (auto& f : *frames)
      in(std::move(f));
  }

  request_id send(wire::device::request_body what) {
    request_id id;
    id.value[0] = 1;
    std::memcpy(id.value.data() + 8, &next_id, sizeof next_id);
    ++next_id;
    say(wire::device::encode(wire::device::request{id, std::move(what)}));
    return id;
  }

  /// What the daemon said since the last look; a close frame ends it.
  struct heard {
    std::vector<wire::device::from_daemon> messages;
    std::optional<refusal> closed;
  };
  heard listen() {
    heard all;
    for (; taken < out.size(); ++taken) {
      auto event = device->receive(out[taken], clock);
      REQUIRE(event);
      if (auto* m = std::get_if<wire::channel_message>(&*event)) {
        auto said = wire::device::decode_from_daemon(m->value);
        REQUIRE(said);
        all.messages.push_back(std::move(*said));
      } else if (auto* closed = std::get_if<wire::channel_closed>(&*event)) {
        all.closed = refusal_from_number(closed->reason);
      }
    }
    return all;
  }

  /// The one answer to a request.
  wire::device::answer_body answer_to(wire::device::request_body what) {
    auto id = send(std::move(what));
    auto said = listen();
    REQUIRE(said.messages.size() == 1);
    auto& answer = std::get<wire::device::answer>(said.messages[0]);
    CHECK(answer.id == id);
    return std::move(answer.result);
  }
  refusal why(wire::device::request_body what) { return why_of(outcome{answer_to(std::move(what))}); }

  wire::device::hello hello_of(const test_person& who) const { return {who.device, who.certificate, {}, 0}; }
  /// Handshake and Hello.
  void connect(const test_person& who) {
    REQUIRE(shake(who.noise));
    REQUIRE(std::holds_alternative<wire::device::welcome>(answer_to(hello_of(who))));
  }
  void log_in(const test_person& who) {
    connect(who);
    REQUIRE(std::holds_alternative<wire::device::logged_in>(
        answer_to(wire::device::log_in{{}, "correct horse", "123456"})));
  }
};

} // namespace wardline
