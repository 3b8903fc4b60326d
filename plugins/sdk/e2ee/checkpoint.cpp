#include "e2ee/checkpoint.hpp"
#include "e2ee/bytes.hpp"
#include <algorithm>
#include <charconv>
#include <sodium.h>

namespace wardline::e2ee {

namespace {

constexpr std::string_view dash = "\xe2\x80\x94 "; // U+2014 and a space open each signature line
constexpr std::size_t key_id_bytes = 4;

/// Nothing unless `s` is the one canonical encoding of its bytes (padding there, spare bits zero).
std::optional<bytes> from_base64(std::string_view s) {
  bytes out(s.size() / 4 * 3 + 3);
  std::size_t size = 0;
  if (sodium_base642bin(out.data(), out.size(), s.data(), s.size(), nullptr, &size, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0)
    return std::nullopt;
  out.resize(size);
  if (base64(out) != s)
    return std::nullopt;
  return out;
}

/// Every line is text; newlines separate them.
bool is_note_text(std::string_view s) {
  while (!s.empty()) {
    auto end = std::min(s.find('\n'), s.size());
    if (!text_ok(view(s.substr(0, end))))
      return false;
    s.remove_prefix(std::min(end + 1, s.size()));
  }
  return true;
}

/// Name of a key: not empty, no space, no plus.
bool is_name(std::string_view s) {
  return !s.empty() && s.size() <= origin_bytes_max && s.find_first_of(" +\n") == std::string_view::npos &&
         is_note_text(s);
}

/// A first byte below 0x30 could be taken for the length byte of one of our own labels (e2ee 1).
bool is_origin(std::string_view s) {
  return is_name(s) && static_cast<std::uint8_t>(s.front()) >= 0x30;
}

/// The shortest decimal, at most `tree_size_max`.
std::optional<std::uint64_t> from_decimal(std::string_view s) {
  if (s.empty() || (s.size() > 1 && s.front() == '0'))
    return std::nullopt;
  if (!std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  std::uint64_t out = 0;
  auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), out);
  if (error != std::errc{} || end != s.data() + s.size() || out > tree_size_max)
    return std::nullopt;
  return out;
}

/// Takes one line off `rest`; nothing if no newline ends it.
std::optional<std::string_view> take_line(std::string_view& rest) {
  auto end = rest.find('\n');
  if (end == std::string_view::npos)
    return std::nullopt;
  auto line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

expected<checkpoint> take_body(std::string_view& rest) {
  auto origin = take_line(rest);
  auto size = take_line(rest);
  auto root = take_line(rest);
  if (!origin || !size || !root)
    return refusal::truncated;
  if (!is_origin(*origin))
    return refusal::bad_text;
  auto leaves = from_decimal(*size);
  auto hash = from_base64(*root);
  if (!leaves || !hash)
    return refusal::unknown_value;
  auto root_hash = fixed<32>(*hash);
  if (!root_hash)
    return refusal::unknown_value;
  return checkpoint{std::string{*origin}, *leaves, *root_hash};
}

expected<note_signature> read_signature(std::string_view line) {
  if (!line.starts_with(dash))
    return refusal::trailing_bytes;
  line.remove_prefix(dash.size());
  auto space = line.find(' ');
  if (space == std::string_view::npos)
    return refusal::truncated;
  auto name = line.substr(0, space);
  if (!is_name(name))
    return refusal::bad_text;
  auto blob = from_base64(line.substr(space + 1));
  if (!blob)
    return refusal::unknown_value;
  if (blob->size() <= key_id_bytes)
    return refusal::truncated;
  note_signature out;
  out.name = name;
  std::copy_n(blob->begin(), key_id_bytes, out.key_id.begin());
  out.blob.assign(blob->begin() + key_id_bytes, blob->end());
  return out;
}

/// The log epoch at the end of `<prefix>/<epoch>`, and the prefix with its slash.
} // namespace

std::string base64(bytes_view raw) {
  std::string out(sodium_base64_ENCODED_LEN(raw.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), raw.data(), raw.size(), sodium_base64_VARIANT_ORIGINAL);
  out.pop_back(); // the terminating zero is in the macro's length
  return out;
}

expected<checkpoint_note> decode_note(std::string_view note) {
  if (note.size() > note_bytes_max)
    return refusal::object_too_large;
  if (!is_note_text(note))
    return refusal::bad_text;
  auto rest = note;
  auto head = take_body(rest);
  if (!head)
    return head.why();
  checkpoint_note out{std::string{note}, note.size() - rest.size(), std::move(*head), {}};
  auto blank = take_line(rest);
  if (!blank)
    return rest.empty() ? refusal::truncated : refusal::trailing_bytes;
  if (!blank->empty())
    return refusal::trailing_bytes; // extension lines cannot be audited
  while (!rest.empty()) {
    auto line = take_line(rest);
    if (!line)
      return refusal::truncated;
    if (out.signatures.size() == note_signatures_max)
      return refusal::count_too_large;
    auto signature = read_signature(*line);
    if (!signature)
      return signature.why();
    auto same = [&](const note_signature& s) {
      return s.name == signature->name && s.key_id == signature->key_id;
    };
    if (std::any_of(out.signatures.begin(), out.signatures.end(), same))
      return refusal::not_sorted;
    out.signatures.push_back(std::move(*signature));
  }
  if (out.signatures.empty())
    return refusal::truncated;
  return out;
}

note_key_id key_id_of(std::string_view name, const public_key& key) {
  static constexpr std::uint8_t separator[] = {0x0a, 0x01}; // 01: Ed25519
  auto hash = sha256({view(name), separator, key});
  note_key_id out;
  std::copy_n(hash.begin(), out.size(), out.begin());
  return out;
}

std::string verifier_key(std::string_view name, const public_key& key) {
  bytes typed{0x01};
  typed.insert(typed.end(), key.begin(), key.end());
  return std::string{name} + "+" + hex(key_id_of(name, key)) + "+" + base64(typed);
}

refusal check_note(const checkpoint_note& note, std::string_view origin, const public_key& log_key) {
  if (note.head.origin != origin)
    return refusal::log_other_origin;
  auto wanted = key_id_of(origin, log_key);
  for (const auto& s : note.signatures) {
    if (s.name != origin || s.key_id != wanted)
      continue;
    auto body = view(note.raw).first(note.body_bytes);
    bool valid = s.blob.size() == crypto_sign_BYTES &&
                 crypto_sign_verify_detached(s.blob.data(), body.data(), body.size(), log_key.data()) == 0;
    return valid ? refusal::none : refusal::bad_signature;
  }
  return refusal::bad_signature;
}

expected<checkpoint> verify_note(std::string_view note, std::string_view origin, const public_key& log_key) {
  auto decoded = decode_note(note);
  if (!decoded)
    return refusal::log_other_origin;
  if (auto why = check_note(*decoded, origin, log_key); why != refusal::none)
    return why;
  return std::move(decoded->head);
}

expected<std::string> note_body(const checkpoint& head) {
  if (!is_origin(head.origin))
    return refusal::bad_text;
  if (head.size > tree_size_max)
    return refusal::unknown_value;
  return head.origin + "\n" + std::to_string(head.size) + "\n" + base64(head.root) + "\n";
}

expected<std::string> make_note(const checkpoint& head, const public_key& log_key,
                                const std::function<signature64(bytes_view)>& sign) {
  auto body = note_body(head);
  if (!body)
    return body.why();
  auto signature = sign(view(*body));
  auto key_id = key_id_of(head.origin, log_key);
  bytes blob{key_id.begin(), key_id.end()};
  blob.insert(blob.end(), signature.begin(), signature.end());
  return *body + "\n" + std::string{dash} + head.origin + " " + base64(blob) + "\n";
}

expected<log_pin> advance_pin(const log_pin& pin, const checkpoint& next, std::span<const hash32> proof) {
  if (next.origin != pin.head.origin)
    return refusal::log_other_origin;
  if (next.size < pin.head.size)
    return refusal::log_rolled_back;
  if (pin.head.size == 0) { // every tree begins with the empty one, but an empty one has only one root
    bool same = next.size != 0 || next.root == pin.head.root;
    if (pin.head.root != empty_root() || !proof.empty() || !same)
      return refusal::log_forked;
  } else if (auto why = check_consistency(pin.head.size, pin.head.root, next.size, next.root, proof);
             why != refusal::none) {
    return why;
  }
  return log_pin{pin.incarnation, next, pin.shared};
}

} // namespace wardline::e2ee
