// What the box says about itself: counted from rows and snapshots, bounded on the wire.
#include "admin_words.hpp"
#include "box_answers.hpp"
#include "config_keys.hpp"
#include "e2ee/signing.hpp"
#include "item_rows.hpp"
#include "people_rows.hpp"
#include "small_clinic.hpp"
#include "storages.hpp"

using namespace wardline;
using namespace wardline::daemon;

namespace {

const auto role = id_of<party_id>(0x70);
constexpr time_ms day = 86'400'000;

struct box_fixture {
  world w;
  small_clinic c;
  store_fixture s;
  store_actor store = s.spawn(w);
  in_lmdb disk;
  settings_board settings;
  std::shared_ptr<rules::plugin_links_board> links = std::make_shared<rules::plugin_links_board>();
  std::uint64_t seq = 0;

  ~box_fixture() {
    caf::anon_send_exit(store, caf::exit_reason::user_shutdown);
    w.run();
  }
  box_fixture() = default;
  box_fixture(const box_fixture&) = delete;
  box_fixture& operator=(const box_fixture&) = delete;

  box_sources sources(std::size_t counted_max = waiting_counted_max) {
    return {s.disk,     *disk.storage, c.board, links, settings, {}, "1.2.3", small_clinic::now - 5'000,
            counted_max};
  }
  admin::status_report status(std::size_t counted_max = waiting_counted_max) {
    return status_of(sources(counted_max), small_clinic::now);
  }
  void commit(act a) {
    a.entry.kind = rules::audit_kind::posted;
    a.entry.time = 1;
    auto done = w.ask<committed>(store, wardline::write{{std::move(a)}});
    w.run();
    REQUIRE(done->answer);
  }
  message_id post(std::uint8_t number, std::uint8_t level) {
    rows::item item;
    item.conversation = c.conversation;
    item.seq = ++seq;
    item.author = c.stranger.user;
    item.parties = {role};
    item.level = level;
    item.state = rules::begin(rules::lane_of(level), false, rules::default_chain(role), small_clinic::now);
    act a;
    put_item(a, id_of<message_id>(number), item);
    commit(std::move(a));
    return id_of<message_id>(number);
  }
  void happen(const message_id& message, const rules::item_event& what) {
    auto before = read_item(s.disk, message);
    auto after = before->row;
    after.state = rules::after(before->row.state, what, small_clinic::now).next;
    act a;
    change_item(a, message, *before, after);
    commit(std::move(a));
  }
  /// A certificate that ends then.
  void certify(const test_person& who, time_ms until) {
    e2ee::device_fields x;
    x.device = who.device;
    x.serial = 1;
    x.user = who.user;
    x.parties = {who.party};
    x.display_name = "Somebody";
    x.signing_key = who.signing.public_part();
    x.noise_key = who.noise.pub;
    x.sealing_key = who.inbox.public_part;
    x.until = until;
    auto raw = e2ee::sign_object(c.id, x,
                                 {{who.signing, e2ee::labels::device}, {who.signing, e2ee::labels::device}});
    auto decoded = e2ee::object<e2ee::device_fields>::decode(raw, c.id);
    REQUIRE(decoded);
    act a;
    a.changes.push_back(put_object(decoded->hash(), raw));
    commit(std::move(a));
    c.change([&](rules::clinic& known) { known.devices.at(who.device).certificate = decoded->hash(); });
  }
};

} // namespace

TEST_CASE("urgent items that nobody has answered are counted by level") {
  box_fixture f;
  CHECK(f.status().open_now == 0);
  f.post(1, 1);
  auto taken = f.post(2, 1);
  f.post(3, 2);
  f.post(4, 3);
  f.post(5, 0);
  auto answered = f.post(6, 2);
  f.happen(taken, rules::acknowledged_now{f.c.nurse.user}); // somebody has it; it is not over
  f.happen(answered, rules::taken_back{f.c.stranger.user});
  auto said = f.status();
  CHECK(said.open_now == 2);
  CHECK(said.open_urgent == 1);
  CHECK_FALSE(said.open_more);
  auto few = f.status(2);
  CHECK(few.open_more);
  CHECK(few.open_now == 2);
  CHECK_FALSE(f.status(5).open_more); // the answered one no longer waits
}

TEST_CASE("people, devices, the emergency role and ends of certificates are counted; gated devices are not") {
  box_fixture f;
  rows::clinic row;
  row.id = f.c.id;
  row.emergency = role;
  act a;
  a.changes.push_back(put_row(ports::table::meta, to_bytes(view(rows::clinic_key)), row));
  f.commit(std::move(a));
  auto none = f.status();
  CHECK(none.people == f.c.board.now()->people.size());
  CHECK(none.devices == f.c.board.now()->devices.size());
  CHECK_FALSE(none.emergency_role);

  f.c.change([&](rules::clinic& known) {
    rules::party_record p;
    p.party = role;
    p.kind = rules::party_kind::role;
    known.parties.emplace(role, p);
    known.devices.at(f.c.nurse.device).parties = {role};
  });
  f.certify(f.c.nurse, small_clinic::now + 31 * day);
  f.certify(f.c.physician, small_clinic::now + 29 * day);
  f.certify(f.c.stranger, small_clinic::now - 1);
  auto said = f.status();
  CHECK(said.emergency_role);
  CHECK(said.emergency_devices == 1);
  CHECK(said.ending == 1);
  CHECK(said.ended == 1);
  f.c.gate(f.c.stranger);
  f.c.gate(f.c.nurse);
  auto fewer = f.status();
  CHECK(fewer.devices == said.devices - 2);
  CHECK(fewer.ended == 0);
  CHECK(fewer.emergency_devices == 0);
}

