#include "message_rows.hpp"
#include "row_codec.hpp"
#include "wire/limits.hpp"

namespace wardline::rows {

namespace {

/// Rows of table log say what they are: slips, bodies and what comes later stand in one sequence.
enum class log_kind : std::uint8_t { slip = 1, body, body_with_files };

writer begin_log(log_kind kind) {
  auto out = begin();
  out.value(kind);
  return out;
}

stored_file file_of(reader& in) {
  stored_file out{in.id<attachment_id>(), in.id<ports::blob_id>(), {}};
  if (auto key = in.take(secret32::size); !key.empty())
    out.key = secret32{key};
  return out;
}

/// The rest of the row, 1..size_max bytes.
bytes rest(reader& in, std::size_t size_max) {
  if (in.left() == 0)
    in.refuse(refusal::truncated);
  if (in.left() > size_max)
    in.refuse(refusal::object_too_large);
  return in.ok() ? to_bytes(in.take(in.left())) : bytes{};
}

} // namespace

bytes encode(const slip& r) {
  auto out = begin_log(log_kind::slip);
  out.put(r.conversation).u64(r.seq).u64(r.time).put(r.object);
  return out.take();
}

template <>
std::optional<slip> decode<slip>(bytes_view raw) {
  return whole<slip>(raw, [](reader& in, slip& r) {
    in.one_of(log_kind::slip, log_kind::slip);
    r.conversation = in.id<conversation_id>();
    r.seq = in.u64();
    r.time = in.u64();
    r.object = rest(in, wire::slip_bytes_max);
  });
}

bytes encode(const body& r) {
  auto out = begin_log(r.files.empty() ? log_kind::body : log_kind::body_with_files);
  out.put(r.conversation).u64(r.seq).put(r.message);
  if (!r.files.empty())
    out.list8(r.files,
              [](writer& w, const stored_file& f) { w.put(f.attachment).put(f.blob).put(f.key.view()); });
  return out.put(r.sealed).take();
}

template <>
std::optional<body> decode<body>(bytes_view raw) {
  return whole<body>(raw, [](reader& in, body& r) {
    auto kind = in.one_of(log_kind::body, log_kind::body_with_files);
    r.conversation = in.id<conversation_id>();
    r.seq = in.u64();
    r.message = in.id<message_id>();
    if (kind == log_kind::body_with_files)
      r.files = in.list8(wire::attachments_max, file_of);
    r.sealed = rest(in, wire::body_bytes_max);
  });
}

bytes encode(const named_file& r) {
  auto out = begin();
  out.put(r.conversation).put(r.message);
  return out.take();
}

template <>
std::optional<named_file> decode<named_file>(bytes_view raw) {
  return whole<named_file>(raw, [](reader& in, named_file& r) {
    r.conversation = in.id<conversation_id>();
    r.message = in.id<message_id>();
  });
}

bytes encode(const place& r) {
  auto out = begin();
  out.put(r.message).u32(r.body_bytes);
  return out.take();
}

template <>
std::optional<place> decode<place>(bytes_view raw) {
  return whole<place>(raw, [](reader& in, place& r) {
    r.message = in.id<message_id>();
    r.body_bytes = in.u32();
    if (r.body_bytes > wire::body_bytes_max)
      in.refuse(refusal::object_too_large);
  });
}

bytes encode(const accepted& r) {
  auto out = begin();
  out.put(r.h).put(r.conversation).u64(r.seq);
  return out.take();
}

template <>
std::optional<accepted> decode<accepted>(bytes_view raw) {
  return whole<accepted>(raw, [](reader& in, accepted& r) {
    r.h = in.b32();
    r.conversation = in.id<conversation_id>();
    r.seq = in.u64();
  });
}

namespace {

template <class Row>
bytes encode_act(const Row& r) {
  auto out = begin();
  out.u64(r.time).put(r.act);
  return out.take();
}

template <class Row>
std::optional<Row> decode_act(bytes_view raw) {
  return whole<Row>(raw, [](reader& in, Row& r) {
    r.time = in.u64();
    r.act = rest(in, wire::act_bytes_max);
  });
}

template <class Id>
bytes with_mark(const Id& id) {
  auto out = to_bytes(id.view());
  out.push_back(1);
  return out;
}

} // namespace

bytes encode(const recalled& r) {
  return encode_act(r);
}
bytes encode(const destroyed& r) {
  return encode_act(r);
}

template <>
std::optional<recalled> decode<recalled>(bytes_view raw) {
  return decode_act<recalled>(raw);
}
template <>
std::optional<destroyed> decode<destroyed>(bytes_view raw) {
  return decode_act<destroyed>(raw);
}

bytes key_of_recall(const message_id& m) {
  return with_mark(m);
}

bytes key_of_destruction(const conversation_id& c) {
  return with_mark(c);
}

bytes prefix_of_poison(const conversation_id& c) {
  auto out = to_bytes(view("poison/"));
  out.insert(out.end(), c.view().begin(), c.view().end());
  return out;
}

bytes key_of_poison(const conversation_id& c, std::uint64_t seq, poison what) {
  auto out = prefix_of_poison(c);
  auto number = ports::row_key(seq);
  out.insert(out.end(), number.begin(), number.end());
  out.push_back(static_cast<std::uint8_t>(what));
  return out;
}

bytes key_of_place(const conversation_id& c, std::uint64_t seq) {
  auto out = to_bytes(c.view());
  auto number = ports::row_key(seq);
  out.insert(out.end(), number.begin(), number.end());
  return out;
}

std::optional<std::uint64_t> seq_of_place(bytes_view key) {
  if (key.size() != conversation_id::size + 8)
    return std::nullopt;
  return ports::row_number(key.subspan(conversation_id::size));
}

} // namespace wardline::rows

namespace wardline {

bool is_recalled(const ports::reader& from, const message_id& m) {
  return from.read(ports::table::idempotency, rows::key_of_recall(m)).status != ports::read_status::absent;
}

bool is_destroyed(const ports::reader& from, const conversation_id& c) {
  return from.read(ports::table::conversation, rows::key_of_destruction(c)).status !=
         ports::read_status::absent;
}

} // namespace wardline
