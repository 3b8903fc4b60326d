#include "hostile_run.hpp"
#include "lies.hpp"
#include "roster_promises.hpp"
#include <set>

namespace wardline::sim {

namespace {

/// The layer acts for the time of one run.
struct hostile_time {
  explicit hostile_time(std::uint64_t seed) { the_hostile_layer().begin(seed); }
  ~hostile_time() { the_hostile_layer().end(); }
  hostile_time(const hostile_time&) = delete;
  hostile_time& operator=(const hostile_time&) = delete;
};

class lying_run {
public:
  lying_run(const run_settings& s, const std::filesystem::path& folder, lie which)
      : which_{which}, world_{s, folder} {}

  run_report run() {
    auto& report = world_.report;
    report.lie = to_string(which_);
    if (!world_.people_come())
      return report;
    the_hostile_layer().delays = true;
    for (unsigned i = 0; i < messages_before && world_.all_kept(); ++i)
      send(*world_.devices[1 + i % 2], i % 2 == 0 ? "physician" : "nurse");
    send(nurse(), "physicians");
    rest();
    victim().said = [this](const client::notice& n) { named_.insert(n.why); };
    if (world_.all_kept())
      lie_and_listen();
    // A device that followed a split log stays with its evidence.
    if (world_.all_kept() && which_ != lie::split_log)
      check_whole_again();
    the_hostile_layer().delays = false;
    report.held_back = the_hostile_layer().held();
    report.overtaken = the_hostile_layer().overtaken();
    if (world_.all_kept())
      report.leaves = world_.end_and_audit();
    return report;
  }

private:
  static constexpr unsigned messages_before = 4;
  static constexpr std::uint64_t told_within_ms = 120'000;

  wired_device& nurse() { return *world_.devices[1]; }
  wired_device& victim() { return *world_.devices[2]; }

