#include "clinic_run.hpp"
#include "files_sent.hpp"
#include "roster_promises.hpp"
#include "rules/escalation.hpp"
#include <algorithm>

namespace wardline::sim {

namespace {

/// Bodies asked for at a time when promises are checked.
constexpr std::size_t checked_at_once = 16;
/// Steps between two looks at the roster.
constexpr std::uint64_t roster_every = 8;
/// Longer than any certificate lasts; the server's has two years.
constexpr std::uint64_t until_all_ended_ms = 800ull * 86'400'000;

class clinic_run {
public:
  clinic_run(const run_settings& settings, const std::filesystem::path& folder)
      : world_{settings, folder}, roster_{world_}, files_{world_} {}

  run_report run() {
    if (world_.people_come()) {
      if (world_.settings.ended)
        world_.now += until_all_ended_ms;
      if (world_.settings.restores_max == 0 || world_.begin_backups())
        work();
      check_promises();
    }
    if (world_.all_kept())
      report_.leaves = world_.end_and_audit();
    return report_;
  }

private:
  // ---- work under faults

  wired_device& somebody() { return *world_.devices[1 + world_.roll(world_.devices.size() - 1)]; }

  /// To a person or a role; not to oneself.
  std::string somebody_else(const wired_device& from) {
    static const std::array<std::string, 4> all{"nurse", "physician", "nurses", "physicians"};
    auto from_party = writes_as(from);
    for (;;)
      if (const auto& to = all[world_.roll(all.size())]; to != from_party)
        return to;
  }

  /// A station has no party of its own.
  static std::string writes_as(const wired_device& d) { return d.station ? d.person + "s" : d.person; }

  void send_from(wired_device& d) {
    auto n = world_.promised.size();
    auto to = somebody_else(d);
    world_.promised.push_back(
        {"message " + std::to_string(n) + " from " + d.name, {writes_as(d), to}, {}, {}, 0});
    client::draft what;
    what.text = world_.promised[n].text;
    what.level = static_cast<client::urgency>(1 + world_.roll(5));
    files_.maybe_add(n, what);
    ++report_.sent;
    d.device->send(
        to, what, [this, n](message_id m) { world_.promised[n].message = m; },
        [this, n, &d](result<client::sent_message> r) {
          if (!r)
            return;
          ++report_.acked;
          auto& p = world_.promised[n];
          p.message = r->message;
          p.conversation = r->conversation;
          p.seq = r->seq;
          p.leaf = r->leaf;
          if (d.revoked_behind && r->leaf > *d.revoked_behind)
            world_.broken("a message was accepted from " + d.name + ", which had been revoked");
        });
  }

  /// Takes over something that waits, whoever has it; or gives back what this device's person has.
  void claim_or_release(wired_device& d) {
    if (world_.roll(2) == 0) {
      d.device->waiting(wire::device::inbox_view::all, {}, [this, &d](result<client::waiting_list> r) {
        if (!r || r->items.empty())
          return;
        const auto& item = r->items[world_.roll(r->items.size())].item;
        d.device->claim(
            item.message, item.version,
            [this, m = item.message, who = d.device->who()->user](result<client::acknowledged_message> done) {
              if (done)
                acknowledged_[m] = {world_.now, who};
              report_.claimed += done ? 1 : 0;
            });
      });
      return;
    }
    for (const auto& row : d.device->inbox())
      if (row.acknowledged_by && row.acknowledged_by == d.device->who()->user) {
        // From here on nobody may rely on it: the answer may be lost, and the act done.
        acknowledged_.erase(row.message);
        d.device->release(row.message, [this, m = row.message](result<client::acknowledged_message> r) {
          acknowledged_.erase(m);
          report_.released += r ? 1 : 0;
        });
        return;
      }
  }

  void open_or_acknowledge(wired_device& d, bool acknowledge) {
    auto waiting = d.device->inbox();
    if (waiting.empty())
      return;
    auto& row = waiting[world_.roll(waiting.size())];
    if (acknowledge) {
      d.device->acknowledge(row.message, [this, m = row.message, who = d.device->who()->user](
                                             result<client::acknowledged_message> r) {
        if (r && acknowledged_.try_emplace(m, holder{world_.now, who}).second)
          ++report_.acknowledged;
      });
      return;
    }
    d.device->open(row.conversation, {row.seq}, wire::device::purpose::treatment,
                   [this, &d](result<std::vector<client::opened_message>> r) {
                     if (!r)
                       return;
                     report_.opened += static_cast<unsigned>(r->size());
                     check_releases(d, *r);
                   });
  }

