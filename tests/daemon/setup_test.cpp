// `wardctl setup` on real folders: what it makes founds a clinic; what exists is left alone.
#include "admission.hpp"
#include "credentials.hpp"
#include "ctl/certify.hpp"
#include "ctl/found_clinic.hpp"
#include "ctl/identity_file.hpp"
#include "ctl/setup.hpp"
#include "founding_file.hpp"
#include "registry.hpp"
#include "temp_folder.hpp"
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

using namespace wardline;
using namespace wardline::ctl;

namespace {

constexpr time_ms today = 1'760'000'000'000;

struct setup_fixture {
  temp_folder folder;
  daemon::config conf;
  std::vector<daemon::plugin_config> plugins{{"cli", "ipc:///run/cli.sock", {"channels"}, {}}};
  setup_answers answers;
  setup_result made;

  setup_fixture() {
    conf.state_dir = folder.path / "state";
    conf.credentials_dir = folder.path / "keys";
    answers = {"Clinic by the Lake", "Dr. Ada Lovelace", folder.path / "identity.json",
               "correct horse battery", folder.path / "invitation.json"};
  }

  std::string run() { return run_setup(conf, plugins, answers, today, made); }

  /// Nothing at all was written.
  [[nodiscard]] bool untouched() const {
    return !std::filesystem::exists(conf.state_dir) && !std::filesystem::exists(conf.credentials_dir) &&
           !std::filesystem::exists(answers.identity_file) &&
           !std::filesystem::exists(answers.invitation_file);
  }
};

} // namespace

TEST_CASE("what set-up makes is what the daemon founds a clinic with") {
  setup_fixture f;
  REQUIRE(f.run() == "");
  auto founding = daemon::read_founding(f.conf.state_dir / daemon::founding_file_name);
  REQUIRE(founding);
  CHECK(founding->clinic == f.made.clinic);
  CHECK(founding->code_hash == code_hash(founding->code_salt, f.made.second_code));
  incarnation_id incarnation;
  incarnation.value.fill(9);
  CHECK(std::holds_alternative<decision>(decide_founding(*founding, incarnation, registry{}, today + 1)));

  std::string problem;
  auto box = daemon::credentials::load(f.conf.credentials_dir, problem);
  REQUIRE(box);
  std::ifstream in{f.answers.invitation_file};
  auto invitation = nlohmann::json::parse(in);
  CHECK(invitation["server_noise_key"] == hex(daemon::x25519_public(box->noise_key)));
  CHECK(invitation["server_curve_key"] == hex(daemon::x25519_public(box->link_key)));
  CHECK(invitation["endpoint"] == "ipc:///run/cli.sock");
  CHECK(invitation["client_curve_public"] == hex(*founding->link_key));

  auto identity = read_identity(f.answers.identity_file, f.answers.passphrase);
  REQUIRE(identity);
  CHECK(identity->clinic == f.made.clinic);
  CHECK(invitation["identity_key"] == hex(daemon::ed25519_public(identity->seed)));
  CHECK(read_identity(f.answers.identity_file, "wrong horse battery").why() == refusal::keyring_not_openable);

  // Nothing that set-up left on the box is the identity key's seed.
  auto seed = to_bytes(identity->seed.view());
  for (const auto& entry : std::filesystem::recursive_directory_iterator{f.folder.path}) {
    if (!entry.is_regular_file())
      continue;
    std::ifstream file{entry.path(), std::ios::binary};
    std::string content{std::istreambuf_iterator<char>{file}, {}};
    CHECK(content.find(std::string{text(seed)}) == std::string::npos);
    CHECK(content.find(hex(seed)) == std::string::npos);
  }

  SECTION("a second set-up on the same box changes nothing") {
    auto before = daemon::x25519_public(box->noise_key);
    f.answers.identity_file = f.folder.path / "second.json";
    f.answers.invitation_file = f.folder.path / "second-invitation.json";
    CHECK(f.run().find("exists already; nothing was changed") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(f.answers.identity_file));
    auto again = daemon::credentials::load(f.conf.credentials_dir, problem);
    REQUIRE(again);
    CHECK(daemon::x25519_public(again->noise_key) == before);
  }
  SECTION("a damaged identity file is refused") {
    auto file = f.answers.identity_file;
    std::ifstream text_in{file};
    std::string text{std::istreambuf_iterator<char>{text_in}, {}};
    for (const auto* damaged : {"", "{}", "[]", "{\"clinic\": 7}", "not json"}) {
      INFO(damaged);
      std::ofstream{file, std::ios::trunc} << damaged;
      CHECK(read_identity(file, f.answers.passphrase).why() == refusal::malformed_request);
    }
    auto sealed = text.find("\"sealed\": \"") + 11;
    text[sealed] = text[sealed] == '0' ? '1' : '0';
    std::ofstream{file, std::ios::trunc} << text;
    CHECK(read_identity(file, f.answers.passphrase).why() == refusal::keyring_not_openable);
  }
}

