#pragma once
// The daemon's own log lines: an event word and named fields. Never a name, a text, a password or a key:
// fields take numbers, ids (hex) and words of this source code, so that nothing of a patient can get in.
#include "wire/ids.hpp"
#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace wardline::ports {

/// As in syslog: `error` needs a person today, `critical` needs one now.
enum class severity : std::uint8_t { debug, info, notice, warning, error, critical };

/// A word that stands in the source: only string literals convert, so no text from outside gets in.
struct word {
  std::string_view value;
  template <std::size_t N>
  consteval word(const char (&literal)[N]) : value{literal, N - 1} {}
  /// For words from tables of this source, such as name_of(refusal).
  static word of_table(std::string_view from_table) { return word{from_table}; }

private:
  explicit word(std::string_view v) : value{v} {}
};

/// name=value of a journal line.
struct field {
  word name;
  std::string value;

  field(word n, std::integral auto v) : name{n}, value{std::to_string(v)} {}
  field(word n, word v) : name{n}, value{v.value} {}
  template <class Tag>
  field(word n, const id<Tag>& v) : name{n}, value{hex(v.view())} {}
  field(word n, const hash32& v) : name{n}, value{hex(v)} {}
};

/// May be called from any thread. Never throws, never blocks for long.
struct journal {
  virtual ~journal() = default;
  virtual void write(severity how, word event, std::span<const field> fields) = 0;

  void write(severity how, word event, std::initializer_list<field> fields = {}) {
    write(how, event, std::span<const field>{fields.begin(), fields.size()});
  }
};

} // namespace wardline::ports
