#pragma once
// Reading: bodies come only after the audit leaf "this device opened them" is durable (DESIGN 5), and nothing
// of a body is handed on before every check of e2ee 5.10 has passed. Texts are kept nowhere.
#include "client/messages.hpp"

namespace wardline::client {

/// Answers in a row for one call, when bodies do not fit one (each is a leaf of its own).
inline constexpr unsigned open_pages_max = 64;

/// Why somebody opens.
struct open_purpose {
  wire::device::purpose what = wire::device::purpose::treatment;
  wire::device::off_duty_reason reason = wire::device::off_duty_reason::none; ///< with off_duty
};

class opening {
public:
  using opened = done<std::vector<opened_message>>;

  opening(core& c, messages& m) : core_{c}, messages_{m} {}

  /// Messages of one conversation, 1..64, by sequence number in any order. A message that fails a check is in
  /// the result with its refusal and without content. Refusals: not_found (not kept here), open_too_many, the
  /// daemon's.
  void open(const conversation_id& where, std::vector<std::uint64_t> seqs, open_purpose why, opened then);

private:
  struct page {
    conversation_id where;
    std::vector<std::uint64_t> left; ///< ascending
    open_purpose why;
    std::vector<opened_message> out;
    unsigned pages = 0;
    opened then;
  };
  using page_ref = std::shared_ptr<page>;

  void ask(const page_ref& p);
  void take(const page_ref& p, const wire::device::opened& answer);
  [[nodiscard]] opened_message unseal(const conversation_id& where, std::uint64_t seq, bytes_view body) const;

  core& core_;
  messages& messages_;
};

} // namespace wardline::client
