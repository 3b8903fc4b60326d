// Everything is bounded: each limit of the client is reached here; and what comes in pieces is put together.
#include "client/device_parts.hpp"
#include "client/turns.hpp"
#include "handmade_device.hpp"
#include <algorithm>
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::test;

namespace {

struct two_people : little_clinic {
  two_people() {
    REQUIRE(found().why() == refusal::none);
    REQUIRE(enrol("nurse1", {}).why() == refusal::none);
    REQUIRE(enrol("physician1", {}).why() == refusal::none);
    where = send("nurse1", "physician1", "first")->conversation;
  }
  client::device& nurse() { return *(*this)["nurse1"].device; }
  client::result<std::vector<client::opened_message>> open(std::vector<std::uint64_t> seqs) {
    return act<std::vector<client::opened_message>>(
        [&](client::done<std::vector<client::opened_message>> then) {
          (*this)["physician1"].device->open(where, std::move(seqs), d::purpose::treatment, std::move(then));
        });
  }
  conversation_id where;
};

client::draft said(const std::string& text) {
  client::draft out;
  out.text = text;
  return out;
}

} // namespace

TEST_CASE("a message is sealed again for a party that turned: same h, another seal") {
  two_people clinic;
  handmade_device other{clinic, "consultant"};
  auto first = clinic.send("nurse1", "consultant", "one");
  REQUIRE(first.why() == refusal::none);
  other.turn(clinic, e2ee::link_reason::refresh);
  std::vector<e2ee::slip> posts;
  clinic.daemon.swallow = [&](const d::request& r) {
    if (const auto* post = std::get_if<d::post>(&r.what))
      posts.push_back(*e2ee::slip::decode(post->slip, clinic.daemon.clinic));
    return false;
  };
  auto second = clinic.act<client::sent_message>([&](client::done<client::sent_message> then) {
    clinic.nurse().send_in(first->conversation, said("two"), nullptr, std::move(then));
  });
  REQUIRE(second.why() == refusal::none);
  REQUIRE(posts.size() == 2);
  CHECK(posts[0].h == posts[1].h);
  auto at = posts[0].position(other.party);
  CHECK(posts[0].seals[*at].epoch == 1);
  CHECK(posts[1].seals[*at].epoch == 2);
  auto& said_to = clinic["nurse1"].said;
  CHECK(std::any_of(said_to.begin(), said_to.end(), [&](const client::notice& n) {
    return n.what == client::notice::about::party_changed && n.party == other.party;
  }));
}

TEST_CASE("a conversation that went on without this device is followed link by link, so far") {
  two_people clinic;
  handmade_device other{clinic, "consultant"};
  auto nurse = clinic.daemon.people.at(clinic.nurse().user()).party;
  e2ee::conversation_fields link;
  link.conversation.value.fill(9);
  link.parties = {{nurse, e2ee::party_kind::user}, {other.party, e2ee::party_kind::user}};
  std::sort(link.parties.begin(), link.parties.end(), [](auto& a, auto& b) { return a.party < b.party; });
  for (link.n = 1; link.n <= 3; ++link.n) {
    auto raw = other.sign(clinic, link);
    (void)clinic.daemon.on(d::submit{raw, {}, {}});
    link.previous = e2ee::conversation_link::decode(raw, clinic.daemon.clinic)->hash();
  }
  auto known = [&] {
    auto all = clinic.nurse().conversations();
    return std::any_of(all.begin(), all.end(), [&](auto& c) { return c.conversation == link.conversation; });
  };
  auto catch_up = [&] {
    return clinic.act<client::nothing>(
        [&](client::done<client::nothing> then) { clinic.nurse().catch_up(std::move(then)); });
  };
  REQUIRE(catch_up().why() == refusal::none);
  CHECK(known());

  link.conversation.value.fill(10);
  link.n = client::conversation_links_max + 1;
  auto raw = other.sign(clinic, link);
  clinic.daemon.conversations[link.conversation].link = raw;
  REQUIRE(catch_up().why() == refusal::none);
  CHECK_FALSE(known());
}

