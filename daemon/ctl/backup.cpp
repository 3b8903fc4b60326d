#include "backup.hpp"
#include "../durable_file.hpp"
#include "files.hpp"
#include "wire/hash.hpp"
#include <algorithm>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <set>
#include <sstream>
#include <unistd.h>

namespace wardline::ctl {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view unfinished = ".unfinished";

/// A file that is written from its beginning; durable when close() says so.
class growing_file {
public:
  explicit growing_file(const fs::path& file)
      : fd_{::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)} {}
  growing_file(const growing_file&) = delete;
  growing_file& operator=(const growing_file&) = delete;
  ~growing_file() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  bool add(bytes_view piece) {
    good_ = good_ && fd_ >= 0 && write_at(fd_, piece, at_);
    at_ += static_cast<off_t>(piece.size());
    return good_;
  }
  bool close() {
    good_ = good_ && fd_ >= 0 && ::fsync(fd_) == 0 && ::close(std::exchange(fd_, -1)) == 0;
    return good_;
  }

private:
  int fd_;
  off_t at_ = 0;
  bool good_ = true;
};

std::string name_of_bulk(time_ms now) {
  auto seconds = static_cast<std::time_t>(now / 1'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char out[32];
  std::strftime(out, sizeof out, "bulk-%Y%m%dT%H%M%SZ", &parts);
  return out;
}

/// One backup on its way into its folder.
class making {
public:
  making(const ask_daemon_for& ask, const backup_order& order, backup_made& out,
         const std::function<void(std::uint64_t)>& progress)
      : ask_{ask}, order_{order}, out_{out}, progress_{progress} {}

  std::string run() {
    std::error_code error;
    fs::create_directories(order_.folder / "blobs", error);
    if (error)
      return order_.folder.string() + ": cannot be made or written to: " + error.message();
    take_away_unfinished();
    if (order_.current_only) {
      auto done = refresh();
      if (done)
        return *done;
      out_.keys_turned = true;
    }
    return whole();
  }

private:
  expected<admin::backup_report> asked(const admin::backup_question& q) const {
    auto raw = ask_(admin::encode(q));
    if (!raw)
      return refusal::link_down;
    auto report = admin::decode_backup_report(*raw);
    if (report && report->why != refusal::none)
      return report->why;
    return report;
  }
  [[nodiscard]] std::string full() const {
    return order_.folder.string() + ": cannot be written; is the disk full?";
  }

  void take_away_unfinished() const {
    std::error_code error;
    std::vector<fs::path> gone;
    for (const auto& entry : fs::directory_iterator{order_.folder, error})
      if (entry.path().filename().string().ends_with(unfinished))
        gone.push_back(entry.path());
    for (const auto& path : gone)
      fs::remove_all(path, error);
  }

  /// Nothing: keys were turned since the newest bulk, or there is none; a whole one is needed.
  std::optional<std::string> refresh() {
    auto bulks = bulks_in(order_.folder);
    if (bulks.empty())
      return std::nullopt;
    auto raw = read_whole(order_.folder / bulks.back() / "manifest", daemon::manifest_bytes_max);
    auto newest = raw ? daemon::read_manifest(*raw) : expected<daemon::backup_manifest>{refusal::not_found};
    if (!newest)
      return bulks.back() + "/manifest: " + said(newest.why());
    auto begun = asked(admin::begin_backup{false});
    if (!begun)
      return said(begun.why());
    if (begun->turn_mark != newest->turn_mark)
      return std::nullopt;
    return replace_current_table(begun->session);
  }

  std::string whole() {
    auto begun = asked(admin::begin_backup{true});
    if (!begun)
      return said(begun.why());
    auto session = begun->session;
    auto name = name_of_bulk(order_.now);
    auto folder = order_.folder / (name + std::string{unfinished});
    std::error_code error;
    fs::create_directories(folder, error);
    if (error || fs::exists(order_.folder / name, error))
      return (order_.folder / name).string() +
             (error ? ": cannot be made" : " exists already: wait a second");
    for (auto step : {&making::rows, &making::blobs, &making::manifest})
      if (auto problem = (this->*step)(session, folder); !problem.empty())
        return problem;
    if (auto problem = replace_current_table(session); !problem.empty())
      return problem;
    if (rename_new(folder, order_.folder / name) != refusal::none)
      return full();
    auto facts = read_bulk(order_.folder, name, [](ports::change&&) { return true; });
    if (!facts.problem.empty())
      return name + " was written and does not read back: " + facts.problem;
    out_.bulk = name;
    out_.leaves = facts.manifest.leaves;
    out_.rows = facts.manifest.rows;
    out_.blobs = facts.manifest.blobs;
    drop_old();
    return tell_safe(facts.manifest, name);
  }

  std::string rows(std::uint64_t session, const fs::path& folder) {
    growing_file file{folder / "rows"};
    for (;;) {
      auto piece = asked(admin::backup_rows{session});
      if (!piece)
        return said(piece.why());
      if (piece->piece.empty())
        return file.close() ? "" : full();
      if (!file.add(piece->piece))
        return full();
      out_.bytes += piece->piece.size();
      progress_(out_.bytes);
    }
  }

  std::string blobs(std::uint64_t session, const fs::path& folder) {
    std::ostringstream sums;
    ports::blob_id after;
    for (;;) {
      auto page = asked(admin::backup_blobs{session, after});
      if (!page)
        return said(page.why());
      for (std::size_t at = 0; at + ports::blob_id::size <= page->piece.size(); at += ports::blob_id::size) {
        after = *ports::blob_id::from(bytes_view{page->piece}.subspan(at, ports::blob_id::size));
        if (auto problem = blob(session, after, sums); !problem.empty())
          return problem;
      }
      if (page->piece.size() < ports::scan_rows_max * ports::blob_id::size)
        break;
    }
    growing_file list{folder / "blobs.sha256"};
    auto text = sums.str();
    return list.add(view(text)) && list.close() ? "" : full();
  }

  /// They never change: one that is here already is hashed and not copied again.
  std::string blob(std::uint64_t session, const ports::blob_id& id, std::ostringstream& sums) {
    auto to = blob_path(order_.folder, id);
    running_sha256 hash;
    std::error_code error;
    if (fs::exists(to, error)) {
      each_piece(to, [&](bytes_view piece) { return hash.add(piece), true; });
      sums << hex(hash.finish()) << "  ../blobs/" << hex(id.view()) << '\n';
      return {};
    }
    auto beside = to;
    beside += unfinished;
    growing_file file{beside};
    for (std::uint64_t at = 0;;) {
      auto piece = asked(admin::backup_blob{session, id, at});
      if (!piece && piece.why() == refusal::not_found && at == 0) {
        fs::remove(beside, error);
        return {}; // destroyed since the snapshot, and so is its key
      }
      if (!piece)
        return said(piece.why());
      if (!file.add(piece->piece))
        return full();
      hash.add(piece->piece);
      at += piece->piece.size();
      out_.bytes += piece->piece.size();
      progress_(out_.bytes);
      if (at >= piece->size)
        break;
      if (piece->piece.empty())
        return said(refusal::truncated);
    }
    if (!file.close() || rename_new(beside, to) != refusal::none)
      return full();
    ++out_.blobs_copied;
    sums << hex(hash.finish()) << "  ../blobs/" << hex(id.view()) << '\n';
    return {};
  }

  std::string manifest(std::uint64_t session, const fs::path& folder) {
    auto report = asked(admin::backup_manifest{session});
    if (!report)
      return said(report.why());
    growing_file file{folder / "manifest"};
    return file.add(report->piece) && file.close() && sync_folder(folder) ? "" : full();
  }

  std::string replace_current_table(std::uint64_t session) {
    auto to = order_.folder / "current-table";
    auto beside = to;
    beside += unfinished;
    growing_file file{beside};
    for (std::uint64_t at = 0;;) {
      auto piece = asked(admin::backup_current_table{session, at});
      if (!piece)
        return said(piece.why());
      if (!file.add(piece->piece))
        return full();
      at += piece->piece.size();
      if (at >= piece->size)
        break;
    }
    return file.close() && ::rename(beside.c_str(), to.c_str()) == 0 && sync_folder(order_.folder) ? ""
                                                                                                   : full();
  }

  void drop_old() {
    auto bulks = bulks_in(order_.folder);
    std::error_code error;
    for (; bulks.size() > order_.keep; bulks.erase(bulks.begin()), ++out_.dropped)
      fs::remove_all(order_.folder / bulks.front(), error);
    std::set<std::string> named;
    for (const auto& name : bulks) {
      std::ifstream in{order_.folder / name / "blobs.sha256"};
      for (std::string line; std::getline(in, line);)
        if (auto slash = line.rfind('/'); slash != std::string::npos)
          named.insert(line.substr(slash + 1));
    }
    std::vector<fs::path> gone;
    for (const auto& entry : fs::directory_iterator{order_.folder / "blobs", error})
      if (!named.contains(entry.path().filename().string()))
        gone.push_back(entry.path());
    for (const auto& path : gone)
      fs::remove(path, error);
  }

  [[nodiscard]] std::string tell_safe(const daemon::backup_manifest& m, const std::string& name) const {
    auto raw = read_whole(order_.folder / name / "manifest", daemon::manifest_bytes_max);
    admin::act_body act{admin::note_backup{m.leaves, m.turn_mark, sha256(*raw)}};
    auto answer = ask_(admin::encode(act));
    auto done = answer ? admin::decode_answer(*answer) : expected<admin::answer>{refusal::link_down};
    if (!done)
      return "the backup is whole, but the daemon could not be told: " + said(done.why());
    return done->problems.empty()
               ? ""
               : "the backup is whole, but the daemon did not note it: " + said(done->problems.front().why);
  }

  const ask_daemon_for& ask_;
  const backup_order& order_;
  backup_made& out_;
  const std::function<void(std::uint64_t)>& progress_;
};

} // namespace

backup_made make_backup(const ask_daemon_for& ask, const backup_order& order,
                        const std::function<void(std::uint64_t)>& progress) {
  backup_made out;
  out.problem = making{ask, order, out, progress}.run();
  return out;
}

} // namespace wardline::ctl
