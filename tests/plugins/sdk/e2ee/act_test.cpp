#include "e2ee/act.hpp"
#include "messages.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::test;

namespace {

const auto message = some_id<message_id>(0x91);
const auto h = sha256(view("header"));

struct nurse {
  clinic_id clinic = some_id<clinic_id>(0xc1);
  signing_key key = some_signing_key(0x71);

  [[nodiscard]] act_fields fields() const {
    act_fields a;
    a.act = act_kind::acknowledge;
    a.target = message.value;
    a.h = h;
    a.user = some_id<user_id>(0x51);
    a.device = some_id<device_id>(0x61);
    a.certificate = sha256(view("certificate"));
    a.time = 1'764'000'000'000;
    a.tree_size = 12;
    a.tree_root = sha256(view("root"));
    return a;
  }
  [[nodiscard]] bytes raw(const act_fields& a) const { return sign_object(clinic, a, {{key, labels::act}}); }
  [[nodiscard]] act made(const act_fields& a) const { return *act::decode(raw(a), clinic); }
  [[nodiscard]] act_author author() const {
    auto a = fields();
    return {a.device, a.certificate, a.user, key.public_part()};
  }
};

} // namespace

TEST_CASE("an act comes back as it was signed") {
  nurse n;
  auto fields = n.fields();
  fields.act = act_kind::report;
  fields.reason = static_cast<std::uint8_t>(refusal::seal_not_openable);
  auto a = n.made(fields);
  CHECK(a.raw().size() == 18 + 1 + 16 + 32 + 16 + 16 + 32 + 8 + 1 + 1 + 8 + 32 + 65);
  CHECK(a.raw().size() <= object_size_max(kind::act));
  CHECK(a.act == act_kind::report);
  CHECK(a.message() == message);
  CHECK(a.h == h);
  CHECK(a.reason == 74);
  CHECK(a.tree_size == 12);
  CHECK(encode(n.clinic, static_cast<const act_fields&>(a)) == to_bytes(a.frame.signed_bytes()));
  CHECK(check_act_author(a, n.author()) == refusal::none);
}

TEST_CASE("negatives 5 and 16: no prefix of an act decodes, no flipped bit of it is accepted") {
  nurse n;
  auto good = n.raw(n.fields());
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto why = act::decode(bytes_view{good}.first(i), n.clinic).why();
    REQUIRE((why == refusal::truncated || why == refusal::length_beyond_end));
  }
  for (auto bit : every_bit_of(good)) {
    auto bent = act::decode(with_bit_flipped(good, bit), n.clinic);
    REQUIRE((!bent || check_act_author(*bent, n.author()) != refusal::none));
  }
}

TEST_CASE("acts outside their lists are refused") {
  nurse n;
  auto raw = n.raw(n.fields());
  constexpr std::size_t act_at = frame_start_size;
  constexpr std::size_t level_at = frame_start_size + 1 + 16 + 32 + 16 + 16 + 32 + 8;
  for (auto value : {0, 8, 39, 42, 255}) {
    raw[act_at] = static_cast<std::uint8_t>(value);
    CHECK(act::decode(raw, n.clinic).why() == refusal::unknown_value);
  }
  for (auto value : {40, 41, 1}) {
    raw[act_at] = static_cast<std::uint8_t>(value);
    CHECK(act::decode(raw, n.clinic));
  }
  raw[level_at] = 6;
  CHECK(act::decode(raw, n.clinic).why() == refusal::unknown_value);
}

TEST_CASE("an act counts for the device and person of its channel only") {
  nurse n;
  auto a = n.made(n.fields());
  auto author = n.author();
  author.channel_device = some_id<device_id>(9);
  CHECK(check_act_author(a, author) == refusal::author_not_channel);
  author = n.author();
  author.newest_certificate = sha256(view("renewed"));
  CHECK(check_act_author(a, author) == refusal::stale_certificate);
  author = n.author();
  author.acting_user = some_id<user_id>(9);
  CHECK(check_act_author(a, author) == refusal::author_not_device_user);
  author = n.author();
  author.signing = some_signing_key(0x72).public_part();
  CHECK(check_act_author(a, author) == refusal::bad_signature);
  auto nobody = n.fields();
  nobody.user = {};
  author = n.author();
  author.acting_user = {};
  CHECK(check_act_author(n.made(nobody), author) == refusal::author_not_device_user);
  // 25: the label "link" on an act's bytes
  auto other = act::decode(sign_object(n.clinic, n.fields(), {{n.key, labels::link}}), n.clinic);
  REQUIRE(other);
  CHECK(check_act_author(*other, n.author()) == refusal::bad_signature);
}

TEST_CASE("negative 101: an act names one version of one message") {
  nurse n;
  auto a = n.made(n.fields());
  CHECK(check_act_target(a, message, h) == refusal::none);
  CHECK(check_act_target(a, message, sha256(view("other"))) == refusal::act_on_other_message);
  CHECK(check_act_target(a, some_id<message_id>(9), h) == refusal::act_on_other_message);
}

TEST_CASE("negatives 102 and 168: raise makes more urgent, lower less and only with a reason") {
  act_fields a;
  struct {
    act_kind act;
    urgency before;
    urgency after;
    std::uint8_t reason;
    refusal why;
  } cases[] = {
      {act_kind::acknowledge, urgency::now, urgency::unscored, 0, refusal::none},
      {act_kind::raise, urgency::routine, urgency::urgent, 0, refusal::none},
      {act_kind::raise, urgency::unscored, urgency::urgent, 0, refusal::none},
      {act_kind::raise, urgency::urgent, urgency::urgent, 0, refusal::level_not_changed}, // negative 168
      {act_kind::raise, urgency::unscored, urgency::today, 0, refusal::level_not_changed},
      {act_kind::raise, urgency::urgent, urgency::today, 0, refusal::level_not_changed},
      {act_kind::raise, urgency::routine, urgency::unscored, 0, refusal::none}, // 0 counts as 3
      {act_kind::lower, urgency::now, urgency::routine, 4, refusal::none},
      {act_kind::lower, urgency::now, urgency::routine, 0, refusal::reason_missing}, // negative 102
      {act_kind::lower, urgency::routine, urgency::now, 4, refusal::level_not_changed},
      {act_kind::lower, urgency::today, urgency::unscored, 4, refusal::level_not_changed},
  };
  for (const auto& c : cases) {
    INFO(static_cast<int>(c.act) << " " << static_cast<int>(c.before) << " " << static_cast<int>(c.after));
    a.act = c.act;
    a.level = c.after;
    a.reason = c.reason;
    CHECK(check_level_change(a, c.before) == c.why);
  }
}

TEST_CASE("an act's tree head must be one the daemon signed") {
  auto a = nurse{}.fields();
  CHECK(check_act_tree(a, a.tree_root) == refusal::none);
  CHECK(check_act_tree(a, sha256(view("other"))) == refusal::log_forked);
  CHECK(check_act_tree(a, std::nullopt) == refusal::log_forked);
  a.tree_size = 0;
  CHECK(check_act_tree(a, std::nullopt) == refusal::none);
}

TEST_CASE("a lock share's number travels in h") {
  CHECK(share_number(share_reference(0x01020304)) == 0x01020304u);
  CHECK(hex(share_reference(7)) == std::string(62, '0') + "07");
  CHECK_FALSE(share_number(h));
}
