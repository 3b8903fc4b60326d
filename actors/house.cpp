#include "house.hpp"
#include "admin.hpp"
#include "attachments.hpp"
#include "audit.hpp"
#include "conversation.hpp"
#include "device_session.hpp"
#include "escalation.hpp"
#include "password_worker.hpp"
#include "plan_rows.hpp"
#include "signatures.hpp"
#include "triage.hpp"
#include "user.hpp"
#include "wipe.hpp"
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

namespace wardline {

namespace {

/// The workers take turns; which one is asked does not matter, only that two passwords are hashed at once.
password_actor next_worker(const std::vector<password_actor>& workers, const user_id& user) {
  return workers[user.value[0] % workers.size()];
}

signatures_actor spawn_signatures(caf::actor_system& system, const house_parts& parts,
                                  const store_actor& store) {
  signatures_parts own{parts.journal, store, parts.yield_to_others};
  return parts.detached ? system.spawn<caf::detached>(signatures, std::move(own))
                        : system.spawn(signatures, std::move(own));
}

} // namespace

std::vector<caf::actor> house::in_stop_order() const {
  std::vector<caf::actor> out{
      caf::actor_cast<caf::actor>(plugin_host), caf::actor_cast<caf::actor>(admin),
      caf::actor_cast<caf::actor>(escalation),  caf::actor_cast<caf::actor>(directory),
      caf::actor_cast<caf::actor>(triage),      caf::actor_cast<caf::actor>(wipe)};
  for (const auto& p : passwords)
    out.push_back(caf::actor_cast<caf::actor>(p));
  out.push_back(caf::actor_cast<caf::actor>(attachments));
  out.push_back(caf::actor_cast<caf::actor>(signatures));
  out.push_back(caf::actor_cast<caf::actor>(audit));
  out.push_back(caf::actor_cast<caf::actor>(store));
  return out;
}

void house::on_tick(const tick& t) const {
  caf::anon_send(plugin_host, t);
  caf::anon_send(directory, t);
  caf::anon_send(escalation, t);
  caf::anon_send(wipe, t);
  caf::anon_send(attachments, t);
  caf::anon_send(store, sign_checkpoint{t.now});
}

expected<house> build_house(caf::actor_system& system, house_parts parts) {
  auto known = registry::load(*parts.rows, parts.journal);
  if (!known)
    return known.why();
  parts.duty->swap(std::make_shared<const rules::duty_plan>(load_plan(*parts.rows, *parts.journal)));
  house h;
  auto worker = [&] {
    return parts.detached ? system.spawn<caf::detached>(password_worker, parts.passwords)
                          : system.spawn(password_worker, parts.passwords);
  };
  h.store = parts.detached ? system.spawn<caf::detached>(store, std::move(parts.store))
                           : system.spawn(store, std::move(parts.store));
  h.signatures = spawn_signatures(system, parts, h.store);
  auto unverified = std::make_shared<waiting_line>(slips_unverified_max);
  h.audit = system.spawn(audit, parts.rows, h.store);
  attachments_parts files{parts.blobs, parts.rows, parts.random, parts.journal};
  h.attachments = parts.detached ? system.spawn<caf::detached>(run_attachments, files)
                                 : system.spawn(run_attachments, files);
  auto chunk_line = std::make_shared<waiting_line>(chunks_waiting_max);
  h.wipe = system.spawn(run_wipe,
                        wipe_parts{parts.rows, h.store, parts.journal, parts.erasure_claim, h.attachments});
  for (std::size_t i = 0; i < password_workers; ++i)
    h.passwords.push_back(worker());

  h.triage = system.spawn(triage, triage_parts{parts.rows, parts.board.get(), parts.duty, parts.journal});

  directory_surroundings d;
  d.rows = parts.rows;
  d.random = parts.random;
  d.journal = parts.journal;
  d.link = parts.link;
  d.board = parts.board;
  d.duty = parts.duty;
  d.store = h.store;
  d.passwords = h.passwords.front();
  d.first = std::move(parts.first);
  d.first_incarnation = parts.first_incarnation;
  d.start = parts.start;
  d.sign_order = std::move(parts.sign_order);
  d.factors = parts.factors;
  d.line = std::make_shared<waiting_line>(rules::passwords_waiting_max);
  user_parts u{parts.rows, parts.random, parts.journal, parts.factors, h.store, {}, d.line};
  d.make_user_actor = [&system, u, workers = h.passwords](const user_id& id) {
    auto own = u;
    own.passwords = next_worker(workers, id);
    return system.spawn(user, id, std::move(own));
  };
  d.make_conversation_actor =
      [&system, parts = conversation_parts{parts.rows, parts.board.get(), h.store, parts.journal, parts.duty,
                                           h.triage, h.attachments, chunk_line, h.signatures,
                                           unverified}](const conversation_id& id, directory_actor parent) {
        return system.spawn(conversation, id, std::move(parent), parts);
      };
  h.directory = system.spawn(directory, std::move(d), std::move(*known));
  h.escalation =
      system.spawn(escalation, escalation_parts{parts.rows, parts.journal, h.store, h.directory, h.triage});

  h.admin =
      system.spawn(admin_acts, admin_parts{parts.rows, parts.board.get(), parts.duty, h.store, h.directory});

  session_parts s{parts.board.get(), parts.noise,   h.directory,   h.audit,
                  h.triage,          parts.journal, h.attachments, chunk_line};
  h.plugin_host = system.spawn(
      plugin_host, parts.link, std::move(parts.rights),
      [&system, s](const channel_ref& ref, plugin_host_actor host) {
        return system.spawn(device_session, ref, std::move(host), s);
      },
      parts.journal, parts.links);
  return h;
}

} // namespace wardline
