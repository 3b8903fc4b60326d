// Attachments (e2ee 5.11): negatives 93-97 and 165, and every way a blob or what is said of it can be wrong.
#include "e2ee/attachment_seal.hpp"
#include "messages.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::test;

namespace {

const auto message = some_id<message_id>(0x91);
const auto attachment = some_id<attachment_id>(0x92);
constexpr std::size_t chunk = wire::chunk_bytes_max;

struct sealed_file {
  secret32 key = some_secret(0x11);
  std::vector<bytes> chunks;
  attachment_facts facts;

  explicit sealed_file(std::size_t size, const attachment_id& as = attachment, std::uint8_t dirt = 0) {
    bytes padded(size, 'x');
    facts.attachment = as;
    facts.file_size = size;
    facts.file_hash = sha256(padded);
    padded.resize(padded_bytes(size), dirt);
    auto own = derive_attachment_key(key, message, as);
    for (std::size_t at = 0; at < padded.size(); at += chunk) {
      auto piece = bytes_view{padded}.subspan(at, std::min(chunk, padded.size() - at));
      bool last = at + piece.size() == padded.size();
      chunks.push_back(seal_chunk(own, {as, static_cast<std::uint32_t>(chunks.size()), last}, piece));
    }
    describe();
  }

  void describe() {
    running_sha256 hash;
    facts.blob_size = 0;
    for (const auto& c : chunks) {
      hash.add(c);
      facts.blob_size += c.size();
    }
    facts.blob_hash = hash.finish();
  }

  /// As a reader meets it: the first refusal, or none.
  [[nodiscard]] refusal read() const {
    auto reader = attachment_reader::begin(key, message, facts);
    if (!reader)
      return reader.why();
    for (const auto& c : chunks)
      if (auto plain = reader->take(c); !plain)
        return plain.why();
    return reader->finish();
  }
};

} // namespace

