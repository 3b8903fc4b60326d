// The share of one key: pure, with the time as an argument.
#include "link_share.hpp"
#include <catch2/catch.hpp>

using namespace wardline::daemon;

TEST_CASE("a bucket holds one second's worth, refills evenly, and never more") {
  token_bucket b{1'000};
  b.refill(50'000);
  CHECK(b.whole());
  b.take(999);
  CHECK_FALSE(b.empty());
  b.take(5); // one step below nothing
  CHECK(b.empty());
  b.refill(50'004);
  CHECK(b.empty());
  b.refill(50'005);
  CHECK_FALSE(b.empty());
  b.refill(50'004); // a step back gives nothing and takes nothing
  CHECK_FALSE(b.empty());
  b.refill(49'000'000);
  CHECK(b.whole());
}

TEST_CASE("a debt is paid before anything else is taken") {
  token_bucket b{user_bytes_per_second_max};
  b.refill(0);
  b.take(user_bytes_per_second_max + (1u << 20));
  CHECK(b.empty());
  b.refill(15); // 64 KiB each millisecond
  CHECK(b.empty());
  b.refill(17);
  CHECK_FALSE(b.empty());
}

TEST_CASE("a user's share is half of the credit, in frames and in bytes") {
  link_user u;
  u.refill(1'000);
  CHECK_FALSE(u.over_share());
  for (std::size_t i = 0; i < user_credit_frames_max; ++i)
    u.waiting->add(1);
  CHECK(u.over_share());
  u.waiting->give_back(1);
  CHECK_FALSE(u.over_share());
  u.waiting->add(user_credit_bytes_max);
  CHECK(u.over_share());
}

TEST_CASE("a user is forgotten only when nothing is left to remember") {
  link_user u;
  u.refill(1'000);
  CHECK(u.forgettable());
  u.take(1);
  CHECK_FALSE(u.forgettable()); // or a flooder would begin anew with each connection
  u.refill(3'000);
  CHECK(u.forgettable());
  u.waiting->add(1);
  CHECK_FALSE(u.forgettable());
  u.waiting->give_back(1);
  u.peers = 1;
  CHECK_FALSE(u.forgettable());
}
