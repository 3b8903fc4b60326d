// kill -9 of the real daemon under load, again and again: whatever was answered before is there afterwards.
//
//   kill_test [--kills N] [--seed S]      prints the seed: it chooses the load and the moment of each kill
//
// After each restart (which verifies the audit log) a device that knows nothing newer than the morning
// fetches everything again from the daemon: every acked message stands at its number, opens and says what was
// written; every answered acknowledgement is there; nothing is half visible.
#include "real_clinic.hpp"
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

namespace wardline::fault {

namespace {

constexpr unsigned in_flight_max = 12;

struct promise {
  std::string text;
  message_id message;
  conversation_id conversation;
  std::uint64_t seq = 0; ///< 0 = nobody was promised anything
};

/// What a witness found at the daemon.
struct found_message {
  message_id message;
  std::string text;
  bool acknowledged = false;
};
using found_messages = std::map<std::pair<conversation_id, std::uint64_t>, found_message>;

class kill_run {
public:
  explicit kill_run(std::uint64_t seed) : dice_{seed} {
    send_one();          // the conversation exists before the morning's copy is made
    auto arrived = [&] { // whoever of the two wrote it
      return clinic_.nurse().device->inbox().size() + clinic_.physician().device->inbox().size() == 1;
    };
    if (!clinic_.run_until([&] { return acked_ == 1 && arrived() && clinic_.physician().device->quiet(); }))
      throw std::runtime_error{"the first message does not arrive"};
    morning_ = clinic_.physician().store;
  }

  void round() {
    work_until_killed();
    clinic_.daemon->start();
    settle();
    check(witness());
    ++rounds_;
  }

  void report() const {
    std::printf(
        "%u kills, %zu messages written, %u acked, %zu acknowledged, %u opened, %u in flight at a kill\n",
        rounds_, promised_.size(), acked_, acknowledged_.size(), opened_, cut_off_);
  }

private:
  std::uint64_t roll(std::uint64_t n) { return dice_() % n; }

  void send_one() {
    auto n = promised_.size();
    promised_.push_back({"message " + std::to_string(n) + " of this run", {}, {}, 0});
    auto& from = roll(2) == 0 ? clinic_.nurse() : clinic_.physician();
    client::draft what;
    what.text = promised_[n].text;
    what.level = client::urgency::now;
    ++in_flight_;
    from.device->send(
        &from == &clinic_.nurse() ? "physician" : "nurse", what,
        [this, n](message_id m) { promised_[n].message = m; },
        [this, n](client::result<client::sent_message> r) {
          --in_flight_;
          if (!r)
            return;
          ++acked_;
          promised_[n].message = r->message;
          promised_[n].conversation = r->conversation;
          promised_[n].seq = r->seq;
        });
  }

  void open_or_acknowledge() {
    auto& d = roll(2) == 0 ? clinic_.nurse() : clinic_.physician();
    auto waiting = d.device->inbox();
    if (waiting.empty())
      return;
    auto row = waiting[roll(waiting.size())];
    ++in_flight_;
    if (roll(2) == 0)
      d.device->open(row.conversation, {row.seq}, wire::device::purpose::treatment,
                     [this](client::result<std::vector<client::opened_message>> r) {
                       --in_flight_;
                       opened_ += r ? 1 : 0;
                     });
    else
      d.device->acknowledge(row.message,
                            [this, m = row.message](client::result<client::acknowledged_message> r) {
                              --in_flight_;
                              if (r)
                                acknowledged_.insert(m);
                            });
  }