TEST_CASE("a file is filled up to steps of 4096 bytes, and its chunks follow from the blob's size") {
  CHECK(padded_bytes(0) == 4'096);
  CHECK(padded_bytes(1) == 4'096);
  CHECK(padded_bytes(4'096) == 4'096);
  CHECK(padded_bytes(4'097) == 8'192);
  CHECK(blob_bytes(chunk) == chunk + 16);
  CHECK(blob_bytes(chunk + 1) == chunk + 4'096 + 32);
  CHECK(chunks_of_blob(blob_bytes(0)) == 1u);
  CHECK(chunks_of_blob(blob_bytes(chunk)) == 1u);
  CHECK(chunks_of_blob(blob_bytes(chunk + 1)) == 2u);
  CHECK(chunks_of_blob(blob_bytes(wire::attachment_bytes_max)) == 400u);
  CHECK(sealed_bytes_of_chunk(blob_bytes(chunk + 1), 0) == chunk + 16);
  CHECK(sealed_bytes_of_chunk(blob_bytes(chunk + 1), 1) == 4'096 + 16);
  CHECK(sealed_bytes_of_chunk(blob_bytes(chunk + 1), 2) == 0);
}

TEST_CASE("negative 165: sizes that no blob has") {
  const auto whole = wire::sealed_chunk_bytes_max;
  for (std::uint64_t size :
       std::initializer_list<std::uint64_t>{0, 16, 4'096, 4'111, 4'113, whole + 16, whole + 4'096,
                                            whole * 401, whole * 402, std::uint64_t{1} << 63}) {
    INFO(size);
    CHECK_FALSE(chunks_of_blob(size));
    CHECK(sealed_bytes_of_chunk(size, 0) == 0);
    sealed_file f{1};
    f.facts.blob_size = size;
    CHECK(f.read() == refusal::attachment_size);
  }
}

TEST_CASE("files of every size around a step and a chunk come back whole") {
  for (std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{4'095}, std::size_t{4'096}, chunk - 1,
                           chunk, chunk + 1}) {
    INFO(size);
    CHECK(sealed_file{size}.read() == refusal::none);
  }
}

TEST_CASE("negatives 93 to 96: chunks in wrong places") {
  sealed_file f{2 * chunk + 1};
  SECTION("93: swapped") {
    std::swap(f.chunks[0], f.chunks[1]);
  }
  SECTION("94: the last one dropped") {
    f.chunks.pop_back();
  }
  SECTION("94: the last one dropped, and the sizes say so") {
    f.chunks.pop_back();
    f.facts.file_size = 2 * chunk;
    f.describe();
  }
  SECTION("95: the last flag set early") {
    bytes plain(chunk, 'x');
    f.chunks[0] = seal_chunk(derive_attachment_key(f.key, message, attachment), {attachment, 0, true}, plain);
  }
  SECTION("96: of another attachment") {
    f.chunks[1] = sealed_file{2 * chunk + 1, some_id<attachment_id>(0x93)}.chunks[1];
  }
  SECTION("doubled") {
    f.chunks[1] = f.chunks[0];
  }
  SECTION("one too many") {
    f.chunks.push_back(f.chunks.back());
  }
  SECTION("cut") {
    f.chunks[2].pop_back();
  }
  SECTION("shorter than a tag") {
    f.chunks[0].resize(15);
  }
  SECTION("one bit") {
    f.chunks[1][1'000] ^= 1;
  }
  SECTION("under another message") {
    f.chunks[0] = seal_chunk(derive_attachment_key(f.key, some_id<message_id>(1), attachment),
                             {attachment, 0, false}, bytes(chunk, 'x'));
  }
  CHECK(f.read() == refusal::chunk_not_openable);
}

TEST_CASE("chunks of other sizes than a blob's are refused, also if their author made them") {
  sealed_file f{chunk + 4'096};
  auto own = derive_attachment_key(f.key, message, attachment);
  f.chunks = {seal_chunk(own, {attachment, 0, false}, bytes(4'096, 'x')),
              seal_chunk(own, {attachment, 1, true}, bytes(chunk, 'x'))};
  f.describe();
  CHECK(f.read() == refusal::chunk_not_openable);
}

TEST_CASE("what is shorter than a tag is no chunk; a tag alone is an empty one") {
  auto own = derive_attachment_key(some_secret(0x11), message, attachment);
  for (std::size_t size : {0u, 15u})
    CHECK(open_chunk(own, {attachment, 0, true}, bytes(size)).why() == refusal::chunk_not_openable);
  auto empty = open_chunk(own, {attachment, 0, true}, seal_chunk(own, {attachment, 0, true}, {}));
  REQUIRE(empty);
  CHECK(empty->value.empty());
}

TEST_CASE("the largest file is one") {
  sealed_file f{chunk};
  f.facts.file_size = wire::attachment_bytes_max;
  f.facts.blob_size = blob_bytes(wire::attachment_bytes_max);
  auto own = derive_attachment_key(f.key, message, attachment);
  auto reader = attachment_reader::begin(f.key, message, f.facts);
  REQUIRE(reader);
  CHECK(reader->take(seal_chunk(own, {attachment, 0, false}, bytes(chunk, 'x'))));
}

TEST_CASE("negative 97, at a reader: another blob than the slip names") {
  sealed_file f{100};
  f.facts.blob_hash[0] ^= 1;
  CHECK(f.read() == refusal::attachment_mismatch);
}

TEST_CASE("what the content says of a file has to be so") {
  sealed_file f{5'000};
  SECTION("another hash") {
    f.facts.file_hash[0] ^= 1;
    CHECK(f.read() == refusal::content_malformed);
  }
  SECTION("shorter, within the step: the padding is not empty") {
    f.facts.file_size = 4'999;
    CHECK(f.read() == refusal::padding_not_zero);
  }
  SECTION("longer, within the step: zeros are taken for the file's") {
    f.facts.file_size = 5'001;
    CHECK(f.read() == refusal::content_malformed);
  }
  SECTION("of another step") {
    for (std::uint64_t size : std::initializer_list<std::uint64_t>{0, 4'096, 8'193, ~std::uint64_t{0}}) {
      f.facts.file_size = size;
      CHECK(f.read() == refusal::padding_not_zero);
    }
  }
  SECTION("dirty padding") {
    CHECK(sealed_file{5'000, attachment, 1}.read() == refusal::padding_not_zero);
  }
}

TEST_CASE("a file whose chunks are not all there is not finished") {
  sealed_file f{chunk + 1};
  auto reader = attachment_reader::begin(f.key, message, f.facts);
  REQUIRE(reader);
  CHECK(reader->next() == 0);
  REQUIRE(reader->take(f.chunks[0]));
  CHECK(reader->next() == 1);
  CHECK(reader->finish() == refusal::chunk_not_openable);
}
