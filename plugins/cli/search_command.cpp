// `ward search`: in what this device knows of every message, and, if asked, in texts that were opened before.
#include "admin_dates.hpp"
#include "message_words.hpp"
#include "search_words.hpp"
#include "waiting_words.hpp"
#include "wire/limits.hpp"
#include <algorithm>
#include <clocale>
#include <fmt/format.h>
#include <map>

namespace wardline::cli {

namespace {

/// Texts that one search reads again; each page of them is an entry of the audit log.
constexpr std::size_t texts_max = 256;
constexpr std::size_t excerpt_characters = 72;

struct candidate {
  client::message_row row;
  std::string from;
  std::string with; ///< the others in its conversation
  std::optional<std::string> text;
};

/// What is asked for, read; `wrong` says what cannot be.
struct search_range {
  time_ms since = 0;
  time_ms until = ~time_ms{0};
  std::string wrong;
};

search_range range_of(const search_order& order) {
  search_range out;
  auto take = [&](const std::string& word, time_ms& to, time_ms more) {
    if (word.empty())
      return;
    if (auto day = read_date(word))
      to = *day + more;
    else
      out.wrong = fmt::format("{} is no day; write it as 2026-03-01.", word);
  };
  take(order.since, out.since, 0);
  take(order.until, out.until, 86'399'999); // its last millisecond
  return out;
}

/// Of every message here, the newest first, what lies in the range.
std::vector<candidate> candidates(const client::device& d, const search_order& order,
                                  const search_range& range, std::size_t& known) {
  std::vector<candidate> out;
  auto of_name = [](const std::string& wanted, const std::string& name) {
    return wanted.empty() || all_found({wanted}, {name});
  };
  for (const auto& conversation : d.conversations()) {
    std::string with;
    for (const auto& name : conversation.names)
      if (name != d.display_name())
        with += (with.empty() ? "" : ", ") + named(name);
    for (auto& m : d.messages(conversation.conversation)) {
      ++known;
      auto from = m.author == d.user() ? d.display_name() : named(m.author_name);
      if (m.accepted >= range.since && m.accepted <= range.until && of_name(order.from, from) &&
          of_name(order.with, with))
        out.push_back({std::move(m), std::move(from), with, std::nullopt});
    }
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.row.accepted > b.row.accepted; });
  return out;
}

/// Opens again what was opened here before or written by this person, the newest first: how many, and how
/// many were too many. Otherwise how the command ends; it has been said.
struct texts_read {
  std::size_t read = 0;
  std::size_t left_out = 0;
};
std::variant<texts_read, int> read_texts(errand& e, std::vector<candidate>& all) {
  texts_read out;
  std::map<conversation_id, std::vector<candidate*>> wanted;
  for (auto& c : all) {
    bool known = c.row.opened != 0 || c.row.author == e.device().user();
    if (!known || c.row.recalled != 0 || c.row.unreadable != refusal::none)
      continue;
    if (out.read + out.left_out >= texts_max)
      ++out.left_out;
    else {
      wanted[c.row.conversation].push_back(&c);
      ++out.read;
    }
  }
  using opened = std::vector<client::opened_message>;
  for (auto& [where, mine] : wanted)
    for (std::size_t first = 0; first < mine.size(); first += wire::open_bodies_max) {
      std::vector<std::uint64_t> seqs;
      for (auto i = first; i < std::min(mine.size(), first + wire::open_bodies_max); ++i)
        seqs.push_back(mine[i]->row.seq);
      auto done = e.line->act<opened>([&, id = where](client::done<opened> then) {
        e.device().open(id, seqs, wire::device::purpose::treatment, std::move(then));
      });
      if (!done)
        return e.silent();
      if (!*done)
        return e.words.refuse(done->no);
      for (auto& one : **done)
        for (auto* c : mine)
          if (c->row.seq == one.row.seq && one.why == refusal::none)
            c->text = std::move(one.content.text);
    }
  return out;
}

std::string summary(std::size_t found, std::size_t known, const search_order& order,
                    const texts_read& texts) {
  auto out =
      fmt::format("{} found among {} message{} that this device knows.", found, known, known == 1 ? "" : "s");
  if (!order.texts)
    return out + " Names and levels were looked at; --texts also reads again what was opened here.";
  out += fmt::format(" {} text{} read again, which the audit log says.", texts.read,
                     texts.read == 1 ? " was" : "s were");
  if (texts.left_out > 0)
    out += fmt::format(" {} older ones were not: narrow it with --since, --until, --from or --with.",
                       texts.left_out);
  return out;
}

} // namespace

int run_search(const choices& c, const search_order& order) {
  errand e{c};
  std::setlocale(LC_CTYPE, "C.UTF-8"); // letters of every alphabet have a small form
  auto range = range_of(order);
  if (!range.wrong.empty())
    return e.words.usage(range.wrong);
  if (auto code = e.log_in())
    return *code;
  if (auto code = catch_up(e))
    return *code;
  using roles = std::vector<client::role_name>;
  (void)e.line->act<roles>([&](client::done<roles> then) { e.device().roles(std::move(then)); });
  std::size_t known = 0;
  auto all = candidates(e.device(), order, range, known);
  texts_read texts;
  if (order.texts) {
    auto done = read_texts(e, all);
    if (auto* code = std::get_if<int>(&done))
      return *code;
    texts = std::get<texts_read>(done);
  }
  std::erase_if(all, [&](const candidate& one) {
    return !all_found(order.words, {one.from, one.with, show_level(one.row.level), one.text.value_or("")});
  });
  std::vector<client::message_row> numbers;
  std::string said;
  auto found = nlohmann::json::array();
  for (const auto& one : all) {
    numbers.push_back(one.row);
    auto number = static_cast<std::uint32_t>(numbers.size());
    said += fmt::format("{:3}  {:8} {}  {} with {}\n", number, show_level(one.row.level),
                        show_time(one.row.accepted), one.from, one.with);
    found.push_back(json_of(one.row, number));
    found.back()["from"] = one.from;
    found.back()["with"] = one.with;
    if (one.text) {
      said += "     " + excerpt(*one.text, order.words, excerpt_characters) + "\n";
      found.back()["text"] = *one.text;
    }
  }
  if (auto kept = e.device().remember_listing(numbers); !kept)
    return e.words.refuse(kept.why());
  e.drain();
  return e.words.result(said + summary(all.size(), known, order, texts),
                        {{"messages", std::move(found)},
                         {"known", known},
                         {"texts_read", texts.read},
                         {"texts_left_out", texts.left_out}});
}

} // namespace wardline::cli
