// What is written reaches the reader and nobody in between: 1,000 planted strings stand nowhere in the store,
// the journal, the daemon's memory, or the memory of a plugin that carries the channel. Controls show that
// the scan would see them.
#include "lmdb_storage.hpp"
#include "marker_scan.hpp"
#include "real_clinic.hpp"
#include "test_ports.hpp"
#include "wire/limits.hpp"
#include "wire/link.hpp"
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <set>
#include <sys/wait.h>

using namespace wardline;
using namespace wardline::fault;

namespace {

constexpr std::size_t markers_planted = 1'000;
constexpr std::size_t markers_answered = 50; ///< sent back through the relay
constexpr std::size_t sends_at_once = 50;

/// A device whose channel is carried by the relay program.
class relayed_device final : public client::pipe {
public:
  relayed_device(client::device_store& store, const std::string& address) {
    local_.set(zmq::sockopt::linger, 0);
    local_.connect(address);
    device = std::make_unique<client::device>(store, *this);
    device->start(now());
  }

  ~relayed_device() override { device.reset(); }

  void turn() {
    zmq::message_t m;
    while (local_.recv(m, zmq::recv_flags::dontwait)) {
      auto frame = wire::link::decode({m.data<std::uint8_t>(), m.size()});
      if (!frame)
        continue;
      if (auto* data = std::get_if<wire::link::channel_data>(&*frame);
          data != nullptr && open_ && data->channel == channel_)
        device->on_channel_data(data->payload, now());
      else if (auto* end = std::get_if<wire::link::channel_closed>(&*frame);
               end != nullptr && open_ && end->channel == channel_) {
        open_ = false;
        device->on_channel_closed(end->why, now());
      }
    }
    device->tick(now());
  }

  std::unique_ptr<client::device> device;

private:
  static time_ms now() {
    auto t = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<time_ms>(std::chrono::duration_cast<std::chrono::milliseconds>(t).count());
  }
  void say(const wire::link::frame& f) { local_.send(zmq::buffer(wire::link::encode(f))); }
  void open() override {
    ++channel_;
    open_ = true;
  }
  void send(bytes_view payload) override {
    if (open_)
      say(wire::link::channel_data{channel_, to_bytes(payload)});
  }
  void close() override {
    if (std::exchange(open_, false))
      say(wire::link::channel_closed{channel_, refusal::none});
  }

