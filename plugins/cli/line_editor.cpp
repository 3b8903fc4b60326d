#include "line_editor.hpp"
#include "characters.hpp"
#include "line_signals.hpp"
#include <algorithm>
#include <array>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <histedit.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace wardline::cli {

namespace {

constexpr std::string_view paste_begins = "\033[200~";
constexpr std::string_view paste_ends = "\033[201~";
constexpr int lines_remembered = 100;
constexpr std::size_t columns_assumed = 80;
/// Stands around what the prompt shows without taking room.
constexpr wchar_t prompt_mark = 1;

bool input_waits() {
  pollfd one{STDIN_FILENO, POLLIN, 0};
  return ::poll(&one, 1, 0) > 0;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string{} : value;
}

bool dumb_terminal() {
  auto kind = environment("TERM");
  return kind.empty() || kind == "dumb";
}

std::size_t columns() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : columns_assumed;
}

/// Pasted, a line end is a character like others (libedit's terminal swaps its halves), and what would be a
/// command of the editor is none.
std::wstring as_pasted(std::string_view text) {
  std::wstring out;
  wchar_t half = 0; // of a line end that may have another one
  for (auto c : wide(text)) {
    bool ends = c == L'\r' || c == L'\n';
    if (ends && half != 0 && half != c) {
      half = 0;
      continue;
    }
    half = ends ? c : L'\0';
    if (ends)
      out.push_back(L'\n');
    else if (c == L'\t')
      out.push_back(L' ');
    else if (c >= 0x20 && !(c >= 0x7f && c <= 0x9f))
      out.push_back(c);
  }
  return out;
}

} // namespace

bool on_terminal() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

bool colours_wanted() {
  return ::isatty(STDOUT_FILENO) == 1 && environment("NO_COLOR").empty() && !dumb_terminal();
}

struct line_editor::inside {
  line_signals signals;
  driver drive;
  completer complete;
  EditLine* edit = nullptr;
  HistoryW* history = nullptr;
  std::wstring prompt_words;
  std::wstring prompt;
  std::string bytes; ///< read and not taken yet
  bool reading = false;
  bool erased = false; ///< the line that was ended by no key
  bool plain = dumb_terminal();

  static inside& of(EditLine* e) {
    void* mine = nullptr;
    el_wget(e, EL_CLIENTDATA, &mine);
    return *static_cast<inside*>(mine);
  }
  static wchar_t* shown_prompt(EditLine* e) { return of(e).prompt.data(); }
  static int next_character(EditLine* e, wchar_t* out) { return of(e).character(out); }
  static unsigned char completed(EditLine* e, wint_t) { return of(e).complete_words(); }

  void erase();
  void redraw() { el_wset(edit, EL_REFRESH); }
  bool more_bytes();
  bool wait_for_bytes();
  bool paste();
  void stop();
  int character(wchar_t* out);
  unsigned char complete_words();
};

/// The cursor goes to where the line began, and everything from there on is cleared.
void line_editor::inside::erase() {
  if (plain) {
    std::fputs("\n", stdout);
    return;
  }
  const auto* line = el_wline(edit);
  auto before = prompt_words + std::wstring{line->buffer, line->cursor};
  if (auto rows = place_after(before, columns()).row; rows > 0)
    std::fprintf(stdout, "\033[%zuA", rows);
  std::fputs("\r\033[J", stdout);
}

