// What `wardctl` and the daemon say to each other about the box.
#include "backup_words.hpp"
#include "box_words.hpp"
#include "e2ee/life.hpp"
#include "entries.hpp"

namespace wardline::fuzz {

bool run_box_question(bytes_view input) {
  auto what = admin::decode_box_question(input);
  if (!what)
    return false;
  promise(admin::is_box_question(input));
  promise(admin::encode(*what) == to_bytes(input));
  return true;
}

bool run_status_report(bytes_view input) {
  auto said = admin::decode_status_report(input);
  if (!said)
    return false;
  promise(said->plugins.size() <= admin::box_plugins_max);
  auto again = admin::decode_status_report(admin::encode(*said));
  promise(again && *again == *said);
  return true;
}

bool run_settings_report(bytes_view input) {
  auto said = admin::decode_settings_report(input);
  if (!said)
    return false;
  promise(said->settings.size() <= admin::box_settings_max && said->plugins.size() <= admin::box_plugins_max);
  auto again = admin::decode_settings_report(admin::encode(*said));
  promise(again && *again == *said);
  return true;
}

bool run_backup_question(bytes_view input) {
  auto what = admin::decode_backup_question(input);
  if (!what)
    return false;
  promise(admin::is_backup_question(input));
  promise(admin::encode(*what) == to_bytes(input));
  return true;
}

bool run_backup_report(bytes_view input) {
  auto said = admin::decode_backup_report(input);
  if (!said)
    return false;
  promise(said->piece.size() <= admin::backup_piece_bytes_max);
  auto again = admin::decode_backup_report(admin::encode(*said));
  promise(again && *again == *said);
  return true;
}

bool run_opened_life(bytes_view input) {
  auto life = e2ee::decode_opened_life(input);
  if (!life)
    return false;
  promise(e2ee::encode(*life) == to_bytes(input));
  return true;
}

} // namespace wardline::fuzz
