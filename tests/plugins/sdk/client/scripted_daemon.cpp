#include "scripted_daemon.hpp"
#include "../e2ee/naive_tree.hpp"
#include "e2ee/act.hpp"
#include "e2ee/chains.hpp"
#include "e2ee/checkpoint.hpp"
#include <sodium.h>

namespace wardline::test {

namespace {

constexpr std::uint64_t hour = 3'600'000;
constexpr std::uint8_t invited_kind = 12;

template <class Id>
Id any_id() {
  Id out;
  randombytes_buf(out.value.data(), out.value.size());
  return out;
}

/// The audit entry, written from the log's format and not with its code.
bytes entry_of(std::uint8_t kind, const hash32& hash, time_ms now, bytes_view detail) {
  return e2ee::writer{}.u8(1).u8(kind).u64(now).zeros(64).put(hash).v16(detail).take();
}

} // namespace

scripted_daemon::scripted_daemon()
    : clinic{any_id<clinic_id>()}, identity{e2ee::signing_key::random()},
      noise{wire::noise_key_pair::random()}, log_seed_{secret32::random()}, incarnation_{
                                                                                any_id<incarnation_id>()} {
  std::array<std::uint8_t, 64> secret{};
  crypto_sign_seed_keypair(log_key_.data(), secret.data(), log_seed_.data());
  root_ = e2ee::sign_object(clinic, e2ee::root_fields{identity.public_part(), "Test clinic", 1},
                            {{identity, e2ee::labels::root}});
  e2ee::server_fields server;
  server.serial = 1;
  server.noise_key = noise.pub;
  server.log_key = log_key_;
  server.daemon_key = order_key.public_part();
  server.until = UINT64_MAX;
  server_ = e2ee::sign_object(clinic, server, {{identity, e2ee::labels::server}});
  append(14, {});
}

std::uint64_t scripted_daemon::append(std::uint8_t kind, const hash32& hash, bytes_view detail) {
  return append_entry(kind, entry_of(kind, hash, 1'700'000'000'000, detail));
}

std::uint64_t scripted_daemon::append_entry(std::uint8_t kind, bytes entry) {
  leaves_.push_back(e2ee::writer{}.u8(1).u8(kind).put(sha256({bytes(16), entry})).take());
  entries_.push_back(std::move(entry));
  return leaves_.size() - 1;
}

std::uint64_t scripted_daemon::checkpoint_size() const {
  return sealed_checkpoint_size != 0 ? sealed_checkpoint_size : leaves_.size();
}

hash32 scripted_daemon::root() const {
  return naive_tree{leaves_}.root(leaves_.size());
}

std::string scripted_daemon::note() const {
  auto size = checkpoint_size();
  e2ee::checkpoint head{origin, size, naive_tree{leaves_}.root(size)};
  auto sign = [this](bytes_view m) {
    public_key pk{};
    std::array<std::uint8_t, 64> secret{};
    crypto_sign_seed_keypair(pk.data(), secret.data(), log_seed_.data());
    signature64 out{};
    crypto_sign_detached(out.data(), nullptr, m.data(), m.size(), secret.data());
    return out;
  };
  return *e2ee::make_note(head, log_key_, sign);
}

std::vector<hash32> scripted_daemon::consistency(std::uint64_t from) const {
  if (from == 0 || from >= checkpoint_size())
    return {};
  return naive_tree{leaves_}.consistency(from, checkpoint_size());
}

d::logged scripted_daemon::entry_at(std::uint64_t leaf) const {
  d::logged out{{}, leaf, bytes(16), entries_.at(leaf), {}};
  if (leaf < checkpoint_size())
    out.proof = naive_tree{leaves_}.path(leaf, 0, checkpoint_size());
  return out;
}

d::logged scripted_daemon::logged(const hash32& hash) const {
  const auto& held = objects.at(hash);
  auto out = entry_at(held.leaf);
  out.object = held.raw;
  return out;
}

std::uint64_t scripted_daemon::accept(std::uint8_t kind, const hash32& hash, bytes raw, const bytes& word) {
  if (auto held = objects.find(hash); held != objects.end())
    return held->second.leaf;
  if (!word.empty())
    words[hash] = word;
  auto leaf = append(kind, hash, word);
  objects[hash] = {std::move(raw), leaf};
  return leaf;
}

void scripted_daemon::name_parties(const std::vector<d::party_name>& names) {
  for (const auto& n : names)
    parties.try_emplace(n.party, party{n.kind, n.name, {}, {}, {}});
}

client::invitation_file scripted_daemon::first_invitation(const std::string& name,
                                                          const std::vector<std::string>& roles) {
  auto key = e2ee::signing_key::random();
  e2ee::invitation_fields x;
  std::vector<d::party_name> names{{any_id<party_id>(), 1, name}};
  for (const auto& role : roles)
    names.push_back({any_id<party_id>(), 2, role});
  for (const auto& n : names)
    x.parties.push_back(n.party);
  std::sort(x.parties.begin(), x.parties.end());
  x.invitation = any_id<invitation_id>();
  x.invitation_key = key.public_part();
  x.user = any_id<user_id>();
  x.display_name = name;
  x.from = 1'700'000'000'000 - hour;
  x.until = x.from + 72 * hour;
  auto raw = e2ee::sign_object(clinic, x, {{identity, e2ee::labels::invitation}});
  accept(invited_kind, e2ee::signed_invitation::decode(raw, clinic)->hash(), raw);
  name_parties(names);
  invitations_[x.invitation] = {raw, first_code};
  return {
      clinic,    identity.public_part(), noise.pub, x.invitation, key.seed().copy(), "ipc:///nowhere", {}, {},
      secret32{}};
}

e2ee::device_certificate scripted_daemon::certificate_of(const device_id& device) const {
  return *e2ee::device_certificate::decode(objects.at(devices.at(device)).raw, clinic);
}

e2ee::device_certificate scripted_daemon::first_of(const device_id& device) const {
  auto x = certificate_of(device);
  while (!is_zero(x.previous))
    x = *e2ee::device_certificate::decode(objects.at(x.previous).raw, clinic);
  return x;
}

bytes scripted_daemon::certify_registrar(bytes_view certificate, std::uint8_t alone) const {
  auto own = e2ee::device_certificate::decode(certificate, clinic);
  e2ee::registrar_fields x;
  x.serial = 1;
  x.device = own->device;
  x.user = own->user;
  x.signing_key = own->signing_key;
  x.scope = e2ee::scope::all;
  x.alone = alone;
  x.until = UINT64_MAX;
  return e2ee::sign_object(clinic, x, {{identity, e2ee::labels::registrar}});
}

// ---------------------------------------------------------------- channel

void scripted_daemon::take(line& from, const std::function<void(bytes_view)>& deliver, time_ms now) {
  while (!from.up.empty()) {
    auto payload = std::move(from.up.front());
    from.up.pop_front();
    auto channels = from.opened;
    auto& c = channels_[&from];
    if (c.number != channels)
      c = channel{channels, std::nullopt, {}, {}, {}, {}};
    c.deliver = deliver;
    if (!c.open) {
      shake(c, payload, now);
      continue;
    }
    auto event = c.open->receive(payload, now);
    auto* message = event ? std::get_if<wire::channel_message>(&*event) : nullptr;
    if (message == nullptr) {
      if (!event || std::get_if<wire::channel_closed>(&*event) != nullptr)
        channels_.erase(&from);
      continue;
    }
    auto request = d::decode_request(message->value);
    if (!request || (swallow && swallow(*request)))
      continue;
    d::answer out{request->id, answer(c, request->what, now)};
    if (tamper)
      tamper(*request, out.result);
    auto news = std::exchange(c.news, {});
    if (!(silent && silent(*request))) {
      send(c, out);
      for (const auto& n : news)
        if (from.opened == channels && !(swallow_news && swallow_news(n)))
          send(c, n);
    }
    if (from.opened != channels)
      return; // the device made a new channel while it was answered
  }
}

void scripted_daemon::shake(channel& c, bytes_view first, time_ms now) {
  wire::channel_responder responder{clinic, noise};
  (void)responder.read(first);
  d::server_hello hello{incarnation_, now, wire::message_bytes_max, {}, {}};
  auto answered = responder.answer(d::encode(hello), true, now);
  if (!answered)
    return;
  c.open.emplace(std::move(answered->channel));
  c.deliver(answered->message);
}

void scripted_daemon::send(channel& c, const d::from_daemon& m) {
  auto frames = c.open->send(d::encode(m));
  auto deliver = c.deliver; // the device may close the channel while it reads
  for (const auto& frame : *frames)
    deliver(frame);
}

void scripted_daemon::news_for_all(const d::from_daemon& m) {
  for (auto& [at, c] : channels_)
    if (c.user)
      send(c, m);
}

d::answer_body scripted_daemon::answer(channel& c, const d::request_body& what, time_ms now) {
  return std::visit(
      [&](const auto& m) -> d::answer_body {
        using type = std::decay_t<decltype(m)>;
        constexpr bool greets = std::is_same_v<type, d::hello> || std::is_same_v<type, d::show_invitation> ||
                                std::is_same_v<type, d::enrol> || std::is_same_v<type, d::log_in>;
        if constexpr (!greets)
          if (!c.user &&
              !(std::is_same_v<type, d::find_person> && c.device && !certificate_of(c.device).user))
            return no(refusal::not_logged_in);
        if constexpr (std::is_same_v<type, d::post>) {
          return on(m, now);
        } else if constexpr (requires { on(c, m); }) {
          return on(c, m);
        } else if constexpr (requires { on(m); }) {
          return on(m);
        } else {
          return no(refusal::unknown_request);
        }
      },
      what);
}

} // namespace wardline::test
