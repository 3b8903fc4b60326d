// What `wardctl audit` writes, checked by the verifier that shares no code with it; and every way to spoil
// it.
#include "ctl/audit_export.hpp"
#include "sample_log.hpp"
#include "temp_folder.hpp"
#include "verify/exports.hpp"
#include "verify/proofs.hpp"
#include <catch2/catch.hpp>
#include <fstream>

using namespace wardline;
namespace fs = std::filesystem;

namespace {

std::string read(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void overwrite(const fs::path& file, const std::string& with) {
  std::ofstream{file, std::ios::binary} << with;
}

void flip(const fs::path& file, std::size_t at) {
  auto all = read(file);
  all.at(at) = static_cast<char>(all.at(at) ^ 1);
  overwrite(file, all);
}

ctl::exported write_out(const sample_log& log, const fs::path& to) {
  return ctl::export_log([&](bytes_view frame) { return log.ask(frame); }, to, [](auto, auto) {});
}

verify::finding check(const fs::path& folder, const std::string& identity = {}) {
  verify::hasher with;
  return verify::check_export(with, folder, identity, [](auto, auto) {});
}

} // namespace

TEST_CASE("exports of every shape verify") {
  for (std::uint64_t size : {1, 2, 3, 255, 256, 257, 511, 512, 513, 1'000}) {
    temp_folder folder;
    sample_log log{size};
    auto made = write_out(log, folder.path / "out");
    REQUIRE(made.problem.empty());
    CHECK(made.entries == size);
    auto found = check(folder.path / "out", hex(log.identity.public_part()));
    INFO(size << ": " << found.problem);
    CHECK(found.problem.empty());
    CHECK(found.entries == size);
    CHECK(found.clinic_name == "Sample");
  }
}

TEST_CASE("70 000 entries give the tiles that the specification counts") {
  temp_folder folder;
  sample_log log{70'000};
  auto out = folder.path / "out";
  REQUIRE(write_out(log, out).problem.empty());
  CHECK(fs::file_size(out / "tile/0/272") == 8'192);
  CHECK_FALSE(fs::exists(out / "tile/0/273"));
  CHECK(fs::file_size(out / "tile/0/273.p/112") == 112 * 32);
  CHECK(fs::file_size(out / "tile/1/000") == 8'192);
  CHECK(fs::file_size(out / "tile/1/001.p/17") == 17 * 32);
  CHECK(fs::file_size(out / "tile/2/000.p/1") == 32);
  CHECK(fs::exists(out / "tile/entries/273.p/112"));
  CHECK(check(out).problem.empty());
  flip(out / "tile/entries/201", 36 * 7 + 5);
  CHECK(check(out).entry == 201 * 256 + 7);
}

TEST_CASE("names of tiles") {
  using ctl::tile_path;
  CHECK(tile_path("0", 1'234'067, 256) == "tile/0/x001/x234/067");
  CHECK(tile_path("entries", 273, 112) == "tile/entries/273.p/112");
  for (std::uint64_t index : {0u, 999u, 1'000u, 1'234'067u})
    CHECK("tile/1" / verify::tile_name(index, 200) == tile_path("1", index, 200));
}

TEST_CASE("one changed byte of any file is found, and the first wrong entry named") {
  temp_folder folder;
  sample_log log{600};
  auto out = folder.path / "out";
  REQUIRE(write_out(log, out).problem.empty());
  std::size_t files = 0;
  for (const auto& file : fs::recursive_directory_iterator{out}) {
    if (!file.is_regular_file())
      continue;
    ++files;
    auto good = read(file.path());
    for (std::size_t at = 0; at<good.size(); at += good.size()> 1'000 ? 997 : 13) {
      flip(file.path(), at);
      auto found = check(out);
      INFO(file.path() << " byte " << at);
      REQUIRE_FALSE(found.problem.empty());
      overwrite(file.path(), good);
    }
    fs::resize_file(file.path(), good.size() - 1);
    REQUIRE_FALSE(check(out).problem.empty());
    overwrite(file.path(), good + "x");
    REQUIRE_FALSE(check(out).problem.empty());
    fs::remove(file.path());
    REQUIRE_FALSE(check(out).problem.empty());
    overwrite(file.path(), good);
  }
  CHECK(files == 11);
  CHECK(check(out).problem.empty());
  flip(out / "tile/entries/001", 36 * 3 + 2); // first byte of the fourth entry of the second bundle
  CHECK(check(out).entry == 259);
  flip(out / "tile/entries/001", 36 * 3 + 2);
  flip(out / "tile/0/001", 32 * 9);
  CHECK(check(out).entry == 265);
}

TEST_CASE("a log that was changed through and through differs from the signed checkpoint") {
  temp_folder folder;
  sample_log good{300}, other{301};
  REQUIRE(write_out(good, folder.path / "good").problem.empty());
  REQUIRE(write_out(other, folder.path / "other").problem.empty());
  CHECK(check(folder.path / "good", std::string(64, '0')).problem.find("not the one you gave") !=
        std::string::npos);
  // Entries and tiles of one log, the checkpoint of another of the same size.
  auto note =
      e2ee::make_note({good.origin, 300, sha256(bytes{9})}, good.key(), daemon::signer_of(good.log_seed));
  overwrite(folder.path / "good/checkpoint", *note);
  CHECK(check(folder.path / "good").problem.find("signed checkpoint") != std::string::npos);
  overwrite(folder.path / "good/checkpoint", read(folder.path / "other/checkpoint"));
  CHECK_FALSE(check(folder.path / "good").problem.empty());
}

TEST_CASE("an export is refused where it would mix, and has no checkpoint when it stops half-way") {
  temp_folder folder;
  sample_log log{5'000};
  overwrite(folder.path / "there", "x");
  CHECK_FALSE(write_out(log, folder.path).problem.empty());
  unsigned asked = 0;
  auto half = ctl::export_log([&](bytes_view frame) { return ++asked == 3 ? std::nullopt : log.ask(frame); },
                              folder.path / "half", [](auto, auto) {});
  CHECK(half.problem.find("no daemon answers") != std::string::npos);
  CHECK(half.entries == admin::log_leaves_max);
  CHECK_FALSE(fs::exists(folder.path / "half/checkpoint"));
  CHECK(check(folder.path / "half").problem.find("did not end") != std::string::npos);
}

TEST_CASE("proofs of entries and of growth hold, and no spoilt one does") {
  sample_log log{700};
  auto ask = [&](bytes_view frame) { return log.ask(frame); };
  auto old = verify::read_checkpoint(read_checkpoint(log.disk)->note);
  log.grow(1'003);
  verify::log_key key{log.origin, log.key()};
  verify::hasher with;
  for (std::uint64_t index : {0, 1, 255, 256, 699, 1'002}) {
    auto proof = verify::read_entry_proof(ctl::prove_entry(ask, index).text);
    REQUIRE(proof);
    CHECK(proof->index == index);
    CHECK(verify::is_signed(proof->head, key));
    auto leaf = with.leaf(verify::bytes_view{proof->extra}.first(34));
    auto holds = [&](const auto& l, auto i, auto n, const auto& root, const auto& hashes) {
      return verify::is_included(with, l, i, n, root, hashes);
    };
    REQUIRE(holds(leaf, index, 1'003, proof->head.root, proof->hashes));
    CHECK_FALSE(holds(leaf, index ^ 1, 1'003, proof->head.root, proof->hashes));
    CHECK_FALSE(holds(leaf, index, index, proof->head.root, proof->hashes));
    auto longer = proof->hashes;
    longer.push_back(leaf);
    CHECK_FALSE(holds(leaf, index, 1'003, proof->head.root, longer));
    for (auto& h : proof->hashes) {
      h[7] ^= 1;
      CHECK_FALSE(holds(leaf, index, 1'003, proof->head.root, proof->hashes));
      h[7] ^= 1;
    }
  }
  auto grown = verify::read_growth_proof(ctl::prove_growth(ask, 700).text);
  REQUIRE(grown);
  auto holds = [&](std::uint64_t n, const verify::hash& old_root, const std::vector<verify::hash>& hashes) {
    return verify::is_grown(with, n, old_root, 1'003, grown->head.root, hashes);
  };
  REQUIRE(holds(700, old->root, grown->hashes));
  CHECK_FALSE(holds(701, old->root, grown->hashes));
  CHECK_FALSE(holds(0, old->root, {}));
  CHECK_FALSE(holds(1'004, old->root, grown->hashes));
  CHECK_FALSE(holds(700, grown->head.root, grown->hashes));
  for (auto& h : grown->hashes) {
    h[0] ^= 1;
    CHECK_FALSE(holds(700, old->root, grown->hashes));
    h[0] ^= 1;
  }
  grown->hashes.pop_back();
  CHECK_FALSE(holds(700, old->root, grown->hashes));
}

TEST_CASE("a destroyed entry leaves its proof, and what is not there is said") {
  sample_log log{10};
  auto ask = [&](bytes_view frame) { return log.ask(frame); };
  log.disk.poison(ports::table::entry, ports::row_key(4));
  auto proof = verify::read_entry_proof(ctl::prove_entry(ask, 4).text);
  REQUIRE(proof);
  CHECK(proof->extra.size() == 34);
  CHECK(verify::read_entry_proof(ctl::prove_entry(ask, 5).text)->extra.size() > 34 + 16);
  CHECK_FALSE(ctl::prove_entry(ask, 10).problem.empty());
  CHECK_FALSE(ctl::prove_growth(ask, 0).problem.empty());
  CHECK_FALSE(ctl::prove_growth(ask, 11).problem.empty());
  log.disk.poison(ports::table::leaf, ports::row_key(4));
  temp_folder folder;
  CHECK_FALSE(write_out(log, folder.path / "out").problem.empty());
}

TEST_CASE("texts that could be written in two ways are refused") {
  using namespace verify;
  sample_log log{3};
  auto good = read_checkpoint(log.disk)->note;
  REQUIRE(verify::read_checkpoint(good));
  auto bad = [&](const std::string& from, const std::string& to) {
    auto text = good;
    text.replace(text.find(from), from.size(), to);
    return !verify::read_checkpoint(text);
  };
  CHECK(bad("\n3\n", "\n03\n"));
  CHECK(bad("\n3\n", "\n+3\n"));
  CHECK(bad("\n3\n", "\n9223372036854775808\n"));
  CHECK(bad("=\n", "\n"));
  CHECK(bad("\n\n", "\nmore\n\n"));
  CHECK(bad("\n\n", "\r\n\n"));
  CHECK(bad("\n\n\xe2", "\n\nx"));
  CHECK_FALSE(verify::read_checkpoint(good.substr(0, good.size() - 1)));
  CHECK_FALSE(verify::read_checkpoint(good + good.substr(good.find("\xe2")))); // one key twice
  auto line = [&](unsigned n) {
    return "\xe2\x80\x94 w" + std::to_string(n) + " AAAA" + std::string(84, 'A') + "\n";
  };
  auto many = good;
  for (unsigned n = 1; n < signatures_max; ++n)
    many += line(n);
  CHECK(verify::read_checkpoint(many));
  CHECK_FALSE(verify::read_checkpoint(many + line(99)));
  CHECK_FALSE(from_base64("AB=="));
  CHECK(from_base64("AA=="));
  CHECK_FALSE(from_base64("AA="));
  CHECK_FALSE(from_base64("A-=="));
  std::string long_proof = "old 1\n";
  for (std::size_t i = 0; i <= proof_hashes_max; ++i)
    long_proof += std::string(43, 'A') + "=\n";
  CHECK_FALSE(read_growth_proof(long_proof + "\n" + good));
  CHECK(read_growth_proof("old 1\n" + std::string(43, 'A') + "=\n\n" + good));
}
