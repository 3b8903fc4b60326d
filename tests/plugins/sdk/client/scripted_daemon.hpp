#pragma once
// The daemon's side of the channel for tests of the client: honest by default, and told by hooks where to
// lie, to stay silent or to cut. It knows everybody's public halves and nothing that opens a body.
#include "client/device.hpp"
#include "client/memory_device_store.hpp"
#include "e2ee/act.hpp"
#include "e2ee/conversation.hpp"
#include "e2ee/keylist.hpp"
#include "e2ee/pack.hpp"
#include "e2ee/party_keys.hpp"
#include "e2ee/slip.hpp"
#include <deque>

namespace wardline::test {

namespace d = wire::device;

inline d::refused no(refusal why) {
  d::refused out;
  out.why = why;
  return out;
}

/// A device's line to the daemon, without a network: frames wait here until pump() carries them.
struct line final : client::pipe {
  std::deque<bytes> up;
  std::uint64_t opened = 0; ///< channels so far
  bool live = false;
  bool dead = false; ///< the daemon is away: nothing is carried

  void open() override {
    ++opened;
    live = true;
    up.clear();
  }
  void send(bytes_view payload) override {
    if (live)
      up.push_back(to_bytes(payload));
  }
  void close() override { live = false; }
};

class scripted_daemon {
public:
  scripted_daemon();

  /// The very first invitation, signed by the identity key.
  client::invitation_file first_invitation(const std::string& name, const std::vector<std::string>& roles);
  static constexpr const char* first_code = "12345678";
  /// What everybody's authenticator shows here: the client neither makes nor judges codes.
  static constexpr const char* six_digits = "123456";
  /// What a person types at her first device.
  static client::credentials first_log_in(const std::string& name) {
    return {name + "'s password", bytes(wire::totp_secret_bytes, 7), six_digits};
  }
  /// What wardctl does at the identity key.
  [[nodiscard]] bytes certify_registrar(bytes_view device_certificate,
                                        std::uint8_t alone = e2ee::scope::all) const;

  /// Reads what a line sent and answers it. `deliver` takes frames for the device.
  void take(line& from, const std::function<void(bytes_view)>& deliver, time_ms now);
  /// Says it to every device that somebody is logged in on.
  void news_for_all(const d::from_daemon& m);
  /// The connection of this line is gone.
  void cut(const line& which) { channels_.erase(&which); }

  // Hooks. Called with the device that asks (none while enrolling).
  std::function<bool(const d::request&)> swallow; ///< true: not processed, no answer
  std::function<bool(const d::request&)> silent;  ///< true: processed, no answer
  std::function<void(const d::request&, d::answer_body&)> tamper;
  std::function<bool(const d::from_daemon&)> swallow_news; ///< true: not said

  // What it holds, open to tests that lie.
  struct object {
    bytes raw;
    std::uint64_t leaf = 0;
  };
  struct party {
    std::uint8_t kind = 0;
    std::string name;
    std::vector<hash32> cores;
    bytes members;
    bytes seals;
    std::map<std::pair<device_id, std::uint32_t>, e2ee::seed_seal> own_seals{}; ///< by member and link
  };
  struct person {
    party_id party;
    std::string name;
    std::string password;
    bytes totp_secret;
  };
  struct posted_message {
    bytes slip;
    bytes body;
    hash32 h{};
    std::uint64_t leaf = 0;
    time_ms time = 0;
    bytes acknowledgement;
    bytes recall{};
  };
  /// The daemon's halves of a device store's key; `next` until it is confirmed.
  struct halves {
    std::uint32_t number = 0;
    bytes share;
    bytes next;
  };
  struct file {
    std::uint64_t size = 0; ///< bytes, as its device said
    std::vector<bytes> chunks;
  };
  struct conversation {
    bytes link;
    std::vector<posted_message> messages; ///< seq - 1
  };

