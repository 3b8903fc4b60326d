#pragma once
// How secrets travel between actors: behind a shared pointer, so that a copied message copies none, and wiped
// when the last holder lets go. And how those of the wire's messages are wiped.
#include "wire/device.hpp"
#include "wire/secret.hpp"
#include <memory>

namespace wardline {

/// A password or a second factor.
class held_text {
public:
  held_text() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): a text becomes a held one wherever one is asked for
  held_text(std::string text) : held_{std::make_shared<wiped>(std::move(text))} { wipe_text(text); }
  held_text(const char* text) : held_text{std::string{text}} {}

  [[nodiscard]] const std::string& text() const { return held_ ? held_->value : none(); }
  [[nodiscard]] bool empty() const { return text().empty(); }

private:
  struct wiped {
    std::string value;
    explicit wiped(std::string&& v) : value{std::move(v)} { wipe_text(v); }
    wiped(const wiped&) = delete;
    wiped& operator=(const wiped&) = delete;
    ~wiped() { wipe_text(value); }
  };
  static const std::string& none() {
    static const std::string empty;
    return empty;
  }
  std::shared_ptr<wiped> held_;
};

/// Halves of a device store's key (e2ee 5.13) on their way to the channel.
struct lock_shares {
  std::uint32_t number = 0; ///< >= 1
  secret32 share;
  std::optional<secret32> next; ///< of number + 1, if one is offered
  bool earlier_kept = false;    ///< the half before may come back with a backup
};

inline void wipe_secrets(wire::device::request_body& what) {
  namespace asked = wire::device;
  if (auto* e = std::get_if<asked::enrol>(&what)) {
    wipe_text(e->password);
    wipe(e->totp_secret);
    wipe_text(e->second_factor);
  } else if (auto* l = std::get_if<asked::log_in>(&what)) {
    wipe_text(l->password);
    wipe_text(l->second_factor);
  } else if (auto* p = std::get_if<asked::prove>(&what)) {
    wipe_text(p->second_factor);
  } else if (auto* s = std::get_if<asked::set_second_factor>(&what)) {
    wipe(s->secret);
    wipe_text(s->code);
  }
}

inline void wipe_secrets(wire::device::answer_body& result) {
  namespace asked = wire::device;
  auto share = [](asked::share& s) {
    wipe(s.value);
    wipe(s.next);
  };
  if (auto* w = std::get_if<asked::welcome>(&result))
    share(w->share);
  else if (auto* l = std::get_if<asked::logged_in>(&result))
    share(l->share);
  else if (auto* r = std::get_if<asked::recovery_codes>(&result))
    for (auto& code : r->codes)
      wipe_text(code);
}

} // namespace wardline
