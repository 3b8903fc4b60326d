#include "opening_ledger.hpp"
#include <algorithm>

namespace wardline::sim {

std::string opening_ledger::take(std::uint64_t leaf, const user_id& user, const device_id& device,
                                 const conversation_id& conversation, std::uint64_t seq) {
  auto found = leaves_.find(leaf);
  if (found == leaves_.end())
    return "a body was released behind a leaf that is not durable";
  const auto& said = found->second;
  if (said.user != user || said.device != device)
    return "a body was released to another reader than its leaf names";
  if (said.conversation != conversation ||
      std::find(said.seqs.begin(), said.seqs.end(), seq) == said.seqs.end())
    return "a body was released that its leaf does not name";
  if (!used_.insert({leaf, seq}).second)
    return "one leaf served two releases of a body";
  return {};
}

} // namespace wardline::sim
