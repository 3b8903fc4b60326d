// Any sequence of objects, as a hostile daemon would deliver them: genuine ones in any order, again, without
// their proof, with parts of others, and bytes of its own making, into one device's trust, chains and keys.
// Promises: nothing is accepted but what the clinic made; serials, heads and revocations never go back; what
// is held is bounded by what the clinic made.
#include "script.hpp"
#include "sequence_clinic.hpp"
#include <limits>

namespace wardline::fuzz {

using namespace e2ee;

namespace {

/// What must only grow.
struct marks {
  std::map<device_id, serial_seen> devices;
  std::map<device_id, serial_seen> registrars;
  std::map<grant_key, serial_seen> grants;
  std::map<device_id, bool> revoked;
  serial_seen server;
  std::uint32_t head = 0;
  hash32 head_hash{};
  std::uint32_t thread = 0;
  hash32 thread_hash{};
};

bool forward(const serial_seen& before, const serial_seen& now) {
  return now.serial > before.serial || (now.serial == before.serial && now.hash == before.hash);
}

class fed_device {
public:
  bool accepted_any = false;

  /// Everything a daemon hands over is named by its first byte.
  void take(bytes_view raw, bytes_view members, bytes_view seals, const evidence& with) {
    auto why = judged(raw, members, seals, with);
    if (why == refusal::none) {
      promise(world_.genuine(raw));
      accepted_any = true;
    }
    check_marks();
  }

  /// Links `first` to `last` of the role, the older ones as cores.
  void take_links(std::size_t first, std::size_t last, bool with_places) {
    auto links = links_of_role();
    older_links older;
    for (auto i = first; i < last && i < links.size(); ++i) {
      older_link one{*link_core::decode(links[i]->raw, world_.c.id)};
      if (with_places)
        one.where = links[i]->with.in_log;
      older.all.push_back(std::move(one));
    }
    const auto& newest = *links[std::min(last, links.size() - 1)];
    auto link = roster_link::decode(newest.raw, newest.members, newest.seals, world_.c.id);
    trust_standing known{trust_, *newest.with.in_log};
    auto next = keys_.judge(older, *link, known);
    if (next) {
      keys_.adopt(std::move(*next));
      accepted_any = true;
    }
    check_marks();
  }

  /// The process starts again from what it had accepted.
  void restart() {
    trust fresh{world_.c.id, world_.c.identity.public_part()};
    for (const auto& l : kept_)
      promise(admit(l.raw, fresh, l.with) == refusal::none);
    if (keys_.current(world_.role))
      fresh.learn(world_.role, party_kind::role);
    trust_ = std::move(fresh);
    check_marks();
  }

private:
  [[nodiscard]] std::vector<const leaf*> links_of_role() const {
    std::vector<const leaf*> out;
    for (const auto& l : world_.leaves)
      if (!l.members.empty())
        out.push_back(&l);
    return out;
  }

  refusal judged(bytes_view raw, bytes_view members, bytes_view seals, const evidence& with) {
    auto k = peek_kind(raw);
    if (!k)
      return k.why();
    if (*k == kind::link)
      return judged_link(raw, members, seals, with);
    if (*k == kind::conversation)
      return judged_thread(raw, with);
    if (*k == kind::pack)
      return judged_pack(raw);
    auto why = admit(raw, trust_, with);
    bool again = std::any_of(kept_.begin(), kept_.end(), [&](const leaf& l) {
      return std::equal(l.raw.begin(), l.raw.end(), raw.begin(), raw.end());
    });
    if (why == refusal::none && !again)
      kept_.push_back({to_bytes(raw), {}, {}, with});
    promise(kept_.size() <= world_.leaves.size());
    return why;
  }

  refusal judged_link(bytes_view raw, bytes_view members, bytes_view seals, const evidence& with) {
    auto link = roster_link::decode(raw, members, seals, world_.c.id);
    if (!link)
      return link.why();
    if (!with.in_log)
      return refusal::not_in_log;
    trust_standing known{trust_, *with.in_log};
    auto next = keys_.judge({}, *link, known);
    if (!next)
      return next.why();
    keys_.adopt(std::move(*next));
    trust_.learn(link->core.party, link->core.party_is);
    return refusal::none;
  }

  refusal judged_thread(bytes_view raw, const evidence& with) {
    auto link = conversation_link::decode(raw, world_.c.id);
    if (!link)
      return link.why();
    if (!with.in_log)
      return refusal::not_in_log;
    trust_standing known{trust_, *with.in_log};
    auto why = check_conversation_link(thread_, *link, known);
    if (why == refusal::none)
      thread_ = head_of(*link);
    return why;
  }

