// Limits of answers, link frames and content, from both sides.
#include "spoilt_messages.hpp"

namespace wardline::wire {

TEST_CASE("fields of answers") {
  dpb::FromDaemon m;
  SECTION("refused") {
    m = good_answer(0);
    m.mutable_answer()->mutable_refused()->set_number(0);
    CHECK(answered(m) == bad);
    m.mutable_answer()->mutable_refused()->set_number(0x10000);
    CHECK(answered(m) == bad);
    m.mutable_answer()->mutable_refused()->set_number(60'000); // of a newer daemon
    auto back = device::decode_from_daemon(raw_of(m));
    REQUIRE(back);
    CHECK(std::get<device::refused>(std::get<device::answer>(*back).result).why ==
          refusal::malformed_request);
  }
  SECTION("welcome and share") {
    m = good_answer(1);
    auto& welcome = *m.mutable_answer()->mutable_welcome();
    welcome.mutable_share()->set_share(letters(31));
    CHECK(answered(m) == bad);
    welcome.mutable_share()->set_share(letters(32));
    CHECK(answered(m) == ok);
    welcome.mutable_share()->set_number(0);
    CHECK(answered(m) == bad);
    welcome.clear_share();
    welcome.set_checkpoint(letters(note_bytes_max));
    CHECK(answered(m) == ok);
    welcome.set_checkpoint(letters(note_bytes_max + 1));
    CHECK(answered(m) == bad);
    welcome.set_checkpoint("");
    welcome.clear_consistency();
    for (std::size_t i = 0; i < proof_hashes_max; ++i)
      welcome.add_consistency(letters(32));
    CHECK(answered(m) == ok);
    welcome.add_consistency(letters(32));
    CHECK(answered(m) == bad);
  }
  SECTION("invitation") {
    m = good_answer(2);
    auto& invitation = *m.mutable_answer()->mutable_invitation();
    invitation.set_root(letters(root_bytes_max + 1));
    CHECK(answered(m) == refusal::object_too_large);
    invitation.set_root("x");
    while (static_cast<std::size_t>(invitation.chain_size()) < chain_certificates_max)
      invitation.add_chain("x");
    CHECK(answered(m) == ok);
    invitation.add_chain("x");
    CHECK(answered(m) == bad);
  }
  SECTION("logged") {
    m = good_answer(8);
    auto& objects = *m.mutable_answer()->mutable_objects();
    auto& logged = *objects.mutable_objects(0);
    logged.set_entry(letters(entry_bytes_max));
    CHECK(answered(m) == ok);
    logged.set_entry(letters(entry_bytes_max + 1));
    CHECK(answered(m) == bad);
    logged.set_entry("x");
    logged.set_salt(letters(15));
    CHECK(answered(m) == bad);
    logged.set_salt(letters(16));
    while (static_cast<std::size_t>(objects.objects_size()) < logged_per_answer_max)
      *objects.add_objects() = objects.objects(0);
    CHECK(answered(m) == ok);
    *objects.add_objects() = objects.objects(0);
    CHECK(answered(m) == bad);
  }
  SECTION("rows") {
    m = good_answer(6);
    auto& parties = *m.mutable_answer()->mutable_parties();
    while (static_cast<std::size_t>(parties.parties_size()) < parties_listed_max)
      *parties.add_parties() = parties.parties(0);
    CHECK(answered(m) == ok);
    *parties.add_parties() = parties.parties(0);
    CHECK(answered(m) == bad);

    m = good_answer(9);
    auto& conversations = *m.mutable_answer()->mutable_conversations();
    while (static_cast<std::size_t>(conversations.conversations_size()) < conversations_listed_max)
      *conversations.add_conversations() = conversations.conversations(0);
    CHECK(answered(m) == ok);
    *conversations.add_conversations() = conversations.conversations(0);
    CHECK(answered(m) == bad);

    m = good_answer(12);
    auto& slips = *m.mutable_answer()->mutable_slips();
    while (static_cast<std::size_t>(slips.slips_size()) < slips_asked_max)
      *slips.add_slips() = slips.slips(0);
    CHECK(answered(m) == ok);
    *slips.add_slips() = slips.slips(0);
    CHECK(answered(m) == bad);

    m = good_answer(7);
    auto& party = *m.mutable_answer()->mutable_party();
    while (static_cast<std::size_t>(party.cores_size()) < logged_per_answer_max)
      *party.add_cores() = party.cores(0);
    CHECK(answered(m) == ok);
    *party.add_cores() = party.cores(0);
    CHECK(answered(m) == bad);
  }
  SECTION("opened") {
    m = good_answer(13);
    auto& opened = *m.mutable_answer()->mutable_opened();
    opened.mutable_bodies(0)->set_body(letters(body_bytes_max + 1));
    CHECK(answered(m) == bad);
    opened.mutable_bodies(0)->set_body(letters(body_bytes_max));
    opened.set_left_off(open_bodies_max);
    CHECK(answered(m) == ok);
    opened.set_left_off(open_bodies_max + 1);
    CHECK(answered(m) == bad);
    opened.set_left_off(0);
    while (static_cast<std::size_t>(opened.bodies_size()) <= open_bodies_max)
      *opened.add_bodies() = opened.bodies(1);
    CHECK(answered(m) == bad);
  }
  SECTION("news") {
    m = good_answer(23);
    m.mutable_slip()->set_seq(0);
    CHECK(answered(m) == bad);
    m = good_answer(24);
    m.mutable_session_ended()->set_number(0);
    CHECK(answered(m) == bad);
  }
}

TEST_CASE("fields of link frames") {
  lpb::Frame m = good_frame(0);
  SECTION("hello") {
    auto& hello = *m.mutable_hello();
    for (const auto& [name, why] : {std::pair{letters(64), ok},
                                    {letters(65), bad_frame},
                                    {std::string{}, bad_frame},
                                    {std::string{"Gateway"}, bad_frame},
                                    {std::string{"a/../b"}, bad_frame}}) {
      hello.set_plugin(name);
      CHECK(linked(m) == why);
    }
    hello.set_plugin("x");
    hello.set_protocol_min(3);
    CHECK(linked(m) == bad_frame);
    hello.set_protocol_min(0);
    CHECK(linked(m) == bad_frame);
    hello.set_protocol_min(1);
    hello.clear_wants();
    for (std::size_t i = 0; i < rights_max; ++i)
      hello.add_wants(letters(right_bytes_max));
    CHECK(linked(m) == ok);
    hello.add_wants("x");
    CHECK(linked(m) == bad_frame);
    hello.clear_wants();
    hello.add_wants(letters(right_bytes_max + 1));
    CHECK(linked(m) == bad_frame);
    hello.clear_wants();
    hello.set_version(letters(65));
    CHECK(linked(m) == bad_frame);
  }
  SECTION("channel data") {
    m = good_frame(3);
    m.mutable_channel_data()->set_payload(letters(noise_message_bytes_max));
    m.mutable_channel_data()->set_channel(~std::uint64_t{0});
    CHECK(linked(m) == ok);
    m.mutable_channel_data()->set_payload(letters(noise_message_bytes_max + 1));
    CHECK(linked(m) == bad_frame);
    m.mutable_channel_data()->set_payload(letters(noise_message_bytes_max + 1'000));
    CHECK(linked(m) == refusal::frame_too_large);
    m.mutable_channel_data()->set_payload("");
    CHECK(linked(m) == bad_frame);
    m.mutable_channel_data()->set_payload("x");
    m.mutable_channel_data()->set_channel(0);
    CHECK(linked(m) == bad_frame);
  }
  SECTION("the rest") {
    m = good_frame(4);
    m.mutable_channel_closed()->set_channel(0);
    CHECK(linked(m) == bad_frame);
    m = good_frame(4);
    m.mutable_channel_closed()->set_number(0x10000);
    CHECK(linked(m) == bad_frame);
    m = good_frame(5);
    m.mutable_event()->set_id(letters(15));
    CHECK(linked(m) == bad_frame);
    m = good_frame(6);
    m.mutable_event_ack()->set_id(letters(17));
    CHECK(linked(m) == bad_frame);
    m = good_frame(2);
    m.mutable_refused()->set_number(0);
    CHECK(linked(m) == bad_frame);
    m = good_frame(1);
    m.mutable_welcome()->set_protocol(0);
    CHECK(linked(m) == bad_frame);
  }
}

TEST_CASE("content that no reader would take is not encoded") {
  auto c = sample_content();
  auto refused = [](const content& one) {
    auto raw = encode(one);
    CHECK(raw.why() == refusal::content_malformed);
  };
  SECTION("largest text") {
    c = {};
    c.text = letters(content_bytes_max - 4); // tag and length take four
    CHECK(encode(c));
    c.text.push_back('x');
    refused(c);
  }
  SECTION("text") {
    for (const char* wrong : {"a\rb", "a\tb", "\x1b[2J", "\xc0\x80", "\xff"}) {
      c.text = wrong;
      refused(c);
    }
    c.text = "line\nline \u0645\u0631\u062d\u0628\u0627";
    CHECK(encode(c));
  }
  SECTION("attachments") {
    while (c.attachments.size() < attachments_max)
      c.attachments.push_back(c.attachments.front());
    c.attachments.front().name = letters(file_name_bytes_max);
    c.attachments.front().media_type = letters(media_type_bytes_max);
    c.attachments.front().size = attachment_bytes_max;
    CHECK(encode(c));
    SECTION("one more") {
      c.attachments.push_back(c.attachments.front());
    }
    SECTION("name too long") {
      c.attachments.back().name = letters(file_name_bytes_max + 1);
    }
    SECTION("no name") {
      c.attachments.back().name.clear();
    }
    SECTION("media type") {
      c.attachments.back().media_type = letters(media_type_bytes_max + 1);
    }
    SECTION("size") {
      c.attachments.back().size = attachment_bytes_max + 1;
    }
    SECTION("name with direction override") {
      c.attachments.back().name = "ecg\u202efdp.exe";
    }
    SECTION("no id") {
      c.attachments.back().id = {};
    }
    refused(c);
  }
}

} // namespace wardline::wire