  void work_until_killed() {
    auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{200 + roll(1'500)};
    clinic_.run_until(
        [&] {
          while (in_flight_ < in_flight_max)
            roll(10) < 6 ? send_one() : open_or_acknowledge_or_send();
          return std::chrono::steady_clock::now() >= end;
        },
        60'000);
    cut_off_ += in_flight_;
    clinic_.daemon->end(SIGKILL);
  }

  void open_or_acknowledge_or_send() {
    auto before = in_flight_;
    open_or_acknowledge();
    if (in_flight_ == before) // nothing waits for anybody
      send_one();
  }

  /// What was cut off is asked again by its id; all of it ends.
  void settle() {
    bool all = clinic_.run_until([&] {
      return in_flight_ == 0 && clinic_.nurse().device->settled() && clinic_.nurse().device->quiet() &&
             clinic_.physician().device->settled() && clinic_.physician().device->quiet();
    });
    if (!all)
      throw std::runtime_error{"the devices do not come to rest after a restart"};
  }

  found_messages witness() {
    clinic_.physician().leave(); // one device, one channel
    real_device w{"physician of the morning", morning_};
    log_in(w);
    auto& d = *w.device;
    clinic_.act<client::nothing>(
        "the witness's catching up", [&](auto then) { d.catch_up(std::move(then)); }, &w);
    found_messages out;
    for (const auto& c : d.conversations())
      read_all(w, c, out);
    w.leave();
    log_in(clinic_.physician());
    return out;
  }

  void log_in(real_device& who) {
    who.connect();
    auto& d = *who.device;
    // The log-in of before may still be alive: then the daemon hands out its share of the lock at the hello.
    if (!clinic_.run_until([&] { return d.needs_log_in() || d.settled(); }, 60'000, &who))
      throw std::runtime_error{who.name +
                               " does not reach the daemon: " + std::string{name_of(d.turned_away())} + ", " +
                               std::string{name_of(d.last_loss())}};
    if (d.needs_log_in())
      clinic_.act<client::logged_in_as>(
          "the log-in of " + who.name,
          [&](auto then) { d.log_in(real_clinic::password, six_digits_of(who.name), std::move(then)); },
          &who);
    if (!clinic_.run_until([&] { return d.settled(); }, 60'000, &who))
      throw std::runtime_error{who.name + " does not settle"};
  }

  void read_all(real_device& w, const client::conversation_row& c, found_messages& out) {
    std::vector<std::uint64_t> seqs;
    for (const auto& row : w.device->messages(c.conversation)) {
      if (row.unreadable != refusal::none)
        throw std::runtime_error{"a slip cannot be read: " + std::string{name_of(row.unreadable)}};
      seqs.push_back(row.seq);
      out[{c.conversation, row.seq}] = {row.message, {}, static_cast<bool>(row.acknowledged_by)};
    }
    for (std::uint64_t i = 1; i <= seqs.size(); ++i)
      if (!out.contains({c.conversation, i}))
        throw std::runtime_error{"a message is missing in the middle of a conversation"};
    for (std::size_t from = 0; from < seqs.size(); from += wire::open_bodies_max) {
      std::vector<std::uint64_t> page(
          seqs.begin() + static_cast<std::ptrdiff_t>(from),
          seqs.begin() + static_cast<std::ptrdiff_t>(std::min(seqs.size(), from + wire::open_bodies_max)));
      auto opened = clinic_.act<std::vector<client::opened_message>>(
          "opening",
          [&](auto then) {
            w.device->open(c.conversation, page, wire::device::purpose::treatment, std::move(then));
          },
          &w);
      for (const auto& o : opened) {
        if (o.why != refusal::none)
          throw std::runtime_error{"a body does not open: " + std::string{name_of(o.why)}};
        out[{c.conversation, o.row.seq}].text = o.content.text;
      }
    }
  }

  void check(const found_messages& found) {
    std::map<message_id, const found_message*> by_id;
    std::set<std::string> written;
    for (const auto& p : promised_)
      written.insert(p.text);
    for (const auto& [place, m] : found) {
      if (!written.contains(m.text))
        throw std::runtime_error{"a message that is there has no text, or one that nobody wrote"};
      if (!by_id.emplace(m.message, &m).second)
        throw std::runtime_error{"a message stands there twice"};
    }
    for (const auto& p : promised_) {
      if (p.seq == 0)
        continue;
      auto at = found.find({p.conversation, p.seq});
      if (at == found.end() || at->second.message != p.message || at->second.text != p.text)
        throw std::runtime_error{"an acked message is not where it was promised to be"};
    }
    for (const auto& m : acknowledged_)
      if (auto at = by_id.find(m); at == by_id.end() || !at->second->acknowledged)
        throw std::runtime_error{"an answered acknowledgement is gone"};
  }

  std::mt19937_64 dice_;
  real_clinic clinic_;
  client::memory_device_store morning_;
  std::vector<promise> promised_;
  std::set<message_id> acknowledged_;
  unsigned in_flight_ = 0;
  unsigned acked_ = 0;
  unsigned opened_ = 0;
  unsigned cut_off_ = 0;
  unsigned rounds_ = 0;
};

int run(std::uint64_t kills, std::uint64_t seed) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  std::uint64_t done = 0;
  try {
    kill_run r{seed};
    for (; done < kills; ++done)
      r.round();
    r.report();
  } catch (const std::exception& e) {
    std::printf("after kill %llu: %s\n%llu passed, 1 failed\n", static_cast<unsigned long long>(done + 1),
                e.what(), static_cast<unsigned long long>(done));
    return 1;
  }
  std::printf("%llu passed, 0 failed\n", static_cast<unsigned long long>(done));
  return 0;
}

} // namespace

} // namespace wardline::fault

int main(int argc, char** argv) {
  std::uint64_t kills = 20;
  std::uint64_t seed = std::random_device{}();
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string_view option = argv[i];
    auto value = std::strtoull(argv[i + 1], nullptr, 10);
    (option == "--kills" ? kills : seed) = value;
    if (option != "--kills" && option != "--seed")
      return std::puts("usage: kill_test [--kills N] [--seed S]"), 64;
  }
  if (sodium_init() < 0 || kills == 0)
    return 64;
  return wardline::fault::run(kills, seed);
}