  refusal judged_pack(bytes_view raw) {
    auto pack = history_pack::decode(raw, world_.c.id);
    const auto* chain = keys_.chain(world_.role);
    if (!pack || chain == nullptr)
      return pack ? refusal::needs : pack.why();
    trust_standing known{trust_, world_.c.now()};
    auto own = known.device(world_.watcher->device);
    auto opened = open_pack(
        world_.c.id, *pack, *chain,
        {world_.watcher->device, own ? own->certificate : hash32{}, world_.watcher->sealing}, known);
    if (!opened)
      return opened.why();
    promise(opened->dropped.empty());
    for (auto& [n, seed] : opened->seeds)
      promise(keys_.learn(world_.role, n, std::move(seed)) == refusal::none);
    return refusal::none;
  }

  void check_marks() {
    promise(trust_.identity() == world_.c.identity.public_part());
    auto end = std::numeric_limits<std::uint64_t>::max();
    for (const auto& d : world_.c.devices) {
      mark(marks_.devices[d.device], trust_.device_serial(d.device));
      mark(marks_.registrars[d.device], trust_.registrar_serial(d.device));
      bool revoked = trust_.device_revoked_before(d.device, end);
      promise(revoked || !marks_.revoked[d.device]);
      marks_.revoked[d.device] = revoked;
      for (const auto& p : {world_.role, world_.c.party("another role")})
        for (const auto& key : {grant_key{subject_kind::user, subject_of(d.user), p},
                                grant_key{subject_kind::device, subject_of(d.device), p}})
          mark(marks_.grants[key], trust_.grant_serial(key));
    }
    if (const auto* server = trust_.server())
      mark(marks_.server, serial_seen{server->serial, server->hash()});
    if (auto head = keys_.current(world_.role)) {
      const auto* chain = keys_.chain(world_.role);
      promise(head->n >= marks_.head);
      if (marks_.head != 0)
        promise(chain->at(marks_.head)->hash == marks_.head_hash);
      marks_.head = head->n;
      marks_.head_hash = chain->epochs.back().hash;
    } else {
      promise(marks_.head == 0);
    }
    promise(thread_.n > marks_.thread || (thread_.n == marks_.thread && thread_.hash == marks_.thread_hash));
    marks_.thread = thread_.n;
    marks_.thread_hash = thread_.hash;
  }

  static void mark(serial_seen& before, const std::optional<serial_seen>& now) {
    promise(now ? forward(before, *now) : before.serial == 0);
    if (now)
      before = *now;
  }

  const sequence_clinic& world_ = sequence_clinic::only();
  trust trust_{world_.c.id, world_.c.identity.public_part()};
  roster_keys keys_{world_.c.id, world_.watcher->device, world_.watcher->sealing};
  conversation_head thread_;
  std::vector<leaf> kept_; ///< identity objects, as a store would replay them
  marks marks_;
};

} // namespace

/// u8 operation mod 8, then: 0, 7 u8 leaf as it is; 1 u8 leaf, u16 place, u8 xor: altered; 2 u16 size, bytes
/// of the script's own; 3 u8 leaf without its proof; 4 u8, u8 the core of one leaf with the lists of another;
/// 5 u8 first, u8 how many more: links at once; 6 start again.
bool run_objects(bytes_view input) {
  constexpr int steps_max = 64;
  const auto& all = sequence_clinic::only().leaves;
  script in{input};
  fed_device device;
  auto some = [&]() -> const leaf& { return all[in.u8() % all.size()]; };
  for (int step = 0; step < steps_max && !in.done(); ++step) {
    auto operation = in.u8();
    switch (operation % 8) {
    case 1: {
      auto bent = some();
      auto& part = operation < 64 ? bent.raw : operation < 128 ? bent.members : bent.seals;
      auto place = in.u16();
      auto change = in.u8();
      if (!part.empty())
        part[place % part.size()] ^= change;
      device.take(bent.raw, bent.members, bent.seals, bent.with);
      break;
    }
    case 2: {
      auto size = in.u16();
      device.take(in.take(size), {}, {}, {sequence_clinic::only().c.now(), std::nullopt});
      break;
    }
    case 3: {
      const auto& l = some();
      device.take(l.raw, l.members, l.seals, {});
      break;
    }
    case 4: {
      const auto& core = some();
      const auto& lists = some();
      device.take(core.raw, lists.members, lists.seals, core.with);
      break;
    }
    case 5: {
      auto first = in.u8() % 4;
      auto more = in.u8() % 4;
      device.take_links(static_cast<std::size_t>(first), static_cast<std::size_t>(first + more),
                        operation < 128);
      break;
    }
    case 6:
      device.restart();
      break;
    default: {
      const auto& l = some();
      device.take(l.raw, l.members, l.seals, l.with);
    }
    }
  }
  return device.accepted_any;
}

} // namespace wardline::fuzz
