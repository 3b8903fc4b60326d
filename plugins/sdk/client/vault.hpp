#pragma once
// The device store with its inner part sealed (e2ee 5.13). DSK, 32 random bytes, seals rows:
//   row  = u8 version 1 | b24 nonce | XChaCha20-Poly1305(DSK, nonce, value,
//          ad = lab("wardline store row v1") | u8 table | v16 key | u8 version)
//   wrap = u8 version 1 | b24 nonce | XChaCha20-Poly1305(HKDF(local half | share j,
//          lab("wardline store v1") | device id | u32 j, 32), nonce, DSK), in table wrap under u32 j
// The local half lies in a secret cell, the share comes at log-in. Log-off drops the key from memory.
#include "client/device_store.hpp"
#include "wire/expected.hpp"
#include <functional>

namespace wardline::client {

using store_changes = std::vector<store_change>;

class vault {
public:
  explicit vault(device_store& store) : store_{store} {}

  [[nodiscard]] bool open() const { return key_.has_value(); }
  /// A commit ended unknown: nothing may be written or believed any more until the store is opened anew.
  [[nodiscard]] bool broken() const { return broken_; }
  /// A wrap exists: the inner part has been made.
  [[nodiscard]] bool made() const;

  /// Opens wrap `number` with the daemon's share. Refusals: share_went_back (only later wraps are here),
  /// store_rolled_back (only earlier ones: the daemon goes on to a number when this device has confirmed that
  /// its wrap is on the disk, so another copy of this store has confirmed it), store_not_openable (no such
  /// wrap, wrong share, local half missing).
  refusal unlock(const device_id& device, std::uint32_t number, const secret32& share);
  /// A fresh DSK, wrapped under `share`; the wrap goes into `changes`, to be committed with the first inner
  /// rows.
  refusal make(const device_id& device, std::uint32_t number, const secret32& share, store_changes& changes);
  /// The same key once more, under the next share, beside the wraps there are.
  refusal wrap_again(const device_id& device, std::uint32_t number, const secret32& share,
                     store_changes& changes);
  /// Wraps up to `number` go, as long as a later one stays: nobody talks this device out of its last one.
  void drop_wraps_to(std::uint32_t number, store_changes& changes) const;
  void lock() { key_.reset(); }
  [[nodiscard]] store_instance instance() const { return store_.instance(); }

  /// Refusals: not_found, value_not_openable (damaged, of another place or version), store_not_openable
  /// (locked).
  [[nodiscard]] expected<wiped_bytes> get(table where, bytes_view key) const;
  /// Every row of a table whose key begins with `prefix`, in order. Stops at the first refusal of a row.
  refusal scan(table where, bytes_view prefix,
               const std::function<refusal(bytes_view key, bytes_view value)>& visit) const;

  /// `value` goes into `changes`, sealed where the table is an inner one.
  void put(store_changes& changes, table where, bytes key, bytes_view value) const;
  static void erase(store_changes& changes, table where, bytes key);
  /// none; storage_refused: nothing changed; store_not_openable: nobody knows, and broken() from now on.
  refusal commit(const store_changes& changes);
  refusal write_cell(secret_cell which, bytes_view content);
  refusal burn_cell(secret_cell which);
  /// Everything, and for ever: the half of the key first, then the rows (store_wipe.cpp). The first refusal.
  refusal destroy();
  [[nodiscard]] std::optional<wiped_bytes> read_cell(secret_cell which) const {
    return store_.read_cell(which);
  }

  /// Numbers of the wraps that are here, ascending.
  [[nodiscard]] std::vector<std::uint32_t> wraps() const;

private:
  refusal judge(store_result r);
  [[nodiscard]] bytes seal_row(table where, bytes_view key, bytes_view value) const;
  [[nodiscard]] std::optional<wiped_bytes> open_row(table where, bytes_view key, bytes_view sealed) const;

  device_store& store_;
  std::optional<secret32> key_;
  bool broken_ = false;
};

} // namespace wardline::client
