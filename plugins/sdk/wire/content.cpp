#include "wire/content.hpp"
#include "content.pb.h"
#include "wire/codec.hpp"
#include "wire/limits.hpp"
#include "wire/secret.hpp"

namespace wardline::wire {

namespace {

namespace pb = ::wardline::content::v1;

pb::Content message_of(const content& c) {
  pb::Content m;
  m.set_text(c.text);
  for (const auto& attachment : c.attachments) {
    auto& a = *m.add_attachments();
    a.set_id(codec::raw(attachment.id.view()));
    a.set_name(attachment.name);
    a.set_media_type(attachment.media_type);
    a.set_size(attachment.size);
    a.set_sha256(codec::raw(attachment.sha256));
  }
  if (c.reply_to)
    m.set_reply_to(codec::raw(c.reply_to.view()));
  return m;
}

} // namespace

expected<content> decode_content(bytes_view raw) {
  pb::Content m;
  if (raw.size() > content_bytes_max || !codec::parse(m, raw))
    return refusal::content_malformed;
  codec::fields in{refusal::content_malformed};
  content out;
  in.take_lines(out.text, m.text(), content_bytes_max);
  in.range(static_cast<std::size_t>(m.attachments_size()), 0, attachments_max);
  for (const auto& a : m.attachments()) {
    if (in.why() != refusal::none)
      break;
    auto& attachment = out.attachments.emplace_back();
    in.take(attachment.id, a.id());
    in.take_name(attachment.name, a.name(), 1, file_name_bytes_max);
    in.take_name(attachment.media_type, a.media_type(), 0, media_type_bytes_max);
    in.range(a.size(), 0, attachment_bytes_max);
    attachment.size = a.size();
    in.take(attachment.sha256, a.sha256());
  }
  in.take_or_none(out.reply_to, m.reply_to());
  codec::wipe_field(m.mutable_text());
  if (in.why() != refusal::none)
    return in.why();
  return out;
}

expected<bytes> encode(const content& c) {
  auto m = message_of(c);
  // What no reader would take is never sent: read back by the same rules.
  wiped_bytes raw{codec::serialize(m)};
  codec::wipe_field(m.mutable_text());
  if (auto readable = decode_content(raw.value); !readable)
    return readable.why();
  return std::move(raw.value);
}

} // namespace wardline::wire
