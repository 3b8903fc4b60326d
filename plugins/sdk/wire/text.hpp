#pragma once
// What counts as text from outside. Standard library only.
#include "wire/ids.hpp"

namespace wardline {

/// Text that people see as a name or a label (e2ee 1): valid UTF-8 (no overlong forms, no surrogates, at most
/// U+10FFFF) without control characters (U+0000-001F, U+007F-009F) and characters that change the direction
/// of text (Unicode's Bidi_Control: U+061C, U+200E-200F, U+202A-202E, U+2066-2069).
bool text_ok(bytes_view text);

/// Text of several lines, as people write it: valid UTF-8; line feed is the only control character.
bool lines_ok(bytes_view text);

} // namespace wardline
