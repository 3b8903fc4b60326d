#include "text_forms.hpp"
#include "hashing.hpp"
#include <algorithm>

namespace verify {

namespace {

constexpr std::string_view dash = "\xe2\x80\x94 ";
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The next line without its newline; nothing if no newline ends it.
std::optional<std::string_view> take_line(std::string_view& rest) {
  auto end = rest.find('\n');
  if (end == std::string_view::npos)
    return std::nullopt;
  auto line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

/// After a prefix, or nothing.
std::optional<std::string_view> after(std::string_view prefix, std::optional<std::string_view> line) {
  if (!line || !line->starts_with(prefix))
    return std::nullopt;
  return line->substr(prefix.size());
}

/// Neither control characters nor what is not UTF-8 (RFC 3629).
bool is_text(std::string_view s) {
  for (std::size_t i = 0; i < s.size();) {
    auto c = static_cast<std::uint8_t>(s[i]);
    if (c < 0x20 || c == 0x7f)
      return false;
    std::size_t more = c < 0x80                ? 0
                       : c >= 0xc2 && c < 0xe0 ? 1
                       : c >= 0xe0 && c < 0xf0 ? 2
                       : c >= 0xf0 && c < 0xf5 ? 3
                                               : 9;
    if (more == 9 || i + more >= s.size())
      return false;
    for (std::size_t k = 1; k <= more; ++k)
      if ((static_cast<std::uint8_t>(s[i + k]) & 0xc0) != 0x80)
        return false;
    auto second = more == 0 ? 0 : static_cast<std::uint8_t>(s[i + 1]);
    if ((c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f) || (c == 0xf0 && second < 0x90) ||
        (c == 0xf4 && second > 0x8f))
      return false;
    i += more + 1;
  }
  return true;
}

bool is_name(std::string_view s) {
  return !s.empty() && s.size() <= name_bytes_max && is_text(s) &&
         s.find_first_of(" +") == std::string_view::npos;
}

std::optional<hash> read_hash(std::string_view s) {
  auto raw = s.size() == 44 ? from_base64(s) : std::nullopt;
  if (!raw || raw->size() != 32)
    return std::nullopt;
  hash out;
  std::copy(raw->begin(), raw->end(), out.begin());
  return out;
}

/// Hashes, one a line, up to a blank line, then a checkpoint.
template <class Proof>
bool read_hashes_and_head(std::string_view rest, Proof& out) {
  for (;;) {
    auto line = take_line(rest);
    if (!line)
      return false;
    if (line->empty())
      break;
    auto h = read_hash(*line);
    if (!h || out.hashes.size() == proof_hashes_max)
      return false;
    out.hashes.push_back(*h);
  }
  auto head = read_checkpoint(rest);
  if (!head)
    return false;
  out.head = std::move(*head);
  return true;
}

std::array<std::uint8_t, 4> key_id(const log_key& k) {
  static constexpr std::uint8_t kind[] = {0x0a, 0x01};
  auto h = hasher{}.of({view(k.name), kind, k.key});
  return {h[0], h[1], h[2], h[3]};
}

} // namespace

std::string hex(bytes_view raw) {
  std::string out;
  for (auto b : raw) {
    out += "0123456789abcdef"[b >> 4];
    out += "0123456789abcdef"[b & 15];
  }
  return out;
}

std::optional<bytes> from_base64(std::string_view s) {
  if (s.size() % 4 != 0 || s.empty())
    return std::nullopt;
  std::size_t padding = s.ends_with("==") ? 2 : s.ends_with("=") ? 1 : 0;
  bytes out;
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    auto digit = i + padding >= s.size() ? 0 : alphabet.find(s[i]);
    if (digit == std::string_view::npos)
      return std::nullopt;
    word = word << 6 | static_cast<std::uint32_t>(digit);
    if (i % 4 != 3)
      continue;
    for (int shift = 16; shift >= 0; shift -= 8)
      out.push_back(static_cast<std::uint8_t>(word >> shift));
    word = 0;
  }
  for (; padding != 0; --padding) {
    if (out.back() != 0) // spare bits
      return std::nullopt;
    out.pop_back();
  }
  return out;
}

std::optional<std::uint64_t> from_decimal(std::string_view s) {
  if (s.empty() || s.size() > 19 || (s.size() > 1 && s[0] == '0'))
    return std::nullopt;
  std::uint64_t out = 0;
  for (char c : s) {
    if (c < '0' || c > '9')
      return std::nullopt;
    out = out * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return out >> 63 == 0 ? std::optional{out} : std::nullopt;
}

std::optional<checkpoint> read_checkpoint(std::string_view text) {
  if (text.size() > text_bytes_max)
    return std::nullopt;
  checkpoint out;
  auto rest = text;
  auto origin = take_line(rest);
  auto size = take_line(rest);
  auto root = take_line(rest);
  if (!root || !is_name(*origin))
    return std::nullopt;
  out.body = text.substr(0, text.size() - rest.size());
  out.origin = *origin;
  auto leaves = from_decimal(*size);
  auto top = read_hash(*root);
  auto blank = take_line(rest);
  if (!leaves || !top || !blank || !blank->empty()) // no extension lines: nobody can audit them
    return std::nullopt;
  out.size = *leaves;
  out.root = *top;
  while (!rest.empty()) {
    auto line = after(dash, take_line(rest));
    auto space = line ? line->find(' ') : std::string_view::npos;
    if (space == std::string_view::npos || out.signatures.size() == signatures_max)
      return std::nullopt;
    auto blob = from_base64(line->substr(space + 1));
    if (!is_name(line->substr(0, space)) || !blob || blob->size() < 5)
      return std::nullopt;
    note_signature next{std::string{line->substr(0, space)}, std::move(*blob)};
    for (const auto& s : out.signatures)
      if (s.name == next.name && std::equal(s.blob.begin(), s.blob.begin() + 4, next.blob.begin()))
        return std::nullopt;
    out.signatures.push_back(std::move(next));
  }
  return out.signatures.empty() ? std::nullopt : std::optional{std::move(out)};
}

std::optional<log_key> read_log_key(std::string_view text) {
  if (!text.ends_with('\n'))
    return std::nullopt;
  text.remove_suffix(1);
  auto first = text.find('+');
  auto second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos || !is_name(text.substr(0, first)))
    return std::nullopt;
  auto typed = from_base64(text.substr(second + 1));
  if (!typed || typed->size() != 33 || typed->front() != 1)
    return std::nullopt;
  log_key out{std::string{text.substr(0, first)}, {}};
  std::copy(typed->begin() + 1, typed->end(), out.key.begin());
  if (text.substr(first + 1, second - first - 1) != hex(key_id(out)))
    return std::nullopt;
  return out;
}

std::optional<entry_proof> read_entry_proof(std::string_view text) {
  if (text.size() > text_bytes_max || take_line(text) != "c2sp.org/tlog-proof@v1")
    return std::nullopt;
  entry_proof out;
  auto line = take_line(text);
  if (auto extra = after("extra ", line)) {
    auto raw = from_base64(*extra);
    if (!raw)
      return std::nullopt;
    out.extra = std::move(*raw);
    line = take_line(text);
  }
  auto index = after("index ", line);
  auto number = index ? from_decimal(*index) : std::nullopt;
  if (!number || !read_hashes_and_head(text, out))
    return std::nullopt;
  out.index = *number;
  return out;
}

std::optional<growth_proof> read_growth_proof(std::string_view text) {
  if (text.size() > text_bytes_max)
    return std::nullopt;
  growth_proof out;
  auto old = after("old ", take_line(text));
  auto number = old ? from_decimal(*old) : std::nullopt;
  if (!number || !read_hashes_and_head(text, out))
    return std::nullopt;
  out.old_size = *number;
  return out;
}

bool is_signed(const checkpoint& c, const log_key& by) {
  if (c.origin != by.name)
    return false;
  auto wanted = key_id(by);
  for (const auto& s : c.signatures)
    if (s.name == by.name && std::equal(wanted.begin(), wanted.end(), s.blob.begin()))
      return signed_by(by.key, view(c.body), bytes_view{s.blob}.subspan(4));
  return false;
}

} // namespace verify
