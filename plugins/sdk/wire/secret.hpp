#pragma once
// Secret bytes: locked, guarded memory that is wiped when dropped (e2ee 2.4).
#include "wire/ids.hpp"
#include <cstddef>
#include <string>

namespace wardline {

/// 32 secret bytes. Move-only; no printing, no ==. Cells come from one slab of sodium_malloc'ed memory,
/// because single allocations cost three pages and an mprotect each and meet RLIMIT_MEMLOCK.
class secret32 {
public:
  static constexpr std::size_t size = 32;

  secret32();                        ///< all zero
  explicit secret32(bytes_view raw); ///< copies exactly 32 bytes; the caller wipes its own copy
  secret32(secret32&& other) noexcept;
  secret32& operator=(secret32&& other) noexcept;
  secret32(const secret32&) = delete;
  secret32& operator=(const secret32&) = delete;
  ~secret32();

  static secret32 random();
  [[nodiscard]] secret32 copy() const; ///< on purpose a word, not an operator

  [[nodiscard]] bytes_view view() const { return {cell_, size}; }
  [[nodiscard]] const std::uint8_t* data() const { return cell_; }
  [[nodiscard]] std::uint8_t* data() { return cell_; }

private:
  std::uint8_t* cell_;
};

/// Overwrites memory in a way the compiler keeps.
void wipe(std::span<std::uint8_t> memory);

/// Overwrites what a string holds or held, its small-text buffer included, and empties it: also a string that
/// was moved from may still hold a password.
void wipe_text(std::string& s);

/// A buffer that is wiped when it goes out of scope; for plaintexts and keys of odd sizes.
struct wiped_bytes {
  bytes value;
  wiped_bytes() = default;
  explicit wiped_bytes(std::size_t n) : value(n) {}
  explicit wiped_bytes(bytes v) : value(std::move(v)) {}
  wiped_bytes(wiped_bytes&& other) noexcept : value(std::move(other.value)) { other.value.clear(); }
  wiped_bytes& operator=(wiped_bytes&& other) noexcept {
    wipe(value);
    value = std::move(other.value);
    other.value.clear();
    return *this;
  }
  wiped_bytes(const wiped_bytes&) = delete;
  wiped_bytes& operator=(const wiped_bytes&) = delete;
  ~wiped_bytes() { wipe(value); }
};

} // namespace wardline