TEST_CASE("a fetch that leads nowhere ends") {
  two_people clinic;
  unsigned asked = 0;
  handmade_device other{clinic, "consultant"};
  auto& physician = *clinic["physician1"].device;
  e2ee::conversation_fields link;
  link.conversation.value.fill(11);
  link.n = 1;
  link.parties = {{clinic.daemon.people.at(physician.user()).party, e2ee::party_kind::user}};
  auto known = clinic.daemon.certificate_of(clinic["admin"].device->id()).hash();
  clinic.daemon.tamper = [&](const d::request& r, d::answer_body& a) {
    if (std::get_if<d::get_objects>(&r.what) == nullptr)
      return;
    ++asked;
    std::get<d::objects>(a).found = {clinic.daemon.logged(known)}; // true, and not what was asked for
  };
  clinic.daemon.conversations[link.conversation].link = other.sign(clinic, link);
  auto done = clinic.act<client::nothing>(
      [&](client::done<client::nothing> then) { physician.catch_up(std::move(then)); });
  CHECK(done.why() == refusal::none);
  CHECK(asked == client::fetch_rounds_max);
  CHECK(physician.conversations().size() == 1);
}

TEST_CASE("bodies that do not fit one answer are asked for again, a leaf each time") {
  two_people clinic;
  for (const auto* text : {"second", "third"})
    REQUIRE(clinic.send("nurse1", "physician1", text).why() == refusal::none);
  clinic.settle();
  clinic.daemon.tamper = [](const d::request&, d::answer_body& a) {
    if (auto* opened = std::get_if<d::opened>(&a)) {
      opened->left_off = static_cast<std::uint32_t>(opened->bodies.size()) - 1;
      opened->bodies.resize(1);
    }
  };
  auto opened = clinic.open({3, 1, 2});
  REQUIRE(opened.why() == refusal::none);
  REQUIRE(opened->size() == 3);
  CHECK(clinic.daemon.releases == 3);
  CHECK((*opened)[0].content.text == "first");
  CHECK((*opened)[2].content.text == "third");
  CHECK((*opened)[0].leaf != (*opened)[2].leaf);

  clinic.daemon.tamper = [](const d::request&, d::answer_body& a) {
    if (auto* answer = std::get_if<d::opened>(&a))
      answer->left_off = static_cast<std::uint32_t>(answer->bodies.size());
  };
  CHECK(clinic.open({1}).why() == refusal::malformed_request);
}

TEST_CASE("more bodies than one Open may name, and what is not there, is not asked for") {
  two_people clinic;
  clinic.settle();
  std::vector<std::uint64_t> many(wire::open_bodies_max + 1);
  for (std::size_t i = 0; i < many.size(); ++i)
    many[i] = i + 1;
  CHECK(clinic.open(many).why() == refusal::open_too_many);
  CHECK(clinic.open({7}).why() == refusal::not_found);
  CHECK(clinic.daemon.releases == 0);
}

TEST_CASE("an outbox full of what was not acked takes no more; acked rows make room") {
  two_people clinic;
  auto& device = clinic.nurse();
  auto rows = device.outbox().size(); // acked before
  REQUIRE(rows == 1);
  for (auto n = rows; n < client::outbox_rows_max; ++n)
    REQUIRE(device.stage_in(clinic.where, said("x")));
  REQUIRE(device.stage_in(clinic.where, said("in the acked one's place")));
  CHECK(device.outbox().size() == client::outbox_rows_max);
  CHECK(device.stage_in(clinic.where, said("one too many")).why() == refusal::overloaded);
}

TEST_CASE("acts that wait for the daemon are bounded") {
  two_people clinic;
  clinic["nurse1"].wire.dead = true;
  clinic.restart("nurse1");
  std::size_t overloaded = 0;
  auto count = [&](const client::result<client::nothing>& r) {
    overloaded += r.why() == refusal::overloaded ? 1 : 0;
  };
  for (std::size_t i = 0; i < client::acts_waiting_max; ++i)
    clinic.nurse().catch_up(count);
  CHECK(overloaded == 0);
  clinic.nurse().catch_up(count);
  CHECK(overloaded == 1);
}

