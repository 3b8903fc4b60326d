#pragma once
// Files that a message names: are they what its device has uploaded, and how they become the message's.
#include "e2ee/slip.hpp"
#include "message_rows.hpp"
#include "messages.hpp"

namespace wardline {

/// attachment_missing, attachment_mismatch. `uploaded`: none if the post came without any.
refusal check_files(const e2ee::slip_header& header, const std::vector<unnamed_file>* uploaded);

/// Their keys go with the body, and a row each keeps them from the sweep; two messages never name one.
void name_files(const post_slip& m, const e2ee::slip_header& header, rows::body& body, act& a);

} // namespace wardline