  void rest() {
    for (unsigned second = 0; second < 12; ++second) // longer than anything is held back
      world_.let_pass(1'000);
  }

  void send(wired_device& from, const std::string& to) {
    client::draft what;
    what.text = "message " + std::to_string(world_.promised.size()) + " from " + from.name;
    auto r = world_.wait_for<client::sent_message>(
        [&](auto then) { from.device->send(to, what, nullptr, std::move(then)); });
    if (!world_.must(r, "sending to " + to))
      return;
    ++world_.report.sent;
    ++world_.report.acked;
    world_.promised.push_back({what.text, {from.name, to}, (*r)->message, (*r)->conversation, (*r)->seq});
  }

  /// Something happens that makes the daemon say what it will lie about.
  void provoke() {
    switch (which_) {
    case lie::older_checkpoint:
    case lie::forked_checkpoint:
    case lie::other_log:
    case lie::split_log:
      world_.restart(victim());
      break;
    case lie::change_signature:
    case lie::change_unproved: {
      auto done = world_.wait_for<client::nothing>(
          [&](auto then) { world_.manager().device->grant("nurse", lent_role, 0, std::move(then)); });
      (void)world_.must(done, "a grant");
      if (which_ ==
          lie::change_unproved) // asked for again and again while it may just be late; said at a start
        world_.restart(victim());
      break;
    }
    case lie::slip_signature:
      send(nurse(), "physician");
      break;
    case lie::body: {
      const auto& p = world_.promised.front();
      auto r = open(p);
      if (r && *r)
        for (const auto& one : **r)
          note_body(one);
      break;
    }
    default: {
      auto done = world_.wait_for<client::nothing>(
          [&](auto then) { world_.manager().device->turn("physicians", std::move(then)); });
      (void)world_.must(done, "a turn by the registrar");
    }
    }
  }

  void note_body(const client::opened_message& one) {
    if (one.why != refusal::none)
      named_.insert(one.why);
    else
      world_.broken("another body was shown: " + one.content.text);
  }

  std::optional<result<std::vector<client::opened_message>>> open(const promised_message& p) {
    return world_.wait_for<std::vector<client::opened_message>>([&](auto then) {
      victim().device->open(p.conversation, {p.seq}, wire::device::purpose::treatment, std::move(then));
    });
  }

  void lie_and_listen() {
    auto before = pinned(victim());
    {
      liar l{world_, victim(), which_};
      provoke();
      if (which_ == lie::split_log)
        rest();
      else
        listen();
      if (l.told() == 0)
        world_.broken("there was no occasion to lie");
    }
    auto after = pinned(victim());
    if (which_ == lie::split_log)
      return go_on_with_the_truth(before, after);
    bool moved_to_a_lie = after && after->size > world_.life->last_leaf() + 1;
    if (moved_to_a_lie)
      world_.broken(victim().name + " has pinned a checkpoint of a log that there is not");
  }

  void listen() {
    auto name = name_of_lie(which_);
    auto until = world_.now + told_within_ms;
    while (!named_.contains(name) && world_.now < until && world_.all_kept())
      world_.let_pass(1'000);
    if (named_.contains(name))
      return;
    std::string all;
    for (auto why : named_)
      all += " " + to_string(why);
    world_.broken(victim().name + " did not name " + to_string(which_) + "; it said:" + all);
  }

  /// It followed a log that nobody else was shown; the true one does not contain what it knows.
  void go_on_with_the_truth(const std::optional<e2ee::checkpoint>& before,
                            const std::optional<e2ee::checkpoint>& after) {
    if (!before || !after || after->size <= before->size)
      return world_.broken("the split log was not shown");
    auto known_here = pinned(nurse());
    while (world_.all_kept() && world_.life->last_leaf() < after->size)
      send(nurse(), "nurses");
    rest(); // until the daemon has signed the longer log; a shorter one is a rollback
    world_.restart(victim());
    listen();
    rest();
    if (!known_here || pinned(nurse())->size < known_here->size)
      world_.broken("the other device lost its place in the log");
    if (pinned(victim())->root != after->root)
      world_.broken(victim().name + " gave up the evidence of the split");
  }

  /// The daemon tells the truth again.
  void check_whole_again() {
    world_.restart(victim());
    victim().said = nullptr;
    come_to_rest(world_);
    if (!world_.all_kept())
      return;
    for (const auto& [id, party] : world_.life->board()->parties) {
      auto held = victim().device->head_of(id);
      if (held.member && (held.n != party.n || held.hash != party.head))
        world_.broken(victim().name + " holds another head of " + party.name);
    }
    for (std::size_t n = 0; n < world_.promised.size() && world_.all_kept(); ++n)
      check_message(world_.promised[n]);
  }

  void check_message(const promised_message& p) {
    if (p.parties[1] == "nurses")
      return;
    auto row = victim().device->find(p.message);
    bool spoilt = which_ == lie::slip_signature && &p == &world_.promised.back();
    if (!row && spoilt)
      return; // what it was sent is kept as it came, shown as unreadable
    if (!row)
      return world_.broken("an acknowledged message is not there: " + p.text);
    auto r = open(p);
    if (!world_.must(r, "opening " + p.text))
      return;
    if ((*r)->size() != 1 || (*r)->front().why != refusal::none || (*r)->front().content.text != p.text)
      world_.broken("an acknowledged message has another text: " + p.text);
  }

  lie which_;
  clinic_world world_;
  std::set<refusal> named_;
};

} // namespace

run_report run_hostile(const run_settings& settings, const std::filesystem::path& folder) {
  hostile_time layer{settings.seed};
  if (settings.seed % 3 == 0) {
    auto with = settings;
    with.hostile = with.rosters = with.history = true;
    the_hostile_layer().delays = true;
    auto report = run_clinic(with, folder);
    report.held_back = the_hostile_layer().held();
    report.overtaken = the_hostile_layer().overtaken();
    return report;
  }
  auto turn = settings.seed / 3 * 2 + settings.seed % 3 - 1; // the seeds that are not whole clinics, counted
  auto which = static_cast<lie>(turn % static_cast<std::uint64_t>(lie::count));
  return lying_run{settings, folder, which}.run();
}

} // namespace wardline::sim
