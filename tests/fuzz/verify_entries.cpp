// What `wardctl audit` and the stand-alone verifier read.
#include "audit_words.hpp"
#include "entries.hpp"
#include "verify/certificates.hpp"
#include "verify/exports.hpp"
#include "verify/proofs.hpp"

namespace wardline::fuzz {

bool run_log_question(bytes_view input) {
  auto what = admin::decode_log_question(input);
  if (!what)
    return false;
  promise(admin::is_log_question(input));
  promise(admin::encode(*what) == to_bytes(input));
  return true;
}

bool run_log_report(bytes_view input) {
  auto said = admin::decode_log_report(input);
  if (!said)
    return false;
  promise(said->proof.size() <= admin::log_proof_max && said->note.size() <= admin::log_note_bytes_max);
  auto again = admin::decode_log_report(admin::encode(*said));
  promise(again && *again == *said);
  return true;
}

bool run_foreign_checkpoint(bytes_view input) {
  auto read = verify::read_checkpoint(text(input));
  if (!read)
    return false;
  promise(!read->signatures.empty() && read->signatures.size() <= verify::signatures_max);
  promise(text(input).starts_with(read->body));
  return true;
}

bool run_foreign_proofs(bytes_view input) {
  static verify::hasher with;
  auto entry = verify::read_entry_proof(text(input));
  auto growth = verify::read_growth_proof(text(input));
  promise(!entry || !growth);
  if (entry) {
    promise(entry->hashes.size() <= verify::proof_hashes_max);
    (void)verify::is_included(with, {}, entry->index, entry->head.size, entry->head.root, entry->hashes);
  }
  if (growth) {
    promise(growth->hashes.size() <= verify::proof_hashes_max);
    (void)verify::is_grown(with, growth->old_size, {}, growth->head.size, growth->head.root, growth->hashes);
  }
  return entry || growth;
}

bool run_foreign_key(bytes_view input) {
  auto key = verify::read_log_key(text(input));
  return key && !key->name.empty();
}

bool run_foreign_certificates(bytes_view input) {
  auto root = verify::read_root(input);
  auto server = verify::read_server(input);
  promise(!root || !server);
  if (root)
    (void)verify::is_self_signed(*root);
  return root || server;
}

/// u8 width - 1, then a bundle.
bool run_foreign_bundle(bytes_view input) {
  if (input.empty())
    return false;
  auto width = std::size_t{input[0]} + 1;
  auto entries = verify::read_bundle(input.subspan(1), width);
  if (!entries)
    return false;
  std::size_t sum = 2 * width;
  for (const auto& e : *entries)
    sum += e.size();
  promise(entries->size() == width && sum == input.size() - 1);
  return true;
}

} // namespace wardline::fuzz
