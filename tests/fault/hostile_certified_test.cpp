// A device with a good certificate in hostile hands, against the real daemon: it costs itself its request,
// its channel or its link, and nobody else anything.
#include "certified_attacker.hpp"
#include "e2ee/conversation.hpp"
#include "e2ee/envelope.hpp"
#include "wire/content.hpp"
#include <algorithm>
#include <set>
#include <sodium.h>
#include <unistd.h>

using namespace wardline;
using namespace wardline::fault;
namespace asked = wardline::wire::device;

namespace {

/// One daemon with three people; mallory's device is the hostile one.
struct hostile_clinic {
  bench::daemon_process daemon{WARDLINED, std::filesystem::temp_directory_path() /
                                              ("wardline-hostile-" + std::to_string(::getpid()))};
  bench::bench_registrar registrar{daemon};
  std::unique_ptr<bench::bench_device> nurse = registrar.let_in("nurse");
  std::unique_ptr<bench::bench_device> physician = registrar.let_in("physician");
  std::unique_ptr<bench::bench_device> mallory = registrar.let_in("mallory");
  conversation_id shared; ///< nurse, physician and mallory

  hostile_clinic() {
    e2ee::conversation_fields c;
    randombytes_buf(c.conversation.value.data(), c.conversation.value.size());
    c.n = 1;
    for (const auto* d : {&nurse, &physician, &mallory})
      c.parties.push_back({(*d)->party, e2ee::party_kind::user});
    std::sort(c.parties.begin(), c.parties.end(),
              [](const auto& a, const auto& b) { return a.party < b.party; });
    c.signer_device = nurse->device;
    c.signer_certificate = nurse->certificate;
    c.time = 1;
    shared = c.conversation;
    auto object = e2ee::sign_object(nurse->clinic, c, {{nurse->signing, e2ee::labels::conversation}});
    nurse->ask_and_wait(asked::submit{object, {}, {}});
    nurse->wait_for_checkpoint(); // asked for below as what costs nothing
  }

  /// A message to all three; made by `maker` and saying that it is by `author`.
  asked::post post(const bench::bench_device& maker, const bench::bench_device& author) const {
    wire::content text;
    text.text = "good morning";
    e2ee::draft d;
    randombytes_buf(d.header.message.value.data(), d.header.message.value.size());
    d.header.conversation = shared;
    d.header.conversation_link = 1;
    d.header.author_user = author.user;
    d.header.author_device = author.device;
    d.header.author_certificate = author.certificate;
    d.header.time = 1;
    d.header.envelope = e2ee::encode(e2ee::envelope{});
    d.content = *wire::encode(text);
    d.recipients = {nurse->own_inbox(), physician->own_inbox(), mallory->own_inbox()};
    auto made = e2ee::seal_message(maker.clinic, std::move(d), maker.signing);
    REQUIRE(made);
    return {std::move(made->slip), std::move(made->body)};
  }

  /// Somebody else works as ever.
  void honest() {
    CHECK(std::holds_alternative<asked::posted>(nurse->ask_and_wait(post(*nurse, *nurse))));
    CHECK(std::holds_alternative<asked::checkpoint>(physician->ask_and_wait(asked::get_checkpoint{})));
    CHECK(daemon.alive());
    CHECK(daemon.resident_bytes() < 256u << 20);
  }
};

hostile_clinic& clinic() {
  static hostile_clinic one;
  return one;
}

} // namespace

TEST_CASE("certified: a newer channel wins with its first transport message, not before (106, 122)") {
  auto& c = clinic();
  certified_attacker older{c.daemon, *c.mallory};
  older.greet();
  certified_attacker newer{c.daemon, *c.mallory};
  newer.shake();
  CHECK(older.why(asked::get_checkpoint{}) == refusal::none); // a handshake alone, as a replay would be
  CHECK(newer.why(asked::get_checkpoint{}) == refusal::hello_missing);
  CHECK(older.why(asked::get_checkpoint{}) == refusal::none);
  asked::hello hello;
  hello.device = c.mallory->device;
  hello.certificate_hash = c.mallory->certificate;
  CHECK(std::holds_alternative<asked::welcome>(newer.ask(hello)));
  CHECK(older.closed_as() == refusal::replaced);
  CHECK(older.reason == refusal::replaced);
  CHECK(newer.why(asked::get_checkpoint{}) == refusal::none);
  c.honest();
}