TEST_CASE("set-up refuses what it is asked wrongly, before it writes anything") {
  setup_fixture f;
  SECTION("the identity key on the state folder") {
    f.answers.identity_file = f.conf.state_dir / "identity.json";
    CHECK(f.run().find("must not lie on this box's state or credentials folder") != std::string::npos);
  }
  SECTION("the identity key on the state folder, the long way round") {
    f.answers.identity_file = f.folder.path / "state" / ".." / "state" / "deep" / "identity.json";
    CHECK(f.run().find("must not lie on this box's state or credentials folder") != std::string::npos);
  }
  SECTION("the identity key through a link into the credentials folder") {
    std::filesystem::create_directory(f.conf.credentials_dir);
    std::filesystem::create_directory_symlink(f.conf.credentials_dir, f.folder.path / "stick");
    f.answers.identity_file = f.folder.path / "stick" / "identity.json";
    CHECK(f.run().find("must not lie on this box's state or credentials folder") != std::string::npos);
    CHECK(std::filesystem::is_empty(f.conf.credentials_dir));
    std::filesystem::remove(f.conf.credentials_dir);
  }
  SECTION("a short passphrase") {
    f.answers.passphrase = "eleven char";
    CHECK(f.run().find("at least 12 characters") != std::string::npos);
  }
  SECTION("no name of the clinic") {
    f.answers.clinic_name.clear();
    CHECK(f.run().find("The clinic's name") == 0);
  }
  SECTION("a name with a line in it") {
    f.answers.first_person = "Ada\nparty";
    CHECK(f.run().find("The first person's name") == 0);
  }
  SECTION("a name that is too long") {
    f.answers.first_person = std::string(97, 'a');
    CHECK(f.run().find("The first person's name") == 0);
  }
  SECTION("an emergency role whose name is no name") {
    f.answers.emergency_role = GENERATE(std::string(97, 'e'), std::string{"two\nlines"});
    CHECK(f.run().find("The emergency role's name") == 0);
  }
  SECTION("an emergency role that is called like the first person") {
    f.answers.emergency_role = f.answers.first_person;
    CHECK(f.run().find("The emergency role and the first person") == 0);
  }
  SECTION("a first person who is called like the emergency role that nobody named") {
    f.answers.first_person = emergency_role_default;
    CHECK(f.run().find("The emergency role and the first person") == 0);
  }
  SECTION("no cli plugin") {
    f.plugins[0].name = "web";
    CHECK(f.run().find("plugins.d has no cli.yaml") == 0);
  }
  CHECK(f.untouched());
}

TEST_CASE("the emergency role has the name that the clinic gives it, or the usual one") {
  setup_fixture f;
  auto given = GENERATE(std::string{}, std::string{"Notfall"});
  f.answers.emergency_role = given;
  REQUIRE(f.run().empty());
  auto founding = daemon::read_founding(f.conf.state_dir / daemon::founding_file_name);
  REQUIRE(founding);
  CHECK(founding->emergency);
  CHECK(founding->emergency_name == (given.empty() ? emergency_role_default : given));
}

TEST_CASE("a box that has a clinic is left alone") {
  setup_fixture f;
  SECTION("a store") {
    std::filesystem::create_directories(f.conf.state_dir / "store");
  }
  SECTION("a keyring alone") {
    std::filesystem::create_directories(f.conf.state_dir);
    std::ofstream{f.conf.state_dir / "keyring"} << "x";
  }
  CHECK(f.run().find("There is a clinic in") == 0);
  CHECK_FALSE(std::filesystem::exists(f.conf.credentials_dir));
  CHECK_FALSE(std::filesystem::exists(f.answers.identity_file));
}

TEST_CASE("what set-up cannot finish it takes away again, and says what to do") {
  setup_fixture f;
  auto nothing_left = [&] {
    return !std::filesystem::exists(f.answers.identity_file) && std::filesystem::is_empty(f.conf.state_dir) &&
           std::filesystem::is_empty(f.conf.credentials_dir);
  };
  SECTION("no folder for the identity key") {
    f.answers.identity_file = f.folder.path / "stick" / "identity.json";
    CHECK(f.run().find("identity.json could not be written. Does its folder exist") != std::string::npos);
    CHECK(nothing_left());
    std::filesystem::create_directory(f.folder.path / "stick");
  }
  SECTION("no folder for the invitation, after identity and keys") {
    f.answers.invitation_file = f.folder.path / "desk" / "invitation.json";
    CHECK(f.run().find("invitation.json could not be written. Does its folder exist") != std::string::npos);
    CHECK(nothing_left());
    std::filesystem::create_directory(f.folder.path / "desk");
  }
  SECTION("no folder for the store") {
    std::ofstream{f.conf.state_dir} << "a file";
    CHECK(f.run().find("state cannot be made: ") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(f.conf.credentials_dir));
    CHECK_FALSE(std::filesystem::exists(f.answers.identity_file));
    std::filesystem::remove(f.conf.state_dir);
  }
  SECTION("no folder for the keys") {
    std::ofstream{f.folder.path / "in the way"} << "a file";
    f.answers.keys_dir = f.folder.path / "in the way" / "keys";
    CHECK(f.run().find("keys cannot be made: ") != std::string::npos);
    f.answers.keys_dir.clear();
  }
  CHECK(f.run() == ""); // mended, and run again
  CHECK(daemon::read_founding(f.conf.state_dir / daemon::founding_file_name));
}

