#include "wire/codec.hpp"
#include "wire/limits.hpp"
#include "wire/secret.hpp"
#include "wire/text.hpp"
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message_lite.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/wire_format_lite.h>
#include <limits>

namespace wardline::wire::codec {

namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

/// Protobuf writes a line to stderr for every string that is not UTF-8: a stranger could fill the journal.
const auto silenced = google::protobuf::SetLogHandler(nullptr);

CodedInputStream stream_over(bytes_view raw) {
  return CodedInputStream{raw.data(), static_cast<int>(raw.size())};
}

} // namespace

bool parse(google::protobuf::MessageLite& into, bytes_view raw) {
  if (raw.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    return false;
  auto in = stream_over(raw);
  in.SetTotalBytesLimit(static_cast<int>(raw.size()));
  in.SetRecursionLimit(nesting_max);
  return into.ParseFromCodedStream(&in) && in.ConsumedEntireMessage();
}

bytes serialize(const google::protobuf::MessageLite& message) {
  bytes out(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(out.data());
  return out;
}

std::optional<envelope> open_envelope(bytes_view raw, std::uint32_t id_field, std::uint32_t kind_first,
                                      std::uint32_t kind_last) {
  if (raw.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    return std::nullopt;
  envelope out;
  auto in = stream_over(raw);
  in.SetRecursionLimit(nesting_max);
  while (auto tag = in.ReadTag()) {
    auto number = static_cast<std::uint32_t>(WireFormatLite::GetTagFieldNumber(tag));
    bool is_kind = number >= kind_first && number <= kind_last;
    if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED ||
        (!is_kind && number != id_field)) {
      if (!WireFormatLite::SkipField(&in, tag))
        return std::nullopt;
      continue;
    }
    std::uint32_t size = 0;
    if (!in.ReadVarint32(&size))
      return std::nullopt;
    auto start = static_cast<std::size_t>(in.CurrentPosition());
    if (size > raw.size() - start || !in.Skip(static_cast<int>(size)))
      return std::nullopt;
    auto piece = raw.subspan(start, size);
    if (!is_kind) {
      out.id = piece;
      continue;
    }
    if (out.kind != 0)
      return std::nullopt;
    out.kind = number;
    out.body = piece;
  }
  // ReadTag gives 0 at the end, but also for a tag that is 0 or cut.
  if (!in.ConsumedEntireMessage() || static_cast<std::size_t>(in.CurrentPosition()) != raw.size())
    return std::nullopt;
  return out;
}

void fields::take_name(std::string& out, const std::string& field, std::size_t min, std::size_t max) {
  range(field.size(), min, max);
  if (why_ == refusal::none)
    require(text_ok(view(field)));
  if (why_ == refusal::none)
    out = field;
}

void fields::take_lines(std::string& out, const std::string& field, std::size_t max) {
  range(field.size(), 0, max);
  if (why_ == refusal::none)
    require(lines_ok(view(field)));
  if (why_ == refusal::none)
    out = field;
}

void fields::take_secret(std::string& out, std::string* field, std::size_t min, std::size_t max) {
  range(field->size(), min, max);
  if (why_ == refusal::none)
    out = *field;
  wipe_field(field);
}

void fields::take_secret(bytes& out, std::string* field, std::size_t exactly) {
  take(out, *field, exactly, exactly);
  wipe_field(field);
}

void wipe_field(std::string* field) {
  wipe({reinterpret_cast<std::uint8_t*>(field->data()), field->size()});
}

} // namespace wardline::wire::codec
