#include "named_files.hpp"
#include "stored.hpp"

namespace wardline {

refusal check_files(const e2ee::slip_header& header, const std::vector<unnamed_file>* uploaded) {
  for (const auto& wanted : header.attachments) {
    const unnamed_file* found = nullptr;
    if (uploaded != nullptr)
      for (const auto& f : *uploaded)
        if (f.attachment == wanted.attachment)
          found = &f;
    if (found == nullptr)
      return refusal::attachment_missing;
    if (found->hash != wanted.blob_hash || found->size != wanted.blob_size)
      return refusal::attachment_mismatch;
  }
  return refusal::none;
}

void name_files(const post_slip& m, const e2ee::slip_header& header, rows::body& body, act& a) {
  if (header.attachments.empty())
    return;
  for (const auto& f : *m.files) {
    body.files.push_back({f.attachment, f.blob, f.key.copy()});
    auto key = to_bytes(f.blob.view());
    a.only_if.push_back(absent(ports::table::blob, key));
    a.changes.push_back(
        put_row(ports::table::blob, std::move(key), rows::named_file{m.conversation, m.message}));
  }
}

} // namespace wardline
