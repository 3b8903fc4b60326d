#include "client/device.hpp"
#include "client/device_parts.hpp"

namespace wardline::client {

namespace {

outbox::moved ends_with_sent(done<sent_message> then) {
  return [then = std::move(then)](const outbox_row& row, const refused& no) {
    if (row.state == outbox_state::acked)
      then(sent_message{row.message, row.conversation, row.seq, row.leaf});
    else
      then(no);
  };
}

} // namespace

device::device(device_store& store, pipe& out, device_events events)
    : parts_{std::make_unique<parts>(*this, store, out, std::move(events))} {}

device::~device() = default;

std::optional<device::link_address> device::address() const {
  const auto& me = parts_->shared.me;
  if (!me)
    return std::nullopt;
  return link_address{me->endpoint, me->server_curve_key, me->client_curve_public,
                      me->client_curve_secret.copy()};
}

// ---------------------------------------------------------------- driver

void device::start(time_ms now) {
  parts_->start(now);
}

void device::stop() {
  parts_->shared.link.stop();
  parts_->greeted = false;
}

void device::on_channel_data(bytes_view payload, time_ms now) {
  parts_->shared.link.on_channel_data(payload, now);
}

void device::on_channel_closed(refusal why, time_ms now) {
  parts_->shared.link.on_channel_closed(why, now);
}

void device::tick(time_ms now) {
  parts_->shared.link.tick(now);
  parts_->shared.run_timers();
  parts_->count_quiet(now);
  parts_->turns.tick();
}

// ---------------------------------------------------------------- state

device_stage device::stage() const {
  if (!parts_->shared.me)
    return device_stage::empty;
  if (!parts_->shared.me->enrolled)
    return device_stage::enrolling;
  return parts_->shared.inner ? device_stage::open : device_stage::locked;
}

session_state device::link() const {
  return parts_->shared.link.state();
}

refusal device::last_loss() const {
  return parts_->shared.link.last_loss();
}

bool device::needs_log_in() const {
  return parts_->greeted && !parts_->shared.inner && !parts_->logging_in;
}

refusal device::turned_away() const {
  return parts_->away;
}

bool device::settled() const {
  return parts_->settled;
}

bool device::quiet() const {
  return parts_->shared.link.pending() == 0 && parts_->shared.timers.empty();
}

std::optional<logged_in_as> device::who() const {
  return parts_->shared.who;
}

device_id device::id() const {
  return parts_->shared.me ? parts_->shared.me->id : device_id{};
}

clinic_id device::clinic() const {
  return parts_->shared.me ? parts_->shared.me->clinic : clinic_id{};
}

bytes device::certificate() const {
  return parts_->shared.me && parts_->shared.me->enrolled ? parts_->shared.me->certificate : bytes{};
}

public_key device::identity_key() const {
  return parts_->shared.me ? parts_->shared.me->identity_key : public_key{};
}

user_id device::user() const {
  auto own = e2ee::device_certificate::decode(certificate(), clinic());
  return own ? own->user : user_id{};
}

time_ms device::certificate_until() const {
  auto own = e2ee::device_certificate::decode(certificate(), clinic());
  return own ? own->until : 0;
}

std::string device::display_name() const {
  auto own = e2ee::device_certificate::decode(certificate(), clinic());
  return own ? own->display_name : std::string{};
}

std::uint64_t device::pinned_size() const {
  return parts_->shared.pin ? parts_->shared.pin->head.size : 0;
}

// ---------------------------------------------------------------- acts

void device::conversation_with(std::string to, done<conversation_id> then) {
  parts_->when_settled([this, to = std::move(to), then](refusal why) {
    if (why == refusal::none)
      parts_->addressing.find(to, then);
    else
      then(why);
  });
}

void device::send(std::string to, draft what, std::function<void(message_id)> staged,
                  done<sent_message> then) {
  conversation_with(std::move(to), [this, what = std::move(what), staged = std::move(staged),
                                    then](const result<conversation_id>& where) {
    if (where)
      send_in(*where, what, staged, then);
    else
      then(where.no);
  });
}

void device::send_in(const conversation_id& where, draft what, std::function<void(message_id)> staged,
                     done<sent_message> then) {
  parts_->when_settled([this, where, what = std::move(what), staged = std::move(staged), then](refusal why) {
    auto message = why == refusal::none ? stage_in(where, what) : expected<message_id>{why};
    if (!message) {
      then(message.why());
      return;
    }
    if (staged)
      staged(*message);
    parts_->outbox.send(*message, ends_with_sent(then));
  });
}

expected<message_id> device::stage_in(const conversation_id& where, const draft& what) {
  return parts_->outbox.stage(where, what);
}

void device::send_staged() {
  parts_->outbox.send_all();
}

void device::confirm(const message_id& message, done<sent_message> then) {
  parts_->when_settled([this, message, then](refusal why) {
    if (why == refusal::none)
      parts_->outbox.confirm(message, ends_with_sent(then));
    else
      then(why);
  });
}

void device::catch_up(done<nothing> then) {
  parts_->when_settled([this, then](refusal why) {
    if (why != refusal::none) {
      then(why);
      return;
    }
    parts_->conversations.catch_up_all([then](refusal ended) {
      if (ended == refusal::none)
        then(nothing{});
      else
        then(ended);
    });
  });
}

void device::open(const conversation_id& where, std::vector<std::uint64_t> seqs,
                  wire::device::purpose purpose, done<std::vector<opened_message>> then,
                  wire::device::off_duty_reason reason) {
  parts_->when_settled([this, where, seqs = std::move(seqs), purpose, reason, then](refusal why) {
    if (why == refusal::none)
      parts_->opening.open(where, seqs, {purpose, reason}, then);
    else
      then(why);
  });
}

void device::fetch(const conversation_id& where, std::uint64_t seq,
                   const wire::content_attachment& attachment, std::function<bool(bytes_view)> write,
                   done<std::uint64_t> then) {
  parts_->when_settled([=, this, write = std::move(write), then = std::move(then)](refusal why) {
    if (why == refusal::none)
      parts_->downloads.fetch(where, seq, attachment, write, then);
    else
      then(why);
  });
}

void device::acknowledge(const message_id& message, done<acknowledged_message> then) {
  parts_->when_settled([this, message, then](refusal why) {
    if (why == refusal::none)
      parts_->acts.acknowledge(message, then);
    else
      then(why);
  });
}

void device::recall(const message_id& message, done<acknowledged_message> then) {
  parts_->when_settled([this, message, then](refusal why) {
    if (why == refusal::none)
      parts_->acts.recall(message, then);
    else
      then(why);
  });
}

void device::roles(done<std::vector<role_name>> then) {
  parts_->when_settled([this, then](refusal why) {
    if (why == refusal::none)
      parts_->invitations.roles(then);
    else
      then(why);
  });
}

void device::invite(invite_order order, done<invitation_made> then) {
  parts_->when_settled([this, order = std::move(order), then](refusal why) {
    if (why == refusal::none)
      parts_->invitations.invite(order, then);
    else
      then(why);
  });
}

void device::install_registrar(bytes object, done<nothing> then) {
  parts_->when_settled([this, object = std::move(object), then](refusal why) {
    if (why == refusal::none)
      parts_->invitations.install(object, then);
    else
      then(why);
  });
}

// ---------------------------------------------------------------- what is known

std::vector<message_row> device::sent() const {
  return parts_->messages.sent();
}

std::vector<message_row> device::inbox() const {
  return parts_->messages.inbox();
}

std::vector<message_row> device::messages(const conversation_id& where) const {
  return parts_->messages.all_in(where);
}

std::optional<message_row> device::find(const message_id& message) const {
  const auto* found = parts_->messages.find(message);
  return found == nullptr ? std::nullopt : std::optional{*found};
}

std::vector<conversation_row> device::conversations() const {
  std::vector<conversation_row> out;
  for (const auto& [id, c] : parts_->conversations.all()) {
    conversation_row row{id, {}, {}, c.seq};
    for (const auto& p : c.head.parties) {
      row.parties.push_back(p.party);
      row.names.push_back(parts_->conversations.name_of(p.party));
    }
    out.push_back(std::move(row));
  }
  return out;
}

std::vector<outbox_row> device::outbox() const {
  return parts_->outbox.rows();
}

std::string device::name_of(const user_id& user) const {
  return parts_->shared.inner ? name_of_user(parts_->shared.inner->trust, user) : std::string{};
}

party_head device::head_of(const party_id& party) const {
  const auto* held = parts_->parties.chain(party);
  if (held == nullptr || held->head() == 0)
    return {};
  return {held->head(), held->epochs.back().hash, parts_->parties.member_of(party)};
}

expected<nothing> device::remember_listing(const std::vector<message_row>& shown) {
  if (!parts_->shared.inner)
    return refusal::not_logged_in;
  e2ee::writer out;
  out.u8(1);
  std::vector<message_row> rows{
      shown.begin(), shown.begin() + static_cast<std::ptrdiff_t>(std::min(shown.size(), listing_rows_max))};
  out.list16(rows, [](e2ee::writer& w, const message_row& m) { w.put(m.conversation).u64(m.seq); });
  store_changes changes;
  parts_->shared.rows.put(changes, table::listing, rows::key_of("inbox"), out.so_far());
  if (auto why = parts_->shared.commit(std::move(changes)); why != refusal::none)
    return why;
  return nothing{};
}

std::optional<message_row> device::listed(std::uint32_t number) const {
  auto raw = parts_->shared.rows.get(table::listing, rows::key_of("inbox"));
  if (!raw || number == 0)
    return std::nullopt;
  e2ee::reader in{raw->value};
  if (in.u8() != 1)
    return std::nullopt;
  auto all = in.list16(listing_rows_max, [](e2ee::reader& r) {
    auto where = r.id<conversation_id>();
    return std::pair{where, r.u64()};
  });
  in.finish();
  if (!in.ok() || number > all.size())
    return std::nullopt;
  const auto* found = parts_->messages.find(all[number - 1].first, all[number - 1].second);
  return found == nullptr ? std::nullopt : std::optional{*found};
}

} // namespace wardline::client
