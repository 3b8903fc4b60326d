// Requests: who may ask what, one answer each, and what goes on to whom.
#include "session_fixture.hpp"

using namespace wardline;
namespace device = wire::device;

namespace {

const device::log_in right_password{{}, "correct horse", "123456"};

wire::noise_key_pair unknown_key() {
  return wire::noise_key_pair::from(secret32{sha256(bytes{88})});
}

std::size_t answers_in(const session_fixture::heard& said, refusal why) {
  std::size_t n = 0;
  for (const auto& m : said.messages)
    if (const auto* a = std::get_if<device::answer>(&m))
      n += why_of(outcome{a->result}) == why ? 1 : 0;
  return n;
}

} // namespace

TEST_CASE("before Hello and before log-in nearly nothing is answered") {
  session_fixture f;
  REQUIRE(f.shake(f.c.nurse.noise));
  CHECK(f.why(device::list_conversations{}) == refusal::hello_missing);
  CHECK(f.why(right_password) == refusal::hello_missing);
  f.answer_to(f.hello_of(f.c.nurse));
  const std::vector<device::request_body> after_log_in{
      device::find_person{"x"},
      device::list_parties{},
      device::get_party{f.c.nurse.party},
      device::get_objects{{hash32{}}},
      device::list_conversations{},
      device::submit{{1}, {}, {}},
      device::invite{{1}, "12345678", {}, {}},
      device::post{{1}, {1}},
      device::get_slips{f.c.conversation, f.c.incarnation, 0, 1},
      device::open{f.c.conversation, {1}},
      device::act{{1}}};
  for (const auto& what : after_log_in)
    CHECK(f.why(what) == refusal::not_logged_in);
  CHECK(std::holds_alternative<device::checkpoint>(f.answer_to(device::get_checkpoint{})));
  CHECK(std::holds_alternative<device::logged_in>(f.answer_to(right_password)));
  for (const auto& what : after_log_in)
    CHECK(f.why(what) != refusal::not_logged_in);
}