/// False: the terminal is gone.
bool line_editor::inside::more_bytes() {
  std::array<char, 4096> some{};
  auto n = ::read(STDIN_FILENO, some.data(), some.size());
  if (n > 0)
    bytes.append(some.data(), static_cast<std::size_t>(n));
  std::fill(some.begin(), some.end(), '\0');
  return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

/// False: no line is wanted any more.
bool line_editor::inside::wait_for_bytes() {
  if (!drive([&] { return input_waits() || signals.any(); }) || signals.wants_end())
    return false;
  if (signals.take_stop())
    stop();
  if (signals.take_new_size()) {
    erase(); // terminals wrap again what stood there, to the new width
    el_resize(edit);
    redraw();
  }
  return !input_waits() || more_bytes();
}

/// A shell gets its terminal as it was; afterwards the line is drawn again.
void line_editor::inside::stop() {
  erase();
  std::fflush(stdout);
  el_wset(edit, EL_PREP_TERM, 0);
  line_signals::stop();
  el_wset(edit, EL_PREP_TERM, 1);
  if (!plain)
    std::fputs("\r\033[J", stdout); // over what was echoed meanwhile
  redraw();
}

/// Takes a pasted text into the line. False: no line is wanted any more.
bool line_editor::inside::paste() {
  std::size_t end = 0;
  while ((end = bytes.find(paste_ends)) == std::string::npos)
    if (!wait_for_bytes())
      return false;
  auto text = as_pasted(std::string_view{bytes}.substr(paste_begins.size(), end - paste_begins.size()));
  bytes.erase(0, end + paste_ends.size());
  if (!text.empty())
    el_winsertstr(edit, text.c_str());
  redraw();
  return true;
}

/// What libedit asks for: 1 and a character, or 0: the end.
int line_editor::inside::character(wchar_t* out) {
  while (true) {
    if (bytes.starts_with(paste_begins)) {
      if (!paste())
        break;
      continue;
    }
    // An escape may be the key of that name, or begin what a terminal sends at once.
    bool maybe_paste = !bytes.empty() && paste_begins.starts_with(bytes);
    if (!maybe_paste || !input_waits())
      if (auto c = take_character(bytes)) {
        *out = *c;
        return 1;
      }
    if (!wait_for_bytes())
      break;
  }
  erase();
  erased = true;
  return 0;
}

unsigned char line_editor::inside::complete_words() {
  const auto* line = el_wline(edit);
  if (line->cursor != line->lastchar)
    return CC_ERROR;
  auto typed = narrow({line->buffer, line->cursor});
  auto found = complete(typed);
  if (found.empty())
    return CC_ERROR;
  auto common = found.front();
  for (const auto& one : found) {
    auto [a, b] = std::mismatch(common.begin(), common.end(), one.begin(), one.end());
    common.erase(a, common.end());
  }
  auto behind = common.size() > typed.size() ? wide(common.substr(typed.size())) : std::wstring{};
  if (behind.empty() || std::find(behind.begin(), behind.end(), L'\ufffd') != behind.end())
    return CC_ERROR;
  el_winsertstr(edit, behind.c_str());
  return CC_REFRESH;
}

line_editor::line_editor(driver drive, completer complete) : inside_{std::make_unique<inside>()} {
  auto& in = *inside_;
  in.drive = std::move(drive);
  in.complete = std::move(complete);
  std::setlocale(LC_CTYPE, "C.UTF-8"); // terminals speak UTF-8, whatever the environment forgot to say
  in.edit = el_init("ward", stdin, stdout, stderr);
  el_wset(in.edit, EL_CLIENTDATA, static_cast<void*>(inside_.get()));
  el_wset(in.edit, EL_EDITOR, L"emacs");
  el_wset(in.edit, EL_SIGNAL, 0);
  el_wset(in.edit, EL_PROMPT_ESC, &inside::shown_prompt, prompt_mark);
  el_wset(in.edit, EL_GETCFN, &inside::next_character);
  el_wset(in.edit, EL_ADDFN, L"ward-complete", L"Complete the words typed", &inside::completed);
  el_wset(in.edit, EL_BIND, L"\t", L"ward-complete", nullptr);
  HistEventW event{};
  in.history = history_winit();
  history_w(in.history, &event, H_SETSIZE, lines_remembered);
  el_wset(in.edit, EL_HIST, &history_w, in.history);
}

line_editor::~line_editor() {
  el_end(inside_->edit);
  history_wend(inside_->history);
}

std::optional<std::string> line_editor::read() {
  auto& in = *inside_;
  if (!in.plain)
    std::fputs("\033[?2004h", stdout);
  in.reading = true;
  in.erased = false;
  int count = 0;
  const auto* line = el_wgets(in.edit, &count);
  in.reading = false;
  if (line == nullptr && !in.erased)
    std::fputs("\n", stdout);
  if (!in.plain)
    std::fputs("\033[?2004l", stdout);
  std::fflush(stdout);
  if (line == nullptr || count <= 0)
    return std::nullopt;
  std::wstring_view typed{line, static_cast<std::size_t>(count)};
  if (typed.ends_with(L'\n'))
    typed.remove_suffix(1);
  return narrow(typed);
}

void line_editor::prompt(const std::string& text) {
  auto& in = *inside_;
  bool redrawn = in.reading;
  if (redrawn)
    in.erase();
  auto words = wide(harmless(text));
  // libedit counts one column for the character behind an escape sequence, and wants one there.
  bool bold = colours_wanted() && !words.empty() && ::wcwidth(words.front()) == 1;
  const std::wstring mark(1, prompt_mark);
  in.prompt = bold ? mark + L"\033[1m" + mark + words + mark + L"\033[0m" + mark + L" " : words + L" ";
  in.prompt_words = words + L" ";
  if (redrawn)
    in.redraw();
}

void line_editor::print(const std::string& line) {
  auto& in = *inside_;
  if (in.reading)
    in.erase();
  std::fprintf(stdout, "%s\n", line.c_str());
  if (in.reading)
    in.redraw();
  std::fflush(stdout);
}

void line_editor::remember(const std::string& line) {
  HistEventW event{};
  history_w(inside_->history, &event, H_ENTER, (wide(line) + L"\n").c_str());
}

} // namespace wardline::cli
