#include "conversation_fixture.hpp"

using namespace wardline;
using wire::device::posted;

TEST_CASE("a post is acknowledged after its commit, and its readers hear of it") {
  conversation_fixture f;
  auto a = f.ask(f.c.post(f.c.nurse, f.c.message(f.c.nurse, 1)));
  while (!a->answer) {
    CHECK(f.s.disk.commits == 1); // the conversation's own rows, nothing more
    if (f.w.run_some(1) == 0)
      break;
    if (f.s.disk.commits > 1)
      break;
  }
  f.w.run();
  CHECK(f.s.disk.commits == 2);
  auto ack = answered<posted>(a);
  CHECK(ack.seq == 1);
  REQUIRE(f.d.news.size() == 1);
  CHECK(f.d.news[0].parties == std::vector{f.c.nurse.party, f.c.physician.party});
  auto news = slip_in(f.d.news[0]);
  CHECK(news.seq == 1);
  CHECK(news.leaf == ack.leaf);
  CHECK(news.time == small_clinic::now);
  CHECK(e2ee::slip::decode(news.object, f.c.id)->header.message == id_of<message_id>(1));
  auto leaves = f.entries(rules::audit_kind::posted);
  REQUIRE(leaves.size() == 1);
  CHECK(leaves[0].user == f.c.nurse.user);
  CHECK(leaves[0].detail == ports::row_key(1));
  CHECK(f.dense_seqs() == 1);
}

TEST_CASE("what the store does not commit is not acknowledged, not told, and uses no seq") {
  conversation_fixture f;
  auto m = f.c.message(f.c.nurse, 1);
  SECTION("refused: a state to live in") {
    f.s.disk.faults = {storage_fault::fail_and_not_persist};
    CHECK(why_of(f.ask_now(f.c.post(f.c.nurse, m))) == refusal::storage_refused);
    CHECK(f.d.news.empty());
    CHECK(f.dense_seqs() == 0);
    CHECK(answered<posted>(f.post(f.c.nurse, 2)).seq == 1);
    // The first one again is new, not a double (e2ee 10, 83).
    CHECK(answered<posted>(f.ask_now(f.c.post(f.c.nurse, m))).seq == 2);
    CHECK(f.dense_seqs() == 2);
  }
  SECTION("unknown: nobody gets an answer, and the house stops") {
    f.s.disk.faults = {GENERATE(storage_fault::unknown_and_not_persist, storage_fault::fail_but_persist)};
    auto a = f.ask_now(f.c.post(f.c.nurse, m));
    CHECK_FALSE(a->answer);
    CHECK(f.d.news.empty());
    CHECK(f.s.deaths.size() == 1);
  }
}

