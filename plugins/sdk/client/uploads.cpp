#include "client/uploads.hpp"
#include "client/because.hpp"
#include "e2ee/attachment_seal.hpp"
#include <algorithm>
#include <sodium.h>

namespace wardline::client {

namespace {

/// Keys of one commit while rows are erased.
constexpr std::size_t erased_per_commit_max = 256;

refusal check(const std::vector<outgoing_file>& files) {
  if (files.size() > wire::attachments_max)
    return refusal::count_too_large;
  std::uint64_t all = 0;
  for (const auto& f : files) {
    if (f.size > wire::attachment_bytes_max)
      return refusal::attachment_size;
    all += f.size;
  }
  return all > wire::message_files_bytes_max ? refusal::attachment_size : refusal::none;
}

} // namespace

refusal uploads::load(const std::function<bool(const message_id&)>& wanted) {
  all_.clear();
  auto why = core_.rows.scan(table::uploads, {}, [&](bytes_view key, bytes_view value) {
    auto message = message_id::from(key);
    auto row = rows::decode<rows::upload>(value);
    if (!message || !row)
      return refusal::value_not_openable;
    all_[*message] = std::move(*row);
    return refusal::none;
  });
  std::vector<message_id> garbage;
  for (const auto& [message, row] : all_)
    if (!wanted(message))
      garbage.push_back(message);
  for (const auto& message : garbage)
    erase(message);
  return why;
}

std::uint64_t uploads::size_of(const message_id& message) const {
  auto found = all_.find(message);
  std::uint64_t out = 0;
  if (found != all_.end())
    for (const auto& f : found->second.files)
      out += f.blob_size;
  return out;
}

void uploads::told(transfer::stage at, const attachment_id& attachment, std::uint64_t done,
                   std::uint64_t all) const {
  if (core_.events.transferred)
    core_.events.transferred({at, attachment, done, all});
}

// ---------------------------------------------------------------- sealing

expected<std::vector<sealed_file>> uploads::seal(const message_id& message, const secret32& key,
                                                 const std::vector<outgoing_file>& files) {
  std::vector<sealed_file> out;
  if (files.empty())
    return out;
  if (auto why = check(files); why != refusal::none)
    return why;
  rows::upload row;
  for (const auto& f : files) {
    attachment_id id;
    randombytes_buf(id.value.data(), id.value.size());
    row.files.push_back({id, e2ee::blob_bytes(f.size)});
  }
  store_changes first;
  core_.rows.put(first, table::uploads, rows::key_of_id(message), rows::encode(row));
  if (auto why = core_.commit(std::move(first)); why != refusal::none)
    return why;
  all_[message] = row;
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto one = seal_one(message, key, row.files[i].attachment, files[i]);
    if (!one) {
      erase(message);
      return one.why();
    }
    out.push_back(std::move(*one));
  }
  return out;
}

expected<sealed_file> uploads::seal_one(const message_id& message, const secret32& key,
                                        const attachment_id& attachment, const outgoing_file& file) {
  auto own = e2ee::derive_attachment_key(key, message, attachment);
  auto padded = e2ee::padded_bytes(file.size);
  running_sha256 of_file;
  running_sha256 of_blob;
  store_changes chunks;
  std::uint32_t index = 0;
  for (std::uint64_t at = 0; at < padded; ++index) {
    auto size = static_cast<std::size_t>(std::min<std::uint64_t>(wire::chunk_bytes_max, padded - at));
    auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(size, file.size - std::min(file.size, at)));
    auto read = wanted == 0 ? std::optional<bytes>{bytes{}} : file.read(at, wanted);
    if (!read || read->size() != wanted)
      return refusal::file_not_readable;
    wiped_bytes plain{std::move(*read)};
    of_file.add(plain.value);
    plain.value.resize(size);
    at += size;
    auto sealed = e2ee::seal_chunk(own, {attachment, index, at == padded}, plain.value);
    of_blob.add(sealed);
    core_.rows.put(chunks, table::chunks, rows::key_of_chunk(message, attachment, index), sealed);
    if (chunks.size() == chunks_per_commit_max || at == padded)
      if (auto why = core_.commit(std::exchange(chunks, {})); why != refusal::none)
        return why;
    told(transfer::stage::sealing, attachment, std::min(at, file.size), file.size);
  }
  sealed_file out;
  out.said = {attachment, file.name, file.media_type, file.size, of_file.finish()};
  out.named = {attachment, of_blob.finish(), e2ee::blob_bytes(file.size)};
  return out;
}

