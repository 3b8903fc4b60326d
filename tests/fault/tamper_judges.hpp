#pragma once
// Who sees that a stopped clinic's state was tampered with; each judge is the product's own code.
#include "credentials.hpp"
#include "tampered_box.hpp"
#include "temp_folder.hpp"
#include "test_ports.hpp"

namespace wardline::fault {

enum class judge : std::uint8_t {
  harmless,   ///< every row and file reads as before
  sealing,    ///< a value, a key or a file does not open where it stands
  start,      ///< the daemon does not start on it, or journals what is wrong while it starts
  reading,    ///< whoever asks for the message or its file is refused
  verifier,   ///< wardline-verify, on an export or on proofs of single entries
  checkpoint, ///< a checkpoint from before, held elsewhere
  crash,      ///< LMDB does not survive its file: the process that reads it ends
  nobody,
};
constexpr std::size_t judges = 8;

/// What the judges know beside the state.
struct box_secrets {
  daemon::credentials keys;
  clinic_id clinic;
  std::string identity; ///< hex
};

class tamper_court {
public:
  /// `all`: its last state is the one that is tampered with.
  tamper_court(const box_history& all, const box_secrets& with);

  /// `with_sum`: whether the start compares the sum of the rows, as it does.
  judge look(const box_state& s, bool with_sum = true);
  /// As look(), for another file of the store beside the present rest; LMDB reads it in a process of its own.
  judge look_at_store_file(const bytes& data_file);
  /// Tables in which the tampered state differs from the present one, by name; of table meta the first row.
  [[nodiscard]] std::string tables_touched(const box_state& s) const;

private:
  struct opened;
  [[nodiscard]] bool sealing_refuses(const opened& o) const;
  [[nodiscard]] bool start_refuses(const opened& o, bool with_sum = true) const;
  [[nodiscard]] judge reading_refuses(const opened& o); ///< harmless: nobody is refused
  [[nodiscard]] judge judged_here(const bytes& data_file);
  [[nodiscard]] bool verifier_refuses(const opened& o);
  [[nodiscard]] bool did_not_grow(const opened& o, const std::string& old_note);
  [[nodiscard]] bool an_entry_is_refused(const opened& o);
  [[nodiscard]] std::vector<std::pair<ports::table, bytes>> rows_changed(const box_state& s) const;
  [[nodiscard]] std::string note_of(const box_state& s);

  const box_history& all_;
  const box_secrets& secrets_;
  temp_folder scratch_;
  bytes keyring_there_;                      ///< what lies in scratch_
  std::map<std::string, bytes> blobs_there_; ///< likewise
  std::string old_note_, new_note_;
};

void write_file(const std::filesystem::path& file, bytes_view content);

} // namespace wardline::fault