TEST_CASE("certified: slips of others, versions to come, and what belongs to nobody are refused by name") {
  auto& c = clinic();
  certified_attacker m{c.daemon, *c.mallory};
  m.greet();
  CHECK(m.why(c.post(*c.mallory, *c.nurse)) == refusal::author_not_channel);
  CHECK(m.why(c.post(*c.nurse, *c.nurse)) == refusal::author_not_channel); // a true one, replayed
  CHECK(m.why(c.post(*c.mallory, *c.mallory)) == refusal::none);           // her own is fine
  auto newer = c.post(*c.mallory, *c.mallory);
  // Every object begins with its frame: magic, kind, version (e2ee 1).
  std::size_t told = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    auto changed = newer;
    changed.slip[i] ^= 3; // 1 becomes 2 where the version stands
    auto why = m.why(changed);
    CHECK(why != refusal::none);
    told += why == refusal::unknown_version ? 1 : 0;
  }
  CHECK(told >= 1);
  asked::open nobody;
  nobody.conversation.value.fill(4);
  nobody.seqs = {1};
  CHECK(m.why(nobody) == refusal::not_found);
  c.honest();
}

TEST_CASE("certified: a device message of 1 MiB passes, one byte more ends the channel (118)") {
  auto& c = clinic();
  certified_attacker m{c.daemon, *c.mallory};
  m.greet();
  bytes piece(wire::fragment_bytes_max, 0xff);
  std::size_t given = 0;
  for (; given + piece.size() < wire::message_bytes_max; given += piece.size())
    m.frame(0, piece);
  auto rest = wire::message_bytes_max - given;
  SECTION("exactly 1 MiB: read, and no request") {
    m.frame(1, bytes(rest, 0xff));
    CHECK(m.closed_as() == refusal::malformed_request);
    CHECK(m.reason == refusal::malformed_request);
  }
  SECTION("one more") {
    m.frame(1, bytes(rest + 1, 0xff));
    CHECK(m.closed_as() == refusal::message_too_large);
    CHECK(m.reason == refusal::message_too_large);
  }
  c.honest();
}

TEST_CASE("certified: more requests at once than may wait get one answer each, and no more") {
  auto& c = clinic();
  certified_attacker m{c.daemon, *c.mallory};
  m.greet();
  constexpr std::uint32_t surplus = 4;
  constexpr auto all = static_cast<std::uint32_t>(wire::unanswered_max) + surplus;
  asked::log_in slow; // a password takes long to check: all of them wait
  slow.password = "not the password";
  slow.second_factor = "123456";
  for (std::uint32_t i = 0; i < all; ++i)
    REQUIRE(m.request(i, slow));
  std::set<request_id> answered;
  std::size_t too_many = 0;
  while (answered.size() < all) {
    auto a = m.answer();
    REQUIRE(a);
    CHECK(answered.insert(a->id).second);
    auto* no = std::get_if<asked::refused>(&a->result);
    REQUIRE(no != nullptr);
    too_many += no->why == refusal::too_many_unanswered ? 1 : 0;
  }
  CHECK(too_many <= surplus); // how many of them waited at once is the scheduler's affair
  CHECK(m.why(asked::get_checkpoint{}) == refusal::none);
  c.honest();
}

TEST_CASE("certified: a reader that never reads loses its link, not the daemon its memory") {
  auto& c = clinic();
  certified_attacker m{c.daemon, *c.mallory, 1};
  m.greet();
  asked::get_objects much;
  much.hashes.assign(wire::objects_asked_max, c.mallory->certificate);
  constexpr std::uint32_t requests_max = 20'000;
  std::uint32_t asked_so_far = 0;
  // libzmq sees the end of a connection only when it reads; until then its way out just fills.
  while (asked_so_far < requests_max && m.request(asked_so_far, much, 500)) {
    ++asked_so_far;
    (void)m.connection.happened(1); // a rate that is nobody's limit
  }
  INFO(asked_so_far << " requests");
  CHECK(asked_so_far < requests_max);
  CHECK(c.daemon.resident_bytes() < 256u << 20);
  CHECK(c.daemon.journal().find("slow_reader_cut") != std::string::npos);
  c.honest();
}
