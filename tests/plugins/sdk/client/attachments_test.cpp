// Files of messages: sealed once, sent from where the daemon left off, read only when every check has passed.
#include "client/uploads.hpp"
#include "scripted_daemon.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::test;

namespace {

constexpr std::size_t chunk = wire::chunk_bytes_max;

bytes letters(std::size_t size) {
  bytes out(size);
  for (std::size_t i = 0; i < size; ++i)
    out[i] = static_cast<std::uint8_t>(i % 251);
  return out;
}

client::outgoing_file file_of(const std::string& name, bytes content) {
  client::outgoing_file out{name, "application/pdf", content.size(), {}};
  out.read = [content = std::move(content)](std::uint64_t offset,
                                            std::size_t length) -> std::optional<bytes> {
    if (offset + length > content.size())
      return std::nullopt;
    auto begin = content.begin() + static_cast<std::ptrdiff_t>(offset);
    return bytes(begin, begin + static_cast<std::ptrdiff_t>(length));
  };
  return out;
}

struct two_people : little_clinic {
  two_people() {
    REQUIRE(found().why() == refusal::none);
    REQUIRE(enrol("nurse1", {}).why() == refusal::none);
    REQUIRE(enrol("physician1", {}).why() == refusal::none);
    REQUIRE(little_clinic::send("nurse1", "physician1", "first").why() == refusal::none);
  }
  client::device& nurse() { return *(*this)["nurse1"].device; }
  client::device& physician() { return *(*this)["physician1"].device; }

  client::result<client::sent_message> send(std::vector<client::outgoing_file> files) {
    client::draft what;
    what.text = "the ECG";
    what.files = std::move(files);
    return act<client::sent_message>([&](client::done<client::sent_message> then) {
      nurse().send("physician1", what, {}, std::move(then));
    });
  }
  client::opened_message open(const client::sent_message& m) {
    settle();
    auto done = act<std::vector<client::opened_message>>([&](auto then) {
      physician().open(m.conversation, {m.seq}, wire::device::purpose::treatment, then);
    });
    REQUIRE(done.why() == refusal::none);
    return done->front();
  }
  client::result<std::uint64_t> fetch(const client::sent_message& m, const wire::content_attachment& which) {
    fetched.clear();
    return act<std::uint64_t>([&](auto then) {
      physician().fetch(
          m.conversation, m.seq, which,
          [this](bytes_view piece) {
            fetched.insert(fetched.end(), piece.begin(), piece.end());
            return fetched.size() <= room;
          },
          then);
    });
  }
  /// Rows of files to be sent that stand in the nurse's store.
  std::size_t kept() {
    const client::device_store& store = (*this)["nurse1"].store;
    return store.scan(client::table::uploads, {}, {}).size() +
           store.scan(client::table::chunks, {}, {}).size();
  }
  void log_in_again() {
    auto in = act<client::logged_in_as>([&](client::done<client::logged_in_as> then) {
      nurse().log_in("nurse1's password", scripted_daemon::six_digits, std::move(then));
    });
    REQUIRE(in.why() == refusal::none);
    settle();
  }
  bytes fetched;
  std::size_t room = 1u << 30;
};

bool is_put(const d::request& r) {
  return std::get_if<d::put_chunk>(&r.what) != nullptr;
}

} // namespace

TEST_CASE("files go ahead of their message and come out as they went in") {
  two_people clinic;
  std::vector<std::size_t> sizes{0, 1, chunk, 2 * chunk + 5};
  std::vector<client::outgoing_file> files;
  for (auto size : sizes)
    files.push_back(file_of("ecg " + std::to_string(size) + ".pdf", letters(size)));
  auto sent = clinic.send(files);
  REQUIRE(sent.why() == refusal::none);
  CHECK(clinic.daemon.chunks_taken == 1 + 1 + 1 + 3);
  CHECK(clinic.kept() == 1 + 6); // until a backup of the server holds them
  auto opened = clinic.open(*sent);
  REQUIRE(opened.content.attachments.size() == sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto& said = opened.content.attachments[i];
    CHECK(said.name == files[i].name);
    CHECK(said.media_type == "application/pdf");
    CHECK(said.size == sizes[i]);
    auto leaf = clinic.fetch(*sent, said);
    REQUIRE(leaf.why() == refusal::none);
    CHECK(*leaf > sent->leaf);
    CHECK(clinic.fetched == letters(sizes[i]));
  }
}

TEST_CASE("an upload goes on from where the daemon left off, with the same bytes, also in another life") {
  two_people clinic;
  bool in_time = true;
  SECTION("answers are lost") {
    std::size_t answers = 0;
    clinic.daemon.silent = [&](const d::request& r) { return is_put(r) && ++answers == 2; };
  }
  SECTION("the program ends in between") {
    std::size_t asked = 0;
    clinic.daemon.swallow = [&](const d::request& r) { return is_put(r) && ++asked >= 3; };
    in_time = false;
  }
  auto sent = clinic.send({file_of("ecg.pdf", letters(4 * chunk))});
  if (in_time) {
    CHECK(sent.why() == refusal::none);
  } else {
    CHECK(sent.why() == refusal::timed_out);
    CHECK(clinic.daemon.chunks_taken == 2);
    clinic.daemon.swallow = {};
    clinic.restart("nurse1");
    clinic.log_in_again();
  }
  CHECK(clinic.daemon.chunks_taken == 4);
  CHECK(clinic.daemon.conversations.begin()->second.messages.size() == 2);
  CHECK(clinic.kept() == 1 + 4);
  clinic.daemon.safe_leaves = clinic.daemon.conversations.begin()->second.messages.back().leaf;
  clinic.restart("nurse1");
  clinic.log_in_again();
  CHECK(clinic.kept() == 1 + 4); // the backup is of before it
  ++clinic.daemon.safe_leaves;
  clinic.restart("nurse1");
  clinic.log_in_again();
  CHECK(clinic.kept() == 0);
}