/// The row that names the chunks goes last: a crash in between leaves it, and the next start erases again.
void uploads::erase(const message_id& message) {
  auto found = all_.find(message);
  if (found == all_.end())
    return;
  store_changes gone;
  for (const auto& f : found->second.files)
    for (std::uint32_t i = 0; i < e2ee::chunks_of_blob(f.blob_size).value_or(0); ++i) {
      vault::erase(gone, table::chunks, rows::key_of_chunk(message, f.attachment, i));
      if (gone.size() == erased_per_commit_max && core_.commit(std::exchange(gone, {})) != refusal::none)
        return;
    }
  vault::erase(gone, table::uploads, rows::key_of_id(message));
  if (core_.commit(std::move(gone)) == refusal::none)
    all_.erase(found);
}

// ---------------------------------------------------------------- sending

void uploads::send(const message_id& message, sent then) {
  auto found = all_.find(message);
  if (found == all_.end() || going_.contains(message)) {
    then(because(found == all_.end() ? refusal::none : refusal::already_exists));
    return;
  }
  auto g = std::make_shared<going>(going{message, found->second.files, 0, std::move(then)});
  going_[message] = g;
  ask(g);
}

void uploads::ask(const going_ref& g) {
  if (g->left.empty()) {
    going_.erase(g->message);
    g->then(because(refusal::none));
    return;
  }
  core_.link.ask_for<wire::device::upload>(
      wire::device::get_upload{g->left.front().attachment},
      [this, g](const result<wire::device::upload>& answer) { took(g, 0, answer); });
}

void uploads::put(const going_ref& g, std::uint32_t index) {
  const auto& file = g->left.front();
  auto sealed = core_.rows.get(table::chunks, rows::key_of_chunk(g->message, file.attachment, index));
  if (!sealed) {
    going_.erase(g->message);
    g->then(because(sealed.why()));
    return;
  }
  core_.link.ask_for<wire::device::upload>(
      wire::device::put_chunk{file.attachment, file.blob_size, index, std::move(sealed->value)},
      [this, g, index](const result<wire::device::upload>& answer) { took(g, index + 1, answer); });
}

/// The daemon's count decides what comes next: less than expected means that it was started anew.
void uploads::took(const going_ref& g, std::uint32_t expected_chunks,
                   const result<wire::device::upload>& answer) {
  auto end = [&](const refused& no) {
    going_.erase(g->message);
    g->then(no);
  };
  if (!core_.inner)
    return end(because(refusal::not_logged_in));
  if (!answer)
    return end(answer.no);
  const auto& file = g->left.front();
  auto all = e2ee::chunks_of_blob(file.blob_size).value_or(0);
  if (answer->chunks > all || (answer->chunks < expected_chunks && ++g->stalls > upload_stalls_max))
    return end(because(answer->chunks > all ? refusal::malformed_request : refusal::attachment_missing));
  told(transfer::stage::sending, file.attachment,
       std::min<std::uint64_t>(std::uint64_t{answer->chunks} * wire::sealed_chunk_bytes_max, file.blob_size),
       file.blob_size);
  if (answer->chunks < all)
    return put(g, answer->chunks);
  g->left.erase(g->left.begin());
  ask(g);
}

} // namespace wardline::client
