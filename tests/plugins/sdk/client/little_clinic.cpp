#include "scripted_daemon.hpp"

namespace wardline::test {

void ward_user::restart() {
  client::device_events events;
  events.arrived = [this](const client::message_row& m) { arrived.push_back(m); };
  events.said = [this](const client::notice& n) { said.push_back(n); };
  device.reset(); // as a crash: nothing is said to anybody
  wire.live = false;
  wire.up.clear();
  device = std::make_unique<client::device>(*disk, wire, std::move(events));
}

ward_user& little_clinic::add(const std::string& name, client::device_store* disk) {
  auto& slot = users_[name];
  slot = std::make_unique<ward_user>();
  if (disk != nullptr)
    slot->disk = disk;
  slot->restart();
  slot->device->start(now);
  return *slot;
}

void little_clinic::restart(const std::string& name) {
  auto& u = *users_.at(name);
  daemon.cut(u.wire);
  u.restart();
  u.device->start(now);
}

void little_clinic::pump(const std::string& name) {
  auto& user = *users_.at(name);
  daemon.take(
      user.wire, [&user, this](bytes_view frame) { user.device->on_channel_data(frame, now); }, now);
}

bool little_clinic::run(const std::function<bool()>& ended, std::uint64_t within) {
  auto until = now + within;
  while (!ended()) {
    if (now >= until)
      return false;
    bool moved = false;
    for (auto& [name, u] : users_) {
      auto& user = *u;
      if (user.wire.dead || user.wire.up.empty())
        continue;
      moved = true;
      pump(name);
    }
    if (moved)
      continue;
    now += 50;
    for (auto& [name, u] : users_)
      u->device->tick(now);
  }
  return true;
}

client::result<client::logged_in_as> little_clinic::found(client::device_store* disk) {
  auto file = daemon.first_invitation("admin", {"triage"});
  auto& admin = add("admin", disk);
  auto done = act<client::logged_in_as>([&](client::done<client::logged_in_as> then) {
    admin.device->enrol(file, scripted_daemon::first_code, scripted_daemon::first_log_in("admin"),
                        std::move(then));
  });
  if (!done)
    return done;
  make_registrar("admin", e2ee::scope::all);
  return done;
}

client::result<client::logged_in_as> little_clinic::enrol(const std::string& name,
                                                          const std::vector<std::string>& roles) {
  client::invite_order order;
  order.display_name = name;
  order.roles = roles;
  return enrol_as(name, order);
}

client::result<client::logged_in_as> little_clinic::enrol_as(const std::string& name,
                                                             const client::invite_order& order) {
  auto invited = act<client::invitation_made>([&](client::done<client::invitation_made> then) {
    users_.at("admin")->device->invite(order, std::move(then));
  });
  if (!invited)
    return invited.no;
  auto& user = add(name);
  auto given = scripted_daemon::first_log_in(order.display_name);
  bool new_person =
      order.purpose == e2ee::invitation_purpose::first && order.of_class != e2ee::device_class::station;
  if (!new_person) // logs in with what she has already
    given.totp_secret.clear();
  return act<client::logged_in_as>([&](client::done<client::logged_in_as> then) {
    user.device->enrol(invited->file, invited->code, std::move(given), std::move(then));
  });
}

void little_clinic::make_registrar(const std::string& name, std::uint8_t alone) {
  auto& device = *users_.at(name)->device;
  auto certificate = daemon.certify_registrar(device.certificate(), alone);
  (void)act<client::nothing>(
      [&](client::done<client::nothing> then) { device.install_registrar(certificate, std::move(then)); });
  daemon.is_registrar(device.id());
}

party_id little_clinic::role(const std::string& name) const {
  for (const auto& [id, p] : daemon.parties)
    if (p.name == name)
      return id;
  return {};
}

std::vector<device_id> little_clinic::members(const party_id& party) const {
  std::vector<device_id> out;
  const auto& p = daemon.parties.at(party);
  auto head = p.cores.empty() ? expected<e2ee::roster_link>{refusal::needs}
                              : e2ee::roster_link::decode(daemon.objects.at(p.cores.back()).raw, p.members,
                                                          p.seals, daemon.clinic);
  if (head)
    for (const auto& m : head->members)
      out.push_back(m.device);
  return out;
}

client::result<client::sent_message> little_clinic::send(const std::string& from, const std::string& to,
                                                         const std::string& text, client::urgency level) {
  client::draft what;
  what.text = text;
  what.level = level;
  return act<client::sent_message>([&](client::done<client::sent_message> then) {
    users_.at(from)->device->send(to, what, nullptr, std::move(then));
  });
}

} // namespace wardline::test
