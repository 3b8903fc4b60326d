// The scripted daemon's people: hello, enrolment, log-in, second factor, lock shares.
#include "e2ee/act.hpp"
#include "scripted_daemon.hpp"
#include <sodium.h>

namespace wardline::test {

namespace {

constexpr std::uint8_t enrolled_kind = 3;

bytes random_half() {
  bytes out(secret32::size);
  randombytes_buf(out.data(), out.size());
  return out;
}

} // namespace

d::answer_body scripted_daemon::on(channel& c, const d::hello& m) {
  auto known = devices.find(m.device);
  if (known == devices.end())
    return no(refusal::not_found);
  if (known->second != m.certificate_hash) {
    auto out = no(refusal::stale_certificate);
    out.hash = known->second;
    return out;
  }
  if (gated.contains(m.device))
    return no(refusal::device_revoked);
  auto first = stores.try_emplace(m.device, m.store_instance).first;
  if (first->second != m.store_instance)
    return no(refusal::store_copied);
  c.device = m.device;
  c.open->greet();
  d::welcome out;
  out.idle = idle;
  out.safe_leaves = safe_leaves;
  out.checkpoint = note();
  out.consistency = consistency(m.pin_size);
  if (auto session = sessions.find(m.device); session != sessions.end()) {
    c.user = out.user = session->second;
    const auto& held = shares.at(m.device);
    out.share = {held.number, held.share};
  }
  return out;
}

d::answer_body scripted_daemon::on(const d::show_invitation& m) {
  auto found = invitations_.find(m.invitation);
  if (found == invitations_.end())
    return no(refusal::not_found);
  if (found->second.code != m.code)
    return no(refusal::wrong_code);
  auto x = e2ee::signed_invitation::decode(found->second.raw, clinic);
  std::vector<hash32> chain;
  chain_of(x->hash(), chain);
  chain.pop_back();
  d::invitation out{root_, server_, {}, found->second.raw};
  for (const auto& hash : chain) {
    if (auto word = words.find(hash); word != words.end())
      out.chain.push_back(word->second);
    out.chain.push_back(objects.at(hash).raw);
  }
  if (auto word = words.find(x->hash()); word != words.end())
    out.chain.push_back(word->second);
  return out;
}

/// An invitation and what it hangs on, in the order of the log.
void scripted_daemon::chain_of(const hash32& invitation, std::vector<hash32>& out) const {
  auto x = e2ee::signed_invitation::decode(objects.at(invitation).raw, clinic);
  std::vector<hash32> registrars;
  if (!is_zero(x->registrar))
    registrars.push_back(x->registrar);
  if (auto word = words.find(invitation); word != words.end())
    registrars.push_back(e2ee::cosignature::decode(word->second, clinic)->registrar);
  for (const auto& registrar : registrars) {
    auto r = e2ee::registrar_certificate::decode(objects.at(registrar).raw, clinic);
    auto device = first_of(r->device);
    chain_of(device.invitation, out);
    out.push_back(device.hash());
    out.push_back(registrar);
  }
  out.push_back(invitation);
}

d::answer_body scripted_daemon::on(const d::enrol& m) {
  auto x = e2ee::device_certificate::decode(m.certificate, clinic);
  if (!x)
    return no(x.why());
  for (const auto& [device, hash] : devices)
    if (device != x->device && first_of(device).invitation == x->invitation)
      return no(refusal::invitation_used_twice);
  if (devices.contains(x->device)) // the answer got lost
    return d::enrolled{objects.at(x->hash()).leaf};
  bool first = x->user && !people.contains(x->user);
  if (first && m.second_factor != six_digits)
    return no(m.second_factor.empty() ? refusal::second_factor_needed : refusal::wrong_second_factor);
  auto leaf = accept(enrolled_kind, x->hash(), m.certificate);
  devices[x->device] = x->hash();
  party_id own;
  for (const auto& p : x->parties)
    if (parties.at(p).kind != 2)
      own = p;
  if (x->user)
    people.try_emplace(x->user, person{own, x->display_name, m.password, m.totp_secret});
  else
    stations[x->display_name] = x->device;
  if (first) {
    sessions[x->device] = x->user;
    shares[x->device] = {1, random_half(), {}};
  }
  tell_pending();
  return d::enrolled{leaf};
}

d::answer_body scripted_daemon::on(channel& c, const d::log_in& m) {
  if (!c.device)
    return no(refusal::hello_missing);
  auto user = certificate_of(c.device).user;
  bool station = !user;
  if (station)
    user = m.user ? m.user : at_station;
  if (m.second_factor.empty())
    return no(refusal::second_factor_needed);
  bool right = people.contains(user) && (station || people.at(user).password == m.password);
  if (!right || m.second_factor != six_digits)
    return no(refusal::wrong_password);
  c.user = sessions[c.device] = user;
  auto& held = shares.try_emplace(c.device, halves{1, random_half(), {}}).first->second;
  if (held.next.empty())
    held.next = random_half();
  return d::logged_in{user, 0, {held.number, held.share, held.number + 1, held.next}, idle};
}

d::answer_body scripted_daemon::on(channel& c, const d::log_off& m) {
  auto device = m.device ? m.device : c.device;
  sessions.erase(device);
  if (device == c.device)
    c.user = {};
  return d::done{append(7, {})};
}

d::answer_body scripted_daemon::on(const channel&, const d::prove& m) {
  return m.second_factor == six_digits ? d::answer_body{d::done{append(20, {})}}
                                       : no(refusal::wrong_second_factor);
}

d::answer_body scripted_daemon::on(const channel&, const d::make_recovery_codes&) {
  return d::recovery_codes{std::vector<std::string>(wire::recovery_codes_made, "ABCD")};
}

d::answer_body scripted_daemon::on(const channel& c, const d::set_second_factor& m) {
  if (m.code != six_digits)
    return no(refusal::wrong_second_factor);
  people.at(c.user).totp_secret = m.secret;
  return d::done{append(22, {})};
}

d::answer_body scripted_daemon::confirm_share(channel& c, std::uint32_t number) {
  auto& held = shares.at(c.device);
  if (held.number != number) {
    if (held.next.empty() || held.number + 1 != number)
      return no(refusal::not_found);
    held = {number, held.next, {}};
  }
  c.news.emplace_back(d::share_gone{number - 1});
  return d::done{append(9, {})};
}

} // namespace wardline::test
