#include "bare_loop.hpp"
#include "measure.hpp"

namespace wardline::bench {

bare_loop::bare_loop(const std::filesystem::path& folder, const message_size& size)
    : disk_{folder}, size_{size}, conversations_(50) {
  for (auto& c : conversations_)
    c = disk_.random.make<conversation_id>();
}

bare_loop_report bare_loop::run(std::uint64_t messages, std::size_t batch) {
  std::vector<double> commits;
  auto written = written_bytes_of("self");
  auto begin = now_seconds();
  for (auto end = next_ + messages; next_ < end;) {
    std::vector<ports::change> changes;
    for (std::size_t i = 0; i < batch && next_ < end; ++i, ++next_)
      put_message(changes, disk_.random, conversations_[next_ % conversations_.size()], next_, size_);
    auto before = now_seconds();
    if (disk_.rows().commit(changes) != ports::commit_result::committed)
      give_up("a commit of the bare loop failed");
    commits.push_back(now_seconds() - before);
  }
  auto seconds = now_seconds() - begin;
  auto count = static_cast<double>(messages);
  bare_loop_report out{count / seconds, median(std::move(commits)) * 1e3, {}};
  auto all_written = written_bytes_of("self");
  if (written && all_written)
    out.bytes_written_per_message = static_cast<double>(*all_written - *written) / count;
  return out;
}

} // namespace wardline::bench
