#include "rules/erasure_claim.hpp"
#include <algorithm>
#include <catch2/catch.hpp>

using namespace wardline::rules;
using level = erasure_claim;
using limit = claim_limit;

TEST_CASE("what an overwritten key proves, by file system and mount") {
  struct sample {
    disk_facts facts;
    level claimed;
    std::vector<limit> limits;
  };
  const std::vector<sample> samples{
      {{"ext4", {"rw", "relatime"}, false, true}, level::clear, {}},
      {{"ext4", {"rw", "data=ordered"}, false, false}, level::clear_on_flash, {limit::flash}},
      {{"xfs", {"rw"}, false, true}, level::clear, {}},
      {{"ext4", {"rw", "data=journal"}, false, true}, level::unproved, {limit::data_journal}},
      {{"xfs", {"rw"}, true, true}, level::unproved, {limit::shared_blocks}},
      {{"btrfs", {"rw"}, false, true}, level::unproved, {limit::copies_on_write}},
      {{"zfs", {}, false, false}, level::unproved, {limit::copies_on_write}},
      {{"overlay", {}, false, false}, level::unproved, {limit::copies_on_write}},
      {{"bcachefs", {}, false, true}, level::unproved, {limit::copies_on_write}},
      {{"f2fs", {}, false, false}, level::unproved, {limit::copies_on_write}},
      {{"tmpfs", {}, false, false}, level::unproved, {limit::memory_only}},
      {{"nfs4", {}, false, true}, level::unproved, {limit::remote}},
      {{"somethingfs", {}, false, true}, level::unproved, {limit::unknown_file_system}},
      {{}, level::unproved, {limit::unknown_file_system}},
      {{"btrfs", {"data=journal"}, true, true},
       level::unproved,
       {limit::copies_on_write, limit::data_journal, limit::shared_blocks}},
  };
  for (const auto& s : samples) {
    INFO(s.facts.file_system);
    auto c = claim_of(s.facts);
    CHECK(c.level == s.claimed);
    CHECK(c.limits == s.limits);
  }
}

TEST_CASE("the text never says more than the claim, and never Purge") {
  for (bool rotational : {false, true})
    for (const auto* fs : {"ext4", "btrfs", "tmpfs", "", "nfs"}) {
      auto c = claim_of({fs, {}, false, rotational});
      auto text = text_of(c);
      INFO(text);
      CHECK(text.find("Purge") == std::string::npos);
      CHECK((text.find("Clear") != std::string::npos) == (c.level != level::unproved));
      CHECK((text.find("not proved") != std::string::npos) == (c.level == level::unproved));
      CHECK(text.find("snapshots") != std::string::npos);
      CHECK((text.find("flash") != std::string::npos) == (c.level == level::clear_on_flash));
      CHECK(word_of(c.level) != "");
    }
}

TEST_CASE("every limit has a word and a sentence of its own") {
  std::vector<std::string> seen;
  for (std::uint8_t i = 1; i <= 7; ++i) {
    claim c{level::unproved, {static_cast<limit>(i)}};
    seen.push_back(std::string{word_of(c.limits[0])} + text_of(c));
    CHECK(text_of(c).size() > text_of({level::unproved, {}}).size());
  }
  std::sort(seen.begin(), seen.end());
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
}
