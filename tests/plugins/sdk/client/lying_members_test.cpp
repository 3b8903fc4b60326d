// What a member with a device of its own making may try: links and packs that are signed as they should be,
// and whose inside is wrong. The daemon passes them on.
#include "e2ee/hpke.hpp"
#include "e2ee/labels.hpp"
#include "handmade_device.hpp"
#include <algorithm>
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::test;

namespace {

/// nurse1 writes to a consultant whose device the test holds.
struct malicious_clinic : little_clinic {
  malicious_clinic() {
    REQUIRE(found().why() == refusal::none);
    REQUIRE(enrol("nurse1", {"nurses"}).why() == refusal::none);
    consultant = std::make_unique<handmade_device>(*this, "consultant");
    REQUIRE(send("nurse1", "consultant", "one").why() == refusal::none);
    settle();
  }
  client::device& at(const std::string& name) { return *(*this)[name].device; }
  e2ee::link_maker maker() { return {consultant->id, consultant->certificate, consultant->signing}; }
  e2ee::sealed_member self() {
    return {{consultant->id, consultant->certificate, {}}, consultant->sealing.public_part};
  }
  e2ee::sealed_member member(const std::string& name) {
    auto x = daemon.certificate_of(at(name).id());
    return {{x.device, x.hash(), {}}, x.sealing_key};
  }
  e2ee::staged_turn made(std::vector<e2ee::sealed_member> members, e2ee::link_reason reason) {
    return std::move(
        *e2ee::make_link(daemon.clinic, consultant->chain, std::move(members), reason, maker(), now));
  }
  /// Another core around the same members, with other seals or inbox; signed by the consultant.
  void sign_again(e2ee::staged_turn& link, const std::function<void(e2ee::link_fields&)>& change) {
    e2ee::link_fields core = *e2ee::link_core::decode(link.core, daemon.clinic);
    change(core);
    core.seals_hash = e2ee::seals_hash(link.seals);
    link.core = e2ee::sign_object(daemon.clinic, core, {{consultant->signing, e2ee::labels::link}});
    link.hash = e2ee::link_core::decode(link.core, daemon.clinic)->hash();
  }
  /// The daemon puts it at the end of the party without a look.
  void put(const e2ee::staged_turn& link) {
    auto& p = daemon.parties.at(consultant->party);
    daemon.objects[link.hash] = {link.core, daemon.append(2, link.hash)};
    p.cores.push_back(link.hash);
    p.members = link.members;
    p.seals = link.seals;
  }
  void follow(const e2ee::staged_turn& link) {
    consultant->chain = e2ee::extended(
        consultant->chain, *e2ee::roster_link::decode(link.core, link.members, link.seals, daemon.clinic));
  }
  client::invite_order further() {
    client::invite_order order;
    order.display_name = "consultant";
    order.purpose = e2ee::invitation_purpose::further;
    order.history_from = 1;
    return order;
  }
  std::unique_ptr<handmade_device> consultant;
};

} // namespace

TEST_CASE("60: a link with a seal for one member short gets nothing sealed to it") {
  malicious_clinic clinic;
  auto link = clinic.made({clinic.self()}, e2ee::link_reason::refresh);
  link.seals = e2ee::encode_seals({});
  clinic.sign_again(link, [](auto&) {});
  clinic.put(link);
  auto before = clinic.daemon.conversations.begin()->second.messages.size();
  CHECK(clinic.send("nurse1", "consultant", "two").why() == refusal::count_mismatch);
  CHECK(clinic.daemon.conversations.begin()->second.messages.size() == before);
}

TEST_CASE("62: a seed that does not give the inbox is said, and the member turns at once") {
  malicious_clinic clinic;
  auto order = clinic.further();
  REQUIRE(clinic.enrol_as("consultant2", order).why() == refusal::none);
  auto in = clinic.made({clinic.self(), clinic.member("consultant2")}, e2ee::link_reason::add);
  (void)clinic.daemon.on(d::submit{in.core, in.members, in.seals});
  clinic.follow(in);
  REQUIRE(clinic.run([&] { return clinic.at("consultant2").head_of(clinic.consultant->party).member; }));
  clinic.settle();
  auto& party = clinic.daemon.parties.at(clinic.consultant->party);
  auto before = party.cores.size();

  auto bad = clinic.made({clinic.self(), clinic.member("consultant2")}, e2ee::link_reason::refresh);
  auto decoded = *e2ee::roster_link::decode(bad.core, bad.members, bad.seals, clinic.daemon.clinic);
  auto to = clinic.member("consultant2");
  auto at = static_cast<std::size_t>(decoded.member(to.who.device) - decoded.members.data());
  auto sealed =
      *e2ee::hpke_seal(to.sealing, e2ee::seed_info(clinic.daemon.clinic, decoded.core, to.who.device),
                       secret32::random().view());
  std::copy_n(sealed.begin(), 32, decoded.seals[at].enc.begin());
  std::copy_n(sealed.begin() + 32, 48, decoded.seals[at].ct.begin());
  bad.seals = e2ee::encode_seals(decoded.seals);
  clinic.sign_again(bad, [](auto&) {});
  (void)clinic.daemon.on(d::submit{bad.core, bad.members, bad.seals});
  REQUIRE(clinic.run([&] { return party.cores.size() == before + 2; }));
  auto turned =
      e2ee::link_core::decode(clinic.daemon.objects.at(party.cores.back()).raw, clinic.daemon.clinic);
  CHECK(turned->reason == e2ee::link_reason::bad_seed);
  CHECK(turned->signer_device == to.who.device);
  const auto& said = clinic["consultant2"].said;
  CHECK(std::any_of(said.begin(), said.end(), [](const client::notice& n) {
    return n.what == client::notice::about::party_changed && n.why == refusal::seed_mismatch;
  }));
  REQUIRE(clinic.send("nurse1", "consultant", "under the good one").why() == refusal::none);
  clinic.settle();
  CHECK(clinic["consultant2"].arrived.back().unreadable == refusal::none);
}

