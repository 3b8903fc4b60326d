#pragma once
// Objects: the frame of every signed value (e2ee 1), its decoding rules 1-3, its hash.
//
//   u8 kind | u8 version (1) | b16 clinic | fields | u8 s | s x b64 signature
//
// A kind is a struct F of fields with
//   static constexpr kind of;                   its number
//   static constexpr std::uint8_t signatures_min, signatures_max;
//   void write(writer&) const;                  the fields, in the order of e2ee 5
//   static F read(reader&);                     rule 2
//   refusal check_keys() const;                 rule 3: bad_public_key, or none
//   bool signature_count_ok(std::uint8_t s) const;   optional: where s depends on a field
// and object<F> is F plus the bytes it came in. Nothing is verified here but form: the signature and the
// signer's chain are rule 4, and no field may decide anything before them.
#include "e2ee/bytes.hpp"
#include "e2ee/labels.hpp"
#include "wire/expected.hpp"
#include "wire/hash.hpp"

namespace wardline::e2ee {

/// Numbers of e2ee 1; never reused.
enum class kind : std::uint8_t {
  root = 1,
  server = 2,
  registrar = 3,
  invitation = 4,
  device = 5,
  grant = 6,
  revocation = 7,
  link = 8,
  pack = 9,
  keylist = 10,
  conversation = 11,
  slip = 12,
  act = 13,
  wipe = 14,
  heartbeat = 15,
  records_key = 16,
  records_request = 17,
  records_answer = 18,
  cosign = 19,
};

inline constexpr std::uint8_t object_version = 1;
/// Bytes before the fields: kind, version, clinic.
inline constexpr std::size_t frame_start_size = 18;

/// Largest whole object of this kind, in bytes, signatures included; 0 for a number that is no kind.
std::size_t object_size_max(kind k);

/// Label of the object hash of this kind; empty for a number that is no kind.
std::string_view object_label(kind k);

/// H("wardline object KIND v1", signed bytes): the object's identity, without its signatures.
hash32 object_hash(kind k, bytes_view signed_bytes);

/// Which kind the bytes claim to be. Refusals of rule 1: truncated (no byte), unknown_kind, object_too_large,
/// unknown_version.
expected<kind> peek_kind(bytes_view raw);

/// A frame whose form is right, with the received bytes. A value: copies are independent.
class framed {
public:
  framed() = default;
  framed(bytes raw, std::size_t signed_size);

  /// As received: what is stored and passed on, never re-encoded.
  [[nodiscard]] const bytes& raw() const { return raw_; }
  /// All before `u8 s`: what signatures and hash cover.
  [[nodiscard]] bytes_view signed_bytes() const { return bytes_view{raw_}.first(signed_size_); }
  [[nodiscard]] const hash32& hash() const { return hash_; }
  [[nodiscard]] std::size_t signature_count() const;
  /// i < signature_count().
  [[nodiscard]] signature64 signature(std::size_t i) const;

private:
  bytes raw_;
  std::size_t signed_size_ = 0;
  hash32 hash_{};
};

/// Fields and the frame they came in.
template <class Fields>
struct object : Fields {
  object() = default;
  object(Fields decoded, framed in_frame) : Fields(std::move(decoded)), frame(std::move(in_frame)) {}

  framed frame;
  [[nodiscard]] const bytes& raw() const { return frame.raw(); }
  [[nodiscard]] const hash32& hash() const { return frame.hash(); }

  /// Rules 1-3 against the pinned clinic.
  static expected<object> decode(bytes_view raw, const clinic_id& pinned);
};

/// Rule 1 for a place where exactly kind `k` is expected (another kind: unknown_kind), and the clinic.
clinic_id read_frame_start(reader& in, bytes_view raw, kind k);

/// The end of a frame: `u8 s | s x b64`, then nothing. Returns s.
std::uint8_t read_frame_end(reader& in);

/// `u8 kind | u8 version | b16 clinic`.
void write_frame_start(writer& out, kind k, const clinic_id& clinic);

/// The signed bytes of an object: what its signers sign.
template <class Fields>
bytes encode(const clinic_id& clinic, const Fields& fields) {
  writer out;
  write_frame_start(out, Fields::of, clinic);
  fields.write(out);
  return out.take();
}

/// Signed bytes | u8 s | signatures, in the order of e2ee 5.
bytes with_signatures(bytes signed_bytes, const std::vector<signature64>& signatures);

template <class Fields>
expected<object<Fields>> object<Fields>::decode(bytes_view raw, const clinic_id& pinned) {
  reader in{raw};
  auto clinic = read_frame_start(in, raw, Fields::of);
  auto fields = Fields::read(in);
  auto signed_size = in.offset();
  auto s = read_frame_end(in);
  if (!in.ok())
    return in.why();
  if (clinic != pinned)
    return refusal::other_clinic;
  if (auto why = fields.check_keys(); why != refusal::none)
    return why;
  if (s < Fields::signatures_min || s > Fields::signatures_max)
    return refusal::wrong_signature_count;
  if constexpr (requires { fields.signature_count_ok(s); })
    if (!fields.signature_count_ok(s))
      return refusal::wrong_signature_count;
  return object{std::move(fields), framed{to_bytes(raw), signed_size}};
}

} // namespace wardline::e2ee
