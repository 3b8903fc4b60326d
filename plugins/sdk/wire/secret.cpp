#include "wire/secret.hpp"
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <sodium.h>

namespace wardline {

namespace {

/// Cells of 32 bytes over sodium_malloc'ed blocks of 256 cells. Blocks are never given back: the number of
/// secrets alive at once is bounded by devices and parties, and a freed block could not be unlocked safely
/// while another thread reads a neighbour.
class slab {
public:
  static constexpr std::size_t cells_per_block = 256;

  std::uint8_t* take() {
    std::lock_guard hold{mutex_};
    if (free_.empty())
      grow();
    auto* cell = free_.back();
    free_.pop_back();
    return cell;
  }

  void give_back(std::uint8_t* cell) {
    sodium_memzero(cell, secret32::size);
    std::lock_guard hold{mutex_};
    free_.push_back(cell);
  }

private:
  void grow() {
    if (sodium_init() < 0)
      std::abort();
    auto* block = static_cast<std::uint8_t*>(sodium_allocarray(cells_per_block, secret32::size));
    if (block == nullptr) {
      std::fputs("wardline: cannot allocate locked memory for keys (raise RLIMIT_MEMLOCK)\n", stderr);
      std::abort();
    }
    sodium_memzero(block, cells_per_block * secret32::size);
    free_.reserve(free_.size() + cells_per_block);
    for (std::size_t i = cells_per_block; i-- > 0;)
      free_.push_back(block + i * secret32::size);
  }

  std::mutex mutex_;
  std::vector<std::uint8_t*> free_;
};

/// Leaked on purpose: secrets in other statics may outlive any order of destruction.
slab& cells() {
  static auto* all = new slab;
  return *all;
}

} // namespace

secret32::secret32() : cell_{cells().take()} {}

secret32::secret32(bytes_view raw) : cell_{cells().take()} {
  if (raw.size() != size)
    std::abort(); // a programmer's error: sizes are checked where bytes enter
  std::memcpy(cell_, raw.data(), size);
}

secret32::secret32(secret32&& other) noexcept : cell_{other.cell_} {
  other.cell_ = nullptr;
}

secret32& secret32::operator=(secret32&& other) noexcept {
  std::swap(cell_, other.cell_);
  return *this;
}

secret32::~secret32() {
  if (cell_ != nullptr)
    cells().give_back(cell_);
}

secret32 secret32::random() {
  secret32 out;
  randombytes_buf(out.cell_, size);
  return out;
}

secret32 secret32::copy() const {
  return secret32{view()};
}

void wipe(std::span<std::uint8_t> memory) {
  if (!memory.empty())
    sodium_memzero(memory.data(), memory.size());
}

void wipe_text(std::string& s) {
  s.resize(s.capacity());
  sodium_memzero(s.data(), s.size());
  s.clear();
}

} // namespace wardline