TEST_CASE("65: a reset while another device of the person stands is followed by nobody") {
  malicious_clinic clinic;
  auto order = clinic.further();
  order.purpose = e2ee::invitation_purpose::replacement;
  handmade_device fresh{clinic, order, 0x79};
  fresh.chain = clinic.consultant->chain;
  auto link = e2ee::make_link(
      clinic.daemon.clinic, clinic.consultant->chain,
      {{{fresh.id, fresh.certificate, {}}, fresh.sealing.public_part}}, e2ee::link_reason::reset,
      {fresh.id, fresh.certificate, fresh.signing, e2ee::signer_role::reset}, clinic.now);
  REQUIRE(link);
  clinic.put(*link);
  CHECK(clinic.send("nurse1", "consultant", "to the new one").why() == refusal::reset_not_allowed);
  REQUIRE(clinic
              .act<client::nothing>([&](client::done<client::nothing> then) {
                clinic.at("admin").revoke(clinic.consultant->id, e2ee::revocation_reason::lost,
                                          std::move(then));
              })
              .why() == refusal::none);
  // The revocation stands behind the link in the log: a link made after it is another one.
  CHECK(clinic.send("nurse1", "consultant", "still not").why() == refusal::reset_not_allowed);
  auto& party = clinic.daemon.parties.at(clinic.consultant->party);
  party.cores.pop_back();
  clinic.put(*link);
  clinic.daemon.objects[link->hash].leaf = clinic.daemon.append(2, link->hash);
  CHECK(clinic.send("nurse1", "consultant", "now").why() == refusal::none);
}

TEST_CASE("66: a pack with one wrong seed costs that epoch alone") {
  malicious_clinic clinic;
  for (int epoch = 2; epoch <= 3; ++epoch) {
    clinic.consultant->turn(clinic, e2ee::link_reason::refresh);
    REQUIRE(clinic.send("nurse1", "consultant", "another").why() == refusal::none);
  }
  auto where = clinic.daemon.conversations.begin()->first;
  auto order = clinic.further();
  REQUIRE(clinic.enrol_as("consultant2", order).why() == refusal::none);
  auto link = clinic.made({clinic.self(), clinic.member("consultant2")}, e2ee::link_reason::add);
  auto to = clinic.member("consultant2");
  e2ee::pack_fields x;
  x.party = clinic.consultant->party;
  x.receiver = to.who.device;
  x.receiver_certificate = to.who.certificate;
  x.first = 1;
  x.last = 3;
  x.last_core = clinic.consultant->chain.epochs.back().hash;
  bytes plain;
  for (std::uint32_t n = 1; n <= 3; ++n) {
    auto seed = clinic.consultant->seeds.at(n).view();
    plain.insert(plain.end(), seed.begin(), seed.end());
  }
  plain[32] ^= 1; // of epoch 2
  auto sealed = *e2ee::hpke_seal(to.sealing, e2ee::pack_info(clinic.daemon.clinic, x), plain);
  std::copy_n(sealed.begin(), x.enc.size(), x.enc.begin());
  x.ct.assign(sealed.begin() + e2ee::hpke_enc_size, sealed.end());
  auto pack = e2ee::sign_object(clinic.daemon.clinic, x, {{clinic.consultant->signing, e2ee::labels::pack}});
  (void)clinic.daemon.on(d::submit{link.core, link.members, link.seals, {pack}});
  auto& device = clinic.at("consultant2");
  REQUIRE(clinic.run([&] { return device.head_of(x.party).member && device.messages(where).size() == 3; }));
  clinic.settle();
  std::vector<refusal> read;
  for (const auto& m : device.messages(where))
    read.push_back(m.unreadable);
  CHECK(read == std::vector{refusal::none, refusal::needs, refusal::none});
}