TEST_CASE("log-in, log-off, and the end of a session") {
  session_fixture f;
  f.connect(f.c.nurse);
  CHECK(f.why(device::log_in{{}, "wrong", "123456"}) == refusal::wrong_password);
  CHECK(f.why(device::list_parties{}) == refusal::not_logged_in);
  f.d.on_sign_in = [&](const sign_in& m) {
    CHECK(m.who->device == f.c.nurse.device);
    CHECK(m.user == f.c.nurse.user); // a personal device: its own person
    CHECK(m.handshake == f.device->handshake_hash());
    CHECK(m.now == f.clock);
    return f.logged_in_as(m.user, f.clock + 60'000, f.clock);
  };
  auto in = std::get<device::logged_in>(f.answer_to(right_password));
  CHECK(in.share.number == 1);
  CHECK(in.share.value == bytes(32, 9));
  CHECK(in.share.next_number == 2);
  CHECK(in.share.next == bytes(32, 10));
  f.d.on_ask = [&](const ask_directory& m) {
    CHECK(m.who->user == f.c.nurse.user);
    return outcome{device::conversations{}};
  };
  CHECK(std::holds_alternative<device::conversations>(f.answer_to(device::list_conversations{})));
  auto slip = std::make_shared<const bytes>(
      device::encode(device::from_daemon{device::slip{f.c.conversation, 1, 1, {1}, {}, 1}}));
  auto news = [&] {
    caf::anon_send(f.session, deliver{slip});
    f.w.run();
    return f.listen().messages.size();
  };
  CHECK(news() == 1);
  std::optional<refusal> told;
  SECTION("log-off") {
    CHECK(std::holds_alternative<device::done>(f.answer_to(device::log_off{})));
  }
  SECTION("log-off that nobody answers still ends it here") {
    f.d.silent = true;
    f.send(device::log_off{});
    f.d.silent = false;
  }
  SECTION("its absolute end") {
    f.pass(60'000);
    told = refusal::not_logged_in;
  }
  SECTION("by order of its user") {
    caf::anon_send(f.session, end_session{refusal::too_many_tries});
    f.w.run();
    told = refusal::too_many_tries;
  }
  auto said = f.listen();
  CHECK(said.messages.size() == (told ? 1 : 0));
  if (told)
    CHECK(std::get<device::session_ended>(said.messages.at(0)).why == *told);
  CHECK(f.why(device::list_conversations{}) == refusal::not_logged_in);
  CHECK(news() == 0);
  CHECK(f.overs.empty()); // the channel stays
}

TEST_CASE("another person cannot log in on a personal device, and a station needs a name") {
  session_fixture f;
  f.connect(f.c.nurse);
  CHECK(f.why(device::log_in{f.c.physician.user, "correct horse", "123456"}) == refusal::wrong_password);
  f.c.change([&](rules::clinic& c) { c.devices.at(f.c.nurse.device).user = {}; });
  CHECK(f.why(right_password) == refusal::wrong_password);
  CHECK(std::holds_alternative<device::logged_in>(
      f.answer_to(device::log_in{f.c.physician.user, "correct horse", "123456"})));
}

TEST_CASE("an unknown key may enrol, and nothing else") {
  session_fixture f;
  std::vector<public_key> keys;
  f.d.on_ask = [&](const ask_directory& m) {
    keys.push_back(m.noise_key);
    CHECK_FALSE(m.who->device);
    return outcome{device::enrolled{3}};
  };
  REQUIRE(f.shake(unknown_key()));
  CHECK(f.greeting.checkpoint.empty());
  CHECK_FALSE(f.greeting.heads_digest);
  device::enrol enrol{id_of<invitation_id>(1), "12345678", bytes(300, 1), "a long password"};
  SECTION("it gets through") {
    f.answer_to(device::show_invitation{id_of<invitation_id>(1), "12345678"});
    CHECK(std::holds_alternative<device::enrolled>(f.answer_to(enrol)));
    CHECK(keys == std::vector{unknown_key().pub, unknown_key().pub});
    CHECK(f.overs.empty());
    // Once directory knows the key, the same channel is the device's.
    f.c.change([&](rules::clinic& c) { c.by_noise_key.emplace(unknown_key().pub, f.c.stranger.device); });
    CHECK(std::holds_alternative<device::welcome>(f.answer_to(f.hello_of(f.c.stranger))));
  }
  SECTION("codes are not for guessing") {
    for (unsigned i = 0; i < enrolling_requests_max; ++i)
      f.answer_to(enrol);
    f.send(enrol);
    auto said = f.listen();
    CHECK(answers_in(said, refusal::too_many_tries) == 1);
    CHECK(said.closed == refusal::too_many_tries);
    CHECK(keys.size() == enrolling_requests_max);
  }
  SECTION("invitations are counted apart") {
    for (unsigned i = 0; i <= enrolling_requests_max; ++i)
      f.send(device::show_invitation{id_of<invitation_id>(1), "12345678"});
    CHECK(f.listen().closed == refusal::too_many_tries);
    CHECK(keys.size() == enrolling_requests_max);
  }
  SECTION("anything else ends it") {
    const std::vector<device::request_body> others{f.hello_of(f.c.stranger), right_password,
                                                   device::list_parties{}};
    f.send(others.at(static_cast<std::size_t>(GENERATE(0, 1, 2))));
    auto said = f.listen();
    CHECK(answers_in(said, refusal::handshake_failed) == 1);
    CHECK(said.closed == refusal::handshake_failed);
    CHECK(keys.empty());
  }
}

TEST_CASE("a device that is turned out gets nothing more, from its next request on") {
  session_fixture f;
  f.log_in(f.c.nurse);
  SECTION("gated") {
    f.c.gate(f.c.nurse);
  }
  SECTION("gone from the board") {
    f.c.change([&](rules::clinic& c) { c.by_noise_key.erase(f.c.nurse.noise.pub); });
  }
  f.send(device::list_parties{});
  auto said = f.listen();
  CHECK(answers_in(said, refusal::device_revoked) == 1);
  CHECK(said.closed == refusal::device_revoked);
  CHECK(f.d.offline.size() == 1);
}

TEST_CASE("at most unanswered_max requests wait; the next is refused and reading goes on") {
  session_fixture f;
  f.log_in(f.c.nurse);
  f.d.silent = true;
  for (std::size_t i = 0; i < wire::unanswered_max; ++i)
    f.send(device::list_parties{});
  CHECK(f.listen().messages.empty());
  CHECK(f.why(device::list_parties{}) == refusal::too_many_unanswered);
  CHECK(f.why(device::get_checkpoint{}) == refusal::too_many_unanswered);
  CHECK(f.d.kept.size() == wire::unanswered_max);
  f.d.silent = false;
  f.w.advance(std::chrono::seconds{41}); // nobody answers: each is told that nobody knows
  CHECK(answers_in(f.listen(), refusal::timed_out) == wire::unanswered_max);
  CHECK(f.why(device::list_parties{}) == refusal::not_found);
}

TEST_CASE("a request id in flight gets one answer, and may be used again afterwards") {
  session_fixture f;
  f.log_in(f.c.nurse);
  f.d.silent = true;
  auto raw = device::encode(device::request{id_of<request_id>(5), device::list_parties{}});
  f.say(raw);
  f.say(raw);
  f.say(raw);
  CHECK(f.d.kept.size() == 1);
  f.d.silent = false;
  f.w.advance(std::chrono::seconds{41});
  CHECK(f.listen().messages.size() == 1);
  f.say(raw);
  CHECK(answers_in(f.listen(), refusal::not_found) == 1);
}

TEST_CASE("a bad request costs itself") {
  session_fixture f;
  f.log_in(f.c.nurse);
  auto raw = device::encode(device::request{id_of<request_id>(5), device::get_slips{}});
  raw.resize(raw.size() - 1);
  auto short_raw = device::encode(device::request{id_of<request_id>(6), device::find_person{""}});
  f.say(short_raw);
  auto said = f.listen();
  CHECK(answers_in(said, refusal::malformed_request) == 1);
  CHECK(f.why(device::list_parties{}) == refusal::not_found);
  CHECK(f.overs.empty());
}

TEST_CASE("an answer too large for the channel becomes a refusal") {
  session_fixture f;
  f.log_in(f.c.nurse);
  f.d.on_open = [](const open_bodies&) {
    device::opened o;
    o.bodies.assign(17, {1, bytes(wire::body_bytes_max)});
    return outcome{o};
  };
  CHECK(f.why(device::open{f.c.conversation, {1}}) == refusal::message_too_large);
}

TEST_CASE("objects come with the proofs that audit adds") {
  session_fixture f;
  f.log_in(f.c.nurse);
  f.d.on_ask = [](const ask_directory&) { return outcome{device::objects{{{bytes{1}, 4, {}, {}, {}}}, {}}}; };
  auto o = std::get<device::objects>(f.answer_to(device::get_objects{{sha256(view("x"))}}));
  CHECK(o.checkpoint == "note");
  CHECK(f.a.proofs_asked == std::vector{f.clock});
}

TEST_CASE("a post is compared with its channel before anybody is asked") {
  session_fixture f;
  f.log_in(f.c.nurse);
  std::vector<post_slip> posts;
  f.d.on_post = [&](const post_slip& m) {
    posts.push_back(m);
    return outcome{device::posted{1, 2}};
  };
  auto& c = f.c;
  auto why = [&](const e2ee::sealed_message& m) { return f.why(device::post{m.slip, m.body}); };
  auto h = c.header(c.nurse, 1);
  auto both = [&] { return std::vector{c.recipient(c.nurse), c.recipient(c.physician)}; };
  SECTION("its own") {
    auto m = c.message(c.nurse, 1);
    auto ack = std::get<device::posted>(f.answer_to(device::post{m.slip, m.body}));
    CHECK(ack.seq == 1);
    REQUIRE(posts.size() == 1);
    CHECK(posts[0].message == id_of<message_id>(1));
    CHECK(posts[0].conversation == c.conversation);
    CHECK(posts[0].header_hash == m.h);
    CHECK(posts[0].post->slip == m.slip);
    CHECK(posts[0].post->body == m.body);
    CHECK(posts[0].who->user == c.nurse.user);
    CHECK(posts[0].now == f.clock);
    return;
  }
  SECTION("another device's (74)") {
    CHECK(why(c.message(c.physician, 1)) == refusal::author_not_channel);
  }
  SECTION("under an old certificate (155)") {
    h.author_certificate = sha256(view("old"));
    CHECK(why(c.sealed(c.nurse, h, both())) == refusal::stale_certificate);
  }
  SECTION("in another's name (75)") {
    h.author_user = c.physician.user;
    CHECK(why(c.sealed(c.nurse, h, both())) == refusal::author_not_device_user);
  }
  SECTION("not a slip") {
    CHECK(f.why(device::post{{12, 1, 2}, {1}}) == refusal::truncated);
  }
  CHECK(posts.empty());
}

TEST_CASE("a post that names files takes along what its device has uploaded of them") {
  session_fixture f;
  f.log_in(f.c.nurse);
  std::vector<find_files> looked;
  std::vector<post_slip> posts;
  auto there = std::make_shared<const std::vector<unnamed_file>>();
  f.files.on_find = [&](const find_files& m) {
    looked.push_back(m);
    return files_found{there};
  };
  f.d.on_post = [&](const post_slip& m) {
    posts.push_back(m);
    return refused(refusal::attachment_missing);
  };
  auto h = f.c.header(f.c.nurse, 1);
  h.attachments = {{id_of<attachment_id>(7), sha256(view("blob")), 4'112}};
  auto m = f.c.sealed(f.c.nurse, h, {f.c.recipient(f.c.nurse), f.c.recipient(f.c.physician)});
  CHECK(f.why(device::post{m.slip, m.body}) == refusal::attachment_missing);
  REQUIRE(looked.size() == 1);
  CHECK(looked[0].device == f.c.nurse.device);
  CHECK(looked[0].wanted == std::vector{id_of<attachment_id>(7)});
  REQUIRE(posts.size() == 1);
  CHECK(posts[0].files == there);
}

TEST_CASE("chunks go to and from the disk under the channel's own device, a bounded number at a time") {
  session_fixture f;
  f.log_in(f.c.nurse);
  std::vector<take_chunk> taken;
  std::vector<open_chunk> asked;
  f.files.on_take = [&](const take_chunk& m) {
    taken.push_back(m);
    return outcome{device::upload{1}};
  };
  f.files.on_count = [&](const count_chunks& m) {
    return outcome{device::upload{m.device == f.c.nurse.device ? 3u : 0u}};
  };
  f.d.on_chunk = [&](const open_chunk& m) {
    asked.push_back(m);
    return outcome{device::chunk{5, bytes{1}}};
  };
  device::put_chunk put{id_of<attachment_id>(7), 4'112, 0, bytes(4'112, 1)};
  CHECK(std::get<device::upload>(f.answer_to(put)).chunks == 1);
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].device == f.c.nurse.device);
  CHECK(taken[0].what->sealed == put.sealed);
  CHECK(taken[0].place);
  taken.clear();
  CHECK(std::get<device::upload>(f.answer_to(device::get_upload{put.attachment})).chunks == 3);
  CHECK(
      std::get<device::chunk>(f.answer_to(device::get_chunk{f.c.conversation, 1, put.attachment, 0})).leaf ==
      5);
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].who->user == f.c.nurse.user);
  auto one = f.chunk_line->take();
  auto two = f.chunk_line->take();
  CHECK(f.why(put) == refusal::overloaded);
  CHECK(taken.empty());
}