TEST_CASE("a daemon that was started anew and has forgotten the file gets it again, and the message once") {
  two_people clinic;
  bool forgotten = false;
  SECTION("between two chunks") {
    clinic.daemon.swallow = [&](const d::request& r) {
      const auto* put = std::get_if<d::put_chunk>(&r.what);
      if (put != nullptr && put->index == 2 && !std::exchange(forgotten, true))
        clinic.daemon.files.clear();
      return false;
    };
  }
  SECTION("between file and message") {
    clinic.daemon.swallow = [&](const d::request& r) {
      if (std::get_if<d::post>(&r.what) != nullptr && !std::exchange(forgotten, true))
        clinic.daemon.files.clear();
      return false;
    };
  }
  CHECK(clinic.send({file_of("ecg.pdf", letters(3 * chunk))}).why() == refusal::none);
  CHECK(forgotten);
  CHECK(clinic.daemon.chunks_taken > 3);
  CHECK(clinic.daemon.conversations.begin()->second.messages.size() == 2);
}

TEST_CASE("a message whose acknowledgement was lost is not uploaded a second time") {
  two_people clinic;
  std::size_t posts = 0;
  clinic.daemon.silent = [&](const d::request& r) {
    return std::get_if<d::post>(&r.what) != nullptr && ++posts == 1;
  };
  CHECK(clinic.send({file_of("ecg.pdf", letters(2 * chunk))}).why() == refusal::none);
  CHECK(posts == 2);
  CHECK(clinic.daemon.chunks_taken == 2);
}

TEST_CASE("an upload that never gets further ends with its reason, and says where it stands") {
  two_people clinic;
  clinic.daemon.tamper = [&](const d::request& r, d::answer_body& a) {
    if (is_put(r) || std::get_if<d::get_upload>(&r.what) != nullptr)
      a = d::upload{0};
  };
  CHECK(clinic.send({file_of("ecg.pdf", letters(chunk))}).why() == refusal::attachment_missing);
  CHECK(clinic.daemon.conversations.begin()->second.messages.size() == 1);
  CHECK(clinic.kept() == 0);
}

TEST_CASE("files that cannot go are refused before anything is sent, and nothing is kept of them") {
  two_people clinic;
  std::size_t before = 0;
  SECTION("too large") {
    auto file = file_of("ecg.pdf", letters(10));
    file.size = wire::attachment_bytes_max + 1;
    CHECK(clinic.send({file}).why() == refusal::attachment_size);
  }
  SECTION("too large together") {
    std::vector<client::outgoing_file> files(6, file_of("ecg.pdf", letters(10)));
    for (auto& f : files)
      f.size = wire::attachment_bytes_max;
    CHECK(clinic.send(files).why() == refusal::attachment_size);
  }
  SECTION("too many") {
    std::vector<client::outgoing_file> files(wire::attachments_max, file_of("ecg.pdf", letters(10)));
    CHECK(clinic.send(files).why() == refusal::none);
    before = clinic.kept();
    files.push_back(files.front());
    CHECK(clinic.send(files).why() == refusal::count_too_large);
  }
  SECTION("shorter than it was") {
    auto file = file_of("ecg.pdf", letters(5 * chunk));
    file.size += 1;
    CHECK(clinic.send({file}).why() == refusal::file_not_readable);
  }
  SECTION("a name that is none") {
    CHECK(clinic.send({file_of("ecg\u202efdp.exe", letters(10))}).why() == refusal::content_malformed);
  }
  CHECK(clinic.kept() == before);
}

TEST_CASE("chunks of a message that was never written are erased at the next log-in") {
  two_people clinic;
  CHECK(clinic.kept() == 0);
  std::size_t reads = 0;
  auto file = file_of("ecg.pdf", letters(6 * chunk));
  auto read = file.read;
  file.read = [&, read](std::uint64_t at, std::size_t length) {
    if (++reads == 6)
      throw std::runtime_error{"the power is gone"};
    return read(at, length);
  };
  CHECK_THROWS(clinic.send({file}));
  CHECK(clinic.kept() > 0);
  clinic.restart("nurse1");
  clinic.log_in_again();
  CHECK(clinic.kept() == 0);
}

TEST_CASE("what a daemon makes of a file on its way is named, and is not the file") {
  two_people clinic;
  auto sent = clinic.send({file_of("ecg.pdf", letters(2 * chunk + 5)), file_of("note.txt", letters(9))});
  REQUIRE(sent.why() == refusal::none);
  auto said = clinic.open(*sent).content.attachments;
  auto& chunks = clinic.daemon.files.at(said[0].id).chunks;
  auto why = refusal::chunk_not_openable;
  SECTION("swapped") {
    std::swap(chunks[0], chunks[1]);
  }
  SECTION("changed") {
    chunks[1][99] ^= 1;
  }
  SECTION("another file's") {
    chunks[2] = clinic.daemon.files.at(said[1].id).chunks[0];
  }
  SECTION("cut off") {
    chunks.pop_back();
    why = refusal::not_found;
  }
  SECTION("taken back meanwhile") {
    auto gone = clinic.act<client::acknowledged_message>(
        [&](auto then) { clinic.nurse().recall(sent->message, then); });
    CHECK(gone.why() == refusal::none);
    clinic.settle();
    why = refusal::message_destroyed;
  }
  SECTION("no room here") {
    clinic.room = chunk;
    why = refusal::file_not_written;
  }
  SECTION("not of this message") {
    said[0].id.value[0] ^= 1;
    why = refusal::not_found;
  }
  CHECK(clinic.fetch(*sent, said[0]).why() == why);
}
