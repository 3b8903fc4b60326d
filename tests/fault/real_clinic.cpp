#include "real_clinic.hpp"
#include "ctl/found_clinic.hpp"
#include "ctl/identity_file.hpp"
#include "invitation_json.hpp"
#include "shown_codes.hpp"
#include <chrono>
#include <fstream>

namespace wardline::fault {

namespace {

std::uint64_t steady_ms() {
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

time_ms wall_ms() {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<time_ms>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

} // namespace

client::credentials credentials_of(const std::string& name) {
  authenticator hers{name};
  return {real_clinic::password, hers.secret, hers.shows(wall_ms())};
}

std::string six_digits_of(const std::string& name) {
  auto person = name.substr(0, name.find(" ")); // a witness is somebody too
  return code_of_step(authenticator{person}.secret, rules::step_at(wall_ms()) + 1);
}

real_device::real_device(std::string n, client::memory_device_store s)
    : name{std::move(n)}, store{std::move(s)} {
  device = std::make_unique<client::device>(store, *this);
}

real_device::~real_device() {
  leave();
}

void real_device::leave() {
  device.reset();
  link_.reset();
}

void real_device::connect(client::link_settings settings) {
  link_ = std::make_unique<client::link>(std::move(settings));
  device->start(wall_ms());
}

void real_device::connect(const client::invitation_file& file) {
  connect({file.endpoint, file.server_curve_key, file.client_curve_public, file.client_curve_secret.copy()});
}

void real_device::connect() {
  if (!device)
    device = std::make_unique<client::device>(store, *this);
  auto address = device->address();
  if (!address)
    throw std::runtime_error{name + " is not enrolled"};
  connect({address->endpoint, address->server_curve_key, address->client_curve_public,
           std::move(address->client_curve_secret)});
}

void real_device::turn(std::uint64_t wait_ms) {
  if (!link_)
    return;
  link_->turn(steady_ms(), wait_ms, *this);
  device->tick(wall_ms());
}

void real_device::open() {
  link_->open();
}

void real_device::send(bytes_view payload) {
  link_->send(payload);
}

void real_device::close() {
  if (link_)
    link_->close();
}

void real_device::on_channel_data(bytes_view payload) {
  device->on_channel_data(payload, wall_ms());
}

void real_device::on_channel_closed(refusal why) {
  device->on_channel_closed(why, wall_ms());
}

bool real_clinic::run_until(const std::function<bool()>& holds, int within_ms, real_device* also) {
  auto until = steady_ms() + static_cast<std::uint64_t>(within_ms);
  while (!holds()) {
    if (steady_ms() >= until)
      return false;
    for (auto& d : devices)
      d->turn(1);
    if (also != nullptr)
      also->turn(1);
  }
  return true;
}

void real_clinic::write_settings() {
  conf.state_dir = folder.path / "state";
  conf.credentials_dir = folder.path / "keys";
  conf.plugins_dir = folder.path / "plugins.d";
  conf.admin_socket = folder.path / "admin";
  conf.metrics_socket = folder.path / "metrics";
  std::filesystem::create_directories(conf.plugins_dir);
  std::ofstream{folder.path / "wardline.yaml"}
      << "state_dir: " << conf.state_dir.string() << "\ncredentials_dir: " << conf.credentials_dir.string()
      << "\nplugins_dir: " << conf.plugins_dir.string() << "\nadmin_socket: " << conf.admin_socket.string()
      << "\nmetrics_socket: " << conf.metrics_socket.string() << "\nstore:\n  map_bytes: 1073741824\n";
  auto plugin = [&](const std::string& name, const std::string& rights, const std::string& keys) {
    std::ofstream{conf.plugins_dir / (name + ".yaml")} << "address: ipc://" << (folder.path / name).string()
                                                       << ".sock\nrights: [" << rights << "]\nkeys: [" << keys
                                                       << "]\n";
  };
  plugin("cli", "channels", "");
  plugin("web", "channels", hex(web_key.open));
  plugin("push", "wakeup.message", hex(push_key.open));
  if (auto problems = daemon::read_plugins(conf.plugins_dir, plugins); !problems.empty())
    throw std::runtime_error{problems.front()};
}

void real_clinic::enrol(const std::string& name, const client::invitation_file& file,
                        const std::string& code) {
  devices.push_back(std::make_unique<real_device>(name));
  auto& d = *devices.back();
  d.connect(file);
  act<client::logged_in_as>("enrolment of " + name, [&](auto then) {
    d.device->enrol(file, code, credentials_of(name), std::move(then));
  });
}

real_clinic::real_clinic(const std::string& clinic_name) {
  write_settings();
  ctl::setup_answers answers{clinic_name, "manager", folder.path / "stick.json", "a passphrase of the stick",
                             folder.path / "invitation.json"};
  ctl::setup_result made;
  if (auto problem = ctl::run_setup(conf, plugins, answers, wall_ms(), made); !problem.empty())
    throw std::runtime_error{problem};
  auto first = cli::read_invitation_file(file_text(answers.invitation_file));
  auto identity = ctl::read_identity(answers.identity_file, answers.passphrase);
  if (!first || !identity)
    throw std::runtime_error{"what set-up wrote cannot be read"};
  clinic = made.clinic;
  server_curve = first->server_curve_key;
  server_noise = first->server_noise_key;
  daemon.emplace(folder.path / "wardline.yaml", folder.path / "journal.log");
  daemon->start();
  enrol("manager", *first, made.second_code);
  auto object = ctl::certify_registrar(*identity, manager().device->certificate(), 1, wall_ms());
  if (!object)
    throw std::runtime_error{"certifying was refused"};
  act<client::nothing>("installing the registrar",
                       [&](auto then) { manager().device->install_registrar(*object, std::move(then)); });
  for (const auto* name : {"nurse", "physician"}) {
    auto invited = act<client::invitation_made>(std::string{"invitation of "} + name, [&](auto then) {
      client::invite_order order;
      order.display_name = name;
      order.roles = {std::string{name} + "s"};
      manager().device->invite(std::move(order), std::move(then));
    });
    enrol(name, invited.file, invited.code);
  }
  if (!run_until([&] { return nurse().device->settled() && physician().device->settled(); }))
    throw std::runtime_error{"the devices do not settle"};
}

} // namespace wardline::fault