  /// What reached a reader must stand in a leaf of that reader and that device, each time anew; and nothing
  /// of a later leaf reaches a device whose revocation was answered.
  void check_releases(wired_device& d, const std::vector<client::opened_message>& came) {
    auto who = d.device->who();
    for (const auto& one : came) {
      if (one.leaf == 0)
        continue; // nothing was released
      if (!who)
        return world_.broken("a body reached a device on which nobody is logged in");
      auto wrong = world_.ledger.take(one.leaf, who->user, d.device->id(), one.row.conversation, one.row.seq);
      if (!wrong.empty())
        world_.broken(wrong + " (" + d.name + ")");
      if (d.revoked_behind && one.leaf > *d.revoked_behind)
        world_.broken("a body was released to " + d.name + ", which had been revoked");
      auto recall = recalled_.find(one.row.message);
      bool gone = recall != recalled_.end() && recall->second != 0 && one.leaf > recall->second;
      if (gone && one.why == refusal::none)
        world_.broken("a body was released to " + d.name + " behind its recall");
    }
  }

  /// One of her own, on whichever device she wrote it.
  void recall(wired_device& d) {
    auto own = d.device->sent();
    if (own.empty())
      return;
    auto message = own[world_.roll(own.size())].message;
    recalled_.try_emplace(message, 0);
    d.device->recall(message, [this, message](result<client::acknowledged_message> r) {
      if (r && recalled_[message] == 0) {
        recalled_[message] = r->leaf;
        ++report_.recalled;
      }
    });
  }

  void one_act() {
    auto& d = somebody();
    if (d.device->stage() != client::device_stage::open || !d.device->who())
      return; // it has just been restarted or is on its way in
    auto n = world_.roll(12);
    if (n == 11)
      recall(d);
    else if (n < 5)
      send_from(d);
    else if (n == 10)
      claim_or_release(d);
    else
      open_or_acknowledge(d, n >= 8);
  }

  /// A backup now and then, the current table more often; and sometimes the box burns down.
  void maybe_lose_the_box() {
    if (world_.settings.restores_max == 0)
      return;
    auto n = world_.roll(40);
    if (n < 6)
      world_.back_up(n < 2);
    else if (n == 6 && report_.backups > 0 && report_.restores < world_.settings.restores_max)
      lose_the_box();
  }

  void lose_the_box() {
    auto kept = world_.lose_and_restore();
    if (!kept)
      return;
    // What was said about a message that did not come back itself went with it: whoever said it is asked
    // again.
    std::set<message_id> forgotten;
    for (const auto& p : world_.promised)
      if (p.seq != 0 && p.leaf >= *kept)
        forgotten.insert(p.message);
    std::erase_if(acknowledged_, [&](const auto& a) { return forgotten.contains(a.first); });
    // A recall that is newer than the newest current table counts again once its author's device is back.
    for (auto& [message, leaf] : recalled_)
      leaf = leaf >= *kept ? 0 : leaf;
  }

  void maybe_crash() {
    auto n = world_.roll(60);
    if (n == 0 && report_.daemon_crashes < world_.settings.crashes_max) {
      ++report_.daemon_crashes;
      world_.start_daemon();
    } else if (n == 1 && report_.device_crashes < world_.settings.crashes_max) {
      ++report_.device_crashes;
      world_.restart(*world_.devices[world_.roll(world_.devices.size())]);
    }
  }

  /// Between a link that stands on a device's disk and its answer: the device or the daemon goes.
  void maybe_crash_a_turn() {
    if (turn_crashes_ >= world_.settings.turn_crashes_max)
      return;
    for (auto& d : world_.devices) {
      if (!d->store.link_waits() || world_.roll(100) != 0)
        continue;
      ++turn_crashes_;
      if (world_.roll(2) == 0) {
        ++report_.daemon_crashes;
        world_.start_daemon();
      } else {
        ++report_.device_crashes;
        world_.restart(*d);
      }
      return;
    }
  }

  void some_steps(std::uint64_t steps) {
    for (std::uint64_t s = 0; s < steps && world_.all_kept(); ++s) {
      world_.step();
      if (world_.roll(50) == 0) {
        maybe_crash();
        maybe_lose_the_box();
      }
      maybe_crash_a_turn();
      if (world_.settings.rosters && s % roster_every == 0)
        roster_.go_on();
    }
  }

  void work() {
    world_.allow_faults(true);
    for (unsigned i = 0; i < world_.settings.acts && world_.all_kept(); ++i) {
      one_act();
      some_steps(world_.roll(400));
    }
    roster_.begin_no_more();
    auto end = report_.steps + world_.settings.steps_max;
    while (!roster_.done() && world_.all_kept() && report_.steps < end)
      some_steps(roster_every);
    if (!roster_.done())
      world_.broken("what was begun with the roster does not end");
    world_.allow_faults(false);
  }

  // ---- what must be true afterwards

  void check_promises() {
    if (!world_.all_kept())
      return;
    world_.start_daemon(); // once more from the disk alone
    come_to_rest(world_);
    if (!world_.all_kept())
      return;
    files_.check_disk([this](const message_id& m) { return !recalled_.contains(m); },
                      [this](const message_id& m) {
                        auto recall = recalled_.find(m);
                        return recall == recalled_.end() || recall->second == 0;
                      });
    check_heads(world_, roster_);
    check_turned_out(world_);
    count_turns(world_);
    if (world_.settings.rosters && !world_.settings.history)
      return;
    for (const auto& d : world_.devices)
      if (!d->revoked_behind && world_.all_kept() &&
          world_.must(
              world_.wait_for<client::nothing>([&](auto then) { d->device->catch_up(std::move(then)); }),
              "catching up of " + d->name))
        check_messages(*d);
  }

