#include "box_answers.hpp"
#include "audit_rows.hpp"
#include "config_keys.hpp"
#include "e2ee/certificates.hpp"
#include "e2ee/chains.hpp"
#include "item_rows.hpp"
#include "message_rows.hpp"
#include "people_rows.hpp"
#include <algorithm>
#include <filesystem>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace wardline::daemon {

namespace {

/// Items of level 1 and 2 that nobody has answered.
void count_open(const box_sources& box, admin::status_report& out) {
  bytes after;
  for (std::size_t seen = 0;;) {
    auto page = box.rows.scan(ports::table::waiting, {}, after, ports::scan_rows_max);
    for (const auto& row : page) {
      if (seen++ == box.counted_max) {
        out.open_more = true;
        return;
      }
      auto message = row.openable ? rows::message_of_waiting(row.value) : std::nullopt;
      auto item = message ? read_item(box.rows, *message)
                          : expected<stamped_row<rows::item>>{refusal::value_not_openable};
      if (!item || item->row.state.at == rules::phase::answered ||
          is_destroyed(box.rows, item->row.conversation))
        continue;
      out.open_now += item->row.state.level == rules::lane::now ? 1 : 0;
      out.open_urgent += item->row.state.level == rules::lane::urgent ? 1 : 0;
    }
    if (page.size() < ports::scan_rows_max)
      return;
    after = page.back().key;
  }
}

void count_devices(const box_sources& box, time_ms now, admin::status_report& out) {
  auto known = box.board.now();
  out.people = static_cast<std::uint32_t>(known->people.size());
  auto clinic = read_row<rows::clinic>(box.rows, ports::table::meta, view(rows::clinic_key));
  auto emergency = clinic ? clinic->row.emergency : party_id{};
  out.emergency_role = clinic && known->party(emergency) != nullptr;
  for (const auto& [id, device] : known->devices) {
    if (device.gated)
      continue;
    ++out.devices;
    if (std::binary_search(device.parties.begin(), device.parties.end(), emergency))
      ++out.emergency_devices;
    auto object = read_object(box.rows, device.certificate);
    auto certificate = object ? e2ee::object<e2ee::device_fields>::decode(object->raw, known->id)
                              : expected<e2ee::object<e2ee::device_fields>>{refusal::not_found};
    if (!certificate)
      continue;
    auto standing = e2ee::expiry_of(certificate->until, now);
    out.ending += standing == e2ee::expiry::renewal_due ? 1 : 0;
    out.ended += standing == e2ee::expiry::expired ? 1 : 0;
  }
}

void describe_process(admin::status_report& out) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    out.files_max = limit.rlim_cur;
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) == 0)
    out.locked_bytes_max = limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
  bool no_size = ::getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0;
  out.core_files = !no_size && ::prctl(PR_GET_DUMPABLE) != 0;
  std::error_code error;
  for (auto at = std::filesystem::directory_iterator{"/proc/self/fd", error};
       !error && at != std::filesystem::directory_iterator{}; at.increment(error))
    ++out.open_files;
}

} // namespace

admin::status_report status_of(const box_sources& box, time_ms now) {
  admin::status_report out;
  out.version = box.version;
  out.now = now;
  out.since = box.since;
  auto known = box.board.now();
  out.clinic = known->id;
  out.incarnation = known->incarnation;
  auto map = box.disk.usage();
  auto disk = box.disk.space();
  out.map_bytes = map.map_bytes;
  out.used_bytes = map.used_bytes;
  out.reserve_bytes = lmdb_reserve_of(map.map_bytes);
  out.disk_bytes = disk.all_bytes;
  out.disk_free_bytes = disk.free_bytes;
  out.nearly_full = box.disk.nearly_full();
  if (auto last = box.rows.last(ports::table::leaf, {}))
    out.log_size = ports::row_number(last->key).value_or(0) + 1;
  if (auto newest = read_checkpoint(box.rows)) {
    out.checkpoint_size = newest->size;
    out.checkpoint_time = read_checkpoint_time(box.rows);
  }
  count_devices(box, now, out);
  count_open(box, out);
  out.erasure_claim = static_cast<std::uint8_t>(box.claim.level);
  describe_process(out);
  for (const auto& [plugin, links] : *box.links->now())
    out.plugins.push_back({plugin, links.links, links.channels});
  return out;
}

admin::settings_report settings_of(const box_sources& box) {
  auto now = box.settings.now();
  admin::settings_report out;
  out.file = now->file.string();
  for (const auto& key : config_keys())
    out.settings.push_back({std::string{key.name}, value_of(now->conf, key)});
  for (const auto& p : now->plugins)
    out.plugins.push_back({p.name, p.address, p.rights, static_cast<std::uint32_t>(p.keys.size()),
                           admin::hash_of_keys(p.keys)});
  if (now->reload)
    out.reload = admin::box_reload{now->reload->at, now->reload->problems};
  return out;
}

bytes answer_box(const box_sources& box, time_ms now, bytes_view frame) {
  auto question = admin::decode_box_question(frame);
  if (!question) {
    admin::status_report out; // both reports begin alike, and end here
    out.why = question.why();
    return admin::encode(out);
  }
  if (std::holds_alternative<admin::settings_question>(*question))
    return admin::encode(settings_of(box));
  return admin::encode(status_of(box, now));
}

} // namespace wardline::daemon
