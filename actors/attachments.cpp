#include "attachments.hpp"
#include "e2ee/attachment.hpp"
#include "message_rows.hpp"
#include "stored.hpp"
#include <set>

namespace wardline {

namespace {

outcome held(std::size_t chunks) {
  return {wire::device::upload{static_cast<std::uint32_t>(chunks)}};
}

} // namespace

/// A chunk that is held already is compared, so that a used id never stands for two files (e2ee 5.11); one
/// that comes too early is answered with what is held, from where the device goes on.
outcome attachments_state::on(const take_chunk& m) {
  const auto& put = *m.what;
  auto size = e2ee::sealed_bytes_of_chunk(put.blob_size, put.index);
  if (size == 0 || put.sealed.size() != size)
    return refused(refusal::attachment_size);
  upload_key key{m.device, put.attachment};
  auto found = uploads.find(key);
  auto hash = sha256(put.sealed);
  if (found == uploads.end() && put.index != 0)
    return held(0);
  if (found != uploads.end()) {
    auto& begun = found->second;
    if (begun.size != put.blob_size)
      return refused(refusal::attachment_mismatch);
    begun.used = steady;
    if (put.index < begun.chunks.size() && begun.chunks[put.index] != hash)
      return refused(refusal::attachment_mismatch);
    if (put.index != begun.chunks.size())
      return held(begun.chunks.size());
  }
  if (parts.rows->nearly_full()) // files are never what cannot wait; what was begun goes on later
    return refused(refusal::only_urgent_now);
  if (found == uploads.end()) {
    if (auto why = begin(key, put.blob_size); why != refusal::none)
      return refused(why);
    found = uploads.find(key);
  }
  auto& u = found->second;
  u.used = steady;
  if (auto why = append(u, put.sealed, put.index + 1 == u.chunks_all); why != refusal::none) {
    drop(found);
    return refused(why);
  }
  u.chunks.push_back(hash);
  return held(u.chunks.size());
}

refusal attachments_state::begin(const upload_key& key, std::uint64_t blob_size) {
  make_room(key.first, blob_size);
  upload u;
  u.blob = parts.dice->make<ports::blob_id>();
  parts.dice->fill({u.key.data(), secret32::size});
  u.size = blob_size;
  u.chunks_all = *e2ee::chunks_of_blob(blob_size);
  u.order = next_order++;
  u.writing = parts.disk->create(u.blob, u.key.view());
  if (!u.writing)
    return refusal::storage_refused;
  uploads.emplace(key, std::move(u));
  return refusal::none;
}

refusal attachments_state::append(upload& u, bytes_view sealed, bool last) {
  auto said = u.writing->append(sealed);
  if (said == ports::blob_result::stored) {
    u.running.add(sealed);
    if (!last)
      return refusal::none;
    said = u.writing->finish();
  }
  u.writing.reset();
  if (said == ports::blob_result::stored) {
    u.hash = u.running.finish();
    return refusal::none;
  }
  if (said == ports::blob_result::failed)
    parts.journal->write(ports::severity::error, "blob_not_written", {});
  return refusal::storage_refused;
}

void attachments_state::make_room(const device_id& device, std::uint64_t blob_size) {
  for (;;) {
    std::size_t count = 0;
    std::uint64_t size = blob_size;
    auto rested = uploads.end();
    for (auto i = uploads.lower_bound({device, {}}); i != uploads.end() && i->first.first == device; ++i) {
      ++count;
      size += i->second.size;
      if (rested == uploads.end() ||
          std::pair{i->second.used, i->second.order} < std::pair{rested->second.used, rested->second.order})
        rested = i;
    }
    if (rested == uploads.end() || (count < unnamed_files_max && size <= unnamed_bytes_max))
      return;
    drop(rested);
  }
}

/// A whole file may have been named meanwhile: then it is the store's.
void attachments_state::drop(std::map<upload_key, upload>::iterator gone) {
  auto& u = gone->second;
  u.writing.reset(); // removes what it has written
  if (u.whole() && !is_named(u.blob))
    parts.disk->remove(u.blob);
  uploads.erase(gone);
}

outcome attachments_state::on(const count_chunks& m) {
  auto found = uploads.find({m.device, m.attachment});
  if (found == uploads.end())
    return held(0);
  found->second.used = steady;
  return held(found->second.chunks.size());
}

files_found attachments_state::on(const find_files& m) {
  auto out = std::make_shared<std::vector<unnamed_file>>();
  for (const auto& id : m.wanted) {
    auto found = uploads.find({m.device, id});
    if (found == uploads.end() || !found->second.whole())
      continue;
    auto& u = found->second;
    u.used = steady;
    out->push_back({id, u.blob, u.key.copy(), u.hash, u.size});
  }
  return {out};
}

chunk_read attachments_state::on(const read_chunk& m) const {
  auto found = parts.disk->read(m.blob, m.key->view(), m.index);
  if (found.status == ports::blob_status::found)
    return {std::move(found.content)};
  return {};
}

void attachments_state::on(const tick& m) {
  steady = m.steady;
  for (auto i = uploads.begin(); i != uploads.end();) {
    auto next = std::next(i);
    if (i->second.used + unnamed_file_ms_max < steady)
      drop(i);
    i = next;
  }
}

/// True also for a row that cannot be read: what is damaged is not thrown away.
bool attachments_state::is_named(const ports::blob_id& blob) const {
  return parts.rows->read(ports::table::blob, blob.view()).status != ports::read_status::absent;
}

/// Their keys died with the messages' bodies (`wipe`); the files go to give the space back.
void attachments_state::sweep() {
  std::set<ports::blob_id> unnamed;
  for (const auto& [key, u] : uploads)
    unnamed.insert(u.blob);
  parts.disk->sweep([&](const ports::blob_id& blob) {
    if (!is_named(blob))
      return unnamed.contains(blob);
    auto row = read_row<rows::named_file>(*parts.rows, ports::table::blob, blob.view());
    return !row ||
           (!is_recalled(*parts.rows, row->row.message) && !is_destroyed(*parts.rows, row->row.conversation));
  });
}

attachments_actor::behavior_type run_attachments(attachments_actor::stateful_pointer<attachments_state> self,
                                                 attachments_parts parts) {
  auto& st = self->state; // the one place that names self->state: becomes state() in CAF 1.0
  st.parts = parts;
  st.sweep();
  return {
      [&st](const take_chunk& m) { return st.on(m); }, [&st](const count_chunks& m) { return st.on(m); },
      [&st](const find_files& m) { return st.on(m); }, [&st](const read_chunk& m) { return st.on(m); },
      [&st](const sweep_files&) { st.sweep(); },       [&st](const tick& m) { st.on(m); },
  };
}

} // namespace wardline
