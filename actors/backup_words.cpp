#include "backup_words.hpp"
#include "admin_words.hpp"
#include "e2ee/bytes.hpp"

namespace wardline::admin {

namespace {

using e2ee::reader;
using e2ee::writer;

constexpr std::uint8_t version = 1;
/// Acts are numbered from 1 (admin_words.cpp), questions about the log from 32, about the box from 64.
enum class kind : std::uint8_t { begin = 96, rows, blobs, blob, current_table, manifest };

struct putting {
  writer& out;

  void operator()(const begin_backup& q) const { out.value(kind::begin).u8(q.whole ? 1 : 0); }
  void operator()(const backup_rows& q) const { out.value(kind::rows).u64(q.session); }
  void operator()(const backup_blobs& q) const { out.value(kind::blobs).u64(q.session).put(q.after); }
  void operator()(const backup_blob& q) const {
    out.value(kind::blob).u64(q.session).put(q.blob).u64(q.offset);
  }
  void operator()(const backup_current_table& q) const {
    out.value(kind::current_table).u64(q.session).u64(q.offset);
  }
  void operator()(const backup_manifest& q) const { out.value(kind::manifest).u64(q.session); }
};

backup_question take_question(reader& in) {
  switch (in.one_of(kind::begin, kind::manifest)) {
  case kind::begin:
    return begin_backup{in.bits(1) != 0};
  case kind::rows:
    return backup_rows{in.u64()};
  case kind::blobs: {
    backup_blobs q{in.u64(), {}};
    q.after = in.id<ports::blob_id>();
    return q;
  }
  case kind::blob: {
    backup_blob q{in.u64(), {}, 0};
    q.blob = in.id<ports::blob_id>();
    q.offset = in.u64();
    return q;
  }
  case kind::current_table: {
    backup_current_table q{in.u64(), 0};
    q.offset = in.u64();
    return q;
  }
  case kind::manifest:
    return backup_manifest{in.u64()};
  }
  return begin_backup{};
}

} // namespace

bool is_backup_question(bytes_view frame) {
  return frame.size() >= 2 && frame[0] == version && frame[1] >= static_cast<std::uint8_t>(kind::begin) &&
         frame[1] <= static_cast<std::uint8_t>(kind::manifest);
}

bytes encode(const backup_question& q) {
  writer out;
  out.u8(version);
  std::visit(putting{out}, q);
  return out.take();
}

expected<backup_question> decode_backup_question(bytes_view raw) {
  reader in{raw};
  if (in.u8() != version)
    return refusal::protocol_not_supported;
  auto out = take_question(in);
  in.finish();
  if (!in.ok())
    return in.why();
  return out;
}

bytes encode(const backup_report& r) {
  writer out;
  out.u8(version).u16(static_cast<std::uint16_t>(r.why)).u64(r.session).u64(r.turn_mark).u64(r.leaves);
  return out.u64(r.size).v32(r.piece).take();
}

expected<backup_report> decode_backup_report(bytes_view raw) {
  if (raw.size() > frame_bytes_max)
    return refusal::message_too_large;
  reader in{raw};
  if (in.u8() != version)
    return refusal::protocol_not_supported;
  backup_report out;
  if (auto why = in.u16(); why != 0)
    out.why = refusal_from_number(why);
  out.session = in.u64();
  out.turn_mark = in.u64();
  out.leaves = in.u64();
  out.size = in.u64();
  out.piece = to_bytes(in.v32(backup_piece_bytes_max));
  in.finish();
  if (!in.ok())
    return in.why();
  return out;
}

} // namespace wardline::admin
