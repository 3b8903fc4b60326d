#pragma once
// The world of one simulated clinic: box, people, devices, wire and time. What happens next the seed says.
#include "backups.hpp"
#include "clinic_run.hpp"
#include "shown_codes.hpp"

namespace wardline::sim {

using client::result;

/// What somebody wrote, and what she was told by a real answer: from then on it must be true for ever.
struct promised_message {
  std::string text;
  std::vector<std::string> parties; ///< names of the people and roles in its conversation
  message_id message;
  conversation_id conversation;
  std::uint64_t seq = 0;  ///< 0 = not acked
  std::uint64_t leaf = 0; ///< where it was accepted first
};

/// What was asked of a device. A crash of the device loses the answer, never the question's effect.
template <class T>
class question {
public:
  template <class Act>
  void ask(wired_device& of, Act act) {
    of_ = &of;
    life_ = of.lives();
    answer_ = std::make_shared<std::optional<result<T>>>();
    act([slot = answer_](result<T> r) { slot->emplace(std::move(r)); });
  }
  /// An answer may still come.
  [[nodiscard]] bool waits() const {
    return answer_ != nullptr && !answer_->has_value() && of_->lives() == life_;
  }
  /// The answer, once.
  std::optional<result<T>> take() {
    if (answer_ == nullptr || !answer_->has_value())
      return std::nullopt;
    auto out = std::move(*answer_);
    answer_.reset();
    return out;
  }

private:
  wired_device* of_ = nullptr;
  unsigned life_ = 0;
  std::shared_ptr<std::optional<result<T>>> answer_;
};

class clinic_world {
public:
  clinic_world(const run_settings& settings, const std::filesystem::path& folder);
  ~clinic_world();
  clinic_world(const clinic_world&) = delete;
  clinic_world& operator=(const clinic_world&) = delete;

  // ---- chance
  std::uint64_t roll(std::uint64_t n) { return dice_() % n; }
  /// A promise was broken: what.
  void broken(const std::string& what);
  [[nodiscard]] bool all_kept() const { return report.broken.empty(); }
  void allow_faults(bool yes) { faults_allowed_ = yes; }

  // ---- time
  /// One thing happens, chosen by the seed.
  void step();
  /// Runs until `done`, or something is broken, or the steps are used up.
  bool run_until(const std::function<bool()>& done);
  /// Everything that is on its way arrives, then this much time goes by.
  void let_pass(std::uint64_t ms);
  void start_daemon();
  void restart(wired_device& d) { d.restart(now); }
  // Backups: begun once the people are there.
  bool begin_backups();
  void back_up(bool whole);
  /// The box is lost. How many leaves its backup brought back.
  std::optional<std::uint64_t> lose_and_restore();

  // ---- founding and enrolment: no faults yet
  /// A manager, who is the registrar, a nurse and a physician, each in a role.
  bool people_come();
  wired_device& add_device(const std::string& name, const std::string& person);
  /// What a person gives who has another device already.
  [[nodiscard]] static client::credentials with_code(const std::string& code);
  /// Six digits that were not used yet; none if the clock has to go on first.
  std::optional<std::string> fresh_code(const std::string& person);

  /// Waits for an act of a device; what it came to.
  template <class T, class Act>
  std::optional<result<T>> wait_for(Act act) {
    auto came = std::make_shared<std::optional<result<T>>>();
    act([came](result<T> r) { came->emplace(std::move(r)); });
    run_until([&] { return came->has_value(); });
    return std::move(*came);
  }

  template <class T>
  bool must(const std::optional<result<T>>& r, const std::string& what) {
    if (!r)
      broken(what + " was never answered");
    else if (!*r)
      broken(what + " was refused: " + to_string(r->why()));
    return r && *r;
  }

  wired_device& manager() { return *devices[0]; }
  [[nodiscard]] const box_keys& keys() const { return disk_->keys; }
  [[nodiscard]] const clinic_id& clinic_of() const { return clinic_.clinic; }
  /// Enrolled, not revoked, somebody logged in.
  [[nodiscard]] static bool works(const wired_device& d);
  /// Attachments on the daemon's disk.
  [[nodiscard]] std::size_t files_on_disk() const;
  /// What the disk holds at the end of the last life.
  std::uint64_t end_and_audit();

  run_settings settings;
  run_report report;
  time_ms now = 1'790'000'000'000;
  const time_ms began = now;
  std::vector<std::unique_ptr<wired_device>> devices; ///< manager, nurse, physician, who came later
  std::unique_ptr<daemon_life> life;
  std::vector<promised_message> promised; ///< in the order they were written
  /// Whose device is being reported as lost, or was.
  std::set<user_id> lost_a_device;
  opening_ledger ledger;

private:
  void remove_files() const;
  disk_fault next_fault();
  void pass(std::uint64_t ms);
  void found();
  bool enrol(wired_device& d, const client::invitation_file& file, const std::string& code);
  void log_in_again();
  wired_device* waiting_frames(bool to_daemon);
  void hear(const wired_device& d, const client::notice& n);

  std::mt19937_64 dice_;
  seeded_random random_;
  bool faults_allowed_ = false;
  std::optional<box_disk> disk_;
  std::optional<backups> backups_;
  ctl::identity clinic_;
  std::optional<founding> first_;
  client::invitation_file invitation_;
  std::string code_;
  std::map<ports::link_peer, wired_device*> by_peer_;
  std::map<std::string, authenticator> authenticators_;
  std::map<const wired_device*, question<client::logged_in_as>> logging_in_;
};

} // namespace wardline::sim