TEST_CASE("an act is verified before anybody is asked") {
  session_fixture f;
  f.log_in(f.c.nurse);
  std::vector<apply_act> acts;
  f.d.on_act = [&](const apply_act& m) {
    acts.push_back(m);
    return outcome{device::done{9}};
  };
  e2ee::act_fields fields;
  fields.target = id_of<message_id>(1).value;
  auto raw = f.c.act_bytes(f.c.nurse, fields);
  SECTION("its own") {
    CHECK(std::get<device::done>(f.answer_to(device::act{raw})).leaf == 9);
    REQUIRE(acts.size() == 1);
    CHECK(acts[0].message == id_of<message_id>(1));
    CHECK(acts[0].act->object == raw);
    return;
  }
  SECTION("another device's") {
    CHECK(f.why(device::act{f.c.act_bytes(f.c.physician, fields)}) == refusal::author_not_channel);
  }
  SECTION("a signature that does not fit") {
    raw.back() ^= 1;
    CHECK(f.why(device::act{raw}) == refusal::bad_signature);
  }
  CHECK(acts.empty());
}

TEST_CASE("slips, Opens and news go where they should") {
  session_fixture f;
  f.log_in(f.c.nurse);
  f.d.on_slips = [&](const read_slips& m) {
    CHECK(m.what.after_seq == 4);
    CHECK(m.who->parties == std::vector{f.c.nurse.party});
    return outcome{device::slips{}};
  };
  CHECK(std::holds_alternative<device::slips>(
      f.answer_to(device::get_slips{f.c.conversation, f.c.incarnation, 4, 10})));
  f.d.on_open = [&](const open_bodies& m) {
    CHECK(m.what.seqs == std::vector<std::uint64_t>{2, 3});
    CHECK(m.now == f.clock);
    return outcome{device::opened{}};
  };
  CHECK(std::holds_alternative<device::opened>(f.answer_to(device::open{f.c.conversation, {2, 3}})));
  // A new snapshot is a new caller: what the device is entitled to is never remembered.
  f.c.change([&](rules::clinic& c) { c.devices.at(f.c.nurse.device).parties = {}; });
  f.d.on_slips = [&](const read_slips& m) {
    CHECK(m.who->parties.empty());
    return refused(refusal::not_found);
  };
  CHECK(f.why(device::get_slips{f.c.conversation, f.c.incarnation, 4, 10}) == refusal::not_found);
}

