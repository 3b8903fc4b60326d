#include "e2ee/life.hpp"
#include "e2ee/bytes.hpp"
#include <algorithm>
#include <charconv>

namespace wardline::e2ee {

namespace {

struct origin_parts {
  std::string_view prefix;
  std::uint64_t epoch = 0;
};

/// The epoch in its shortest decimal form.
std::optional<origin_parts> split(std::string_view origin) {
  auto slash = origin.rfind('/');
  if (slash == std::string_view::npos)
    return std::nullopt;
  origin_parts out{origin.substr(0, slash + 1), 0};
  auto digits = origin.substr(slash + 1);
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.epoch);
  if (error != std::errc{} || end != digits.data() + digits.size() || digits.front() == '0')
    return std::nullopt;
  return out;
}

} // namespace

bytes encode(const opened_life& l) {
  return writer{}.u32(l.log_epoch).put(l.earlier).u64(l.restored).u64(l.known).v16(view(l.note)).take();
}

expected<opened_life> decode_opened_life(bytes_view raw) {
  reader in{raw};
  opened_life out;
  out.log_epoch = in.u32();
  out.earlier = in.id<incarnation_id>();
  out.restored = in.u64();
  out.known = in.u64();
  out.note = text(in.v16(note_kept_bytes_max));
  in.finish();
  if (out.log_epoch < 2 || out.restored == 0 || !out.earlier)
    in.refuse(refusal::unknown_value);
  if (!in.ok())
    return in.why();
  return out;
}

std::optional<std::uint64_t> later_epoch(std::string_view pinned_origin, std::string_view origin) {
  auto before = split(pinned_origin);
  auto after = split(origin);
  if (!before || !after || before->prefix != after->prefix || after->epoch <= before->epoch)
    return std::nullopt;
  return after->epoch;
}

std::uint64_t leaves_kept(const log_pin& pin, std::span<const life_entry> lives) {
  bool follows = !lives.empty() && lives.front().what.earlier == pin.incarnation;
  auto out = follows ? pin.head.size : std::min(pin.head.size, pin.shared);
  for (const auto& l : lives)
    out = std::min(out, l.what.restored);
  return out;
}

expected<log_pin> adopt_life(const log_pin& pin, const incarnation_id& now, const checkpoint& next,
                             std::span<const life_entry> lives, std::span<const hash32> consistency,
                             bool admitted) {
  auto last = later_epoch(pin.head.origin, next.origin);
  if (!last || !now || now == pin.incarnation || lives.empty() || lives.back().incarnation != now ||
      lives.back().what.log_epoch != *last)
    return refusal::log_other_origin;
  for (std::size_t i = 0; i < lives.size(); ++i) {
    const auto& l = lives[i];
    bool follows = i == 0 || (l.what.earlier == lives[i - 1].incarnation &&
                              l.what.log_epoch > lives[i - 1].what.log_epoch);
    if (!follows || !l.incarnation || l.what.restored >= next.size)
      return refusal::log_other_origin;
  }
  auto kept = leaves_kept(pin, lives);
  if (kept == pin.head.size && lives.front().what.earlier == pin.incarnation) {
    if (auto why = check_consistency(pin.head.size, pin.head.root, next.size, next.root, consistency);
        why != refusal::none)
      return why;
  } else if (!admitted) {
    return refusal::log_rolled_back;
  }
  return log_pin{now, next, std::min(pin.shared, kept)};
}

} // namespace wardline::e2ee
