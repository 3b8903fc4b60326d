#include "plan_commands.hpp"
#include "../admin_socket.hpp"
#include "plan_files.hpp"

namespace wardline::ctl {

namespace {

std::vector<std::string> lines_of(const std::filesystem::path& file, const std::vector<admin::problem>& all) {
  std::vector<std::string> out;
  for (const auto& p : all)
    out.push_back(file.string() + ":" + std::to_string(p.at.line) + ":" + std::to_string(p.at.column) + ": " +
                  (p.about.empty() ? "" : p.about + ": ") + std::string{sentence_of(p.why)});
  return out;
}

plan_outcome ask(const std::filesystem::path& file, const std::filesystem::path& socket,
                 const admin::act_body& what) {
  plan_outcome out;
  auto request = admin::encode(what);
  if (request.size() > admin::frame_bytes_max) {
    out.problems.push_back(file.string() + ": " + std::string{sentence_of(refusal::count_too_large)});
    return out;
  }
  auto raw = daemon::ask_daemon(socket, request);
  auto said = raw ? admin::decode_answer(*raw) : expected<admin::answer>{refusal::link_down};
  if (!said) {
    out.answered = false;
    out.problems.push_back(socket.string() + ": " + std::string{sentence_of(said.why())});
    return out;
  }
  out.problems = lines_of(file, said->problems);
  out.warnings = lines_of(file, said->warnings);
  out.leaf = said->leaf;
  out.done = out.problems.empty();
  return out;
}

} // namespace

plan_outcome set_roster_from(const std::filesystem::path& file, const std::filesystem::path& socket,
                             std::uint64_t now) {
  admin::set_roster what;
  if (auto problems = read_roster(file, now, what); !problems.empty())
    return {false, true, std::move(problems), {}, 0};
  return ask(file, socket, what);
}

plan_outcome set_chain_from(const std::filesystem::path& file, const std::filesystem::path& socket) {
  admin::set_chain what;
  if (auto problems = read_chain(file, what); !problems.empty())
    return {false, true, std::move(problems), {}, 0};
  return ask(file, socket, what);
}

} // namespace wardline::ctl
