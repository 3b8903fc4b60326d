// A store that was put back from a snapshot of the whole machine, or runs twice from one: same machine id,
// same inode, so it names the same instance. Its lock share gives it away (e2ee 5.13): the daemon goes on to
// the next half once one of the copies has it on its disk, and the other has no wrap for it.
#include "client/lmdb_device_store.hpp"
#include "scripted_daemon.hpp"
#include "temp_folder.hpp"
#include <catch2/catch.hpp>
#include <filesystem>

using namespace wardline;
using namespace wardline::test;

namespace {

/// The real store of a folder, in the place of another one as far as it can tell.
class snapshot_store final : public client::device_store {
public:
  snapshot_store(const std::string& folder, const client::store_instance* of)
      : disk_{std::move(*client::open_lmdb_device_store(folder))}, instance_{of ? *of : disk_->instance()} {}

  [[nodiscard]] client::store_instance instance() const override { return instance_; }
  [[nodiscard]] std::optional<bytes> get(client::table where, bytes_view key) const override {
    return disk_->get(where, key);
  }
  [[nodiscard]] std::vector<client::store_row> scan(client::table where, bytes_view prefix, bytes_view after,
                                                    std::size_t rows_max) const override {
    return disk_->scan(where, prefix, after, rows_max);
  }
  client::store_result commit(std::span<const client::store_change> changes) override {
    return disk_->commit(changes);
  }
  [[nodiscard]] std::optional<wiped_bytes> read_cell(client::secret_cell which) const override {
    return disk_->read_cell(which);
  }
  client::store_result write_cell(client::secret_cell which, bytes_view content) override {
    return disk_->write_cell(which, content);
  }
  client::store_result burn_cell(client::secret_cell which) override { return disk_->burn_cell(which); }

private:
  std::unique_ptr<client::device_store> disk_;
  client::store_instance instance_;
};

struct copied_clinic {
  copied_clinic() {
    REQUIRE(clinic.found(&own).why() == refusal::none);
    REQUIRE(log_off("admin") == refusal::none);
    std::filesystem::copy(path("own"), path("copy"), std::filesystem::copy_options::recursive);
    auto instance = own.instance();
    copy.emplace(path("copy"), &instance);
    clinic.add("copy", &*copy);
    clinic.settle();
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder.path / name).string(); }
  refusal log_in(const std::string& name) {
    return clinic
        .act<client::logged_in_as>([&](client::done<client::logged_in_as> then) {
          clinic[name].device->log_in("admin's password", scripted_daemon::six_digits, std::move(then));
        })
        .why();
  }
  refusal log_off(const std::string& name) {
    auto why = clinic
                   .act<client::nothing>([&](client::done<client::nothing> then) {
                     clinic[name].device->log_off(std::move(then));
                   })
                   .why();
    clinic.settle();
    return why;
  }
  refusal next_log_in(const std::string& name) {
    auto why = log_in(name);
    clinic.settle();
    return why;
  }
  [[nodiscard]] std::uint32_t number() { return clinic.daemon.shares.begin()->second.number; }

  temp_folder folder;
  snapshot_store own{path("own"), nullptr};
  std::optional<snapshot_store> copy;
  little_clinic clinic;
};

} // namespace

TEST_CASE("a store that was put back is closed at its next log-in, by name, and nobody stays logged in") {
  copied_clinic c;
  REQUIRE(c.next_log_in("admin") == refusal::none);
  REQUIRE(c.number() == 2);
  REQUIRE(c.log_off("admin") == refusal::none);
  CHECK(c.next_log_in("copy") == refusal::store_rolled_back);
  CHECK(c.clinic["copy"].device->stage() == client::device_stage::locked);
  CHECK(c.clinic.daemon.sessions.empty());
  CHECK(c.next_log_in("copy") == refusal::store_rolled_back); // and again
  CHECK(c.number() == 2);
  CHECK(c.next_log_in("admin") == refusal::none); // the true one is none the worse
}

TEST_CASE("whoever logs in first goes on: the store that was copied learns that a copy was used") {
  copied_clinic c;
  REQUIRE(c.next_log_in("copy") == refusal::none);
  REQUIRE(c.log_off("copy") == refusal::none);
  CHECK(c.next_log_in("admin") == refusal::store_rolled_back);
  CHECK(c.clinic["admin"].device->stage() == client::device_stage::locked);
}

TEST_CASE("a copy that finds the other one logged in is closed too") {
  copied_clinic c;
  REQUIRE(c.next_log_in("admin") == refusal::none);
  c.clinic.restart("copy"); // the daemon welcomes it with the half in force
  c.clinic.settle();
  CHECK(c.clinic["copy"].device->stage() == client::device_stage::locked);
  CHECK(c.clinic.daemon.sessions.empty());
  CHECK(c.clinic["admin"].device->stage() == client::device_stage::open);
}

TEST_CASE("two copies that log in at once get the same pair; the next log-in of the slower one names it") {
  copied_clinic c;
  c.clinic.daemon.swallow = [](const d::request& r) { return std::holds_alternative<d::act>(r.what); };
  REQUIRE(c.next_log_in("admin") == refusal::none);
  REQUIRE(c.number() == 1);
  REQUIRE(c.next_log_in("copy") == refusal::none);
  REQUIRE(c.number() == 1); // neither has confirmed
  c.clinic.daemon.swallow = nullptr;
  bool own_first = GENERATE(true, false);
  const auto* first = own_first ? "admin" : "copy";
  const auto* second = own_first ? "copy" : "admin";
  // What was never confirmed is offered again; from the next half on only one of them has a wrap for it.
  for (std::uint32_t number = 2; number <= 3; ++number) {
    REQUIRE(c.log_off(first) == refusal::none);
    REQUIRE(c.next_log_in(first) == refusal::none);
    REQUIRE(c.number() == number);
  }
  c.clinic.restart(second);
  c.clinic.settle();
  CHECK(c.next_log_in(second) == refusal::store_rolled_back);
  CHECK(c.clinic[second].device->stage() == client::device_stage::locked);
}
