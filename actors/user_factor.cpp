// The second factor of one person: checked at log-in and again, recovery codes, another authenticator; and
// the lock share that her device has confirmed.
#include "life_rows.hpp"
#include "stored.hpp"
#include "timeouts.hpp"
#include "user.hpp"
#include "wire/base32.hpp"
#include "wire/hash.hpp"

namespace wardline {

namespace {

namespace said = wire::device;

constexpr std::size_t recovery_code_bytes = 16;
constexpr std::size_t recovery_group = 4;
constexpr std::uint8_t another_authenticator = 1, new_codes = 2; // detail of factor_changed

/// Compares all of both, whatever differs first.
bool same(const hash32& a, const hash32& b) {
  unsigned differ = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    differ |= static_cast<unsigned>(a[i] ^ b[i]);
  return differ == 0;
}

bool six_digits(std::string_view text) {
  return text.size() == wire::totp_digits &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Which of the hashes the code has; ten are compared, however many are left. `size()` = none.
std::size_t recovery_place(const rows::second_factor& row, std::string_view given) {
  auto code = from_base32(given);
  bool whole = code && code->value.size() == recovery_code_bytes;
  auto hash = sha256({row.salt, whole ? bytes_view{code->value} : bytes_view{row.salt}});
  auto at = row.recovery.size();
  for (std::size_t i = 0; i < wire::recovery_codes_made; ++i) {
    bool fits = same(i < row.recovery.size() ? row.recovery[i] : hash32{}, hash);
    if (fits && whole && i < row.recovery.size())
      at = i;
  }
  return at;
}

} // namespace

/// A code and a recovery code are both looked for, whatever was typed, and for somebody unknown as well.
user_state::checked_factor user_state::check_factor(const held_text& given, time_ms now) const {
  checked_factor out;
  auto row = read_row<rows::second_factor>(*with.rows, ports::table::user, rows::key_of_factor(user));
  if (row) {
    out.next = std::move(row->row);
    out.stored = std::move(row->stored);
  } else {
    out.next.secret.resize(wire::totp_secret_bytes);
  }
  auto step_now = rules::step_at(now);
  if (row && rules::clock_is_behind(out.next.used, step_now))
    with.journal->write(ports::severity::error, "clock_behind_second_factor", {{"user", user}});
  auto step = with.factors->matched_step(out.next.secret, given.text(), step_now);
  auto recovery = recovery_place(out.next, given.text());
  if (!row)
    return out;
  if (six_digits(given.text())) {
    out.right = step && rules::may_use(out.next.used, *step, step_now);
    if (out.right)
      out.next.used = rules::with_used(std::move(out.next.used), *step);
  } else if (recovery < out.next.recovery.size()) {
    out.right = true;
    out.next.recovery.erase(out.next.recovery.begin() + static_cast<std::ptrdiff_t>(recovery));
  }
  return out;
}

/// Used in the transaction of what it lets through, or not at all.
void user_state::put_factor(act& a, const user_id& user, const checked_factor& factor) {
  auto key = rows::key_of_factor(user);
  a.only_if.push_back(unchanged(ports::table::user, key, factor.stored));
  a.changes.push_back(put_row(ports::table::user, key, factor.next));
}

caf::result<outcome> user_state::on(const ask_user& m) {
  auto then = self->make_response_promise<outcome>();
  std::visit([&](const auto& what) { answer(m, what, then); }, m.what);
  return then;
}

void user_state::commit(act a, const ask_user& m, outcome out, promise then) {
  self->request(with.store, store_timeout, write{{std::move(a)}})
      .then(
          [out = std::move(out), then](const committed& c) mutable {
            if (auto* done = std::get_if<said::done>(&out.result))
              done->leaf = c.stamps.front().leaf;
            then.deliver(std::move(out));
          },
          [this, m, then](const caf::error& e) mutable {
            if (refusal_of(e) == refusal::precondition_failed)
              return std::visit([&](const auto& what) { answer(m, what, then); }, m.what);
            then.deliver(refused(refusal_of(e)));
          });
}

void user_state::answer(const ask_user& m, const prove_again& what, promise then) {
  if (what.second_factor.empty())
    return deliver(then, refused(refusal::second_factor_needed));
  auto& t = tries_of(*m.who);
  if (auto at = next_try_at(t); at > m.now)
    return deliver(then, refused_until(refusal::too_many_tries, at));
  auto key = to_bytes(m.who->device.view());
  auto session = read_row<rows::session>(*with.rows, ports::table::session, key);
  bool logged_in = session && session->row.user == user;
  auto factor = check_factor(what.second_factor, m.now);
  if (!factor.right || !logged_in) {
    // Without a session it is a try all the same: nobody learns for nothing whether a code is right.
    ++t.wrong;
    t.last = m.now;
    auto a = act_of(rules::audit_kind::factor_refused, *m.who, user, m.now);
    count(a, *m.who, t, m.now);
    return commit(std::move(a), m, refused(logged_in ? refusal::wrong_second_factor : refusal::not_logged_in),
                  then);
  }
  auto a = act_of(rules::audit_kind::factor_given, *m.who, user, m.now);
  session->row.proved = m.now;
  session->row.handshake = what.handshake;
  a.only_if.push_back(unchanged(ports::table::session, key, session->stored));
  a.changes.push_back(put_row(ports::table::session, key, session->row));
  put_factor(a, user, factor);
  commit(std::move(a), m, {said::done{}, m.now, {}}, then);
}

void user_state::answer(const ask_user& m, const make_codes&, promise then) {
  if (!rules::proved_lately(m.who->proved, m.now))
    return deliver(then, refused(refusal::second_factor_too_old));
  auto row = read_row<rows::second_factor>(*with.rows, ports::table::user, rows::key_of_factor(user));
  if (!row)
    return deliver(then, refused(refusal::value_not_openable));
  checked_factor made{true, std::move(row->row), std::move(row->stored)};
  with.random->fill(made.next.salt);
  made.next.recovery.clear();
  said::recovery_codes out;
  for (std::size_t i = 0; i < wire::recovery_codes_made; ++i) {
    wiped_bytes code{recovery_code_bytes};
    with.random->fill(code.value);
    made.next.recovery.push_back(sha256({made.next.salt, code.value}));
    out.codes.push_back(to_base32(code.value, recovery_group));
  }
  auto a = act_of(rules::audit_kind::factor_changed, *m.who, user, m.now);
  a.entry.detail = {new_codes};
  put_factor(a, user, made);
  commit(std::move(a), m, {std::move(out)}, then);
}

void user_state::answer(const ask_user& m, const set_factor& what, promise then) {
  if (!rules::proved_lately(m.who->proved, m.now))
    return deliver(then, refused(refusal::second_factor_too_old));
  auto row = read_row<rows::second_factor>(*with.rows, ports::table::user, rows::key_of_factor(user));
  if (!row)
    return deliver(then, refused(refusal::value_not_openable));
  if (what.secret->value.size() != wire::totp_secret_bytes)
    return deliver(then, refused(refusal::malformed_request));
  auto step = with.factors->matched_step(what.secret->value, what.code.text(), rules::step_at(m.now));
  if (!step)
    return deliver(then, refused(refusal::wrong_second_factor));
  checked_factor made{true, std::move(row->row), std::move(row->stored)};
  wipe(made.next.secret);
  made.next.secret = what.secret->value;
  made.next.used = rules::with_used({}, *step); // of a new secret no other code was ever used
  auto a = act_of(rules::audit_kind::factor_changed, *m.who, user, m.now);
  a.entry.detail = {another_authenticator};
  put_factor(a, user, made);
  commit(std::move(a), m, {said::done{}}, then);
}

/// The new half is in force. The old one is gone with the same commit, unless a backup holds it: then a
/// restore would bring it back, and it stays until a backup holds the new one (e2ee 5.13). Confirmed again it
/// is the same answer.
void user_state::answer(const ask_user& m, const share_stored& what, promise then) {
  auto key = rows::key_of_share(m.who->device);
  auto row = read_row<rows::lock_share>(*with.rows, ports::table::device, key);
  auto said_done = [](std::uint64_t leaf, bool earlier_kept) {
    outcome out{said::done{leaf}};
    out.earlier_kept = earlier_kept;
    return out;
  };
  if (row && row->row.number == what.number)
    return deliver(then, said_done(row->at.leaf, !row->row.earlier.empty()));
  if (!row || row->row.next.empty() || row->row.number + 1 != what.number)
    return deliver(then, refused(refusal::not_found));
  auto a = act_of(rules::audit_kind::share_replaced, *m.who, user, m.now);
  a.entry.hash = what.act;
  a.only_if.push_back(unchanged(ports::table::device, key, row->stored));
  rows::lock_share next{what.number, std::move(row->row.next), {}, {}};
  if (has_backups(*with.rows))
    next.earlier = row->row.share;
  a.changes.push_back(put_row(ports::table::device, key, next));
  wipe(row->row.share);
  wipe(next.share);
  wipe(next.earlier);
  commit(std::move(a), m, said_done(0, !next.earlier.empty()), then);
}

} // namespace wardline
