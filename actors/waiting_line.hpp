#pragma once
// Places for work that waits somewhere out of sight: a bound that holds however the asking ended. A place is
// given back when the job that holds it is done or dropped, not when somebody stopped waiting for it.
#include <atomic>
#include <cstddef>
#include <memory>

namespace wardline {

/// One place; copies are the same place.
using line_place = std::shared_ptr<const void>;

class waiting_line : public std::enable_shared_from_this<waiting_line> {
public:
  explicit waiting_line(std::size_t places_max) : places_max_{places_max} {}

  /// Nothing if all are taken. From any thread.
  [[nodiscard]] line_place take() {
    if (taken_.fetch_add(1) >= places_max_) {
      taken_.fetch_sub(1);
      return {};
    }
    return {static_cast<const void*>(this),
            [self = shared_from_this()](const void*) { self->taken_.fetch_sub(1); }};
  }
  [[nodiscard]] std::size_t taken() const { return taken_.load(); }

private:
  std::size_t places_max_;
  std::atomic<std::size_t> taken_{0};
};

} // namespace wardline