TEST_CASE("log, store, process and plugins are told as they are") {
  box_fixture f;
  f.links->swap(
      std::make_shared<const rules::all_plugin_links>(rules::all_plugin_links{{"cli", {2, 5}}, {"web", {}}}));
  f.post(1, 1);
  auto said = f.status();
  CHECK(said.why == refusal::none);
  CHECK(said.version == "1.2.3");
  CHECK(said.since == small_clinic::now - 5'000);
  CHECK(said.clinic == f.c.id);
  CHECK(said.incarnation == f.c.incarnation);
  CHECK(said.log_size == 1);
  CHECK(said.map_bytes == test_map_bytes);
  CHECK(said.reserve_bytes == test_map_bytes / lmdb_reserve_part);
  CHECK(said.used_bytes > 0);
  CHECK(said.disk_bytes >= said.disk_free_bytes);
  CHECK(said.disk_free_bytes > 0);
  CHECK(said.open_files > 2);
  CHECK(said.open_files < said.files_max);
  CHECK(said.plugins == std::vector<admin::plugin_connections>{{"cli", 2, 5}, {"web", 0, 0}});
  CHECK(said.checkpoint_size == 0);
  caf::anon_send(f.store, sign_checkpoint{small_clinic::now});
  f.w.run();
  CHECK(f.status().checkpoint_size == 1);
  CHECK(f.status().checkpoint_time == small_clinic::now);
}

TEST_CASE("a question gets its report, and what is none its refusal") {
  box_fixture f;
  settings_in_force in_force;
  in_force.file = "/etc/w.yaml";
  in_force.plugins = {{"cli", "ipc:///c", {"channels"}, {public_key{1}, public_key{2}}}};
  in_force.reload = reload_outcome{7, {"w.yaml:1:1: x"}};
  f.settings.swap(in_force);
  auto ask = [&](const admin::box_question& q) {
    return answer_box(f.sources(), small_clinic::now, admin::encode(q));
  };
  auto status = admin::decode_status_report(ask(admin::status_question{}));
  REQUIRE(status);
  CHECK(status->clinic == f.c.id);
  auto settings = admin::decode_settings_report(ask(admin::settings_question{}));
  REQUIRE(settings);
  CHECK(settings->file == "/etc/w.yaml");
  CHECK(settings->settings.size() == config_keys().size());
  CHECK(settings->settings[0] == admin::box_setting{"state_dir", "/var/lib/wardline"});
  REQUIRE(settings->plugins.size() == 1);
  CHECK(settings->plugins[0].keys == 2);
  CHECK(settings->plugins[0].keys_hash == admin::hash_of_keys({public_key{2}, public_key{1}}));
  CHECK(settings->reload == admin::box_reload{7, {"w.yaml:1:1: x"}});

  auto wrong = admin::encode(admin::box_question{admin::settings_question{}});
  wrong.push_back(0);
  CHECK(admin::is_box_question(wrong));
  auto refused = admin::decode_status_report(answer_box(f.sources(), 1, wrong));
  REQUIRE(refused);
  CHECK(refused->why == refusal::trailing_bytes);
  CHECK_FALSE(admin::is_box_question(bytes{1, 1}));
  CHECK_FALSE(admin::is_box_question(bytes{1}));
}

TEST_CASE("reports are cut to what a frame may carry, and longer ones are refused") {
  admin::settings_report large;
  large.file = std::string(admin::box_value_bytes_max + 1, 'f');
  large.settings.assign(admin::box_settings_max + 1,
                        {std::string(300, 'k'), std::string(admin::box_value_bytes_max + 1, 'v')});
  admin::box_plugin plugin{std::string(300, 'n'), std::string(300, 'a'), {}, 1, {}};
  plugin.rights.assign(admin::box_rights_max + 1, std::string(300, 'r'));
  large.plugins.assign(admin::box_plugins_max + 1, plugin);
  large.reload = admin::box_reload{};
  large.reload->problems.assign(admin::box_problems_max + 1,
                                std::string(admin::box_problem_bytes_max + 1, 'p'));
  auto raw = admin::encode(large);
  CHECK(raw.size() <= admin::frame_bytes_max);
  auto read = admin::decode_settings_report(raw);
  REQUIRE(read);
  CHECK(read->settings.size() == admin::box_settings_max);
  CHECK(read->settings[0].value.size() == admin::box_value_bytes_max);
  CHECK(read->plugins.size() == admin::box_plugins_max);
  CHECK(read->plugins[0].rights.size() == admin::box_rights_max);
  CHECK(read->reload->problems.size() == admin::box_problems_max);
  CHECK(read->reload->problems[0].size() == admin::box_problem_bytes_max);
  CHECK(admin::decode_settings_report(bytes(admin::frame_bytes_max + 1)).why() == refusal::message_too_large);
  CHECK(admin::decode_settings_report(bytes{2}).why() == refusal::protocol_not_supported);

  admin::status_report status;
  status.plugins.assign(admin::box_plugins_max + 1, {"p", 1, 1});
  auto back = admin::decode_status_report(admin::encode(status));
  REQUIRE(back);
  CHECK(back->plugins.size() == admin::box_plugins_max);
}
