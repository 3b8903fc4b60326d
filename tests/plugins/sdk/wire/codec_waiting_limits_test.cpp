// Limits of what is asked and answered about inboxes, duty and wakes.
#include "spoilt_messages.hpp"

namespace wardline::wire {

TEST_CASE("fields of what is asked about waiting messages") {
  dpb::Request m;
  SECTION("claim") {
    m = good(26);
    m.mutable_claim()->set_object(letters(act_bytes_max));
    CHECK(asked(m) == ok);
    m.mutable_claim()->set_object(letters(act_bytes_max + 1));
    CHECK(asked(m) == refusal::object_too_large);
    m = good(26);
    m.mutable_claim()->set_version(0);
    CHECK(asked(m) == bad);
  }
  SECTION("inbox") {
    m = good(27);
    auto& inbox = *m.mutable_list_inbox();
    inbox.set_items_max(inbox_items_max + 1);
    CHECK(asked(m) == bad);
    inbox.set_items_max(0);
    CHECK(asked(m) == bad);
    inbox.set_items_max(1);
    inbox.set_cursor(letters(inbox_cursor_bytes - 1));
    CHECK(asked(m) == bad);
    inbox.set_cursor("");
    CHECK(asked(m) == ok);
    inbox.set_view(4);
    CHECK(asked(m) == bad);
    inbox.set_view(2);
    CHECK(asked(m) == bad); // a role belongs to view 3
    inbox.clear_role();
    CHECK(asked(m) == ok);
    inbox.set_view(3);
    CHECK(asked(m) == bad);
  }
  SECTION("duty") {
    m = good(28);
    m.mutable_get_duty()->set_role(letters(15));
    CHECK(asked(m) == bad);
    m.mutable_get_duty()->clear_role();
    CHECK(asked(m) == ok);
  }
}

TEST_CASE("fields of an inbox") {
  auto m = good_answer(21);
  auto& inbox = *m.mutable_answer()->mutable_inbox();
  auto& item = *inbox.mutable_items(0);
  CHECK(answered(m) == ok);
  SECTION("rows") {
    while (static_cast<std::size_t>(inbox.items_size()) < inbox_items_max)
      *inbox.add_items() = inbox.items(0);
    CHECK(answered(m) == ok);
    *inbox.add_items() = inbox.items(0);
  }
  SECTION("a lane") {
    item.set_level(5);
    CHECK(answered(m) == ok);
    item.set_level(6);
  }
  SECTION("no lane") {
    item.set_level(0);
  }
  SECTION("type") {
    item.set_type(9);
  }
  SECTION("seq") {
    item.set_seq(0);
  }
  SECTION("version") {
    item.set_version(0);
  }
  SECTION("message") {
    item.clear_message();
  }
  SECTION("author") {
    item.clear_author();
  }
  SECTION("party") {
    item.clear_party();
  }
  SECTION("owner") {
    item.set_owner(letters(17));
  }
  SECTION("cursor") {
    inbox.set_next("");
    CHECK(answered(m) == ok);
    inbox.set_next(letters(inbox_cursor_bytes + 1));
  }
  CHECK(answered(m) == bad);
}

TEST_CASE("fields of duties and wakes") {
  auto m = good_answer(22);
  auto& duties = *m.mutable_answer()->mutable_duties();
  SECTION("roles") {
    auto row = duties.duties(1);
    duties.clear_duties();
    for (std::size_t i = 0; i <= duties_max; ++i) {
      auto id = letters(16);
      id[0] = static_cast<char>(i >> 8);
      id[1] = static_cast<char>(i & 0xff);
      row.set_role(id);
      *duties.add_duties() = row;
      if (i + 1 == duties_max)
        CHECK(answered(m) == ok);
    }
  }
  SECTION("roles ascend") {
    duties.mutable_duties(1)->set_role(duties.duties(0).role());
  }
  SECTION("people ascend") {
    auto& people = *duties.mutable_duties(0)->mutable_people();
    people.Mutable(0)->swap(*people.Mutable(1));
  }
  SECTION("people") {
    auto& people = *duties.mutable_duties(0)->mutable_people();
    people.Clear();
    for (std::size_t i = 0; i <= duty_people_max; ++i) {
      auto id = letters(16);
      id[0] = static_cast<char>(i);
      *people.Add() = id;
      if (i + 1 == duty_people_max)
        CHECK(answered(m) == ok);
    }
  }
  CHECK(answered(m) == bad);
  m = good_answer(28);
  m.mutable_wake()->set_level(3);
  CHECK(answered(m) == ok);
  m.mutable_wake()->set_level(4);
  CHECK(answered(m) == bad);
  m.mutable_wake()->set_level(0);
  CHECK(answered(m) == bad);
}

} // namespace wardline::wire
