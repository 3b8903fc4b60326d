// A real daemon on a small file system that fills up: urgent messages, log-in, opening and acknowledging go
// on by the reserve; when that is gone, too, everything is refused by name; with room again it goes on by
// itself.
#include "real_clinic.hpp"
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

using namespace wardline;
using namespace wardline::fault;

namespace {

constexpr std::uint64_t disk_bytes = 48u << 20; ///< its reserve is an eighth of it

/// The daemon's state folder on a file system of its own.
class small_disk {
public:
  explicit small_disk(real_clinic& c) : where_{c.state_folder()} {
    c.daemon->end(SIGTERM);
    auto aside = c.folder.path / "aside";
    std::filesystem::rename(where_, aside);
    std::filesystem::create_directory(where_);
    auto size = "size=" + std::to_string(disk_bytes) + ",mode=0700";
    mounted_ = ::mount("tmpfs", where_.c_str(), "tmpfs", 0, size.c_str()) == 0;
    why_not_ = errno;
    for (const auto& entry : std::filesystem::directory_iterator{aside})
      std::filesystem::copy(entry.path(), where_ / entry.path().filename(),
                            std::filesystem::copy_options::recursive);
  }
  ~small_disk() {
    if (mounted_)
      ::umount2(where_.c_str(), MNT_DETACH);
  }
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] int why_not() const { return why_not_; }

  [[nodiscard]] std::uint64_t left() const {
    struct statvfs s {};
    return ::statvfs(where_.c_str(), &s) == 0 ? std::uint64_t{s.f_bavail} * s.f_frsize : 0;
  }
  /// Somebody else's file grows until so many bytes are left.
  void leave(std::uint64_t bytes) {
    std::ofstream out{where_ / "somebody_elses", std::ios::binary | std::ios::app};
    std::string block(4096, 'x');
    while (left() > bytes && out.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  void give_back() { std::filesystem::remove(where_ / "somebody_elses"); }

private:
  std::filesystem::path where_;
  bool mounted_ = false;
  int why_not_ = 0;
};

/// What sending came to, at once.
refusal send(real_clinic& c, client::urgency level) {
  std::optional<refusal> came;
  client::draft what;
  what.text = "Room 4";
  what.level = level;
  c.nurse().device->send("physician", what, {}, [&](client::result<client::sent_message> r) {
    if (!came)
      came = r.why();
  });
  REQUIRE(c.run_until([&] { return came.has_value(); }));
  return *came;
}

std::vector<client::message_row> inbox(real_clinic& c) {
  c.act<client::nothing>("catching up", [&](auto then) { c.physician().device->catch_up(std::move(then)); });
  return c.physician().device->inbox();
}

refusal open(real_clinic& c, const client::message_row& m) {
  std::optional<refusal> came;
  c.physician().device->open(
      m.conversation, {m.seq}, wire::device::purpose::treatment,
      [&](client::result<std::vector<client::opened_message>> r) { came = r ? r->front().why : r.why(); });
  REQUIRE(c.run_until([&] { return came.has_value(); }));
  return *came;
}

bool nothing_waits(real_clinic& c) {
  auto rows = c.nurse().device->outbox();
  return std::all_of(rows.begin(), rows.end(),
                     [](const client::outbox_row& r) { return r.state == client::outbox_state::acked; });
}

} // namespace

TEST_CASE("a disk that fills up stops what can wait, then everything, and nothing for ever") {
  REQUIRE(sodium_init() >= 0);
  real_clinic c;
  REQUIRE(send(c, client::urgency::routine) == refusal::none);
  small_disk disk{c};
  if (!disk.mounted()) {
    std::printf("SKIPPED: no file system could be mounted (%s); this needs root\n",
                std::strerror(disk.why_not()));
    return;
  }
  c.daemon->start();
  auto connected = [&] { return c.nurse().device->settled() && c.physician().device->settled(); };
  REQUIRE(c.run_until(connected));
  REQUIRE(send(c, client::urgency::routine) == refusal::none);

  // Only the reserve is left.
  disk.leave(disk_bytes / 8 - (1u << 20));
  CHECK(send(c, client::urgency::routine) == refusal::only_urgent_now);
  CHECK(send(c, client::urgency::now) == refusal::none);
  CHECK(send(c, client::urgency::urgent) == refusal::none);
  auto rows = inbox(c);
  REQUIRE(rows.size() == 4);
  CHECK(open(c, rows[0]) == refusal::none);
  c.act<client::acknowledged_message>("acknowledging", [&](auto then) {
    c.physician().device->acknowledge(rows[0].message, std::move(then));
  });
  c.act<client::nothing>("logging off", [&](auto then) { c.physician().device->log_off(std::move(then)); });
  c.act<client::logged_in_as>("logging in", [&](auto then) {
    c.physician().device->log_in(real_clinic::password, six_digits_of("physician"), std::move(then));
  });
  c.daemon->end(SIGKILL); // and a start on a nearly full disk
  c.daemon->start();
  REQUIRE(c.run_until(connected));
  CHECK(send(c, client::urgency::now) == refusal::none);

  // Nothing at all is left.
  disk.leave(0);
  refusal last = refusal::none;
  for (int i = 0; i < 50 && last == refusal::none; ++i) // until LMDB needs a page that is not there
    last = send(c, client::urgency::now);
  CHECK(last == refusal::storage_refused);
  last = refusal::none;
  for (int i = 0; i < 2'000 && last == refusal::none; ++i) // leaves fit for a while into pages that are there
    last = open(c, rows[1]);
  CHECK(last == refusal::storage_refused); // no release without its leaf
  CHECK(c.daemon->alive());

  // Somebody made room: what waited goes by itself, none is lost, none is there twice.
  disk.give_back();
  REQUIRE(c.run_until([&] { return nothing_waits(c); }, 120'000));
  CHECK(c.daemon->alive());
  CHECK(open(c, rows[1]) == refusal::none);
  CHECK(inbox(c).size() == c.nurse().device->sent().size());
  c.daemon->end(SIGTERM);
  c.daemon->start();
  REQUIRE(c.run_until(connected));
  CHECK(inbox(c).size() == c.nurse().device->sent().size());
}