TEST_CASE("nothing of a person reaches the journal") {
  session_fixture f;
  f.log_in(f.c.nurse);
  f.why(device::find_person{"Grace Hopper"});
  f.why(device::log_in{{}, "a very secret password", "123456"});
  f.in(bytes(30));
  for (const auto& line : f.journal.lines)
    for (const auto& [name, value] : line.fields) {
      CHECK(value.find("Grace") == std::string::npos);
      CHECK(value.find("secret") == std::string::npos);
    }
  CHECK(f.journal.count("channel_ended") == 1);
}

TEST_CASE("a station asks who has a name before anybody is logged in on it, and nothing else") {
  session_fixture f;
  bool station = GENERATE(true, false);
  if (station)
    f.c.change([&](rules::clinic& c) {
      c.devices.at(f.c.nurse.device).kind = rules::device_class::station;
      c.devices.at(f.c.nurse.device).user = {};
    });
  f.connect(f.c.nurse);
  f.d.on_ask = [&](const ask_directory&) {
    return outcome{device::person{f.c.physician.user, f.c.physician.party}};
  };
  if (station)
    CHECK(std::get<device::person>(f.answer_to(device::find_person{"physician"})).user == f.c.physician.user);
  else
    CHECK(f.why(device::find_person{"physician"}) == refusal::not_logged_in);
  CHECK(f.why(device::list_parties{}) == refusal::not_logged_in);
}
