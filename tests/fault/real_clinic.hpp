#pragma once
// A clinic on real parts: set-up's own code, wardlined as a process, devices on the client library over CURVE
// sockets. One thread drives all devices; what goes wrong is thrown.
#include "client/device.hpp"
#include "client/link.hpp"
#include "client/memory_device_store.hpp"
#include "ctl/setup.hpp"
#include "daemon_process.hpp"
#include "raw_plugin.hpp"
#include "temp_folder.hpp"
#include <stdexcept>

namespace wardline::fault {

/// Somebody's device with its connection.
class real_device final : public client::pipe, private client::link::channel_listener {
public:
  real_device(std::string name, client::memory_device_store store = {});
  ~real_device() override;

  void connect(const client::invitation_file& file);
  /// By its own enrolment.
  void connect();
  /// Its process dies: the store stays.
  void leave();
  void turn(std::uint64_t wait_ms);

  const std::string name;
  client::memory_device_store store;
  std::unique_ptr<client::device> device;

private:
  void connect(client::link_settings settings);
  void open() override;
  void send(bytes_view payload) override;
  void close() override;
  void on_channel_data(bytes_view payload) override;
  void on_channel_closed(refusal why) override;

  std::unique_ptr<client::link> link_;
};

/// What this person types: password and, at her first device, the secret of her authenticator and its code.
client::credentials credentials_of(const std::string& name);
/// The code after the one that she enrolled with; for one log-in.
std::string six_digits_of(const std::string& name);

class real_clinic {
public:
  static constexpr const char* password = "a long enough password";

  /// Sets the clinic up, starts the daemon, and enrols manager, nurse and physician, all settled.
  explicit real_clinic(const std::string& clinic_name = "Clinic on real parts");

  [[nodiscard]] real_device& manager() { return *devices[0]; }
  [[nodiscard]] real_device& nurse() { return *devices[1]; }
  [[nodiscard]] real_device& physician() { return *devices[2]; }

  /// Drives all devices, and `also`, until it holds. False: it did not in time.
  bool run_until(const std::function<bool()>& holds, int within_ms = 60'000, real_device* also = nullptr);

  /// Does an act and waits for what it comes to; throws if it is refused or never answered.
  template <class T, class Act>
  T act(const std::string& what, Act start, real_device* also = nullptr) {
    auto came = std::make_shared<std::optional<client::result<T>>>();
    start([came](client::result<T> r) { came->emplace(std::move(r)); });
    if (!run_until([&] { return came->has_value(); }, 60'000, also))
      throw std::runtime_error{what + " was never answered"};
    if (!**came)
      throw std::runtime_error{what + " was refused: " + std::string{name_of((*came)->why())}};
    return std::move(***came);
  }

  /// Everything under this folder that is the daemon's: store, keyring, journal.
  [[nodiscard]] std::filesystem::path state_folder() const { return conf.state_dir; }

  temp_folder folder;
  daemon::config conf;
  std::vector<daemon::plugin_config> plugins;
  /// Of the plugins web (channels) and push (a listener), which no person uses here.
  curve_pair web_key = curve_pair::fresh();
  curve_pair push_key = curve_pair::fresh();
  public_key server_curve{};
  clinic_id clinic;
  public_key server_noise{};
  std::optional<daemon_process> daemon;
  std::vector<std::unique_ptr<real_device>> devices;

private:
  void write_settings();
  void enrol(const std::string& name, const client::invitation_file& file, const std::string& code);
};

} // namespace wardline::fault
