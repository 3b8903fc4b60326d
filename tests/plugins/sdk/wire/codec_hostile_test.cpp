// Bytes of a stranger: every wrong shape, every prefix and bit of a good message, every limit of a request.
#include "spoilt_messages.hpp"

namespace wardline::wire {

namespace {

/// A field that no schema of ours has: number 1 000, two bytes of content.
bytes with_unknown_field(bytes raw) {
  raw.insert(raw.end(), {0xc2, 0x3e, 0x02, 0xff, 0xfe});
  return raw;
}

/// Group number 1 000, opened n times and closed as often.
bytes nested_groups(std::size_t n) {
  bytes out;
  for (std::size_t i = 0; i < n; ++i)
    out.insert(out.end(), {0xc3, 0x3e});
  for (std::size_t i = 0; i < n; ++i)
    out.insert(out.end(), {0xc4, 0x3e});
  return out;
}

template <class Decode>
void shake(const bytes& raw, Decode decode) {
  for (std::size_t size = 0; size < raw.size(); ++size)
    decode(bytes_view{raw}.first(size));
  for (std::size_t bit = 0; bit < raw.size() * 8; ++bit) {
    auto altered = raw;
    altered[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    decode(altered);
  }
  CHECK(decode(with_unknown_field(raw)));
  auto zero_tag = raw;
  zero_tag.push_back(0);
  CHECK(!decode(zero_tag));
  auto cut_tag = raw;
  cut_tag.push_back(0xff);
  CHECK(!decode(cut_tag));
  auto shallow = raw;
  for (auto b : nested_groups(nesting_max - 2))
    shallow.push_back(b);
  CHECK(decode(shallow));
  auto deep = raw;
  for (auto b : nested_groups(10'000))
    deep.push_back(b);
  CHECK(!decode(deep));
}

} // namespace

TEST_CASE("every prefix and every bit of every good message is survived") {
  for (const auto& frame : sample_frames())
    shake(link::encode(frame), [](bytes_view raw) { return bool(link::decode(raw)); });
  for (const auto& request : sample_requests())
    shake(device::encode(request), [](bytes_view raw) { return bool(device::decode_request(raw)); });
  for (const auto& answer : sample_answers())
    shake(device::encode(answer), [](bytes_view raw) { return bool(device::decode_from_daemon(raw)); });
  shake(device::encode(sample_server_hello()),
        [](bytes_view raw) { return bool(device::decode_server_hello(raw)); });
  shake(*encode(sample_content()), [](bytes_view raw) { return bool(decode_content(raw)); });
}

TEST_CASE("a request of a newer peer is unknown, and its id comes back") {
  dpb::Request m;
  m.set_id(letters(16));
  request_id id;
  CHECK(device::decode_request(raw_of(m), &id).why() == refusal::unknown_request);
  CHECK(text(id.view()) == letters(16));
  CHECK(device::decode_request(with_unknown_field(raw_of(m))).why() == refusal::unknown_request);
  dpb::FromDaemon news;
  CHECK(answered(news) == refusal::unknown_request);
  news.mutable_answer()->set_id(letters(16));
  CHECK(answered(news) == refusal::unknown_request);
  CHECK(link::decode({}).why() == bad_frame);
}

TEST_CASE("the id of a malformed request comes back where it can be read") {
  auto m = good(7);
  m.mutable_get_party()->set_party("short");
  request_id id;
  CHECK(device::decode_request(raw_of(m), &id).why() == bad);
  CHECK(id == sample_requests().at(7).id);
  for (const auto& wrong : {letters(15), letters(17), std::string{}, std::string(16, '\0')}) {
    m.set_id(wrong);
    id = {};
    CHECK(device::decode_request(raw_of(m), &id).why() == bad);
    CHECK(!id);
  }
}

TEST_CASE("two requests in one are refused") {
  auto one = raw_of(good(4));
  dpb::Request second;
  second.mutable_list_parties();
  auto two = raw_of(second);
  one.insert(one.end(), two.begin(), two.end());
  CHECK(device::decode_request(one).why() == bad);
}

TEST_CASE("whole messages have their largest size") {
  CHECK(device::decode_request(bytes(message_bytes_max + 1)).why() == refusal::message_too_large);
  CHECK(device::decode_from_daemon(bytes(message_bytes_max + 1)).why() == refusal::message_too_large);
  CHECK(device::decode_server_hello(bytes(server_hello_bytes_max + 1)).why() == refusal::message_too_large);
  CHECK(link::decode(bytes(frame_bytes_max + 1)).why() == refusal::frame_too_large);
  CHECK(decode_content(bytes(content_bytes_max + 1)).why() == refusal::content_malformed);
}

TEST_CASE("a small request cannot be a large one: a million empty fields are not parsed") {
  auto m = good(8);
  for (int i = 0; i < 400'000; ++i)
    m.mutable_get_objects()->add_hashes("");
  auto raw = raw_of(m);
  CHECK(raw.size() < message_bytes_max);
  CHECK(device::decode_request(raw).why() == bad);
  auto hello = good_frame(0);
  for (int i = 0; i < 400'000; ++i)
    hello.mutable_hello()->add_wants("");
  CHECK(linked(hello) == refusal::frame_too_large);
}

TEST_CASE("fields of requests: the limit passes, one over does not") {
  auto m = good(0);
  SECTION("hello") {
    m.mutable_hello()->set_store_instance(letters(15));
    CHECK(asked(m) == bad);
    m = good(0);
    m.mutable_hello()->set_certificate_hash(letters(31));
    CHECK(asked(m) == bad);
    m = good(0);
    m.mutable_hello()->set_device(std::string(16, '\0')); // zero means none, and there must be one
    CHECK(asked(m) == bad);
  }
  SECTION("invitation codes are eight digits") {
    for (const auto& [code, why] :
         {std::pair{"1234567", bad}, {"123456789", bad}, {"1234567x", bad}, {"", bad}, {"12345678", ok}}) {
      m = good(1);
      m.mutable_show_invitation()->set_code(code);
      CHECK(asked(m) == why);
    }
  }
  SECTION("enrol") {
    m = good(2);
    m.mutable_enrol()->set_certificate(letters(certificate_bytes_max));
    m.mutable_enrol()->set_password(letters(password_bytes_max));
    CHECK(asked(m) == ok);
    m.mutable_enrol()->set_certificate(letters(certificate_bytes_max + 1));
    CHECK(asked(m) == refusal::object_too_large);
    m.mutable_enrol()->set_certificate("x");
    m.mutable_enrol()->set_password(letters(password_bytes_max + 1));
    CHECK(asked(m) == bad);
  }
  SECTION("log in") {
    m = good(3);
    m.mutable_log_in()->set_password(letters(password_bytes_max));
    CHECK(asked(m) == ok);
    m.mutable_log_in()->set_password(letters(password_bytes_max + 1));
    CHECK(asked(m) == bad);
    m.mutable_log_in()->set_password("");
    CHECK(asked(m) == bad);
    m = good(3);
    m.mutable_log_in()->set_user(letters(17));
    CHECK(asked(m) == bad);
  }
  SECTION("names") {
    for (const auto& [name, why] : {std::pair{letters(name_bytes_max), ok},
                                    {letters(name_bytes_max + 1), bad},
                                    {std::string{}, bad},
                                    {std::string{"a\nb"}, bad},
                                    {std::string{"a\u202eb"}, bad}}) {
      m = good(5);
      m.mutable_find_person()->set_display_name(name);
      CHECK(asked(m) == why);
    }
  }
  SECTION("get party from 1") {
    m = good(7);
    m.mutable_get_party()->set_from_n(0);
    CHECK(asked(m) == bad);
  }
  SECTION("get objects") {
    m = good(8);
    auto& hashes = *m.mutable_get_objects()->mutable_hashes();
    hashes.Clear();
    CHECK(asked(m) == bad);
    for (std::size_t i = 0; i < objects_asked_max; ++i)
      *hashes.Add() = letters(32);
    CHECK(asked(m) == ok);
    *hashes.Add() = letters(32);
    CHECK(asked(m) == bad);
    hashes.Clear();
    *hashes.Add() = letters(33);
    CHECK(asked(m) == bad);
  }
  SECTION("post") {
    m = good(12);
    m.mutable_post()->set_slip(letters(slip_bytes_max));
    m.mutable_post()->set_body(letters(body_bytes_max));
    CHECK(asked(m) == ok);
    m.mutable_post()->set_slip(letters(slip_bytes_max + 1));
    CHECK(asked(m) == refusal::object_too_large);
    m.mutable_post()->set_slip("");
    CHECK(asked(m) == bad);
    m.mutable_post()->set_slip("x");
    m.mutable_post()->set_body(letters(body_bytes_max + 1));
    CHECK(asked(m) == bad);
    m.mutable_post()->set_body("");
    CHECK(asked(m) == bad);
  }
  SECTION("act") {
    m = good(15);
    m.mutable_act()->set_object(letters(act_bytes_max));
    CHECK(asked(m) == ok);
    m.mutable_act()->set_object(letters(act_bytes_max + 1));
    CHECK(asked(m) == refusal::object_too_large);
  }
}

TEST_CASE("fields of submitting, inviting and opening") {
  dpb::Request m;
  SECTION("submit") {
    m = good(10);
    auto& submit = *m.mutable_submit();
    submit.set_object(letters(object_bytes_max));
    submit.set_members(letters(link_members_bytes_max));
    submit.set_seals(letters(link_members_bytes_max));
    CHECK(asked(m) == ok);
    submit.set_members(letters(link_members_bytes_max + 1));
    CHECK(asked(m) == bad);
    submit.set_members("");
    submit.set_seals(letters(link_members_bytes_max + 1));
    CHECK(asked(m) == bad);
    submit.set_seals("");
    CHECK(asked(m) == ok);
    submit.set_object(letters(object_bytes_max + 1));
    CHECK(asked(m) == refusal::object_too_large);
  }
  SECTION("invite") {
    m = good(11);
    auto& invite = *m.mutable_invite();
    invite.set_object(letters(certificate_bytes_max));
    while (static_cast<std::size_t>(invite.names_size()) < invited_parties_max)
      *invite.add_names() = invite.names(0);
    for (auto& name : *invite.mutable_names())
      name.set_name(letters(name_bytes_max));
    invite.set_cosignature(letters(cosignature_bytes_max));
    CHECK(asked(m) == ok);
    invite.set_cosignature(letters(cosignature_bytes_max + 1));
    CHECK(asked(m) == bad);
    invite.clear_cosignature();
    *invite.add_names() = invite.names(0);
    CHECK(asked(m) == bad);
    m = good(11);
    m.mutable_invite()->mutable_names(1)->set_kind(5);
    CHECK(asked(m) == bad);
    m.mutable_invite()->mutable_names(1)->set_kind(0);
    CHECK(asked(m) == bad);
    m = good(11);
    m.mutable_invite()->set_link_key(letters(31));
    CHECK(asked(m) == bad);
    m.mutable_invite()->set_link_key("");
    CHECK(asked(m) == ok);
  }
  SECTION("slips") {
    m = good(13);
    m.mutable_get_slips()->set_slips_max(slips_asked_max);
    CHECK(asked(m) == ok);
    m.mutable_get_slips()->set_slips_max(slips_asked_max + 1);
    CHECK(asked(m) == bad);
    m.mutable_get_slips()->set_slips_max(0);
    CHECK(asked(m) == bad);
  }
  SECTION("open") {
    m = good(14);
    auto& open = *m.mutable_open();
    open.clear_seqs();
    CHECK(asked(m) == bad);
    for (std::uint64_t i = 1; i <= open_bodies_max; ++i)
      open.add_seqs(~std::uint64_t{0} - open_bodies_max + i); // the longest numbers there are
    CHECK(asked(m) == ok);
    open.set_seqs(0, 0);
    CHECK(asked(m) == bad);
    open.set_seqs(0, open.seqs(1)); // doubled
    CHECK(asked(m) == bad);
    open.set_seqs(0, 1);
    open.set_purpose(6);
    CHECK(asked(m) == bad);
    open.set_purpose(0);
    CHECK(asked(m) == bad);
    open.set_purpose(5);
    CHECK(asked(m) == bad); // a reason belongs to off duty
    open.set_reason(0);
    CHECK(asked(m) == ok);
    open.set_purpose(2);
    open.set_reason(5);
    CHECK(asked(m) == ok);
    open.set_reason(6);
    CHECK(asked(m) == bad);
    open.set_reason(5);
    open.add_seqs(open.seqs(63));
    CHECK(asked(m) == bad);
  }
}

TEST_CASE("text that is not UTF-8 is refused") {
  auto raw = device::encode(sample_requests().at(5));
  raw.back() = 0xff;
  CHECK(device::decode_request(raw).why() == bad);
}

} // namespace wardline::wire
