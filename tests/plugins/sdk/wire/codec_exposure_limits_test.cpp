// Limits of what is asked and answered about a device that was turned out, and of the last word to it.
#include "spoilt_messages.hpp"

namespace wardline::wire {

TEST_CASE("fields of a question about a device that was turned out") {
  auto m = good(29);
  auto& asks = *m.mutable_get_exposure();
  CHECK(asked(m) == ok);
  SECTION("parts") {
    asks.set_part(0);
    CHECK(asked(m) == bad);
    asks.set_part(3);
    CHECK(asked(m) == bad);
  }
  SECTION("a place is a party and a conversation, or neither") {
    asks.clear_after_conversation();
    CHECK(asked(m) == bad);
    asks.clear_after_party();
    CHECK(asked(m) == ok);
  }
  SECTION("a device is named") {
    asks.clear_device();
    CHECK(asked(m) == bad);
  }
}

TEST_CASE("fields of what a device could open and had open") {
  auto m = good_answer(sample_answers().size() - 3);
  auto& exposure = *m.mutable_answer()->mutable_exposure();
  CHECK(answered(m) == ok);
  SECTION("conversations") {
    auto row = exposure.conversations(0);
    while (exposure.conversations_size() < static_cast<int>(exposed_conversations_max))
      *exposure.add_conversations() = row;
    CHECK(answered(m) == ok);
    *exposure.add_conversations() = row;
    CHECK(answered(m) == bad);
  }
  SECTION("entries") {
    auto row = exposure.leaves(0);
    while (exposure.leaves_size() < static_cast<int>(exposed_leaves_max))
      *exposure.add_leaves() = row;
    CHECK(answered(m) == ok);
    *exposure.add_leaves() = row;
    CHECK(answered(m) == bad);
  }
  SECTION("an entry is whole") {
    exposure.mutable_leaves(0)->set_salt(letters(15));
    CHECK(answered(m) == bad);
    exposure.mutable_leaves(0)->set_salt(letters(16));
    exposure.mutable_leaves(0)->set_entry("");
    CHECK(answered(m) == bad);
    exposure.mutable_leaves(0)->set_entry(letters(entry_bytes_max));
    CHECK(answered(m) == ok);
    exposure.mutable_leaves(0)->set_entry(letters(entry_bytes_max + 1));
    CHECK(answered(m) == bad);
  }
}

TEST_CASE("a wipe order has its size") {
  auto m = good_answer(sample_answers().size() - 4);
  m.mutable_wipe_order()->set_object(letters(wipe_order_bytes_max));
  CHECK(answered(m) == ok);
  m.mutable_wipe_order()->set_object(letters(wipe_order_bytes_max + 1));
  CHECK(answered(m) == refusal::object_too_large);
  m.mutable_wipe_order()->set_object("");
  CHECK(answered(m) == bad);
}

} // namespace wardline::wire
