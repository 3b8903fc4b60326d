#include "rules/erasure_claim.hpp"
#include <algorithm>

namespace wardline::rules {

namespace {

struct known_file_system {
  std::string_view name;
  bool in_place; ///< overwriting a block of a file overwrites that block
  claim_limit otherwise = claim_limit::unknown_file_system;
};

constexpr known_file_system known[] = {
    {"ext2", true},
    {"ext3", true},
    {"ext4", true},
    {"xfs", true},
    {"btrfs", false, claim_limit::copies_on_write},
    {"zfs", false, claim_limit::copies_on_write},
    {"bcachefs", false, claim_limit::copies_on_write},
    {"overlay", false, claim_limit::copies_on_write},
    {"f2fs", false, claim_limit::copies_on_write},
    {"nilfs2", false, claim_limit::copies_on_write},
    {"tmpfs", false, claim_limit::memory_only},
    {"ramfs", false, claim_limit::memory_only},
    {"nfs", false, claim_limit::remote},
    {"nfs4", false, claim_limit::remote},
    {"cifs", false, claim_limit::remote},
    {"smb3", false, claim_limit::remote},
    {"9p", false, claim_limit::remote},
    {"virtiofs", false, claim_limit::remote},
};

std::string_view sentence_of(claim_limit limit) {
  switch (limit) {
  case claim_limit::unknown_file_system:
    return "It is not known how this file system writes.";
  case claim_limit::copies_on_write:
    return "This file system writes every change to another place and keeps the old block for a time.";
  case claim_limit::data_journal:
    return "The mount option data=journal keeps a second copy of what was written in the journal. Mount it "
           "with "
           "data=ordered.";
  case claim_limit::shared_blocks:
    return "A copy of the key file shares its blocks (reflink): overwriting one leaves the other. Delete the "
           "copy "
           "and set the key file's blocks apart (cp --reflink=never), then start again.";
  case claim_limit::memory_only:
    return "The state folder lies in memory: it may be in swap, and all of it is gone at the next start of "
           "the "
           "machine.";
  case claim_limit::remote:
    return "The state folder lies on another machine, which decides what becomes of old blocks.";
  case claim_limit::flash:
    return "The disk is flash, or does not say what it is: chips that it has set aside may keep an old "
           "block, which "
           "only a laboratory can read.";
  }
  return "";
}

} // namespace

claim claim_of(const disk_facts& facts) {
  claim out;
  auto found = std::find_if(std::begin(known), std::end(known),
                            [&](const known_file_system& k) { return k.name == facts.file_system; });
  if (found == std::end(known))
    out.limits.push_back(claim_limit::unknown_file_system);
  else if (!found->in_place)
    out.limits.push_back(found->otherwise);
  for (const auto& o : facts.options)
    if (o == "data=journal")
      out.limits.push_back(claim_limit::data_journal);
  if (facts.shared_blocks)
    out.limits.push_back(claim_limit::shared_blocks);
  if (!out.limits.empty())
    return out;
  out.level = facts.rotational ? erasure_claim::clear : erasure_claim::clear_on_flash;
  if (!facts.rotational)
    out.limits.push_back(claim_limit::flash);
  return out;
}

std::string_view word_of(erasure_claim level) {
  switch (level) {
  case erasure_claim::unproved:
    return "unproved";
  case erasure_claim::clear_on_flash:
    return "clear_on_flash";
  case erasure_claim::clear:
    return "clear";
  }
  return "unproved";
}

std::string_view word_of(claim_limit limit) {
  switch (limit) {
  case claim_limit::unknown_file_system:
    return "unknown_file_system";
  case claim_limit::copies_on_write:
    return "copies_on_write";
  case claim_limit::data_journal:
    return "data_journal";
  case claim_limit::shared_blocks:
    return "shared_blocks";
  case claim_limit::memory_only:
    return "memory_only";
  case claim_limit::remote:
    return "remote";
  case claim_limit::flash:
    return "flash";
  }
  return "unknown_file_system";
}

std::string text_of(const claim& c) {
  std::string out;
  if (c.level == erasure_claim::unproved)
    out = "Cryptographic erase, not proved: the key was overwritten in its file and read back, but the disk "
          "may still "
          "hold it. Whoever has the disk and the key that seals the key file might read what was destroyed.";
  else
    out = "Cryptographic erase, Clear (NIST SP 800-88r2): the key was overwritten in place in both copies of "
          "the key "
          "file and read back from the disk. Nobody who reads the disk as a computer does can open what was "
          "destroyed.";
  for (auto limit : c.limits)
    out += " " + std::string{sentence_of(limit)};
  out += " Not seen from here: snapshots of the volume or the virtual machine, and copies of the key file. "
         "What people "
         "have read, written down or printed is out of reach.";
  return out;
}

} // namespace wardline::rules
