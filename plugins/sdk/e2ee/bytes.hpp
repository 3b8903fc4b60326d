#pragma once
// The one encoding of everything that is hashed or signed (e2ee 1): fields in a fixed order, big-endian
// integers of fixed width, byte strings behind a length of fixed width. Reader and writer; no allocation
// before a check.
#include "wire/ids.hpp"
#include "wire/refusals.hpp"
#include "wire/text.hpp"
#include <type_traits>

namespace wardline::e2ee {

/// Reads hostile bytes. The first refusal sticks: after it every read gives zeros or nothing, so a decoder
/// may run to its end and look at `why()` once. Views point into the bytes given to the constructor.
class reader {
public:
  explicit reader(bytes_view all) : all_{all} {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(integer(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(integer(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(integer(4)); }
  std::uint64_t u64() { return integer(8); }

  /// Exactly N bytes: b16, b32, b48, b64.
  template <std::size_t N>
  std::array<std::uint8_t, N> fixed_bytes() {
    std::array<std::uint8_t, N> out{};
    auto raw = take(N);
    if (!raw.empty())
      std::memcpy(out.data(), raw.data(), N);
    return out;
  }
  hash32 b32() { return fixed_bytes<32>(); }
  signature64 b64() { return fixed_bytes<64>(); }
  template <class Id>
  Id id() {
    return Id{fixed_bytes<Id::size>()};
  }

  /// Bytes behind a length of 8, 16 or 32 bits. `length_beyond_end` if the length passes the end, then
  /// `count_too_large` if it passes `size_max` bytes.
  bytes_view v8(std::size_t size_max = 0xff) { return counted(1, size_max); }
  bytes_view v16(std::size_t size_max = 0xffff) { return counted(2, size_max); }
  bytes_view v32(std::size_t size_max) { return counted(4, size_max); }

  /// v8 of text: as above, then `bad_text`.
  std::string text8(std::size_t size_max);

  /// An enum value from first to last, both included: `unknown_value`.
  template <class Enum>
  Enum one_of(Enum first, Enum last) {
    static_assert(std::is_same_v<std::underlying_type_t<Enum>, std::uint8_t>);
    auto raw = u8();
    if (raw < static_cast<std::uint8_t>(first) || raw > static_cast<std::uint8_t>(last))
      refuse(refusal::unknown_value);
    return static_cast<Enum>(raw);
  }

  /// A byte whose bits outside `known` are reserved: `reserved_not_zero`.
  std::uint8_t bits(std::uint8_t known) {
    auto raw = u8();
    if ((raw & static_cast<std::uint8_t>(~known)) != 0)
      refuse(refusal::reserved_not_zero);
    return raw;
  }

  /// n bytes that have to be zero: `reserved_not_zero`.
  void reserved(std::size_t n);

  /// list8<T>: a count of 8 bits up to `count_max` (`count_too_large`), then the items, each read by
  /// `read(*this)`. list16 likewise.
  template <class Read>
  auto list8(std::size_t count_max, Read read) {
    return items(u8(), count_max, no_order, read);
  }
  template <class Read>
  auto list16(std::size_t count_max, Read read) {
    return items(u16(), count_max, no_order, read);
  }

  /// A list marked "set": the first `key_size` bytes of the items strictly ascend as unsigned bytes
  /// (`not_sorted`), so nothing is named twice. `whole_item` compares all bytes of each.
  static constexpr std::size_t whole_item = 0;
  template <class Read>
  auto set8(std::size_t count_max, std::size_t key_size, Read read) {
    return items(u8(), count_max, key_size, read);
  }
  template <class Read>
  auto set16(std::size_t count_max, std::size_t key_size, Read read) {
    return items(u16(), count_max, key_size, read);
  }
  template <class Id>
  std::vector<Id> id_set8(std::size_t count_max) {
    return set8(count_max, whole_item, [](reader& r) { return r.id<Id>(); });
  }

  /// The next n bytes: `truncated` if there are fewer (then nothing).
  bytes_view take(std::size_t n);

  [[nodiscard]] std::size_t offset() const { return at_; }
  [[nodiscard]] std::size_t left() const { return all_.size() - at_; }
  /// `trailing_bytes` if something is left.
  void finish() {
    if (ok() && left() != 0)
      refuse(refusal::trailing_bytes);
  }

  /// Keeps the first.
  void refuse(refusal why) {
    if (why_ == refusal::none)
      why_ = why;
  }
  [[nodiscard]] bool ok() const { return why_ == refusal::none; }
  [[nodiscard]] refusal why() const { return why_; }

private:
  static constexpr std::size_t no_order = static_cast<std::size_t>(-1);

  std::uint64_t integer(std::size_t width);
  bytes_view counted(std::size_t width, std::size_t size_max);
  void check_order(bytes_view before, bytes_view now);

  template <class Read>
  auto items(std::size_t count, std::size_t count_max, std::size_t key_size, Read read) {
    std::vector<decltype(read(*this))> out;
    if (ok() && count > count_max)
      refuse(refusal::count_too_large);
    bytes_view before;
    for (std::size_t i = 0; i < count && ok(); ++i) {
      auto begin = at_;
      auto item = read(*this);
      if (!ok())
        break;
      if (key_size != no_order) {
        auto now = all_.subspan(begin, key_size == whole_item ? at_ - begin : key_size);
        if (i > 0)
          check_order(before, now);
        before = now;
      }
      out.push_back(std::move(item));
    }
    return out;
  }

  bytes_view all_;
  std::size_t at_ = 0;
  refusal why_ = refusal::none;
};

/// Writes what `reader` reads. A value that does not fit its width is a programmer's error and ends the
/// process.
class writer {
public:
  writer& u8(std::uint8_t x) { return integer(x, 1); }
  writer& u16(std::uint16_t x) { return integer(x, 2); }
  writer& u32(std::uint32_t x) { return integer(x, 4); }
  writer& u64(std::uint64_t x) { return integer(x, 8); }
  template <class Enum>
  requires std::is_enum_v<Enum> writer& value(Enum x) { return u8(static_cast<std::uint8_t>(x)); }
  /// Bytes as they are: b16, b32, b64.
  writer& put(bytes_view raw) {
    out_.insert(out_.end(), raw.begin(), raw.end());
    return *this;
  }
  template <class Tag>
  writer& put(const wardline::id<Tag>& x) {
    return put(x.view());
  }
  writer& zeros(std::size_t n) {
    out_.insert(out_.end(), n, 0);
    return *this;
  }
  writer& v8(bytes_view raw) { return length(raw.size(), 1).put(raw); }
  writer& v16(bytes_view raw) { return length(raw.size(), 2).put(raw); }
  writer& v32(bytes_view raw) { return length(raw.size(), 4).put(raw); }
  writer& text8(std::string_view s) { return v8(view(s)); }
  /// lab(x): u8 length | x.
  writer& lab(std::string_view label) { return text8(label); }

  /// list8<T> and list16<T>: each item by `write(*this, item)`. Sets are given sorted.
  template <class Items, class Write>
  writer& list8(const Items& items, Write write) {
    length(items.size(), 1);
    for (const auto& item : items)
      write(*this, item);
    return *this;
  }
  template <class Items, class Write>
  writer& list16(const Items& items, Write write) {
    length(items.size(), 2);
    for (const auto& item : items)
      write(*this, item);
    return *this;
  }
  /// list8 of ids, in the order given.
  template <class Id>
  writer& ids8(const std::vector<Id>& ids) {
    return list8(ids, [](writer& w, const Id& x) { w.put(x); });
  }

  [[nodiscard]] const bytes& so_far() const { return out_; }
  [[nodiscard]] bytes take() { return std::move(out_); }

private:
  writer& integer(std::uint64_t x, std::size_t width);
  writer& length(std::size_t n, std::size_t width);
  bytes out_;
};

} // namespace wardline::e2ee
