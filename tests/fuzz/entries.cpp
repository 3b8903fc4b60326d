#include "entries.hpp"
#include <algorithm>
#include <cstdlib>

namespace wardline::fuzz {

const std::vector<entry>& entries() {
  static const std::vector<entry> all{
      {"link_frame", run_link_frame},
      {"device_request", run_device_request},
      {"from_daemon", run_from_daemon},
      {"server_hello", run_server_hello},
      {"content", run_content},
      {"handshake", run_handshake},
      {"channel_frames", run_channel_frames},
      {"root", run_root},
      {"server", run_server},
      {"registrar", run_registrar},
      {"invitation", run_invitation},
      {"device", run_device},
      {"grant", run_grant},
      {"revocation", run_revocation},
      {"cosign", run_cosign},
      {"wipe_order", run_wipe_order},
      {"conversation", run_conversation},
      {"slip", run_slip},
      {"act", run_act},
      {"link", run_link},
      {"pack", run_pack},
      {"keylist", run_keylist},
      {"note", run_note},
      {"body", run_body},
      {"hpke", run_hpke},
      {"objects", run_objects},
      {"admin_act", run_admin_act},
      {"admin_answer", run_admin_answer},
      {"triage_rules", run_triage_rules},
      {"triage_text", run_triage_text},
      {"log_question", run_log_question},
      {"log_report", run_log_report},
      {"foreign_checkpoint", run_foreign_checkpoint},
      {"foreign_proofs", run_foreign_proofs},
      {"foreign_key", run_foreign_key},
      {"foreign_certificates", run_foreign_certificates},
      {"foreign_bundle", run_foreign_bundle},
      {"config_file", run_config_file},
      {"plugin_file", run_plugin_file},
      {"box_question", run_box_question},
      {"status_report", run_status_report},
      {"settings_report", run_settings_report},
      {"backup_question", run_backup_question},
      {"backup_report", run_backup_report},
      {"opened_life", run_opened_life},
  };
  return all;
}

const entry* find_entry(std::string_view name) {
  const auto& all = entries();
  auto found = std::find_if(all.begin(), all.end(), [&](const entry& e) { return e.name == name; });
  return found == all.end() ? nullptr : &*found;
}

void promise(bool kept) {
  if (!kept)
    std::abort();
}

} // namespace wardline::fuzz
