#pragma once
// What `wardctl` asks a running daemon, and what it is answered. Names come as they stand in the
// administrator's file, with their place in it, so that whatever is wrong can be said where it stands.
#include "rules/duty_plan.hpp"
#include "wire/expected.hpp"

namespace wardline::admin {

/// Bytes of one request or answer.
inline constexpr std::size_t frame_bytes_max = 256 * 1'024;
inline constexpr std::size_t name_bytes_max = 96;
inline constexpr std::size_t problems_max = 256;

/// Where something stands in a file; both from 1.
struct file_place {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  bool operator==(const file_place&) const = default;
};

struct placed_name {
  std::string name;
  file_place at;
  bool operator==(const placed_name&) const = default;
};

struct set_roster {
  placed_name role;
  rules::roster roster; ///< without people: they are named below
  file_place rotation_at;
  std::vector<placed_name> people;
  struct override_words {
    file_place at;
    std::vector<placed_name> people;
    bool operator==(const override_words&) const = default;
  };
  std::vector<override_words> overrides; ///< one for each of the roster's
  bool operator==(const set_roster&) const = default;
};

struct set_chain {
  enum class target_kind : std::uint8_t { on_duty = 1, everyone, person };
  struct target {
    target_kind what = target_kind::on_duty;
    placed_name of; ///< of a role or a person; empty: the chain's own role
    bool operator==(const target&) const = default;
  };
  struct step {
    file_place at;
    std::vector<target> targets;
    rules::lane_seconds wait_s{};
    bool operator==(const step&) const = default;
  };
  placed_name role;
  std::vector<step> steps;
  rules::lane_seconds lapse_s{};
  bool operator==(const set_chain&) const = default;
};

/// The emergency brake: what a device may get stops at once. By its id, or all devices that carry a name.
struct set_gate {
  device_id device; ///< none: by name
  std::string name;
  bool opens = false;
  std::string reason; ///< with closing: 1..reason_bytes_max bytes
  bool operator==(const set_gate&) const = default;
};
inline constexpr std::size_t reason_bytes_max = 200;

/// A copy of everything below `leaves` was written and read back (daemon/ctl/backup.hpp); 0: the first one is
/// about to be begun.
struct note_backup {
  std::uint64_t leaves = 0;
  std::uint64_t turn = 0; ///< mark of the last key turn by then (daemon/backup_format.hpp)
  hash32 manifest{};      ///< SHA-256
  bool operator==(const note_backup&) const = default;
};

/// A new act is one more of these, a pair of functions in admin_words.cpp, and a handler of `admin`.
using act_body = std::variant<set_roster, set_chain, set_gate, note_backup>;

struct problem {
  refusal why = refusal::none;
  file_place at;
  std::string about; ///< the name that stands there, or empty
  bool operator==(const problem&) const = default;
};

/// Done if there is no problem. Warnings do not keep anything from being done.
struct answer {
  std::vector<problem> problems;
  std::vector<problem> warnings;
  std::uint64_t leaf = 0; ///< of what was done
  bool operator==(const answer&) const = default;
};

bytes encode(const act_body& a);
bytes encode(const answer& a);
/// Complete and bounded, or a refusal: bytes from the socket are anybody's who may write to it.
expected<act_body> decode_act(bytes_view raw);
expected<answer> decode_answer(bytes_view raw);

} // namespace wardline::admin