  std::uint64_t safe_leaves = 0; ///< as welcomes say it
  clinic_id clinic;
  e2ee::signing_key identity;
  wire::noise_key_pair noise;
  e2ee::signing_key order_key = e2ee::signing_key::random(); ///< of wipe orders
  [[nodiscard]] incarnation_id incarnation() const { return incarnation_; }
  std::map<hash32, object> objects;
  std::map<hash32, bytes> words; ///< of second registrars, by what they cosigned
  std::map<party_id, party> parties;
  std::map<user_id, person> people;
  std::map<device_id, hash32> devices; ///< newest certificate
  std::map<conversation_id, conversation> conversations;
  std::map<attachment_id, file> files; ///< named by a message, or not yet
  std::map<std::string, device_id> stations;
  std::vector<hash32> changes;                                   ///< grants and revocations, in log order
  std::map<std::pair<e2ee::subject_id, party_id>, bool> granted; ///< the newest word
  std::set<device_id> gated;
  std::map<std::pair<party_id, device_id>, std::vector<bytes>> packs;
  std::set<std::pair<party_id, device_id>> packs_wanted;
  std::map<std::pair<device_id, message_id>, std::pair<conversation_id, bytes>> reports; ///< not answered
  std::map<std::pair<conversation_id, device_id>, std::vector<bytes>> answers;           ///< to reports
  std::map<device_id, std::pair<bytes, bytes>> offers; ///< renewals with one signature, and a second word
  std::map<std::pair<conversation_id, device_id>, std::vector<bytes>> key_lists;
  std::string origin = "clinic.example/test/audit/1"; ///< of the log
  party_id emergency;
  user_id at_station;               ///< who types at a station, where the log-in does not say it
  bool factor_too_old = false;      ///< revocations are refused until it is given again
  bool quiet_about_turns = false;   ///< says nothing of what waits
  bool keeps_seals = true;          ///< false: only the head's, as if a member had been away for too long
  std::size_t list_page_max = 512;  ///< conversations and roles in one answer
  std::size_t party_page_max = 512; ///< links in one answer
  std::size_t change_page_max = 512;
  std::function<void(const party_id&)> before_link; ///< told of a link that came, before it is looked at
  std::map<device_id, halves> shares;
  std::map<device_id, user_id> sessions;
  time_ms idle = 0;                                         ///< what it tells devices
  std::map<device_id, std::array<std::uint8_t, 16>> stores; ///< instance of the first hello
  std::uint64_t releases = 0;                               ///< Opens answered
  std::uint64_t chunks_taken = 0;                           ///< stored, not only compared
  std::uint64_t sealed_checkpoint_size = 0;                 ///< 0: always the newest

  [[nodiscard]] std::string note() const;
  [[nodiscard]] std::uint64_t log_size() const { return leaves_.size(); }
  /// A device as certified.
  [[nodiscard]] e2ee::device_certificate certificate_of(const device_id& device) const;
  /// The one that its invitation made.
  [[nodiscard]] e2ee::device_certificate first_of(const device_id& device) const;
  std::uint64_t append(std::uint8_t kind, const hash32& hash, bytes_view detail = {});
  /// An entry as it stands: audit entry, version 1.
  std::uint64_t append_entry(std::uint8_t kind, bytes entry);
  [[nodiscard]] d::logged logged(const hash32& hash) const;
  /// Without an object.
  [[nodiscard]] d::logged entry_at(std::uint64_t leaf) const;
  /// Of everything in the log.
  [[nodiscard]] hash32 root() const;
  [[nodiscard]] std::uint64_t leaves() const { return leaves_.size(); }
  /// Entries about nothing that a backup did not hold.
  void forget_last(std::size_t n) {
    leaves_.resize(leaves_.size() - n);
    entries_.resize(entries_.size() - n);
  }
  /// Its store was restored, or it says so.
  void begin_life(const incarnation_id& next) { incarnation_ = next; }
  // For devices that a test makes by hand.
  d::answer_body on(const d::enrol& m);
  d::answer_body on(const d::submit& m);
  d::answer_body on(const d::invite& m);
  d::answer_body on(const d::post& m, time_ms now);
  d::answer_body take_report(const e2ee::act& a, const conversation_id& where);
  d::answer_body take_key_list(const d::submit& m);
  [[nodiscard]] d::pending pending_for(const device_id& to) const;
  void tell_pending();
  void tell_changed(const party_id& which);
  [[nodiscard]] bool entitled(const device_id& device, const party_id& to) const;
  /// Whoever is a registrar here may ask for anybody's standing and sees all that waits.
  void is_registrar(const device_id& device) { registrars_.insert(device); }

private:
  struct channel {
    std::uint64_t number = 0; ///< the line's; another one is a new channel
    std::optional<wire::channel> open;
    device_id device;
    user_id user;
    std::function<void(bytes_view)> deliver;
    std::vector<d::from_daemon> news; ///< to be said behind the answer
  };
  struct waiting_invitation {
    bytes raw;
    std::string code;
  };