TEST_CASE("what set-up did not make it never takes away") {
  setup_fixture f;
  auto foreign = [&](const std::filesystem::path& file) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file} << "somebody's";
    CHECK(f.run().find(file.string() + " exists already; nothing was changed. Name another") == 0);
    std::ifstream in{file};
    std::string content;
    std::getline(in, content);
    CHECK(content == "somebody's");
  };
  SECTION("an identity key") {
    foreign(f.answers.identity_file);
  }
  SECTION("an invitation") {
    foreign(f.answers.invitation_file);
  }
  SECTION("a key of the box") {
    foreign(f.conf.credentials_dir / "log-key");
  }
  SECTION("an identity key of another clinic, beside an unfinished set-up") {
    setup_fixture other;
    REQUIRE(other.run() == "");
    std::filesystem::create_directories(f.conf.state_dir);
    std::filesystem::rename(other.conf.state_dir / daemon::founding_file_name,
                            f.conf.state_dir / "founding.unfinished");
    std::ofstream{f.answers.identity_file} << R"({"clinic": "00000000000000000000000000000000"})";
    CHECK(f.run().find("identity.json exists already; nothing was changed") != std::string::npos);
    CHECK(std::filesystem::exists(f.answers.identity_file));
    std::filesystem::remove(f.answers.identity_file);
    CHECK(f.run() == "");
  }
  SECTION("a set-up that waits for its first start") {
    REQUIRE(f.run() == "");
    auto again = f.run();
    CHECK(again.find("exists already; nothing was changed") != std::string::npos);
    CHECK(again.find("start wardlined") != std::string::npos);
    CHECK(std::filesystem::exists(f.answers.identity_file));
  }
}

TEST_CASE("keys are never written where systemd would throw them away") {
  setup_fixture f;
  f.conf.credentials_dir = daemon::config{}.credentials_dir;
  CHECK(f.run().find("/run/credentials/wardlined.service is gone after a restart") == 0);
  CHECK_FALSE(std::filesystem::exists(f.conf.state_dir));
  CHECK_FALSE(std::filesystem::exists(f.answers.identity_file));
  f.answers.keys_dir = f.folder.path / "keys to seal";
  CHECK(f.run() == "");
  std::string problem;
  CHECK(daemon::credentials::load(f.answers.keys_dir, problem));
}

TEST_CASE("set up by root, the daemon's user can read what is meant for it") {
  if (::geteuid() != 0) {
    std::puts("SKIPPED: only root can give files away");
    return;
  }
  setup_fixture f;
  constexpr uid_t somebody = 4711;
  for (const auto& folder : {f.conf.state_dir, f.conf.credentials_dir}) {
    std::filesystem::create_directory(folder);
    REQUIRE(::chown(folder.c_str(), somebody, somebody) == 0);
  }
  REQUIRE(f.run() == "");
  struct stat facts {};
  REQUIRE(::stat((f.conf.state_dir / daemon::founding_file_name).c_str(), &facts) == 0);
  CHECK(facts.st_uid == somebody);
  CHECK((facts.st_mode & 0777) == 0600);
  for (const auto& key : daemon::credentials::files(f.conf.credentials_dir)) {
    REQUIRE(::stat(key.c_str(), &facts) == 0);
    CHECK(facts.st_uid == somebody);
  }
  REQUIRE(::stat(f.answers.identity_file.c_str(), &facts) == 0);
  CHECK(facts.st_uid == 0); // not the daemon's business
}

TEST_CASE("answers are read from a file, and what is missing is named") {
  temp_folder folder;
  auto file = folder.path / "answers.yaml";
  std::ofstream{file} << "clinic_name: A\nfirst_person: B\nidentity_file: /i\npassphrase: p\n";
  setup_answers out;
  auto problems = read_answers(file, out);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0] == file.string() + ": invitation_file is missing");
  std::ofstream{file, std::ios::app} << "invitation_file: /j\n";
  CHECK(read_answers(file, out).empty());
  CHECK(out.first_person == "B");
  CHECK(out.emergency_role.empty()); // the usual one
  std::ofstream{file, std::ios::app} << "emergency_role: Notfall\n";
  CHECK(read_answers(file, out).empty());
  CHECK(out.emergency_role == "Notfall");
  CHECK(read_answers(folder.path / "nowhere", out).size() == 1);
}
