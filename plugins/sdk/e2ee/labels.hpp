#pragma once
// Every label that is signed, hashed or derived under, once (e2ee 1, "Labels"). A new use is a new label; a
// changed format is a new version in the label. A test greps that no other file of the house spells one.
#include <string_view>

namespace wardline::e2ee::labels {

// Signatures (e2ee 5): Ed25519 over lab(label) | signed bytes.
inline constexpr std::string_view root = "wardline root v1";
inline constexpr std::string_view server = "wardline server v1";
inline constexpr std::string_view registrar = "wardline registrar v1";
inline constexpr std::string_view invitation = "wardline invitation v1";
inline constexpr std::string_view device = "wardline device v1";
inline constexpr std::string_view device_possession = "wardline device possession v1";
inline constexpr std::string_view cosign = "wardline cosign v1";
inline constexpr std::string_view grant = "wardline grant v1";
inline constexpr std::string_view revocation = "wardline revocation v1";
inline constexpr std::string_view link = "wardline link v1";
inline constexpr std::string_view pack = "wardline pack v1";
inline constexpr std::string_view keylist = "wardline keylist v1";
inline constexpr std::string_view conversation = "wardline conversation v1";
inline constexpr std::string_view slip = "wardline slip v1";
inline constexpr std::string_view act = "wardline act v1";
inline constexpr std::string_view wipe = "wardline wipe v1";
inline constexpr std::string_view heartbeat = "wardline heartbeat v1";
inline constexpr std::string_view statement =
    "wardline statement v1"; ///< a file that a person's device signs
inline constexpr std::string_view records_key = "wardline records key v1";
inline constexpr std::string_view records_request = "wardline records request v1";
inline constexpr std::string_view records_answer = "wardline records answer v1";

// Object hashes: H("wardline object KIND v1", signed bytes).
inline constexpr std::string_view object_root = "wardline object root v1";
inline constexpr std::string_view object_server = "wardline object server v1";
inline constexpr std::string_view object_registrar = "wardline object registrar v1";
inline constexpr std::string_view object_invitation = "wardline object invitation v1";
inline constexpr std::string_view object_device = "wardline object device v1";
inline constexpr std::string_view object_grant = "wardline object grant v1";
inline constexpr std::string_view object_revocation = "wardline object revocation v1";
inline constexpr std::string_view object_link = "wardline object link v1";
inline constexpr std::string_view object_pack = "wardline object pack v1";
inline constexpr std::string_view object_keylist = "wardline object keylist v1";
inline constexpr std::string_view object_conversation = "wardline object conversation v1";
inline constexpr std::string_view object_slip = "wardline object slip v1";
inline constexpr std::string_view object_act = "wardline object act v1";
inline constexpr std::string_view object_wipe = "wardline object wipe v1";
inline constexpr std::string_view object_heartbeat = "wardline object heartbeat v1";
inline constexpr std::string_view object_records_key = "wardline object records key v1";
inline constexpr std::string_view object_records_request = "wardline object records request v1";
inline constexpr std::string_view object_records_answer = "wardline object records answer v1";
inline constexpr std::string_view object_cosign = "wardline object cosign v1";

// Hashes.
inline constexpr std::string_view slip_header =
    "wardline slip header v1";                                     ///< h, the identity of a message (5.9)
inline constexpr std::string_view members = "wardline members v1"; ///< members of a link (5.6)
inline constexpr std::string_view seals = "wardline seals v1";     ///< seals of a link (5.6)
inline constexpr std::string_view safety_code = "wardline safety code v1"; ///< read aloud (11, rule 8)

// Derivations and HPKE infos.
inline constexpr std::string_view body = "wardline body v1"; ///< HKDF: commitment and body key (5.10)
inline constexpr std::string_view attachment = "wardline attachment v1"; ///< HKDF: attachment key (5.11)
inline constexpr std::string_view seal = "wardline seal v1";             ///< HPKE: K to a party (5.9)
inline constexpr std::string_view seed = "wardline seed v1";             ///< HPKE: seed to a member (5.6)
inline constexpr std::string_view inbox = "wardline inbox v1";     ///< HKDF: inbox key pair of a seed (5.6)
inline constexpr std::string_view history = "wardline history v1"; ///< HPKE: history pack (5.7)
inline constexpr std::string_view keys = "wardline keys v1";       ///< HPKE: key list (5.7)
inline constexpr std::string_view store = "wardline store v1";     ///< device store wrap (5.13)
inline constexpr std::string_view store_row = "wardline store row v1"; ///< device store rows (5.13)

// Records seal (e2ee 8).
inline constexpr std::string_view records_generator = "wardline records generator v1";
inline constexpr std::string_view records_r = "wardline records r v1";
inline constexpr std::string_view records_w = "wardline records w v1";
inline constexpr std::string_view records_proof = "wardline records proof v1";
inline constexpr std::string_view records_box = "wardline records box v1";
inline constexpr std::string_view records_nonce = "wardline records nonce v1";
inline constexpr std::string_view records_share = "wardline records share v1";
inline constexpr std::string_view records_reply = "wardline records reply v1";
inline constexpr std::string_view records_recalled = "wardline records recalled v1";
inline constexpr std::string_view records_recalled_proof = "wardline records recalled proof v1";

// The channel's prologue starts with "wardline noise v1" (e2ee 7); it is spelled where it is used, in wire/,
// which lies below this library.

} // namespace wardline::e2ee::labels
