#pragma once
// A clinic's people in one house: real store, audit, directory and users over memory, passwords that cost
// nothing, a link that only remembers, conversations as the test says.
#include "admission.hpp"
#include "audit.hpp"
#include "directory.hpp"
#include "oath_factor.hpp"
#include "password_worker.hpp"
#include "plugins/sdk/e2ee/builders.hpp"
#include "shown_codes.hpp"
#include "store_fixture.hpp"
#include "user.hpp"
#include <catch2/catch.hpp>

namespace wardline {

namespace build = e2ee::build;

struct cheap_passwords : ports::passwords {
  std::size_t hashed = 0;
  std::size_t verified = 0;
  bool out_of_memory = false;

  std::optional<std::string> hash(const std::string& password) override {
    ++hashed;
    return out_of_memory ? std::nullopt : std::optional{"phc of " + password};
  }
  bool verify(const std::string& stored, const std::string& password) override {
    ++verified;
    return stored == "phc of " + password;
  }
};

struct kept_link : ports::link {
  std::vector<std::pair<public_key, std::string>> allowed;
  std::vector<public_key> forbidden;

  bool send(const ports::link_peer&, bytes) override { return true; }
  void drop(const ports::link_peer&, refusal) override {}
  void allow(const public_key& key, const std::string& plugin) override { allowed.emplace_back(key, plugin); }
  void forbid(const public_key& key) override { forbidden.push_back(key); }
};

inline const std::string code = "12345678";
inline const std::string password = "correct horse";

template <class Answer>
const Answer& as(const outcome& o) {
  if (const auto* no = std::get_if<wire::device::refused>(&o.result))
    UNSCOPED_INFO("refused: " << to_string(no->why));
  REQUIRE(std::holds_alternative<Answer>(o.result));
  return std::get<Answer>(o.result);
}

/// none for any answer that is no refusal.
inline refusal why(const outcome& o) {
  const auto* no = std::get_if<wire::device::refused>(&o.result);
  return no == nullptr ? refusal::none : no->why;
}

struct people_fixture {
  world w;
  build::clinic c;
  store_fixture s;
  cheap_passwords passwords;
  daemon::oath_factor factors;
  std::shared_ptr<waiting_line> line = std::make_shared<waiting_line>(rules::passwords_waiting_max);
  std::map<user_id, authenticator> authenticators;
  kept_link link;
  std::shared_ptr<rules::clinic_board> board = std::make_shared<rules::clinic_board>();
  rules::duty_board duty;
  make_conversation make_conversation_actor = [](const conversation_id&, directory_actor) {
    return conversation_actor{};
  };
  make_user make_user_actor; ///< the real one if the test gives none
  std::size_t conversations_open = conversations_open_max;
  bool signs_orders = false; ///< wipe orders to devices that are turned out
  time_ms now = build::founded + build::hour;
  time_ms proved = 0; ///< when whoever asks gave a second factor
  store_actor store_in_house;
  audit_actor auditor;
  password_actor worker;
  directory_actor house;

  people_fixture() = default;
  people_fixture(const people_fixture&) = delete;
  people_fixture& operator=(const people_fixture&) = delete;
  ~people_fixture() { stop_house(); }

  template <class Handle>
  void stop(Handle& h) {
    if (h)
      caf::anon_send_exit(h, caf::exit_reason::user_shutdown);
    h = Handle{};
    w.run();
  }
  void stop_house() {
    stop(house);
    stop(worker);
    stop(auditor);
    stop(store_in_house);
  }

  wire::device::party_name name_of(std::string_view party, std::uint8_t kind) const {
    return {c.party(party), kind, std::string{party}};
  }
  founding first() {
    founding f;
    f.clinic = c.id;
    f.root = c.log[0].raw;
    f.server = c.log[1].raw;
    f.invitation = c.admin().invited.raw();
    f.code_salt.fill(7);
    f.code_hash = code_hash(f.code_salt, code);
    f.link_key = build::drawn("admin's link");
    f.names = {name_of("admin", 1)};
    f.emergency = c.party("emergency");
    f.emergency_name = "emergency";
    return f;
  }

  /// A directory over what is on the disk.
  void start(std::optional<founding> f = std::nullopt) {
    store_in_house = s.spawn(w);
    auditor = w.sys.spawn(audit, &s.disk, store_in_house);
    worker = w.sys.spawn(password_worker, &passwords);
    auto known = registry::load(s.disk);
    REQUIRE(known);
    house = w.sys.spawn(directory, surroundings(std::move(f)), std::move(*known));
    w.run();
  }
  directory_surroundings surroundings(std::optional<founding> f) {
    directory_surroundings d;
    d.rows = &s.disk;
    d.random = &s.dice;
    d.journal = &s.journal;
    d.link = &link;
    d.board = board;
    d.duty = &duty;
    d.store = store_in_house;
    d.passwords = worker;
    d.make_conversation_actor = make_conversation_actor;
    d.make_user_actor = make_user_actor;
    d.factors = &factors;
    d.line = line;
    if (!d.make_user_actor)
      d.make_user_actor = [this](const user_id& id) { return w.sys.spawn(user, id, parts_of_user()); };
    d.first = std::move(f);
    d.first_incarnation = build::named<incarnation_id>("first life");
    d.start = now;
    d.conversations_open = conversations_open;
    if (signs_orders)
      d.sign_order = [this](bytes_view m) {
        // What it is given begins with the label; the key puts it there itself.
        auto label = lab(e2ee::labels::wipe);
        REQUIRE(to_bytes(m.first(label.size())) == label);
        return c.daemon_key.sign(e2ee::labels::wipe, m.subspan(label.size()));
      };
    return d;
  }
  user_parts parts_of_user() {
    return {&s.disk, &s.dice, &s.journal, &factors, store_in_house, worker, line};
  }
  authenticator& authenticator_of(const user_id& u) {
    return authenticators.try_emplace(u, std::string(u.value.begin(), u.value.end())).first->second;
  }
  void restart() {
    stop_house();
    board->swap(std::make_shared<const rules::clinic>());
    link.allowed.clear();
    start();
  }