  zmq::context_t context_{1};
  zmq::socket_t local_{context_, zmq::socket_type::pair};
  std::uint64_t channel_ = 0;
  bool open_ = false;
};

struct child {
  pid_t pid;
  ~child() {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
};

void send_all(real_clinic& c, const std::vector<std::string>& markers) {
  std::size_t given = 0;
  std::size_t acked = 0;
  bool done = c.run_until(
      [&] {
        while (given < markers.size() && given - acked < sends_at_once) {
          client::draft what;
          what.text = "Room 4: " + markers[given++] + ", please come";
          c.nurse().device->send("physician", what, {}, [&](client::result<client::sent_message> r) {
            REQUIRE(r);
            ++acked;
          });
        }
        return acked == markers.size();
      },
      600'000);
  REQUIRE(done);
}

/// Everything there is, through the relay; what it says.
std::set<std::string> read_all(real_clinic& c, relayed_device& r) {
  auto drive = [&](auto holds) { return c.run_until([&] { return r.turn(), holds(); }, 300'000); };
  REQUIRE(drive([&] { return r.device->needs_log_in() || r.device->settled(); }));
  bool in = r.device->settled(); // the log-in of before is still alive
  if (!in)
    r.device->log_in(real_clinic::password, six_digits_of("physician"),
                     [&](auto result) { in = static_cast<bool>(result); });
  REQUIRE(drive([&] { return in && r.device->settled(); }));
  bool caught_up = false;
  r.device->catch_up([&](auto result) { caught_up = static_cast<bool>(result); });
  REQUIRE(drive([&] { return caught_up; }));
  std::set<std::string> texts;
  std::map<conversation_id, std::vector<std::uint64_t>> pages; // the newest of each conversation is filled
  auto read = [&](const conversation_id& where, const std::vector<std::uint64_t>& seqs) {
    bool over = false;
    r.device->open(where, seqs, wire::device::purpose::treatment, [&](auto result) {
      REQUIRE(result);
      for (const auto& o : *result)
        texts.insert(o.content.text);
      over = true;
    });
    REQUIRE(drive([&] { return over; }));
  };
  for (const auto& row : r.device->inbox()) {
    auto& page = pages[row.conversation];
    page.push_back(row.seq);
    if (page.size() == wire::open_bodies_max)
      read(row.conversation, std::exchange(page, {}));
  }
  for (const auto& [where, page] : pages)
    if (!page.empty())
      read(where, page);
  return texts;
}

/// The same rows without the sealing decorator: as a store would look like that keeps what it is given.
scan_result scan_unsealed(const std::vector<std::string>& markers) {
  temp_folder folder;
  kept_journal journal;
  auto store = lmdb_storage::open(folder.path, journal, std::size_t{1} << 28);
  REQUIRE(store);
  std::vector<ports::change> changes;
  for (std::size_t i = 0; i < markers.size(); ++i)
    changes.push_back(ports::put(ports::table::log, ports::row_key(i),
                                 to_bytes(view("Room 4: " + markers[i] + ", please come"))));
  REQUIRE((*store)->commit(changes) == ports::commit_result::committed);
  store->reset();
  return scan_files(folder.path, markers);
}

} // namespace

TEST_CASE("1,000 planted strings are found nowhere between writer and reader") {
  REQUIRE(sodium_init() >= 0);
  auto markers = make_markers(markers_planted);
  real_clinic c;
  send_all(c, markers);

  c.physician().leave();
  auto local = "ipc://" + (c.folder.path / "relay.sock").string();
  child relay{spawn({RELAY, local, "ipc://" + (c.folder.path / "web.sock").string(), hex(c.server_curve),
                     hex(c.web_key.open), hex(c.web_key.secret.view())},
                    c.folder.path / "relay.log")};
  relayed_device r{c.physician().store, local};
  auto texts = read_all(c, r);
  CHECK(texts.size() == markers_planted); // they did arrive, through the relay
  CHECK(texts.contains("Room 4: " + markers.back() + ", please come"));
  std::size_t answered = 0;
  for (std::size_t i = 0; i < markers_answered; ++i) {
    client::draft what;
    what.text = markers[i];
    r.device->send("nurse", what, {}, [&](auto result) { answered += result ? 1 : 0; });
  }
  REQUIRE(c.run_until([&] { return r.turn(), answered == markers_answered; }));

  auto in_relay = scan_memory(relay.pid, markers);
  CHECK(in_relay.bytes_read > 100'000);
  CHECK(in_relay.found == 0);
  auto in_self = scan_memory(::getpid(), markers);
  CHECK(in_self.found == markers_planted); // control: the same scan where the strings are
  auto in_daemon = scan_memory(c.daemon->pid(), markers);
  if (in_daemon.bytes_read == 0)
    std::printf("the daemon's memory is closed to this user, as it should be\n");
  CHECK(in_daemon.found == 0);

  c.daemon->end(SIGTERM);
  auto in_state = scan_files(c.state_folder(), markers);
  CHECK(in_state.bytes_read > markers_planted * 512);
  CHECK(in_state.found == 0);
  auto in_journal = scan_files(c.folder.path / "journal.log", markers);
  CHECK(in_journal.bytes_read > 0);
  CHECK(in_journal.found == 0);
  CHECK(scan_files(c.folder.path, markers).found == 0);
  CHECK(scan_unsealed(markers).found == markers_planted); // control: the same scan of rows that nobody sealed
  std::printf("state %zu bytes, journal %zu, relay's memory %zu, daemon's memory %zu: 0 of %zu strings\n",
              in_state.bytes_read, in_journal.bytes_read, in_relay.bytes_read, in_daemon.bytes_read,
              markers_planted);
}

TEST_CASE("a daemon that aborts leaves no core file") {
  REQUIRE(sodium_init() >= 0);
  real_clinic c;
  auto limits = file_text("/proc/" + std::to_string(c.daemon->pid()) + "/limits");
  auto line = limits.substr(limits.find("Max core file size"));
  line = line.substr(0, line.find('\n'));
  INFO(line);
  CHECK(line.find("unlimited") == std::string::npos);
  CHECK(line.find(" 0 ") != std::string::npos);
  auto status = c.daemon->end(SIGABRT);
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
  CHECK_FALSE(WCOREDUMP(status));
  for (const auto& entry : std::filesystem::recursive_directory_iterator{c.folder.path})
    CHECK(entry.path().filename().string().find("core") == std::string::npos);
  c.daemon->start(); // and it comes back
}
