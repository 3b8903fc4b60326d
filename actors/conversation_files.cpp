// Attachments: chunks behind the leaf "this device opened the file", like bodies behind theirs.
#include "conversation.hpp"
#include "log_row.hpp"
#include "timeouts.hpp"
#include <algorithm>

namespace wardline {

/// Where a message's rows are; not_found, or why it is withheld.
expected<stamped_row<rows::place>> conversation_state::releasable(std::uint64_t seq) const {
  auto place = read_row<rows::place>(*parts.rows, ports::table::index, rows::key_of_place(id, seq));
  if (!place)
    return refusal::not_found;
  if (auto no = withheld(seq, place->row.message); no != refusal::none)
    return no;
  return std::move(*place);
}

/// As the slip says it: the body, which has the file's key, is read behind a leaf alone. not_found also for a
/// file that the message does not have.
refusal conversation_state::may_open_file(const wire::device::get_chunk& what) const {
  auto place = releasable(what.seq);
  if (!place)
    return place.why();
  auto row = log_row<rows::slip>(*parts.rows, place->at.log, id, what.seq);
  auto slip = row ? e2ee::slip::decode(row->object, parts.board->now()->id) : expected<e2ee::slip>{row.why()};
  if (!slip)
    return refusal::value_not_openable;
  const auto& named = slip->header.attachments;
  bool there = std::any_of(named.begin(), named.end(),
                           [&](const e2ee::attachment_ref& a) { return a.attachment == what.attachment; });
  return there ? refusal::none : refusal::not_found;
}

/// detail: u64 seq | u8 1 off duty, 0 otherwise.
caf::result<outcome> conversation_state::on(const open_chunk& m) {
  auto why = standing(*m.who);
  if (why == refusal::none)
    why = may_open_file(m.what);
  if (why != refusal::none)
    return refused(why);
  auto answer = self->make_response_promise<outcome>();
  file_reader reader{m.who->device, m.who->user, m.what.seq, m.what.attachment};
  std::erase_if(open_files, [&](const auto& f) {
    return f.second.since > m.now || m.now - f.second.since >= file_leaf_ms_max;
  });
  if (auto open = open_files.find(reader); open != open_files.end()) {
    give_chunk(m, open->second, answer);
    return answer;
  }
  if (leaves_waiting >= leaves_waiting_max)
    return refused(refusal::overloaded);
  bool off_duty = rules::is_off_duty(*parts.duty->now(), *parts.board->now(), now_head->parties,
                                     m.who->parties, m.who->user, m.now);
  act a;
  a.entry.kind = rules::audit_kind::file_opened;
  a.entry.time = m.now;
  a.entry.user = m.who->user;
  a.entry.device = m.who->device;
  a.entry.conversation = id;
  a.entry.object = m.what.attachment.value;
  a.entry.detail = ports::row_key(m.what.seq);
  a.entry.detail.push_back(off_duty ? 1 : 0);
  a.only_if.push_back(not_gated(m.who->device));
  ++leaves_waiting;
  self->request(parts.store, store_timeout, write{{std::move(a)}})
      .then(
          [this, answer, m, reader](const committed& c) mutable {
            --leaves_waiting;
            open_file(m, reader, durable_leaf{c}, answer);
          },
          [this, answer, device = m.who->device](const caf::error& e) mutable {
            --leaves_waiting;
            bool gated = gated_on_disk(*parts.rows, device);
            answer.deliver(refused(gated ? refusal::device_revoked : refusal_of(e)));
          });
  return answer;
}

/// One reading of the body's row for one leaf; what it says of the file is remembered as long as the leaf
/// holds.
void conversation_state::open_file(const open_chunk& m, const file_reader& reader, const durable_leaf& leaf,
                                   promise answer) {
  auto why = standing(*m.who); // between question and leaf the device may have been turned out
  auto place = releasable(m.what.seq);
  if (why == refusal::none)
    why = place.why();
  auto row = why == refusal::none ? log_row<rows::body>(*parts.rows, place->at.log + 1, id, m.what.seq)
                                  : expected<rows::body>{why};
  if (why == refusal::none && !row)
    met(m.what.seq, rows::poison::body, m.now);
  auto file = row ? std::find_if(row->files.begin(), row->files.end(),
                                 [&](const auto& f) { return f.attachment == m.what.attachment; })
                  : std::vector<rows::stored_file>::iterator{};
  if (!row || file == row->files.end()) {
    answer.deliver(refused(row ? refusal::not_found : row.why()));
    return;
  }
  if (open_files.size() >= open_files_max)
    open_files.erase(std::min_element(open_files.begin(), open_files.end(), [](const auto& x, const auto& y) {
      return x.second.since < y.second.since;
    }));
  auto& open = open_files[reader];
  open = {leaf.index(), m.now, file->blob, std::make_shared<const secret32>(std::move(file->key))};
  give_chunk(m, open, answer);
}

/// Looked at once more when the disk has answered: the device may have been turned out meanwhile, or the
/// message recalled.
void conversation_state::give_chunk(const open_chunk& m, const opened_file& file, promise answer) {
  auto place = parts.chunk_line->take();
  if (!place) {
    answer.deliver(refused(refusal::overloaded));
    return;
  }
  self->request(parts.attachments, store_timeout,
                read_chunk{file.blob, file.key, m.what.index, std::move(place)})
      .then(
          [this, answer, m, leaf = file.leaf](chunk_read& read) mutable {
            auto why = standing(*m.who);
            if (why == refusal::none)
              why = releasable(m.what.seq).why();
            if (why == refusal::none && !read.sealed)
              why = refusal::value_not_openable;
            answer.deliver(why != refusal::none
                               ? refused(why)
                               : outcome{wire::device::chunk{leaf, std::move(*read.sealed)}});
          },
          [answer](const caf::error& e) mutable { answer.deliver(refused(refusal_of(e))); });
}

} // namespace wardline
