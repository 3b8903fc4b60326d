#include "box_words.hpp"
#include "admin_words.hpp"
#include "e2ee/bytes.hpp"
#include "wire/hash.hpp"
#include <algorithm>

namespace wardline::admin {

namespace {

using e2ee::reader;
using e2ee::writer;

constexpr std::uint8_t version = 1;
/// Acts are numbered from 1 in admin_words.cpp, questions about the log from 32 in audit_words.cpp.
enum class kind : std::uint8_t { status = 64, settings };

constexpr std::uint8_t nearly_full = 1, open_more = 2, emergency_role = 4, core_files = 8;
constexpr std::uint8_t flags_known = 15;

bytes_view cut(const std::string& text, std::size_t most) {
  return view(text).first(std::min(text.size(), most));
}

template <class Items>
std::span<const typename Items::value_type> cut(const Items& items, std::size_t most) {
  return {items.data(), std::min(items.size(), most)};
}

std::string word(reader& in) {
  return std::string{text(in.v8(box_word_bytes_max))};
}

void put_problem(writer& out, const std::string& p) {
  out.v16(cut(p, box_problem_bytes_max));
}

} // namespace

bool is_box_question(bytes_view frame) {
  return frame.size() >= 2 && frame[0] == version && frame[1] >= static_cast<std::uint8_t>(kind::status) &&
         frame[1] <= static_cast<std::uint8_t>(kind::settings);
}

bytes encode(const box_question& q) {
  writer out;
  out.u8(version).value(std::holds_alternative<status_question>(q) ? kind::status : kind::settings);
  return out.take();
}

expected<box_question> decode_box_question(bytes_view raw) {
  reader in{raw};
  if (in.u8() != version)
    return refusal::protocol_not_supported;
  auto what = in.one_of(kind::status, kind::settings);
  in.finish();
  if (!in.ok())
    return in.why();
  return what == kind::status ? box_question{status_question{}} : box_question{settings_question{}};
}

bytes encode(const status_report& r) {
  writer out;
  out.u8(version).u16(static_cast<std::uint16_t>(r.why)).v8(cut(r.version, box_word_bytes_max));
  out.u64(r.now).u64(r.since).put(r.clinic).put(r.incarnation);
  out.u64(r.map_bytes).u64(r.used_bytes).u64(r.reserve_bytes).u64(r.disk_bytes).u64(r.disk_free_bytes);
  out.u64(r.log_size).u64(r.checkpoint_size).u64(r.checkpoint_time);
  out.u32(r.people).u32(r.devices).u32(r.ending).u32(r.ended).u32(r.open_now).u32(r.open_urgent);
  out.u32(r.emergency_devices).u8(r.erasure_claim);
  out.u64(r.open_files).u64(r.files_max).u64(r.locked_bytes_max);
  out.u8(static_cast<std::uint8_t>((r.nearly_full ? nearly_full : 0) | (r.open_more ? open_more : 0) |
                                   (r.emergency_role ? emergency_role : 0) |
                                   (r.core_files ? core_files : 0)));
  out.list8(cut(r.plugins, box_plugins_max), [](writer& w, const plugin_connections& p) {
    w.v8(cut(p.plugin, box_word_bytes_max)).u32(p.links).u32(p.channels);
  });
  return out.take();
}

expected<status_report> decode_status_report(bytes_view raw) {
  reader in{raw};
  if (in.u8() != version)
    return refusal::protocol_not_supported;
  status_report out;
  if (auto why = in.u16(); why != 0)
    out.why = refusal_from_number(why);
  out.version = word(in);
  for (auto* to : {&out.now, &out.since})
    *to = in.u64();
  out.clinic = in.id<clinic_id>();
  out.incarnation = in.id<incarnation_id>();
  for (auto* to : {&out.map_bytes, &out.used_bytes, &out.reserve_bytes, &out.disk_bytes, &out.disk_free_bytes,
                   &out.log_size, &out.checkpoint_size, &out.checkpoint_time})
    *to = in.u64();
  for (auto* to : {&out.people, &out.devices, &out.ending, &out.ended, &out.open_now, &out.open_urgent,
                   &out.emergency_devices})
    *to = in.u32();
  out.erasure_claim = in.u8();
  for (auto* to : {&out.open_files, &out.files_max, &out.locked_bytes_max})
    *to = in.u64();
  auto flags = in.bits(flags_known);
  out.nearly_full = (flags & nearly_full) != 0;
  out.open_more = (flags & open_more) != 0;
  out.emergency_role = (flags & emergency_role) != 0;
  out.core_files = (flags & core_files) != 0;
  out.plugins = in.list8(box_plugins_max, [](reader& r) {
    plugin_connections p;
    p.plugin = word(r);
    p.links = r.u32();
    p.channels = r.u32();
    return p;
  });
  in.finish();
  if (!in.ok())
    return in.why();
  return out;
}

bytes encode(const settings_report& r) {
  writer out;
  out.u8(version).u16(static_cast<std::uint16_t>(r.why)).v16(cut(r.file, box_value_bytes_max));
  out.list8(cut(r.settings, box_settings_max), [](writer& w, const box_setting& s) {
    w.v8(cut(s.key, box_word_bytes_max)).v16(cut(s.value, box_value_bytes_max));
  });
  out.list8(cut(r.plugins, box_plugins_max), [](writer& w, const box_plugin& p) {
    w.v8(cut(p.name, box_word_bytes_max)).v8(cut(p.address, box_word_bytes_max));
    w.list8(cut(p.rights, box_rights_max),
            [](writer& x, const std::string& right) { x.v8(cut(right, box_word_bytes_max)); });
    w.u32(p.keys).put(p.keys_hash);
  });
  out.u8(r.reload ? 1 : 0);
  if (r.reload)
    out.u64(r.reload->at).list8(cut(r.reload->problems, box_problems_max), put_problem);
  return out.take();
}

expected<settings_report> decode_settings_report(bytes_view raw) {
  if (raw.size() > frame_bytes_max)
    return refusal::message_too_large;
  reader in{raw};
  if (in.u8() != version)
    return refusal::protocol_not_supported;
  settings_report out;
  if (auto why = in.u16(); why != 0)
    out.why = refusal_from_number(why);
  out.file = text(in.v16(box_value_bytes_max));
  out.settings = in.list8(box_settings_max, [](reader& r) {
    box_setting s;
    s.key = word(r);
    s.value = text(r.v16(box_value_bytes_max));
    return s;
  });
  out.plugins = in.list8(box_plugins_max, [](reader& r) {
    box_plugin p;
    p.name = word(r);
    p.address = word(r);
    p.rights = r.list8(box_rights_max, word);
    p.keys = r.u32();
    p.keys_hash = r.b32();
    return p;
  });
  if (in.bits(1) != 0) {
    box_reload last;
    last.at = in.u64();
    last.problems =
        in.list8(box_problems_max, [](reader& r) { return std::string{text(r.v16(box_problem_bytes_max))}; });
    out.reload = std::move(last);
  }
  in.finish();
  if (!in.ok())
    return in.why();
  return out;
}

hash32 hash_of_keys(std::vector<public_key> keys) {
  std::sort(keys.begin(), keys.end());
  bytes all;
  for (const auto& key : keys)
    all.insert(all.end(), key.begin(), key.end());
  return sha256(all);
}

} // namespace wardline::admin
