// A server that says that it was restored from a backup (e2ee 6.6): what it has to show before a device
// believes it.
#include "e2ee/life.hpp"
#include "scripted_daemon.hpp"
#include <algorithm>
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::test;

namespace {

constexpr std::uint32_t second = 1'790'000'000;

struct restored_clinic : little_clinic {
  incarnation_id first, next;
  std::uint64_t pinned = 0;
  unsigned posts = 0;

  restored_clinic() {
    REQUIRE(found().why() == refusal::none);
    REQUIRE(enrol("nurse1", {}).why() == refusal::none);
    REQUIRE(enrol("physician1", {}).why() == refusal::none);
    REQUIRE(send("nurse1", "physician1", "one").why() == refusal::none);
    settle_again();
    first = daemon.incarnation();
    next.value.fill(0x77);
    pinned = nurse().pinned_size();
    REQUIRE(pinned > 3);
    REQUIRE(pinned == daemon.leaves());
    daemon.silent = [this](const d::request& r) {
      posts += std::get_if<d::post>(&r.what) != nullptr ? 1 : 0;
      return false;
    };
  }
  client::device& nurse() { return *(*this)["nurse1"].device; }
  void settle_again() {
    restart("nurse1");
    REQUIRE(run([&] { return nurse().settled(); }));
  }
  /// The entry that opens the life; `kept` leaves are said to have come back.
  std::uint64_t open_life(std::uint64_t kept) {
    daemon.begin_life(next);
    daemon.origin = "clinic.example/test/audit/" + std::to_string(second);
    e2ee::opened_life what{second, first, kept, pinned, {}};
    return daemon.append_entry(e2ee::entry_life_opened,
                               entry(e2ee::entry_life_opened, {}, next.value, {}, e2ee::encode(what)));
  }
  static bytes entry(std::uint8_t kind, const device_id& device, const std::array<std::uint8_t, 16>& object,
                     const hash32& hash, bytes_view detail) {
    e2ee::writer out;
    out.u8(1)
        .u8(kind)
        .u64(1'700'000'000'000)
        .zeros(16)
        .put(device)
        .zeros(16)
        .put(object)
        .put(hash)
        .v16(detail);
    return out.take();
  }
  /// What it answers to whoever was here in the life before.
  void shows(std::vector<std::uint64_t> leaves) {
    daemon.tamper = [this, leaves](const d::request& r, d::answer_body& a) {
      if (std::get_if<d::meet_life>(&r.what) == nullptr)
        return;
      d::exposure out;
      for (auto leaf : leaves)
        out.leaves.push_back(daemon.entry_at(leaf));
      out.checkpoint = daemon.note();
      a = std::move(out);
    };
  }
  bool said(client::notice::about what, refusal why, std::uint64_t forgotten = 0) {
    const auto& all = (*this)["nurse1"].said;
    return std::any_of(all.begin(), all.end(), [&](const client::notice& n) {
      return n.what == what && n.why == why && n.forgotten == forgotten;
    });
  }
  [[nodiscard]] bool believed() { return said(client::notice::about::restored, refusal::none); }
};

using about = client::notice::about;

} // namespace

TEST_CASE("everything came back: one proof, and what no backup holds is sent again") {
  restored_clinic clinic;
  clinic.shows({clinic.open_life(clinic.pinned)});
  clinic.settle_again();
  CHECK(clinic.believed());
  CHECK(clinic.nurse().pinned_size() == clinic.pinned + 1);
  REQUIRE(clinic.run([&] { return clinic.posts > 0; }));
  CHECK(clinic.posts == 1);
  CHECK(clinic.daemon.conversations.begin()->second.messages.size() == 1); // it knew it by its id
  clinic.settle_again();                                                   // once
  CHECK(clinic.posts == 1);
}

TEST_CASE("a server that shows nothing is not believed") {
  restored_clinic clinic;
  clinic.open_life(clinic.pinned);
  clinic.settle_again();
  CHECK_FALSE(clinic.believed());
  CHECK(clinic.nurse().pinned_size() == clinic.pinned);
}

TEST_CASE("what this device saw and did not come back must stand in the new log") {
  restored_clinic clinic;
  clinic.daemon.append(11, {});
  clinic.daemon.append(11, {});
  clinic.settle_again();
  auto seen = clinic.nurse().pinned_size();
  REQUIRE(seen == clinic.pinned + 2);
  auto root = clinic.daemon.root();
  clinic.daemon.forget_last(2);
  auto opened = clinic.open_life(clinic.pinned);
  auto admit = [&](const device_id& device, std::uint64_t size, const hash32& of) {
    auto detail = e2ee::writer{}.u64(size).take();
    return clinic.daemon.append_entry(
        e2ee::entry_pin_shown,
        restored_clinic::entry(e2ee::entry_pin_shown, device, clinic.first.value, of, detail));
  };
  bool believed = false;
  SECTION("silence") {
    clinic.shows({opened});
  }
  SECTION("another's") {
    clinic.shows({opened, admit(device_id{{9}}, seen, root)});
  }
  SECTION("fewer") {
    clinic.shows({opened, admit(clinic.nurse().id(), seen - 1, root)});
  }
  SECTION("another root") {
    clinic.shows({opened, admit(clinic.nurse().id(), seen, hash32{1})});
  }
  SECTION("this very pin") {
    clinic.shows({opened, admit(clinic.nurse().id(), seen, root)});
    believed = true;
  }
  clinic.settle_again();
  CHECK(clinic.said(about::restored, refusal::none, 2) == believed);
  CHECK(clinic.said(about::log, refusal::log_rolled_back) != believed);
  CHECK(clinic.nurse().pinned_size() == (believed ? clinic.daemon.leaves() : seen));
}

TEST_CASE("a life that does not fit is said, and nothing is sent again") {
  restored_clinic clinic;
  SECTION("its entry does not stand where it says") {
    clinic.shows({clinic.open_life(clinic.pinned - 1)});
  }
  SECTION("the same origin as before") {
    auto before = clinic.daemon.origin;
    clinic.shows({clinic.open_life(clinic.pinned)});
    clinic.daemon.origin = before;
  }
  SECTION("a bent proof") {
    clinic.shows({clinic.open_life(clinic.pinned)});
    auto shown = clinic.daemon.tamper;
    clinic.daemon.tamper = [shown](const d::request& r, d::answer_body& a) {
      shown(r, a);
      auto* c = std::get_if<d::checkpoint>(&a);
      if (c != nullptr && !c->consistency.empty())
        c->consistency.front()[3] ^= 1;
    };
  }
  clinic.settle_again();
  CHECK_FALSE(clinic.believed());
  CHECK(clinic.nurse().pinned_size() == clinic.pinned);
  CHECK(clinic.posts == 0);
  CHECK((clinic.said(about::log, refusal::log_other_origin) || clinic.said(about::log, refusal::log_forked)));
}
