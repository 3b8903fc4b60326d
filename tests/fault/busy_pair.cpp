#include "busy_pair.hpp"
#include <chrono>

namespace wardline::fault {

namespace {

constexpr unsigned in_flight_max = 12;
constexpr std::uint64_t file_bytes_max = 300'000; ///< two chunks

client::outgoing_file file_of(const bytes& content) {
  client::outgoing_file out{"note.txt", "text/plain", content.size(), {}};
  out.read = [content](std::uint64_t offset, std::size_t length) -> std::optional<bytes> {
    auto begin = content.begin() + static_cast<std::ptrdiff_t>(offset);
    return bytes(begin, begin + static_cast<std::ptrdiff_t>(length));
  };
  return out;
}

} // namespace

busy_pair::busy_pair(real_clinic& c, std::uint64_t seed, habits h) : dice_{seed}, clinic_{c}, habits_{h} {
  send_one(); // the conversation exists before the morning's copy is made
  if (!clinic_.run_until([&] { return acked_ == 1 && clinic_.physician().device->quiet(); }))
    throw std::runtime_error{"the first message is not acked"};
  for (auto* d : {&clinic_.nurse(), &clinic_.physician()})
    clinic_.act<client::nothing>("catching up", [&](auto then) { d->device->catch_up(std::move(then)); });
  morning_ = clinic_.physician().store;
}

void busy_pair::work(int ms, const std::function<bool()>& over) {
  auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{ms};
  clinic_.run_until(
      [&] {
        while (in_flight_ < in_flight_max)
          act_once();
        return over() || std::chrono::steady_clock::now() >= end;
      },
      60'000);
  cut_off_ += in_flight_;
}

void busy_pair::act_once() {
  auto rare = habits_.files + habits_.recalls == 0 ? 10 : roll(10);
  if (rare < habits_.files)
    return send_one(true);
  if (rare < habits_.files + habits_.recalls)
    return recall_one();
  roll(10) < 6 ? send_one() : open_or_acknowledge_or_send();
}

void busy_pair::send_one(bool with_file) {
  auto n = promised_.size();
  promised_.push_back({"message " + std::to_string(n) + " of this run", roll(2) == 0, {}, {}, {}, 0});
  auto& from = promised_[n].by_nurse ? clinic_.nurse() : clinic_.physician();
  client::draft what;
  what.text = promised_[n].text;
  what.level = client::urgency::now;
  if (with_file) {
    promised_[n].file = bytes(1 + roll(file_bytes_max), static_cast<std::uint8_t>(n));
    what.files.push_back(file_of(promised_[n].file));
  }
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

void busy_pair::recall_one() {
  const auto& p = promised_[roll(promised_.size())];
  if (p.seq == 0 || !recalling_.insert(p.message).second)
    return send_one();
  ++in_flight_;
  (p.by_nurse ? clinic_.nurse() : clinic_.physician())
      .device->recall(p.message, [this, m = p.message](client::result<client::acknowledged_message> r) {
        --in_flight_;
        if (r)
          recalled_.insert(m);
      });
}

void busy_pair::open_or_acknowledge() {
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

void busy_pair::open_or_acknowledge_or_send() {
  auto before = in_flight_;
  open_or_acknowledge();
  if (in_flight_ == before) // nothing waits for anybody
    send_one();
}

void busy_pair::settle() {
  bool all = clinic_.run_until([&] {
    return in_flight_ == 0 && clinic_.nurse().device->settled() && clinic_.nurse().device->quiet() &&
           clinic_.physician().device->settled() && clinic_.physician().device->quiet();
  });
  if (!all)
    throw std::runtime_error{"the devices do not come to rest after a restart"};
}

void busy_pair::check() {
  clinic_.physician().leave(); // one device, one channel
  real_device w{"physician of the morning", morning_};
  log_in(w);
  auto& d = *w.device;
  clinic_.act<client::nothing>(
      "the witness's catching up", [&](auto then) { d.catch_up(std::move(then)); }, &w);
  found_messages found;
  for (const auto& c : d.conversations())
    read_all(w, c, found);
  check_all(found);
  for (const auto& p : promised_)
    if (p.seq != 0 && !p.file.empty())
      if (const auto& m = found.at({p.conversation, p.seq}); !m.recalled)
        read_file(w, p, m);
  w.leave();
  log_in(clinic_.physician());
}

void busy_pair::log_in(real_device& who) {
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
        [&](auto then) { d.log_in(real_clinic::password, six_digits_of(who.name), std::move(then)); }, &who);
  if (!clinic_.run_until([&] { return d.settled(); }, 60'000, &who))
    throw std::runtime_error{who.name + " does not settle"};
}

void busy_pair::read_all(real_device& w, const client::conversation_row& c, found_messages& out) {
  std::vector<std::uint64_t> seqs;
  for (const auto& row : w.device->messages(c.conversation)) {
    if (row.unreadable != refusal::none)
      throw std::runtime_error{"a slip cannot be read: " + std::string{name_of(row.unreadable)}};
    seqs.push_back(row.seq);
    out[{c.conversation, row.seq}] = {
        row.message, {}, static_cast<bool>(row.acknowledged_by), row.recalled != 0, {}};
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
      auto& m = out[{c.conversation, o.row.seq}];
      m.recalled = m.recalled || o.why == refusal::message_destroyed;
      if (o.why != refusal::none && !m.recalled)
        throw std::runtime_error{"a body does not open: " + std::string{name_of(o.why)}};
      m.text = o.content.text;
      m.files = o.content.attachments;
    }
  }
}

void busy_pair::check_all(const found_messages& found) const {
  std::set<std::string> written, there;
  for (const auto& p : promised_)
    written.insert(p.text);
  std::map<message_id, const found_message*> by_id;
  for (const auto& [place, m] : found) {
    if (m.recalled ? !recalling_.contains(m.message) : !written.contains(m.text))
      throw std::runtime_error{"a message that is there has no text, or one that nobody wrote"};
    if (!by_id.emplace(m.message, &m).second || (!m.recalled && !there.insert(m.text).second))
      throw std::runtime_error{"a message stands there twice"};
  }
  for (const auto& p : promised_) {
    if (p.seq == 0)
      continue;
    auto at = found.find({p.conversation, p.seq});
    if (at == found.end() || at->second.message != p.message ||
        (!at->second.recalled && (at->second.text != p.text || at->second.files.empty() != p.file.empty())))
      throw std::runtime_error{"an acked message is not where it was promised to be"};
  }
  auto fact_is_gone = [&](const message_id& m, bool found_message::*fact) {
    auto at = by_id.find(m);
    return at == by_id.end() || !(at->second->*fact);
  };
  for (const auto& m : acknowledged_)
    if (fact_is_gone(m, &found_message::acknowledged))
      throw std::runtime_error{"an answered acknowledgement is gone"};
  for (const auto& m : recalled_)
    if (fact_is_gone(m, &found_message::recalled))
      throw std::runtime_error{"an answered recall is gone"};
}

void busy_pair::read_file(real_device& w, const promise& p, const found_message& m) {
  bytes came;
  auto keep = [&came](bytes_view piece) {
    came.insert(came.end(), piece.begin(), piece.end());
    return true;
  };
  clinic_.act<std::uint64_t>(
      "fetching a file",
      [&](auto then) { w.device->fetch(p.conversation, p.seq, m.files[0], keep, std::move(then)); }, &w);
  if (came != p.file)
    throw std::runtime_error{"an acked message has another file"};
}

std::string busy_pair::report() const {
  return std::to_string(promised_.size()) + " messages written, " + std::to_string(acked_) + " acked, " +
         std::to_string(acknowledged_.size()) + " acknowledged, " +
         (recalled_.empty() ? "" : std::to_string(recalled_.size()) + " recalled, ") +
         std::to_string(opened_) + " opened, " + std::to_string(cut_off_) + " in flight at the end of a life";
}

} // namespace wardline::fault
