#pragma once
// What is fuzzed: one function for each decoder that reads bytes of strangers. libFuzzer drives them in the
// preset `fuzz`; fuzz_replay feeds them the corpus and mutations of it in every other preset.
#include "wire/ids.hpp"
#include <map>
#include <string>
#include <vector>

namespace wardline::fuzz {

struct entry {
  std::string_view name; ///< also the folder of its corpus, and fuzz_NAME is its libFuzzer program
  /// True when the input was accepted as good. Ends the process when a promise is broken.
  bool (*run)(bytes_view input);
};

const std::vector<entry>& entries();

/// Nothing if there is no such entry.
const entry* find_entry(std::string_view name);

/// The committed corpus, made anew: entry name -> file name -> bytes. Same bytes on every run.
using seeds = std::map<std::string, std::map<std::string, bytes>>;
seeds make_seeds();

/// The clinic that every object of the corpus belongs to.
inline constexpr clinic_id clinic_of_corpus{
    {0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1}};

/// Leaves of the clinic that run_objects plays with (sequence_clinic.hpp), by number in its scripts.
inline constexpr std::uint8_t sequence_length = 22;

/// Ends the process, for libFuzzer and the sanitizers to see.
void promise(bool kept);

// wire_entries.cpp
bool run_link_frame(bytes_view input);
bool run_device_request(bytes_view input);
bool run_from_daemon(bytes_view input);
bool run_server_hello(bytes_view input);
bool run_content(bytes_view input);
bool run_admin_act(bytes_view input);
bool run_admin_answer(bytes_view input);
// channel_entries.cpp
bool run_handshake(bytes_view input);
bool run_channel_frames(bytes_view input);
// object_entries.cpp
bool run_root(bytes_view input);
bool run_server(bytes_view input);
bool run_registrar(bytes_view input);
bool run_invitation(bytes_view input);
bool run_device(bytes_view input);
bool run_grant(bytes_view input);
bool run_revocation(bytes_view input);
bool run_cosign(bytes_view input);
bool run_wipe_order(bytes_view input);
bool run_conversation(bytes_view input);
bool run_slip(bytes_view input);
bool run_act(bytes_view input);
bool run_link(bytes_view input);
bool run_pack(bytes_view input);
bool run_keylist(bytes_view input);
bool run_note(bytes_view input);
// sealed_entries.cpp
bool run_body(bytes_view input);
bool run_hpke(bytes_view input);
// sequence_entries.cpp
bool run_objects(bytes_view input);
// clinical_entries.cpp
bool run_triage_rules(bytes_view input);
bool run_triage_text(bytes_view input);
// verify_entries.cpp
bool run_log_question(bytes_view input);
bool run_log_report(bytes_view input);
bool run_foreign_checkpoint(bytes_view input);
bool run_foreign_proofs(bytes_view input);
bool run_foreign_key(bytes_view input);
bool run_foreign_certificates(bytes_view input);
bool run_foreign_bundle(bytes_view input);
// config_entries.cpp
bool run_config_file(bytes_view input);
bool run_plugin_file(bytes_view input);
// box_entries.cpp
bool run_box_question(bytes_view input);
bool run_status_report(bytes_view input);
bool run_settings_report(bytes_view input);
bool run_backup_question(bytes_view input);
bool run_backup_report(bytes_view input);
bool run_opened_life(bytes_view input);

} // namespace wardline::fuzz
