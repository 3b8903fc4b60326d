// 1,000 planted strings are found nowhere where they must not be. 800 are texts of messages: neither the
// daemon's files, journal and memory nor the memory of a plugin that carries the channel hold one. 200 are
// names, which the daemon knows and keeps sealed: its files and journal hold none. Controls show that the
// scan would see them: in this process's memory, in the daemon's memory (names), and in the very rows of that
// store, written once more without the sealing decorator.
#include "admin_socket.hpp"
#include "box_words.hpp"
#include "credentials.hpp"
#include "lmdb_storage.hpp"
#include "marker_scan.hpp"
#include "real_clinic.hpp"
#include "sealed_storage.hpp"
#include "sodium_ports.hpp"
#include "test_ports.hpp"
#include "unix_talk.hpp"
#include "wire/limits.hpp"
#include "wire/link.hpp"
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <sys/wait.h>

using namespace wardline;
using namespace wardline::fault;

namespace {

constexpr std::size_t texts_planted = 800;
constexpr std::size_t people_invited = 40;
constexpr std::size_t names_of_each = 5; ///< of the person, and of four roles
constexpr std::size_t names_planted = people_invited * names_of_each;
static_assert(texts_planted + names_planted == 1'000);
constexpr std::size_t map_bytes = std::size_t{1} << 30;
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
  explicit child(pid_t p) : pid{p} {}
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child() {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  const pid_t pid;
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

/// Names that the daemon itself must know: of the clinic, of people and of roles.
void plant_names(real_clinic& c, const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < names.size(); i += names_of_each)
    c.act<client::invitation_made>("invitation of somebody", [&](auto then) {
      client::invite_order order;
      order.display_name = "Dr. " + names[i];
      for (std::size_t role = 1; role < names_of_each && i + role < names.size(); ++role)
        order.roles.push_back("Ward " + names[i + role]);
      c.manager().device->invite(std::move(order), std::move(then));
    });
}

/// A clinic through which all strings have gone, its reader behind the relay.
struct planted_clinic {
  std::vector<std::string> texts = make_markers(texts_planted), names = make_markers(names_planted);
  std::vector<std::string> all = [this] {
    auto out = texts;
    out.insert(out.end(), names.begin(), names.end());
    return out;
  }();
  real_clinic c{"Clinic " + names.back()};
  std::string local = "ipc://" + (c.folder.path / "relay.sock").string();
  std::optional<child> relay;
  std::optional<relayed_device> reader;

  planted_clinic() {
    plant_names(c, {names.begin(), names.end() - 1});
    send_all(c, texts);
    c.physician().leave();
    relay.emplace(spawn({RELAY, local, "ipc://" + (c.folder.path / "web.sock").string(), hex(c.server_curve),
                         hex(c.web_key.open), hex(c.web_key.secret.view())},
                        c.folder.path / "relay.log"));
    reader.emplace(c.physician().store, local);
    auto came = read_all(c, *reader);
    REQUIRE(came.size() == texts_planted); // they did arrive, through the relay
    REQUIRE(came.contains("Room 4: " + texts.back() + ", please come"));
    std::size_t answered = 0;
    for (std::size_t i = 0; i < markers_answered; ++i) {
      client::draft what;
      what.text = texts[i];
      reader->device->send("nurse", what, {}, [&](auto result) { answered += result ? 1 : 0; });
    }
    REQUIRE(c.run_until([&] { return reader->turn(), answered == markers_answered; }));
  }
};

/// One for all cases, which go from the living to the dead.
planted_clinic& planted() {
  REQUIRE(sodium_init() >= 0);
  static planted_clinic one;
  return one;
}

/// The rows of the daemon's own store, opened by its own code, in a store of the same code without the
/// sealing decorator. How many rows there were.
std::size_t copy_unsealed(const real_clinic& c, const std::filesystem::path& to) {
  kept_journal journal;
  daemon::sodium_random random;
  std::string problem;
  auto keys = daemon::credentials::load(c.conf.credentials_dir, problem);
  REQUIRE(keys);
  auto sealed = lmdb_storage::open(c.state_folder() / "store", journal, map_bytes);
  auto ring = keyring::open(c.state_folder() / "keyring", keys->kek, journal);
  auto bare = lmdb_storage::open(to, journal, map_bytes);
  REQUIRE((sealed && ring && bare));
  sealed_storage rows{**sealed, **ring, random};
  std::size_t copied = 0;
  for (std::uint8_t t = 1; t <= ports::table_max; ++t) {
    auto where = static_cast<ports::table>(t);
    bytes after;
    for (auto page = rows.scan(where, {}, after, ports::scan_rows_max); !page.empty();
         page = rows.scan(where, {}, after, ports::scan_rows_max)) {
      after = page.back().key;
      std::vector<ports::change> changes;
      for (auto& r : page) {
        REQUIRE(r.openable);
        changes.push_back(ports::put(where, std::move(r.key), std::move(r.value)));
      }
      REQUIRE((*bare)->commit(changes) == ports::commit_result::committed);
      copied += changes.size();
    }
  }
  return copied;
}

} // namespace

TEST_CASE("no planted text or name is in the memory of a plugin that carries the channel") {
  auto& p = planted();
  auto found = scan_memory(p.relay->pid, p.all);
  if (found.bytes_read == 0) {
    std::puts("SKIPPED: this user may not read the memory of a plugin");
    return;
  }
  CHECK(found.bytes_read > 100'000);
  CHECK(found.found == 0);
  CHECK(scan_memory(::getpid(), p.all).found == p.all.size()); // control: the same scan where they are
}

TEST_CASE("no planted text is in the daemon's memory") {
  auto& p = planted();
  REQUIRE(p.c.daemon->alive());
  auto found = scan_memory(p.c.daemon->pid(), p.texts);
  if (found.bytes_read == 0) {
    std::puts("SKIPPED: only root may read the daemon's memory");
    return;
  }
  CHECK(found.bytes_read > 1'000'000);
  CHECK(found.found == 0);
  CHECK(scan_memory(p.c.daemon->pid(), p.names).found == names_planted); // control: what it does know
}

TEST_CASE("no planted text or name is in the figures for monitoring, nor in what the daemon says of itself") {
  auto& p = planted();
  REQUIRE(p.c.daemon->alive());
  auto said = p.c.folder.path / "said";
  auto scraped = talk(p.c.conf.metrics_socket, "GET /metrics HTTP/1.1\r\n\r\n");
  CHECK(scraped.find("wardline_people 3\n") != std::string::npos); // it counts those whom it does not name
  std::ofstream{said} << scraped;
  for (const auto& question :
       {admin::box_question{admin::status_question{}}, admin::box_question{admin::settings_question{}}}) {
    auto answer = daemon::ask_daemon(p.c.conf.admin_socket, admin::encode(question));
    REQUIRE(answer);
    CHECK(answer->size() > 100);
    std::ofstream{said, std::ios::app} << text(*answer);
  }
  auto found = scan_files(said, p.all);
  CHECK(found.bytes_read > 1'000);
  CHECK(found.found == 0);
  auto spoiled = p.c.folder.path / "spoiled";
  std::ofstream{spoiled} << file_text(said) << "wardline_plugin_links{plugin=\"" << p.names.front()
                         << "\"} 1\n";
  CHECK(scan_files(spoiled, p.all).found == 1); // control: the same text with one name in it
  std::filesystem::remove(spoiled);
}

TEST_CASE("no planted text or name is in the daemon's files or journal") {
  auto& p = planted();
  p.c.daemon->end(SIGTERM);
  auto in_state = scan_files(p.c.state_folder(), p.all);
  CHECK(in_state.bytes_read > texts_planted * 512);
  CHECK(in_state.found == 0);
  auto in_journal = scan_files(p.c.folder.path / "journal.log", p.all);
  CHECK(in_journal.bytes_read > 0);
  CHECK(in_journal.found == 0);
  CHECK(scan_files(p.c.folder.path, p.all).found == 0);

  // Control: the very same rows, sealed by nobody. All names are there; no text is, not even then.
  temp_folder bare;
  auto rows = copy_unsealed(p.c, bare.path);
  CHECK(rows > 4 * texts_planted);
  CHECK(scan_files(bare.path, p.names).found == names_planted);
  CHECK(scan_files(bare.path, p.texts).found == 0);
  std::printf("state %zu bytes, journal %zu, %zu rows: 0 of %zu strings; unsealed: %zu of %zu names\n",
              in_state.bytes_read, in_journal.bytes_read, rows, p.all.size(),
              scan_files(bare.path, p.names).found, names_planted);
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