TEST_CASE("the checks of e2ee 5.9, each with its refusal") {
  conversation_fixture f;
  auto& c = f.c;
  auto to_both = [&](e2ee::slip_header h) {
    return c.sealed(c.nurse, std::move(h), {c.recipient(c.nurse), c.recipient(c.physician)});
  };
  auto refused_post = [&](const e2ee::sealed_message& m) {
    auto before = f.rows.leaves();
    auto a = f.ask_now(c.post(c.nurse, m));
    REQUIRE(a->answer);
    CHECK(f.rows.leaves() == before);
    return answered<wire::device::refused>(a);
  };
  auto h = c.header(c.nurse, 1);
  SECTION("another link") {
    h.conversation_link = 2;
    auto r = refused_post(to_both(h));
    CHECK(r.why == refusal::stale_conversation);
    CHECK(r.hash == c.link.hash());
  }
  SECTION("a party left out") {
    CHECK(refused_post(c.sealed(c.nurse, h, {c.recipient(c.nurse)})).why == refusal::recipients_mismatch);
  }
  SECTION("a party too many") {
    auto m = c.sealed(c.nurse, h, {c.recipient(c.nurse), c.recipient(c.physician), c.recipient(c.stranger)});
    CHECK(refused_post(m).why == refusal::recipients_mismatch);
  }
  SECTION("time ahead") {
    h.time = small_clinic::now + e2ee::time_ahead_ms_max;
    CHECK(answered<posted>(f.ask_now(c.post(c.nurse, to_both(h)))).seq == 1);
    h.message = id_of<message_id>(2);
    ++h.time;
    CHECK(refused_post(to_both(h)).why == refusal::time_ahead);
  }
  SECTION("an old epoch: which party, its head, its inbox") {
    auto turned = e2ee::x25519_pair::from_secret(secret32{sha256(bytes{99})}).public_part;
    c.change([&](rules::clinic& next) {
      next.parties.at(c.physician.party).n = 2;
      next.parties.at(c.physician.party).inbox = turned;
    });
    auto r = refused_post(to_both(h));
    CHECK(r.why == refusal::stale_party);
    CHECK(r.party == c.physician.party);
    CHECK(r.epoch == 2);
    CHECK(r.inbox == turned);
    // Sealed to the head it is taken, under the same h (e2ee 6.5).
    auto again = c.sealed(c.nurse, h, {c.recipient(c.nurse), {c.physician.party, 2, turned}});
    CHECK(answered<posted>(f.ask_now(c.post(c.nurse, again))).seq == 1);
  }
  SECTION("a records key while escrow is off") {
    auto m = to_both(h);
    auto fields = static_cast<e2ee::slip_fields>(*e2ee::slip::decode(m.slip, c.id));
    fields.header.records_key = sha256(view("records key"));
    fields.records.emplace();
    m.slip = e2ee::sign_object(c.id, fields, {{c.nurse.signing, e2ee::labels::slip}});
    CHECK(refused_post(m).why == refusal::stale_records_key);
  }
  SECTION("another body") {
    auto m = to_both(h);
    m.body = c.message(c.nurse, 2).body;
    CHECK(refused_post(m).why == refusal::body_mismatch);
    m.body.push_back(0);
    CHECK(refused_post(m).why == refusal::body_mismatch);
  }
  SECTION("an attachment nobody uploaded") {
    h.attachments = {{id_of<attachment_id>(7), sha256(view("blob")), 4'112}};
    CHECK(refused_post(to_both(h)).why == refusal::attachment_missing);
  }
  CHECK(f.d.news.size() == f.dense_seqs());
}

TEST_CASE("a conversation looks to outsiders as if it did not exist") {
  conversation_fixture f;
  auto m = f.c.message(f.c.nurse, 1);
  auto outside = f.c.post(f.c.stranger, m);
  auto a = f.ask_now(outside);
  auto unknown =
      f.w.sys.spawn(conversation, id_of<conversation_id>(0xee), f.directory,
                    conversation_parts{&f.rows, &f.c.board, f.store, &f.s.journal, &f.duty, f.triage,
                                       f.attachments, f.chunk_line, f.looks, f.unverified});
  auto b = f.w.ask<outcome>(unknown, outside);
  f.w.run();
  CHECK(why_of(a) == refusal::not_found);
  auto same_bytes = [](const outcome& o) {
    return wire::device::encode(wire::device::from_daemon{wire::device::answer{{}, o.result}});
  };
  CHECK(same_bytes(*a->answer) == same_bytes(*b->answer));
  CHECK(why_of(f.ask_now(f.open(f.c.stranger, {1}))) == refusal::not_found);
  CHECK(why_of(f.ask_now(f.slips(f.c.stranger))) == refusal::not_found);
  f.c.gate(f.c.nurse);
  CHECK(why_of(f.ask_now(f.c.post(f.c.nurse, m))) == refusal::device_revoked);
  f.stop(unknown);
}

TEST_CASE("one id, one message: redelivery gets the old ack, other content is refused") {
  conversation_fixture f;
  auto m = f.c.message(f.c.nurse, 1);
  auto other = f.c.message(f.c.nurse, 1, "something else");
  SECTION("one after the other") {
    auto first = answered<posted>(f.ask_now(f.c.post(f.c.nurse, m)));
    for (int i = 0; i < 2; ++i) {
      auto again = answered<posted>(f.ask_now(f.c.post(f.c.nurse, m)));
      CHECK(again.seq == first.seq);
      CHECK(again.leaf == first.leaf);
    }
    CHECK(why_of(f.ask_now(f.c.post(f.c.nurse, other))) == refusal::message_id_reused);
  }
  SECTION("at once: the second waits for what becomes of the first") {
    auto a = f.ask(f.c.post(f.c.nurse, m));
    auto b = f.ask(f.c.post(f.c.nurse, m));
    auto d = f.ask(f.c.post(f.c.nurse, other));
    f.w.run();
    CHECK(answered<posted>(a).leaf == answered<posted>(b).leaf);
    CHECK(why_of(d) == refusal::message_id_reused);
  }
  SECTION("in one batch, behind another post") {
    f.gate.hold = true;
    f.ask_now(f.c.post(f.c.nurse, f.c.message(f.c.nurse, 9)));
    auto a = f.ask_now(f.c.post(f.c.nurse, m));
    auto b = f.ask_now(f.c.post(f.c.nurse, m));
    auto d = f.ask_now(f.c.post(f.c.nurse, other));
    f.gate.release();
    f.w.run();
    CHECK(answered<posted>(a).seq == 2);
    CHECK(answered<posted>(b).seq == 2);
    CHECK(why_of(d) == refusal::message_id_reused);
    CHECK(f.gate.acts_of_writes == std::vector<std::size_t>{1, 1});
    CHECK(f.dense_seqs() == 2);
    return;
  }
  SECTION("a refused first leaves nothing behind for the second to collide with") {
    f.s.disk.faults = {storage_fault::fail_and_not_persist};
    auto a = f.ask(f.c.post(f.c.nurse, m));
    auto d = f.ask(f.c.post(f.c.nurse, other));
    f.w.run();
    CHECK(why_of(a) == refusal::storage_refused);
    CHECK(answered<posted>(d).seq == 1);
  }
  CHECK(f.dense_seqs() == 1);
  CHECK(f.entries(rules::audit_kind::posted).size() == 1);
}

TEST_CASE("posts that come during a write go together with the next one, in order") {
  conversation_fixture f;
  f.gate.hold = true;
  std::vector<std::shared_ptr<asked<outcome>>> answers;
  for (std::uint8_t i = 1; i <= 12; ++i)
    answers.push_back(f.post(f.c.nurse, i));
  CHECK(f.gate.acts_of_writes == std::vector<std::size_t>{1});
  f.gate.release();
  f.w.run();
  CHECK(f.gate.acts_of_writes == std::vector<std::size_t>{1, 11});
  for (std::size_t i = 0; i < answers.size(); ++i) {
    CHECK(answered<posted>(answers[i]).seq == i + 1);
    CHECK(slip_in(f.d.news[i]).seq == i + 1);
  }
  CHECK(f.dense_seqs() == 12);
}

TEST_CASE("one write takes no more than the store's acts, and no more than posts_bytes_max") {
  conversation_fixture f;
  f.gate.hold = true;
  f.post(f.c.nurse, 250);
  SECTION("acts") {
    for (std::uint8_t i = 1; i <= write_acts_max + 6; ++i)
      f.post(f.c.nurse, i);
    f.gate.release();
    f.w.run();
    CHECK(f.gate.acts_of_writes == std::vector<std::size_t>{1, write_acts_max, 6});
  }
  SECTION("bytes") {
    std::string long_text(wire::content_bytes_max, 'x');
    for (std::uint8_t i = 1; i <= 20; ++i)
      f.post(f.c.nurse, i, long_text);
    f.gate.release();
    f.w.run();
    CHECK(f.gate.acts_of_writes == std::vector<std::size_t>{1, 16, 4});
  }
}

TEST_CASE("posts above posts_waiting_max are refused as overloaded, members only told so") {
  conversation_fixture f;
  f.gate.hold = true;
  auto m = f.c.message(f.c.nurse, 1);
  f.ask_now(f.c.post(f.c.nurse, m)); // in the write
  auto waiting = f.c.post(f.c.nurse, f.c.message(f.c.nurse, 2));
  std::vector<std::shared_ptr<asked<outcome>>> answers;
  for (std::size_t i = 0; i < posts_waiting_max; ++i)
    answers.push_back(f.ask(waiting));
  f.w.run();
  CHECK(why_of(f.ask_now(waiting)) == refusal::overloaded);
  CHECK(why_of(f.ask_now(f.c.post(f.c.stranger, m))) == refusal::not_found);
  f.gate.release();
  f.w.run();
  for (auto& a : answers)
    CHECK(answered<posted>(a).seq == 2);
}

TEST_CASE("a link that changes during a write is noticed by the commit, and the posts are judged anew") {
  conversation_fixture f;
  f.gate.hold = true;
  auto a = f.post(f.c.nurse, 1);
  auto next = f.c.link_with(2, f.c.link.hash(), {&f.c.nurse, &f.c.physician, &f.c.stranger});
  f.w.ask<committed>(f.real, f.c.rows_of(next));
  f.w.run();
  SECTION("before it was told") {}
  SECTION("and told meanwhile") {
    caf::anon_send(f.talk, conversation_changed{f.c.conversation});
  }
  f.gate.release();
  f.w.run();
  auto r = answered<wire::device::refused>(a);
  CHECK(r.why == refusal::stale_conversation);
  CHECK(r.hash == next.hash());
  CHECK(f.dense_seqs() == 0);
  f.c.link = next;
  auto m = f.c.sealed(f.c.stranger, f.c.header(f.c.stranger, 1),
                      {f.c.recipient(f.c.nurse), f.c.recipient(f.c.physician), f.c.recipient(f.c.stranger)});
  CHECK(answered<posted>(f.ask_now(f.c.post(f.c.stranger, m))).seq == 1);
}

TEST_CASE("a removed member is out with the change, and a late write finds its own rows") {
  conversation_fixture f;
  SECTION("told while idle") {
    auto next = f.c.link_with(2, f.c.link.hash(), {&f.c.nurse});
    f.w.ask<committed>(f.real, f.c.rows_of(next));
    f.w.run();
    caf::anon_send(f.talk, conversation_changed{f.c.conversation});
    CHECK(why_of(f.ask_now(f.slips(f.c.physician))) == refusal::not_found);
  }
  SECTION("the store was silent, then did it after all") {
    f.gate.hold = true;
    auto first = f.c.post(f.c.nurse, f.c.message(f.c.nurse, 1));
    auto a = f.ask_now(first);
    f.w.advance(std::chrono::seconds{31});
    CHECK(why_of(a) == refusal::timed_out);
    auto b = f.post(f.c.nurse, 2); // made for seq 1, waits behind the first in the store
    f.gate.release();
    f.w.run();
    CHECK(answered<posted>(b).seq == 2);
    CHECK(answered<posted>(f.ask_now(first)).seq == 1); // asked again: it had happened
    CHECK(f.dense_seqs() == 2);
  }
}

TEST_CASE("two actors of one conversation, in any order, with a disk that refuses: seqs stay dense") {
  for (unsigned seed = 0; seed < 30; ++seed) {
    INFO("seed " << seed);
    conversation_fixture f;
    auto twin = f.spawn();
    std::mt19937 dice{seed};
    std::vector<std::shared_ptr<asked<outcome>>> answers;
    for (std::uint8_t i = 1; i <= 20; ++i) {
      if (dice() % 4 == 0)
        f.s.disk.faults.push_back(storage_fault::fail_and_not_persist);
      else
        f.s.disk.faults.push_back(storage_fault::none);
      auto m = f.c.post(f.c.nurse, f.c.message(f.c.nurse, i));
      answers.push_back(f.w.ask<outcome>(dice() % 2 == 0 ? f.talk : twin, m));
      if (dice() % 3 == 0)
        f.w.run_some(dice() % 8);
    }
    f.w.run_shuffled(seed);
    std::set<std::uint64_t> seqs;
    for (auto& a : answers) {
      REQUIRE(a->answer);
      if (const auto* ack = std::get_if<posted>(&a->answer->result))
        CHECK(seqs.insert(ack->seq).second);
      else
        CHECK((why_of(a) == refusal::storage_refused || why_of(a) == refusal::precondition_failed));
    }
    CHECK(f.dense_seqs() == seqs.size());
    CHECK(f.d.news.size() == seqs.size());
    f.stop(twin);
  }
}

TEST_CASE("a conversation that dies in the middle of a write goes on from what was committed") {
  conversation_fixture f;
  f.post(f.c.nurse, 1);
  f.gate.hold = true;
  auto second = f.c.post(f.c.nurse, f.c.message(f.c.nurse, 2));
  auto lost = f.ask_now(second);
  caf::anon_send_exit(f.talk, caf::exit_reason::kill);
  f.w.run();
  f.gate.release();
  f.w.run();
  CHECK_FALSE(lost->answer);
  f.talk = f.spawn();
  CHECK(answered<posted>(f.ask_now(second)).seq == 2);
  CHECK(answered<posted>(f.post(f.c.nurse, 3)).seq == 3);
  CHECK(f.dense_seqs() == 3);
}

TEST_CASE("a signature is looked at behind the ack: a bad one is an alarm and a leaf") {
  conversation_fixture f;
  auto m = f.c.message(f.c.nurse, 1);
  m.slip.back() ^= 1;
  CHECK(answered<posted>(f.ask_now(f.c.post(f.c.nurse, m))).seq == 1);
  CHECK(f.s.journal.count("slip_signature_bad") == 1);
  auto leaves = f.entries(rules::audit_kind::refused);
  REQUIRE(leaves.size() == 1);
  CHECK(leaves[0].device == f.c.nurse.device);
  CHECK(leaves[0].object == id_of<message_id>(1).value);
  CHECK(leaves[0].detail == bytes{0, static_cast<std::uint8_t>(refusal::bad_signature)});
  f.post(f.c.nurse, 2);
  CHECK(f.s.journal.count("slip_signature_bad") == 1);
}

TEST_CASE("slips beyond slips_unverified_max are looked at by their conversation") {
  conversation_fixture f;
  auto one = f.unverified->take();
  CHECK(f.unverified->taken() == 1);
  f.post(f.c.nurse, 1);
  CHECK(f.unverified->taken() == 1); // given back when it was looked at
  auto two = f.unverified->take();
  REQUIRE(two);
  auto m = f.c.message(f.c.nurse, 2);
  m.slip.back() ^= 1;
  CHECK(answered<posted>(f.ask_now(f.c.post(f.c.nurse, m))).seq == 2);
  CHECK(f.s.journal.count("slip_signature_bad") == 1);
  CHECK(f.entries(rules::audit_kind::refused).size() == 1);
  CHECK(answered<posted>(f.post(f.c.nurse, 3)).seq == 3);
  CHECK(f.s.journal.count("slip_signature_bad") == 1);
  CHECK(f.unverified->taken() == 2);
}

TEST_CASE("a gate that is on disk refuses what the snapshot still allows, and nobody else's post") {
  conversation_fixture f;
  auto first = f.c.message(f.c.physician, 1);
  f.ask_now(f.c.post(f.c.physician, first));
  act shut;
  shut.changes = {close_gate(f.c.nurse.device)};
  f.w.ask<committed>(f.real, wardline::write{{shut}});
  f.w.run();
  f.rows.log_looks.clear();
  auto leaves = f.rows.leaves();
  CHECK(why_of(f.post(f.c.nurse, 2)) == refusal::device_revoked);
  CHECK(why_of(f.ask_now(f.open(f.c.nurse, {1}))) == refusal::device_revoked);
  e2ee::act_fields a;
  a.target = id_of<message_id>(1).value;
  a.h = first.h;
  a.time = small_clinic::now + 1;
  auto object = std::make_shared<const wire::device::act>(wire::device::act{f.c.act_bytes(f.c.nurse, a)});
  CHECK(why_of(f.ask_now(apply_act{f.c.caller_of(f.c.nurse), f.c.conversation, a.message(), object,
                                   small_clinic::now + 5})) == refusal::device_revoked);
  CHECK(f.rows.leaves() == leaves);

  f.gate.hold = true;
  f.ask_now(f.c.post(f.c.physician, f.c.message(f.c.physician, 3)));
  auto gated = f.ask_now(f.c.post(f.c.nurse, f.c.message(f.c.nurse, 4)));
  auto beside = f.ask_now(f.c.post(f.c.physician, f.c.message(f.c.physician, 5)));
  f.gate.hold = false;
  f.gate.release();
  f.w.run();
  CHECK(why_of(gated) == refusal::device_revoked);
  CHECK(answered<wire::device::posted>(beside).seq == 3);
  CHECK(f.dense_seqs() == 3);
}
