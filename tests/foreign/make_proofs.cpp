// Prints checkpoints and proofs of a growing log, one JSON object a line, for verifiers that others wrote.
#include "../support/sample_log.hpp"
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

using namespace wardline;

namespace {

std::vector<std::string> texts(const std::vector<hash32>& hashes) {
  std::vector<std::string> out;
  for (const auto& h : hashes)
    out.push_back(hex(h));
  return out;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2)
    return 64;
  auto count = std::strtoull(argv[1], nullptr, 10);
  sample_log log{1};
  auto old = read_checkpoint(log.disk);
  for (std::uint64_t n = 1; n <= count; ++n) {
    log.grow(log.tree.size + 1 + n % 3);
    auto head = admin::decode_log_report(*log.ask(admin::encode(admin::log_head_question{})));
    auto index = (n * 7'919) % log.tree.size;
    auto entry = admin::decode_log_report(*log.ask(admin::encode(admin::log_inclusion_question{index})));
    auto grown =
        admin::decode_log_report(*log.ask(admin::encode(admin::log_consistency_question{old->size})));
    if (!head || !entry || !grown || grown->why != refusal::none || entry->why != refusal::none)
      return 1;
    std::puts(nlohmann::json{{"key", head->verifier_key},
                             {"old", old->note},
                             {"new", head->note},
                             {"index", index},
                             {"leaf", hex(entry->leaves)},
                             {"inclusion", texts(entry->proof)},
                             {"consistency", texts(grown->proof)}}
                  .dump()
                  .c_str());
    old = read_checkpoint(log.disk);
  }
}
