#pragma once
// An audit log of any size in memory, with real certificates and a real signed checkpoint, as the daemon's
// own code serves it.
#include "audit_rows.hpp"
#include "credentials.hpp"
#include "e2ee/certificates.hpp"
#include "e2ee/checkpoint.hpp"
#include "e2ee/signing.hpp"
#include "log_answers.hpp"
#include "memory_storage.hpp"
#include "people_rows.hpp"
#include "wire/hash.hpp"

namespace wardline {

struct sample_log {
  memory_storage disk;
  clinic_id clinic{};
  e2ee::signing_key identity = e2ee::signing_key::from_seed(secret32{sha256(bytes{1})});
  secret32 log_seed{sha256(bytes{2})};
  std::string origin;
  rules::frontier tree;

  explicit sample_log(std::uint64_t size) {
    clinic.value.fill(0xc1);
    origin = daemon::log_origin(clinic);
    auto root = e2ee::sign_object(clinic, e2ee::root_fields{identity.public_part(), "Sample", 1},
                                  {{identity, e2ee::labels::root}});
    e2ee::server_fields fields;
    fields.serial = 1;
    fields.noise_key = daemon::x25519_public(log_seed);
    fields.log_key = key();
    fields.daemon_key = identity.public_part();
    fields.until = 2;
    auto server = e2ee::sign_object(clinic, fields, {{identity, e2ee::labels::server}});
    rows::clinic row;
    row.id = clinic;
    row.root = sha256(root);
    row.server = sha256(server);
    put(ports::table::object, to_bytes(row.root), stamped(root));
    put(ports::table::object, to_bytes(row.server), stamped(server));
    put(ports::table::meta, to_bytes(view(rows::clinic_key)), stamped(rows::encode(row)));
    grow(size);
  }

  /// To this size, with a new checkpoint.
  void grow(std::uint64_t size) {
    while (tree.size < size) {
      rules::audit_entry entry;
      entry.kind = rules::audit_kind::posted;
      entry.time = tree.size;
      rules::audit_salt salt{};
      salt[0] = static_cast<std::uint8_t>(tree.size);
      auto raw = rules::encode(entry);
      auto leaf = rules::leaf_data_of(entry.kind, salt, raw);
      auto index = ports::row_key(tree.size);
      put(ports::table::leaf, index, to_bytes(leaf));
      raw.insert(raw.begin(), salt.begin(), salt.end());
      put(ports::table::entry, index, std::move(raw));
      rules::append(tree, rules::leaf_hash(leaf), [this](const rules::tree_node& n) {
        put(ports::table::node, node_key(n.level, n.index), to_bytes(n.hash));
      });
    }
    checkpoint_note note{tree.size, rules::root(tree), {}};
    note.note = *e2ee::make_note({origin, note.size, note.root}, key(), daemon::signer_of(log_seed));
    put(ports::table::meta, checkpoint_row_key(), encode(note, 1));
  }

  [[nodiscard]] public_key key() const { return daemon::ed25519_public(log_seed); }
  std::optional<bytes> ask(bytes_view frame) const { return daemon::answer_log(disk, origin, key(), frame); }

private:
  /// As the store writes an act's rows: leaf and log row first.
  static bytes stamped(bytes value) {
    value.insert(value.begin(), 16, 0);
    return value;
  }
  void put(ports::table where, bytes row_key, bytes value) {
    ports::change c = ports::put(where, std::move(row_key), std::move(value));
    if (disk.commit({&c, 1}) != ports::commit_result::committed)
      std::abort();
  }
};

} // namespace wardline
