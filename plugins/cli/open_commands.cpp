// Commands that show what is in a message: open, and save for its files.
#include "local_files.hpp"
#include "message_words.hpp"
#include "progress.hpp"
#include <fmt/format.h>

namespace wardline::cli {

namespace {

using client::opened_message;

/// Opens the message behind a number. Otherwise how the command ends; it has been said.
std::variant<opened_message, int> opened(errand& e, std::uint32_t number, wire::device::purpose why,
                                         wire::device::off_duty_reason reason) {
  auto chosen = numbered_message(e, number);
  if (auto* code = std::get_if<int>(&chosen))
    return *code;
  const auto& message = std::get<client::message_row>(chosen);
  using all = std::vector<opened_message>;
  auto done = e.line->act<all>([&](client::done<all> then) {
    e.device().open(message.conversation, {message.seq}, why, std::move(then), reason);
  });
  if (!done)
    return e.silent("The text is not shown without its entry in the audit log. Open it again.");
  if (!*done)
    return e.words.refuse(done->no);
  auto one = std::move((*done)->front());
  if (one.why != refusal::none)
    return e.words.refuse(one.why);
  return one;
}

nlohmann::json json_of_files(const wire::content& content) {
  auto out = nlohmann::json::array();
  for (const auto& f : content.attachments)
    out.push_back(
        {{"name", f.name}, {"media_type", f.media_type}, {"size", f.size}, {"sha256", hex(f.sha256)}});
  return out;
}

/// One file of an opened message into a folder; its leaf. Otherwise how the command ends; it has been said.
std::variant<std::uint64_t, int> save_one(errand& e, const opened_message& message,
                                          const wire::content_attachment& file, const std::string& folder) {
  incoming_file to{folder, file.name};
  if (auto why = to.begin(); why != refusal::none)
    return e.words.refuse(why, to.path(), exit_cannot_create);
  progress shown{e.words, *e.line};
  auto done = e.line->act_on_files<std::uint64_t>([&](client::done<std::uint64_t> then) {
    e.device().fetch(
        message.row.conversation, message.row.seq, file, [&to](bytes_view piece) { return to.add(piece); },
        std::move(then));
  });
  shown.end();
  if (!done)
    return e.silent("Nothing was saved. Run it again.");
  if (!*done)
    return e.words.refuse(done->no, "Nothing was saved of " + file.name + ".");
  if (auto why = to.keep(); why != refusal::none)
    return e.words.refuse(why, to.path(), exit_cannot_create);
  return **done;
}

} // namespace

int run_open(const choices& c, const open_words& order) {
  errand e{c};
  auto reason = read_reason(order.reason);
  if (!reason)
    return e.words.refuse(refusal::unknown_value,
                          "Reasons are covering, asked, roster-wrong, finishing, other.", exit_usage);
  auto result = opened(e, order.number, reason->first, reason->second);
  if (auto* code = std::get_if<int>(&result))
    return *code;
  const auto& one = std::get<opened_message>(result);
  e.drain();
  auto data = json_of(one.row, order.number);
  data["text"] = one.content.text;
  data["leaf"] = one.leaf;
  data["files"] = json_of_files(one.content);
  return e.words.result(
      fmt::format("From:    {}\nWritten: {}\nUrgency: {}\nThat you opened it is in the audit log "
                  "(leaf {}).\n\n{}{}",
                  one.row.author_name, show_time(one.row.written), show_level(one.row.level), one.leaf,
                  one.content.text, lines_of_files(one.content)),
      std::move(data));
}

int run_save(const choices& c, const save_words& order) {
  errand e{c};
  auto result =
      opened(e, order.number, wire::device::purpose::treatment, wire::device::off_duty_reason::none);
  if (auto* code = std::get_if<int>(&result))
    return *code;
  const auto& one = std::get<opened_message>(result);
  const auto& files = one.content.attachments;
  if (files.empty() || order.file > files.size())
    return e.words.refuse(refusal::not_found, "Run `ward open` to see which files it has.", exit_bad_data);
  std::string said;
  auto all = nlohmann::json::array();
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (order.file != 0 && order.file != i + 1)
      continue;
    auto leaf = save_one(e, one, files[i], order.folder);
    if (auto* code = std::get_if<int>(&leaf))
      return *code;
    auto path = order.folder + "/" + files[i].name;
    said +=
        fmt::format("{}Saved {} ({}); that you did is in the audit log (leaf {}).", said.empty() ? "" : "\n",
                    path, show_size(files[i].size), std::get<std::uint64_t>(leaf));
    all.push_back({{"name", files[i].name},
                   {"path", path},
                   {"size", files[i].size},
                   {"leaf", std::get<std::uint64_t>(leaf)}});
  }
  e.drain();
  return e.words.result(said + "\nWhat is saved is outside Wardline: no recall and no wipe reaches it.",
                        {{"files", std::move(all)}});
}

} // namespace wardline::cli