TEST_CASE("a listing remembers so many rows") {
  two_people clinic;
  clinic.settle();
  auto& physician = *clinic["physician1"].device;
  std::vector<client::message_row> shown(client::listing_rows_max + 1, physician.inbox().at(0));
  REQUIRE(physician.remember_listing(shown));
  CHECK(physician.listed(client::listing_rows_max));
  CHECK_FALSE(physician.listed(client::listing_rows_max + 1));
}

TEST_CASE("a page of slips is one commit, and many pages are fetched in order") {
  two_people clinic;
  for (std::uint32_t i = 0; i < client::slips_per_page_max + 3; ++i)
    REQUIRE(clinic.nurse().stage_in(clinic.where, said("x")));
  clinic["physician1"].wire.dead = true;
  clinic.nurse().send_staged();
  REQUIRE(clinic.run([&] {
    auto rows = clinic.nurse().outbox();
    return std::all_of(rows.begin(), rows.end(),
                       [](auto& r) { return r.state == client::outbox_state::acked; });
  }));
  clinic["physician1"].wire.dead = false;
  clinic.restart("physician1");
  REQUIRE(clinic.run([&] { return clinic["physician1"].device->settled(); }));
  auto rows = clinic["physician1"].device->messages(clinic.where);
  REQUIRE(rows.size() == client::slips_per_page_max + 4);
  for (std::size_t i = 0; i < rows.size(); ++i)
    CHECK(rows[i].seq == i + 1);
}

TEST_CASE("so many parties are turned at a time; what did not fit is founded later") {
  little_clinic clinic;
  REQUIRE(clinic.found().why() == refusal::none);
  REQUIRE(clinic.enrol("nurse1", {}).why() == refusal::none);
  clinic.settle();
  clinic["nurse1"].wire.dead = true;
  constexpr std::size_t roles = client::turning_max + 1;
  client::invite_order order;
  for (std::size_t i = 0; i < roles; ++i) {
    order.roles.push_back("role " + std::to_string(i));
    if (order.roles.size() < e2ee::certificate_parties_max - 1 && i + 1 < roles)
      continue;
    order.display_name = "colleague " + std::to_string(i); // who never comes
    REQUIRE(clinic
                .act<client::invitation_made>([&](client::done<client::invitation_made> then) {
                  clinic["admin"].device->invite(order, std::move(then));
                })
                .why() == refusal::none);
    order.roles.clear();
  }
  for (std::size_t i = 0; i < roles; ++i)
    REQUIRE(clinic
                .act<client::nothing>([&](client::done<client::nothing> then) {
                  clinic["admin"].device->grant("nurse1", "role " + std::to_string(i), 0, std::move(then));
                })
                .why() == refusal::none);
  clinic.daemon.swallow = [](const d::request& r) {
    const auto* m = std::get_if<d::submit>(&r.what);
    auto kind = m == nullptr ? expected<e2ee::kind>{refusal::needs} : e2ee::peek_kind(m->object);
    return kind && *kind == e2ee::kind::link;
  };
  auto staged = [&] { return clinic["nurse1"].store.scan(client::table::turns, {}, {}, roles).size(); };
  auto founded = [&] {
    std::size_t out = 0;
    for (const auto& [id, p] : clinic.daemon.parties)
      out += p.name.starts_with("role ") && !p.cores.empty() ? 1 : 0;
    return out;
  };
  clinic["nurse1"].wire.dead = false;
  clinic.restart("nurse1");
  REQUIRE(clinic.run([&] { return staged() == client::turning_max; }));
  clinic.settle();
  CHECK(staged() == client::turning_max); // the last one waits
  CHECK(founded() == 0);
  clinic.daemon.swallow = nullptr;
  clinic.restart("nurse1");
  clinic.run([&] { return founded() == roles; });
  CHECK(founded() >= client::turning_max);
  clinic.restart("nurse1");
  CHECK(clinic.run([&] { return founded() == roles; }));
}