  [[nodiscard]] bool must_read(const wired_device& d, std::size_t n) const {
    const auto& parties = world_.promised[n].parties;
    return std::any_of(parties.begin(), parties.end(), [&](const std::string& p) {
      auto from = roster_.reads_from(d, p);
      return from && *from <= n;
    });
  }

  /// Whoever has something urgent and says nothing for ten minutes may have it no more.
  [[nodiscard]] bool may_have_lapsed(const client::message_row& row) const {
    return row.level <= client::urgency::urgent &&
           world_.now >= acknowledged_.at(row.message).since + rules::default_lapse_s[0] * 1'000;
  }

  /// What a person has is given back when a device of hers is lost.
  [[nodiscard]] bool may_be_given_back(const message_id& m) const {
    return world_.lost_a_device.contains(acknowledged_.at(m).who);
  }

  /// A device finds by its id only what it can read.
  static std::string why_not(const wired_device& d, const promised_message& p) {
    for (const auto& row : d.device->messages(p.conversation))
      if (row.seq == p.seq)
        return to_string(row.unreadable);
    return "it is not there";
  }

  void check_messages(wired_device& d) {
    std::map<conversation_id, std::map<std::uint64_t, const promised_message*>> all;
    for (std::size_t n = 0; n < world_.promised.size(); ++n) {
      const auto& p = world_.promised[n];
      if (p.seq == 0 || !must_read(d, n))
        continue;
      auto row = d.device->find(p.message);
      // After a restore it may stand elsewhere in its conversation.
      if (!row && report_.restores > 0 && recalled_.contains(p.message))
        continue; // neither it nor its recall came back, and nobody sends again what she took back
      bool moved = row && row->seq != p.seq && report_.restores == 0;
      if (!row || moved || row->conversation != p.conversation)
        return world_.broken("an acknowledged message cannot be read at " + d.name + " (" + why_not(d, p) +
                             "): " + p.text);
      if (acknowledged_.contains(p.message) && !row->acknowledged_by && !may_have_lapsed(*row) &&
          !may_be_given_back(p.message))
        return world_.broken("an acknowledgement that was answered is gone at " + d.name);
      if (auto recall = recalled_.find(p.message); recall != recalled_.end()) {
        if (recall->second != 0)
          check_gone(d, *row);
        continue; // it was asked for and nobody heard what became of it: either is true
      }
      all[p.conversation][row->seq] = &p;
    }
    for (const auto& [conversation, by_seq] : all)
      check_bodies(d, conversation, by_seq);
  }

  /// Whoever has it shown as recalled has looked since; whoever has not is told when she opens it.
  void check_gone(wired_device& d, const client::message_row& row) {
    auto r = world_.wait_for<std::vector<client::opened_message>>([&](auto then) {
      d.device->open(row.conversation, {row.seq}, wire::device::purpose::treatment, std::move(then));
    });
    if (!r)
      return world_.broken("opening a recalled message was never answered at " + d.name);
    auto why = *r ? (*r)->front().why : r->why();
    if (why != refusal::message_destroyed)
      world_.broken("a recalled message opens at " + d.name + ": " + to_string(why));
  }

  void check_bodies(wired_device& d, const conversation_id& conversation,
                    const std::map<std::uint64_t, const promised_message*>& by_seq) {
    for (auto at = by_seq.begin(); at != by_seq.end() && world_.all_kept();) {
      std::vector<std::uint64_t> seqs;
      for (; at != by_seq.end() && seqs.size() < checked_at_once; ++at)
        seqs.push_back(at->first);
      auto r = world_.wait_for<std::vector<client::opened_message>>([&](auto then) {
        d.device->open(conversation, seqs, wire::device::purpose::treatment, std::move(then));
      });
      if (!world_.must(r, "opening acknowledged messages at " + d.name))
        return;
      check_releases(d, **r);
      if ((*r)->size() != seqs.size())
        return world_.broken("not every acknowledged message opens at " + d.name);
      for (const auto& one : **r) {
        auto promised = by_seq.find(one.row.seq);
        if (promised == by_seq.end() || one.content.text != promised->second->text)
          return world_.broken("an acknowledged message has another text at " + d.name);
        files_.check(d, one);
      }
    }
  }

  clinic_world world_;
  roster_acts roster_;
  files_sent files_;
  run_report& report_ = world_.report;
  unsigned turn_crashes_ = 0;
  struct holder {
    time_ms since = 0;
    user_id who;
  };
  std::map<message_id, holder> acknowledged_;    ///< and the answer came
  std::map<message_id, std::uint64_t> recalled_; ///< leaf; 0: asked for, not answered
};

} // namespace

run_report run_clinic(const run_settings& settings, const std::filesystem::path& folder) {
  return clinic_run{settings, folder}.run();
}

} // namespace wardline::sim
