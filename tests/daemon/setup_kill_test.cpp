// `wardctl setup` under kill -9 at every call to the system that it makes: what is left either starts, or the
// same set-up runs again and makes a whole clinic.
#include "credentials.hpp"
#include "ctl/identity_file.hpp"
#include "ctl/setup.hpp"
#include "dying_calls.hpp"
#include "founding_file.hpp"
#include "temp_folder.hpp"
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace wardline;
using namespace wardline::ctl;

namespace {

constexpr int calls_max = 200; ///< more than a set-up makes

struct box_to_set_up {
  temp_folder folder;
  daemon::config conf;
  std::vector<daemon::plugin_config> plugins{{"cli", "ipc:///run/cli.sock", {"channels"}, {}}};
  setup_answers answers;

  box_to_set_up() {
    conf.state_dir = folder.path / "state";
    conf.credentials_dir = folder.path / "keys";
    answers = {"Clinic by the Lake",
               "Dr. Ada Lovelace",
               folder.path / "identity.json",
               "correct horse battery",
               folder.path / "invitation.json",
               {}};
  }

  std::string run() {
    setup_result made;
    return run_setup(conf, plugins, answers, 1'760'000'000'000, made);
  }

  /// Everything is there and of one clinic.
  void check_whole() const {
    auto founding = daemon::read_founding(conf.state_dir / daemon::founding_file_name);
    REQUIRE(founding);
    std::string problem;
    auto keys = daemon::credentials::load(conf.credentials_dir, problem);
    REQUIRE(keys);
    for (const auto& file : {answers.identity_file, answers.invitation_file}) {
      std::ifstream in{file};
      auto read = nlohmann::json::parse(in, nullptr, false);
      REQUIRE(read.is_object());
      CHECK(read["clinic"] == hex(founding->clinic.view()));
      if (file == answers.invitation_file)
        CHECK(read["server_noise_key"] == hex(daemon::x25519_public(keys->noise_key)));
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder.path})
      CHECK(entry.path().extension() != ".unfinished");
  }
};

} // namespace

TEST_CASE("a set-up killed at any step starts, or is run again") {
  int nth = 0;
  int again = 0;
  int waiting = 0;
  for (int end = 1; end == 1 && nth < calls_max; ++nth) {
    INFO("call " << nth);
    box_to_set_up box;
    end = dying::run_and_die(nth, dying::death::torn, [&](auto arm) {
      arm();
      return box.run().empty();
    });
    REQUIRE(end >= 0);
    auto problem = box.run();
    if (problem.empty()) {
      ++again;
    } else { // the kill came behind the last rename
      CHECK(problem.find("waits for its first start") != std::string::npos);
      ++waiting;
    }
    box.check_whole();
  }
  CHECK(again > 15); // before the founding file had its name
  CHECK(waiting >= 1);
  CHECK(nth < calls_max);
}