  void shake(channel& c, bytes_view first, time_ms now);
  void send(channel& c, const d::from_daemon& m);
  d::answer_body answer(channel& c, const d::request_body& what, time_ms now);
  d::answer_body on(channel& c, const d::hello& m);
  d::answer_body on(const d::show_invitation& m);
  d::answer_body on(channel& c, const d::log_in& m);
  d::answer_body on(const d::find_person& m) const;
  d::answer_body on(const d::list_parties& m) const;
  d::answer_body on(const channel& c, const d::get_party& m) const;
  d::answer_body on(const d::get_objects& m) const;
  d::answer_body on(const channel& c, const d::submit& m);
  d::answer_body on(const channel& c, const d::list_pending& m) const;
  d::answer_body on(const channel& c, const d::get_packs& m) const;
  d::answer_body on(const channel& c, const d::want_pack& m);
  d::answer_body on(const channel& c, const d::get_key_lists& m) const;
  d::answer_body on(const channel& c, const d::get_standing& m) const;
  d::answer_body on(const d::get_changes& m) const;
  d::answer_body on(const channel& c, const d::list_conversations& m) const;
  d::answer_body on(const d::get_slips& m) const;
  d::answer_body on(const d::open& m);
  d::answer_body on(const d::get_upload& m) const;
  d::answer_body on(const d::put_chunk& m);
  d::answer_body on(const d::get_chunk& m);
  d::answer_body on(channel& c, const d::act& m);
  d::answer_body confirm_share(channel& c, std::uint32_t number);
  d::answer_body on(channel& c, const d::log_off& m);
  d::answer_body on(const channel& c, const d::prove& m);
  d::answer_body on(const channel& c, const d::make_recovery_codes& m);
  d::answer_body on(const channel& c, const d::set_second_factor& m);
  d::answer_body on(const d::get_checkpoint& m) const;

  [[nodiscard]] std::uint64_t checkpoint_size() const;
  [[nodiscard]] std::vector<hash32> consistency(std::uint64_t from) const;
  std::uint64_t accept(std::uint8_t kind, const hash32& hash, bytes raw, const bytes& word = {});
  void name_parties(const std::vector<d::party_name>& names);
  d::answer_body take_change(const bytes& raw, const bytes& word);
  d::answer_body take_link(const d::submit& m);
  void keep_pack(const bytes& raw);
  [[nodiscard]] std::vector<hash32> with_chain(const device_id& device) const;
  void chain_of(const hash32& invitation, std::vector<hash32>& out) const;
  void fan_out(const conversation_id& where, std::uint64_t seq);
  [[nodiscard]] bool in(const device_id& device, const conversation& c) const;
  [[nodiscard]] d::slip slip_at(const conversation_id& where, std::uint64_t seq) const;

  bytes root_;
  bytes server_;
  secret32 log_seed_;
  public_key log_key_{};
  incarnation_id incarnation_;
  std::vector<bytes> leaves_;
  std::vector<bytes> entries_;
  std::map<invitation_id, waiting_invitation> invitations_;
  std::map<const line*, channel> channels_;
  std::set<device_id> registrars_;
};

/// A person with a device, and the loop that carries frames in virtual time.
struct ward_user {
  client::memory_device_store store;
  client::device_store* disk = &store; ///< what the device works on; a test may put another one in its place
  line wire;
  std::unique_ptr<client::device> device;
  std::vector<client::message_row> arrived;
  std::vector<client::notice> said;

  /// A new device object on the same store: what a crash or the next run is.
  void restart();
};

class little_clinic {
public:
  scripted_daemon daemon;
  time_ms now = 1'700'000'000'000;

  /// Carries frames and ticks until `ended`; false after `within` milliseconds of virtual time.
  bool run(const std::function<bool()>& ended, std::uint64_t within = 60'000);
  void settle() {
    run([] { return false; }, 2'000);
  }

  /// On a disk of the test's, or one of its own in memory.
  ward_user& add(const std::string& name, client::device_store* disk = nullptr);
  /// What this device has sent is answered now.
  void pump(const std::string& name);
  ward_user& operator[](const std::string& name) { return *users_.at(name); }
  /// A new device on the store of `name`, connected.
  void restart(const std::string& name);

  template <class T>
  client::result<T> act(const std::function<void(client::done<T>)>& start, std::uint64_t within = 60'000) {
    auto ended = std::make_shared<std::optional<client::result<T>>>();
    start([ended](client::result<T> r) { ended->emplace(std::move(r)); });
    if (!run([&] { return ended->has_value(); }, within))
      return refusal::timed_out;
    return std::move(**ended);
  }

  /// admin, the first device, who is a registrar; then everybody else by invitation.
  client::result<client::logged_in_as> found(client::device_store* disk = nullptr);
  client::result<client::logged_in_as> enrol(const std::string& name, const std::vector<std::string>& roles);
  /// As `order` says, on a device called `device`.
  client::result<client::logged_in_as> enrol_as(const std::string& device, const client::invite_order& order);
  [[nodiscard]] party_id role(const std::string& name) const;
  [[nodiscard]] std::vector<device_id> members(const party_id& party) const;
  /// Makes a device a registrar's; `alone`: what needs no second one.
  void make_registrar(const std::string& name, std::uint8_t alone);
  client::result<client::sent_message> send(const std::string& from, const std::string& to,
                                            const std::string& text,
                                            client::urgency level = client::urgency::unscored);

private:
  std::map<std::string, std::unique_ptr<ward_user>> users_;
};

} // namespace wardline::test
