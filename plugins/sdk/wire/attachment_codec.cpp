#include "wire/attachment_codec.hpp"
#include "device.pb.h"
#include "wire/limits.hpp"

namespace wardline::wire::device {

namespace {

namespace pb = ::wardline::device::v1;
using codec::fields;
using codec::raw;

} // namespace

void put(pb::Request& to, const get_upload& a) {
  to.mutable_get_upload()->set_attachment(raw(a.attachment.view()));
}

void put(pb::Request& out, const put_chunk& a) {
  auto& to = *out.mutable_put_chunk();
  to.set_attachment(raw(a.attachment.view()));
  to.set_blob_size(a.blob_size);
  to.set_index(a.index);
  to.set_sealed(raw(a.sealed));
}

void put(pb::Request& out, const get_chunk& a) {
  auto& to = *out.mutable_get_chunk();
  to.set_conversation(raw(a.conversation.view()));
  to.set_seq(a.seq);
  to.set_attachment(raw(a.attachment.view()));
  to.set_index(a.index);
}

void put(pb::Answer& to, const upload& a) {
  to.mutable_upload()->set_chunks(a.chunks);
}

void put(pb::Answer& out, const chunk& a) {
  auto& to = *out.mutable_chunk();
  to.set_leaf(a.leaf);
  to.set_sealed(raw(a.sealed));
}

void take(fields& in, get_upload& out, const pb::GetUpload& m) {
  in.take(out.attachment, m.attachment());
}

void take(fields& in, put_chunk& out, const pb::PutChunk& m) {
  in.take(out.attachment, m.attachment());
  out.blob_size = m.blob_size(); // how large a blob may be has a refusal of its own
  in.range(m.index(), 0, chunks_per_attachment_max - 1);
  out.index = m.index();
  in.take(out.sealed, m.sealed(), 1, sealed_chunk_bytes_max);
}

void take(fields& in, get_chunk& out, const pb::GetChunk& m) {
  in.take(out.conversation, m.conversation());
  out.seq = m.seq();
  in.require(out.seq >= 1);
  in.take(out.attachment, m.attachment());
  in.range(m.index(), 0, chunks_per_attachment_max - 1);
  out.index = m.index();
}

void take(fields& in, upload& out, const pb::Upload& m) {
  in.range(m.chunks(), 0, chunks_per_attachment_max);
  out.chunks = m.chunks();
}

void take(fields& in, chunk& out, const pb::Chunk& m) {
  out.leaf = m.leaf();
  in.take(out.sealed, m.sealed(), 1, sealed_chunk_bytes_max);
}

} // namespace wardline::wire::device
