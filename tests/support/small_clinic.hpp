#pragma once
// A clinic for tests of actors: two people and a role who share a conversation, and a stranger. Keys, slips
// and acts are real; certificates and rosters are not judged here, so their hashes stand for them.
#include "conversation.hpp"
#include "e2ee/signing.hpp"
#include "e2ee/slip_seals.hpp"
#include "store_fixture.hpp"
#include "wire/noise.hpp"
#include <catch2/catch.hpp>

namespace wardline {

template <class Id>
Id id_of(std::uint8_t fill) {
  Id out;
  out.value.fill(fill);
  return out;
}

struct test_person {
  std::uint8_t number;
  user_id user = id_of<user_id>(number);
  device_id device = id_of<device_id>(static_cast<std::uint8_t>(number + 0x40));
  party_id party = id_of<party_id>(static_cast<std::uint8_t>(number + 0x80));
  hash32 certificate = sha256(bytes{number});
  e2ee::signing_key signing = e2ee::signing_key::from_seed(secret32{sha256(bytes{number, 1})});
  wire::noise_key_pair noise = wire::noise_key_pair::from(secret32{sha256(bytes{number, 2})});
  e2ee::x25519_pair inbox = e2ee::x25519_pair::from_secret(secret32{sha256(bytes{number, 3})});

  explicit test_person(std::uint8_t n) : number{n} {}
};

struct small_clinic {
  static constexpr time_ms now = 1'790'000'000'000;

  clinic_id id = id_of<clinic_id>(0xc1);
  incarnation_id incarnation = id_of<incarnation_id>(0x11);
  conversation_id conversation = id_of<conversation_id>(0xa1);
  test_person nurse{1}, physician{2}, stranger{3};
  rules::clinic_board board;
  e2ee::conversation_link link = link_with(1, {}, {&nurse, &physician});

  small_clinic() {
    change([](rules::clinic&) {});
  }

  /// Swaps the snapshot for one that was changed.
  void change(const std::function<void(rules::clinic&)>& edit) {
    auto next = std::make_shared<rules::clinic>(*board.now());
    if (next->devices.empty())
      people_into(*next);
    edit(*next);
    board.swap(std::move(next));
  }

  void gate(const test_person& who) {
    change([&](rules::clinic& c) { c.devices.at(who.device).gated = true; });
  }

  [[nodiscard]] caller_ref caller_of(const test_person& who) const {
    return std::make_shared<const caller>(
        caller{who.device, who.user, rules::device_class::personal_staff, who.certificate, {who.party}});
  }

  e2ee::conversation_link link_with(std::uint32_t n, const hash32& previous,
                                    std::vector<const test_person*> members) {
    e2ee::conversation_fields f;
    f.conversation = conversation;
    f.n = n;
    f.previous = previous;
    for (const auto* m : members)
      f.parties.push_back({m->party, e2ee::party_kind::user});
    f.signer_device = nurse.device;
    f.signer_certificate = nurse.certificate;
    f.time = now;
    auto raw = e2ee::sign_object(id, f, {{nurse.signing, e2ee::labels::conversation}});
    return *e2ee::conversation_link::decode(raw, id);
  }

  /// The rows that directory commits with a conversation link.
  [[nodiscard]] write rows_of(const e2ee::conversation_link& l) const {
    act a;
    a.entry.kind = rules::audit_kind::object_accepted;
    a.entry.hash = l.hash();
    a.changes = {put_object(l.hash(), l.raw()),
                 put_row(ports::table::conversation, to_bytes(conversation.view()),
                         rows::conversation{l.n, l.hash()})};
    return {{a}};
  }

  [[nodiscard]] e2ee::slip_header header(const test_person& author, std::uint8_t message) const {
    e2ee::slip_header h;
    h.message = id_of<message_id>(message);
    h.conversation = conversation;
    h.conversation_link = link.n;
    h.author_user = author.user;
    h.author_device = author.device;
    h.author_certificate = author.certificate;
    h.time = now;
    h.envelope = e2ee::encode(e2ee::envelope{});
    return h;
  }

  [[nodiscard]] e2ee::recipient recipient(const test_person& who) const {
    return {who.party, 1, who.inbox.public_part};
  }

  [[nodiscard]] e2ee::sealed_message sealed(const test_person& author, e2ee::slip_header h,
                                            std::vector<e2ee::recipient> to,
                                            std::string_view text = "Room 4: chest pain") const {
    auto m = e2ee::seal_message(id, {std::move(h), view(text), std::move(to), {}}, author.signing);
    REQUIRE(m);
    return std::move(*m);
  }

  [[nodiscard]] e2ee::sealed_message message(const test_person& author, std::uint8_t number,
                                             std::string_view text = "Room 4: chest pain") const {
    return sealed(author, header(author, number), {recipient(nurse), recipient(physician)}, text);
  }

  [[nodiscard]] post_slip post(const test_person& author, const e2ee::sealed_message& m,
                               time_ms at = now) const {
    auto slip = e2ee::slip::decode(m.slip, id);
    REQUIRE(slip);
    auto what = std::make_shared<const wire::device::post>(wire::device::post{m.slip, m.body});
    return {caller_of(author), slip->header.conversation, slip->header.message, slip->h, what, at};
  }

  [[nodiscard]] bytes act_bytes(const test_person& by, e2ee::act_fields f) const {
    f.user = by.user;
    f.device = by.device;
    f.certificate = by.certificate;
    return e2ee::sign_object(id, f, {{by.signing, e2ee::labels::act}});
  }

private:
  void people_into(rules::clinic& c) {
    c.id = id;
    c.incarnation = incarnation;
    for (const auto* p : {&nurse, &physician, &stranger}) {
      rules::device_record d;
      d.device = p->device;
      d.user = p->user;
      d.certificate = p->certificate;
      d.signing = p->signing.public_part();
      d.noise = p->noise.pub;
      d.parties = {p->party};
      c.devices.emplace(p->device, d);
      c.by_noise_key.emplace(p->noise.pub, p->device);
      c.people.emplace(p->user, rules::person_record{p->user, {}, p->party});
      rules::party_record party;
      party.party = p->party;
      party.n = 1;
      party.inbox = p->inbox.public_part;
      party.members = {p->device};
      c.parties.emplace(p->party, party);
    }
  }
};

inline refusal why_of(const outcome& o) {
  const auto* r = std::get_if<wire::device::refused>(&o.result);
  return r == nullptr ? refusal::none : r->why;
}

/// What was answered; fails the test if nothing was, or not by a T.
template <class T>
T answered(const std::shared_ptr<asked<outcome>>& a) {
  REQUIRE(a->answer);
  INFO("refused: " << name_of(why_of(*a->answer)));
  REQUIRE(std::holds_alternative<T>(a->answer->result));
  return std::get<T>(a->answer->result);
}

inline refusal why_of(const std::shared_ptr<asked<outcome>>& a) {
  REQUIRE(a->answer);
  return why_of(*a->answer);
}

} // namespace wardline
