#pragma once
// What a daemon that was taken over may say to one device instead of the truth, and by which name the device
// has to call it. Objects it cannot sign, so it spoils, swaps and withholds them; the log key it has, so it
// signs checkpoints of trees of its own.
#include "clinic_world.hpp"
#include "e2ee/checkpoint.hpp"
#include "hostile_layer.hpp"

namespace wardline::sim {

enum class lie : std::uint8_t {
  older_checkpoint,    ///< a true one from before, correctly signed
  forked_checkpoint,   ///< of a tree with another root, correctly signed
  other_log,           ///< the log under another name, correctly signed
  split_log,           ///< a tree that goes on from what the device knows, and that nobody else is shown
  link_signature,      ///< a link whose signature is another
  link_of_other_party, ///< a true link of another party in the place of the new one
  links_withheld,      ///< a party that has no links any more
  link_members,        ///< another member list under a true link
  link_seals,          ///< other seals under a true link
  change_signature,    ///< a grant whose signature is another
  change_unproved,     ///< a grant whose proof leads elsewhere
  slip_signature,      ///< a slip whose signature is another
  body,                ///< another body under a true slip
  count
};

std::string to_string(lie l);
/// What the device has to say.
refusal name_of_lie(lie l);

/// Tells one lie to one device for as long as it lives.
class liar {
public:
  liar(clinic_world& w, wired_device& victim, lie which);
  ~liar();
  liar(const liar&) = delete;
  liar& operator=(const liar&) = delete;

  /// How often the lie was told.
  [[nodiscard]] unsigned told() const { return told_; }

private:
  bool tell(const ports::link_peer& to, wire::device::from_daemon& what);
  bool in_welcome(wire::device::welcome& m);
  bool in_party(wire::device::party& m);
  bool in_changes(wire::device::objects& m) const;
  bool in_slip(wire::device::slip& m) const;
  bool split(wire::device::welcome& m);
  [[nodiscard]] std::string signed_note(const std::string& origin, std::uint64_t size,
                                        const hash32& root) const;

  clinic_world& world_;
  wired_device& victim_;
  lie which_;
  unsigned told_ = 0;
};

/// The checkpoint that a device has pinned.
std::optional<e2ee::checkpoint> pinned(const wired_device& d);

} // namespace wardline::sim