  static caller_ref caller_of(const build::enrolled& e) {
    auto out = std::make_shared<caller>();
    out->device = e.device;
    out->user = e.user;
    out->kind = static_cast<rules::device_class>(e.of_class);
    out->certificate = e.certificate.hash();
    out->parties = e.certificate.parties;
    return out;
  }

  /// As a device session makes it: what the board says of the device now.
  caller_ref caller_now(const build::enrolled& e) const {
    auto out = std::make_shared<caller>(*caller_of(e));
    out->proved = proved;
    if (const auto* record = board->now()->device(e.device); record != nullptr) {
      out->certificate = record->certificate;
      out->parties = record->parties;
    }
    return out;
  }

  template <class Message>
  std::shared_ptr<asked<outcome>> ask(Message m) {
    return w.ask<outcome>(house, std::move(m));
  }
  template <class Message>
  outcome answer_to(Message m) {
    auto a = ask(std::move(m));
    w.run();
    REQUIRE(a->answer);
    return *a->answer;
  }
  outcome says(const build::enrolled& who, wire::device::request_body what) {
    return answer_to(ask_directory{caller_now(who), who.noise.public_part, std::move(what), now});
  }
  outcome knocks(const public_key& noise, wire::device::request_body what) {
    return answer_to(ask_directory{nullptr, noise, std::move(what), now});
  }

  static wire::device::invite invite(const build::enrolled& e, std::vector<wire::device::party_name> names) {
    return {e.invited.raw(), code, std::nullopt, std::move(names)};
  }
  wire::device::enrol enrol(const build::enrolled& e) {
    auto& hers = authenticator_of(e.user);
    return {e.invited.invitation, code, e.certificate.raw(), password, hers.secret, hers.gives(now)};
  }
  sign_in signing_in(const build::enrolled& e, const user_id& as_user, const std::string& word = password) {
    return {caller_of(e), as_user, word, authenticator_of(e.user ? e.user : as_user).fresh(now), {}, now};
  }
  outcome enrols(const build::enrolled& e) { return knocks(e.noise.public_part, enrol(e)); }

  /// Founded, and the first device is in, as registrar for everything.
  void open() {
    start(first());
    as<wire::device::enrolled>(enrols(c.admin()));
    as<wire::device::submitted>(
        says(c.admin(), wire::device::submit{c.registrar_of(c.admin()).raw(), {}, {}}));
  }
  /// Invited by admin and certified.
  build::enrolled& bring_in(build::enrolled& e, std::vector<wire::device::party_name> names) {
    as<wire::device::submitted>(says(c.admin(), invite(e, std::move(names))));
    as<wire::device::enrolled>(enrols(e));
    return e;
  }
  build::enrolled& nurse(std::string_view who, std::vector<std::string_view> roles = {}) {
    std::vector<party_id> parties{c.party(who)};
    std::vector<wire::device::party_name> names{name_of(who, 1)};
    for (auto r : roles) {
      parties.push_back(c.party(r));
      names.push_back(name_of(r, 2));
    }
    return bring_in(c.person(who, parties), names);
  }

  /// The wall clock goes on, and the house hears of it.
  void ticks(std::uint64_t ms) {
    now += ms;
    caf::anon_send(house, tick{now, steady += ms});
    w.run();
  }
  std::uint64_t steady = 0;

  std::size_t leaves() const { return s.disk.rows[static_cast<std::size_t>(ports::table::leaf)].size(); }
  rules::audit_entry last_entry() const { return entry_at(leaves() - 1); }
  rules::audit_entry entry_at(std::uint64_t leaf) const {
    auto stored = read_entry(s.disk, leaf);
    REQUIRE(stored);
    return rules::decode_audit_entry(stored->entry).value();
  }
};

/// Everything the hot path reads, as text that two snapshots can be compared by.
inline std::string said(const rules::clinic& x) {
  std::map<std::string, std::string> lines;
  auto hex = [](bytes_view raw) {
    std::string out;
    for (auto b : raw)
      out += "0123456789abcdef"[b >> 4], out += "0123456789abcdef"[b & 15];
    return out;
  };
  auto ids = [&](const auto& all) {
    std::string out;
    for (const auto& id : all)
      out += " " + hex(id.view());
    return out;
  };
  for (const auto& [id, d] : x.devices)
    lines["device " + hex(id.view())] =
        hex(d.user.view()) + hex(d.certificate) + hex(d.signing) + hex(d.noise) + hex(d.sealing) +
        std::to_string(static_cast<int>(d.kind)) + std::to_string(d.gated) + ids(d.parties);
  for (const auto& [key, d] : x.by_noise_key)
    lines["noise " + hex(key)] = hex(d.view());
  for (const auto& [id, p] : x.people)
    lines["person " + hex(id.view())] = p.display_name + hex(p.party.view());
  for (const auto& [name, u] : x.by_name)
    lines["name " + name] = hex(u.view());
  for (const auto& [id, p] : x.parties)
    lines["party " + hex(id.view())] = p.name + std::to_string(static_cast<int>(p.kind)) + " " +
                                       std::to_string(p.n) + hex(p.head) + hex(p.inbox) + ids(p.members);
  std::string out = hex(x.id.view()) + hex(x.incarnation.view()) + "\n";
  for (const auto& [what, value] : lines)
    out += what + ": " + value + "\n";
  return out;
}

} // namespace wardline
