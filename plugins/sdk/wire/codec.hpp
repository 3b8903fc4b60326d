#pragma once
// What the codecs of link, device and content messages share. Private to the sources of this folder.
// Protobuf's parser runs only on pieces whose size has been compared with their kind's limit before, because
// a byte on the wire may become some thirty in its objects.
#include "wire/expected.hpp"
#include "wire/ids.hpp"

namespace google::protobuf {
class MessageLite;
}

namespace wardline::wire::codec {

/// The whole of `raw`, at most nesting_max deep; unknown fields are ignored. False when malformed.
bool parse(google::protobuf::MessageLite& into, bytes_view raw);
bytes serialize(const google::protobuf::MessageLite& message);

/// The outermost level of a message that is a oneof, maybe with an id beside it; no copy, no allocation.
struct envelope {
  std::uint32_t kind = 0; ///< field number of the oneof's member; 0 = none that is known
  bytes_view body;
  bytes_view id;
};

/// Nothing when malformed, or when more than one member of the oneof is there.
std::optional<envelope> open_envelope(bytes_view raw, std::uint32_t id_field, std::uint32_t kind_first,
                                      std::uint32_t kind_last);

inline std::string raw(bytes_view b) {
  return std::string{text(b)};
}

/// Takes protobuf's fields over into ours. The first refusal sticks; afterwards the values are worthless.
class fields {
public:
  explicit fields(refusal malformed) : malformed_{malformed} {}

  [[nodiscard]] refusal why() const { return why_; }

  void require(bool holds, refusal otherwise) {
    if (!holds && why_ == refusal::none)
      why_ = otherwise;
  }
  void require(bool holds) { require(holds, malformed_); }
  void range(std::uint64_t value, std::uint64_t min, std::uint64_t max) {
    require(value >= min && value <= max);
  }

  /// Exactly 16 bytes, not all zero (zero means "none" and is sent as an empty field).
  template <class Tag>
  void take(id<Tag>& out, const std::string& field) {
    auto found = id<Tag>::from(view(field));
    require(found && *found);
    out = found.value_or(id<Tag>{});
  }
  template <class Tag>
  void take_or_none(id<Tag>& out, const std::string& field) {
    if (!field.empty())
      take(out, field);
  }
  /// Exactly N bytes.
  template <std::size_t N>
  void take(std::array<std::uint8_t, N>& out, const std::string& field) {
    auto found = fixed<N>(view(field));
    require(found.has_value());
    out = found.value_or(std::array<std::uint8_t, N>{});
  }
  void take_or_none(hash32& out, const std::string& field) {
    if (!field.empty())
      take(out, field);
  }
  void take_or_none(std::optional<hash32>& out, const std::string& field) {
    if (!field.empty())
      take(out.emplace(), field);
  }
  template <class Repeated>
  void take(std::vector<hash32>& out, const Repeated& all, std::size_t min, std::size_t max) {
    range(static_cast<std::size_t>(all.size()), min, max);
    for (const auto& field : all) {
      if (why_ != refusal::none)
        return;
      take(out.emplace_back(), field);
    }
  }
  void take(bytes& out, const std::string& field, std::size_t min, std::size_t max) {
    range(field.size(), min, max);
    if (why_ == refusal::none)
      out = to_bytes(view(field));
  }
  /// A signed object of a kind with this limit, or of several kinds with the largest of their limits.
  void take_object(bytes& out, const std::string& field, std::size_t max) {
    require(field.size() <= max, refusal::object_too_large);
    take(out, field, 1, max);
  }
  /// Text without control or direction-override characters.
  void take_name(std::string& out, const std::string& field, std::size_t min, std::size_t max);
  /// Text of lines.
  void take_lines(std::string& out, const std::string& field, std::size_t max);
  /// Copies, and wipes protobuf's copy.
  void take_secret(std::string& out, std::string* field, std::size_t min, std::size_t max);
  void take_secret(bytes& out, std::string* field, std::size_t exactly);

private:
  refusal malformed_;
  refusal why_ = refusal::none;
};

/// Protobuf's copy of a password or share, once it is not needed.
void wipe_field(std::string* field);

} // namespace wardline::wire::codec
