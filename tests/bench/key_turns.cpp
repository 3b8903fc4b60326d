#include "key_turns.hpp"
#include "measure.hpp"
#include <algorithm>
#include <cstdio>

namespace wardline::bench {

namespace {

constexpr std::uint64_t messages_in_store = 100'000;
constexpr std::uint64_t numbers_destroyed[] = {1, 1'000};
/// Of a message to two parties (DESIGN 3: 0.5 KB, and 0.1 KB a party), where none was made.
constexpr message_size usual_size{704, 1'024 + 16};

nlohmann::json to_json(const turn_report& t) {
  return {{"messages", t.messages},
          {"destroyed", t.destroyed},
          {"segments", t.segments},
          {"rows_resealed", t.resealed},
          {"turn_ms", t.turn_ms},
          {"longest_pause_of_the_writer_ms", t.longest_step_ms},
          {"longest_post_between_ms", t.longest_post_ms}};
}

turn_report measured(const std::filesystem::path& folder, std::uint64_t destroyed, const message_size& size) {
  auto place = folder / ("turn" + std::to_string(destroyed));
  auto out = run_turn(place, messages_in_store, destroyed, size);
  std::filesystem::remove_all(place);
  return out;
}

} // namespace

turn_report run_turn(const std::filesystem::path& folder, std::uint64_t messages, std::uint64_t destroyed,
                     const message_size& size) {
  bare_disk disk{folder};
  auto& rows = disk.rows();
  auto& random = disk.random;
  auto c = random.make<conversation_id>();
  std::uint64_t next = 0;
  auto post = [&](std::size_t count) {
    std::vector<ports::change> changes;
    for (std::size_t i = 0; i < count; ++i, ++next)
      put_message(changes, random, c, next, size);
    auto before = now_seconds();
    if (rows.commit(changes) != ports::commit_result::committed)
      give_up("a commit beside the key turn failed");
    return (now_seconds() - before) * 1e3;
  };
  while (next < messages)
    post(512);
  turn_report out;
  out.messages = next;
  std::vector<ports::row_place> doomed;
  for (std::uint64_t i = 0; i < destroyed; ++i)
    doomed.push_back({ports::table::log, ports::row_key(2 * (messages * (2 * i + 1) / (2 * destroyed)) + 1)});
  out.destroyed = doomed.size();
  auto step = [&](ports::commit_result result, double before) {
    if (result != ports::commit_result::committed)
      give_up("a step of the key turn failed");
    auto ms = (now_seconds() - before) * 1e3;
    out.turn_ms += ms;
    out.longest_step_ms = std::max(out.longest_step_ms, ms);
    out.longest_post_ms = std::max(out.longest_post_ms, post(1));
  };
  auto begun = now_seconds();
  step(rows.begin(doomed, {}), begun);
  while (rows.current().at != ports::key_turn::phase::over) {
    auto before = now_seconds();
    step(rows.step(), before);
  }
  out.segments = rows.current().segments;
  out.resealed = rows.current().resealed_rows;
  return out;
}

nlohmann::json measure_key_turns(const std::filesystem::path& folder, const message_size& size) {
  auto out = nlohmann::json::array();
  for (auto destroyed : numbers_destroyed)
    out.push_back(to_json(measured(folder, destroyed, size)));
  return out;
}

void print_key_turns(const std::filesystem::path& folder, unsigned times, bool json) {
  nlohmann::json out = {{"load_average", load_average()}, {"key_turns", nlohmann::json::array()}};
  for (unsigned i = 0; i < times; ++i)
    for (auto destroyed : numbers_destroyed) {
      auto t = measured(folder, destroyed, usual_size);
      out["key_turns"].push_back(to_json(t));
      if (!json)
        std::printf(
            "destroying %llu of %llu messages: %.1f ms, %llu segments, %llu rows re-sealed; longest pause of "
            "the writer %.1f ms, longest post between %.1f ms\n",
            static_cast<unsigned long long>(t.destroyed), static_cast<unsigned long long>(t.messages),
            t.turn_ms, static_cast<unsigned long long>(t.segments),
            static_cast<unsigned long long>(t.resealed), t.longest_step_ms, t.longest_post_ms);
    }
  if (json)
    std::puts(out.dump().c_str());
}

} // namespace wardline::bench
